"""Calls that OCMS and its partners make over HTTP."""
