"""Simulators of the systems OCMS talks to, for the demo and for tests; never for production."""
