"""Contract 1 over HTTP: APIs 1, 2 and 4."""
