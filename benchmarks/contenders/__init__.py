"""Who is measured: OCMS as it is served, what a team would usually write, and the best a hand could write."""
