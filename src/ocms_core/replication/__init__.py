"""Replication to the Internet database: what it may hold, and its delivery."""
