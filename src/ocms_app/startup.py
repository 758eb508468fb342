"""The start of every process, a command or a server."""

import gc

from ocms_app import logs
from ocms_app.settings import Settings, load


def startup() -> Settings:
    """Load the settings and set up logging as they say; raise `WrongSettings`."""
    settings = load()
    logs.set_up(settings.log_format, settings.log_level)
    if not gc.isenabled():  # a command has just been loaded, which stays for good
        gc.freeze()
        gc.enable()
    return settings
