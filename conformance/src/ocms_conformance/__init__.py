"""Runs the executable specification of an OCMS against any system that speaks its contracts, by URL."""
