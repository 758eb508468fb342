"""Calls OCMS and its partners make over HTTP."""
