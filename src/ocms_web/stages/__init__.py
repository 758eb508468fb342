"""Contract 2 over HTTP: the staff portal's calls on processing stages, PLUS and Toppan."""
