"""The list of stuck cases over HTTP, which is no contract's: paths, bodies and their description."""
