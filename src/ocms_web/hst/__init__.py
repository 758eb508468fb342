"""Contract 4 over HTTP: the five calls of the HST list."""
