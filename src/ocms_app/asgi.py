"""The application a server process loads."""

from litestar.types import ASGIApp

from ocms_app import logs
from ocms_app.settings import load
from ocms_app.wiring import web


def create() -> ASGIApp:
    """Wire the API from the settings of this process."""
    settings = load()
    logs.set_up(settings.log_format, settings.log_level)
    return web(settings)
