"""OCMS core: the rules of offence case management as pure functions over facts."""
