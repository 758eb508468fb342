"""Scheduled work: runs under a lock, their schedule, and the alerts that tell operations of a failure."""
