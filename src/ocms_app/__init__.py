"""The composition root: settings, wiring and the command line; the only package that knows all others."""


def version() -> str:
    """Return the version of OCMS that is installed."""
    # What reads a package's metadata takes longer to load than the rest of `ocms --help` needs of ours.
    from importlib.metadata import version as installed  # noqa: PLC0415

    return installed("ocms")
