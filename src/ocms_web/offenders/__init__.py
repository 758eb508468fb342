"""Contract 3 over HTTP, and the timeline of a notice."""
