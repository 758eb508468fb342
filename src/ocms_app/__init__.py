"""The composition root: settings, wiring and the command line; the only package that knows all others."""

from importlib.metadata import version as installed

version = installed("ocms")
