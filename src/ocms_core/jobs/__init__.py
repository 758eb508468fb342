"""Scheduled work: what a run is, and what its lock promises."""
