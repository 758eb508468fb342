"""What every process of OCMS does first, a command or a server."""

from ocms_app import logs
from ocms_app.settings import Settings, load


def startup() -> Settings:
    """Read the settings, and from here on log as they say: to standard error, without a secret."""
    settings = load()
    logs.set_up(settings.log_format, settings.log_level)
    return settings
