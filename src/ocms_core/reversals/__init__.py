"""Taking back what an officer did by mistake, the same day (K4)."""
