"""The commands of the demo package, which `ocms` loads by name when they are called."""
