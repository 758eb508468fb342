"""
The one place that names `ocms_demo`, the package with the demo, which production need not install.

Its commands are named here and loaded when they are called; its development issuer is loaded only where the
settings switch it on. No module of `ocms_app` imports `ocms_demo`; an import contract says so.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ocms_core.kernel.errors import OcmsError

if TYPE_CHECKING:  # `ocms --help` reads the names of the commands, and need not load the web for that
    from ocms_app.settings import Settings
    from ocms_web.authentication.issuers import Issuer

PACKAGE = "ocms_demo"
DEV_ISSUER = f"{PACKAGE}.dev_issuer"
DEMO_COMMAND = f"{PACKAGE}.cli.demo:demo"
TOKEN_MODULE = f"{PACKAGE}.cli.token"
SAMPLE_COMMAND = f"{PACKAGE}.cli.sample:sample"


class DemoNotInstalled(OcmsError):
    """The demo package is not installed; the message says what to install."""

    def __init__(self) -> None:
        super().__init__(f"This needs the package {PACKAGE}, which is not here; install ocms[demo].")


def is_demo_missing(error: BaseException | None) -> bool:
    """Return whether an import failed, itself or by its cause, because the demo package is not installed."""
    if isinstance(error, ModuleNotFoundError):
        return (error.name or "").partition(".")[0] == PACKAGE
    return error is not None and is_demo_missing(error.__cause__)


def development_issuers(settings: "Settings") -> "tuple[Issuer, ...]":
    """
    Return the issuers of development tokens; none where the settings do not switch them on.

    Raises `DemoNotInstalled` where they are switched on without the demo package.
    """
    if not settings.dev_issuer:
        return ()
    try:
        module = import_module(DEV_ISSUER)
    except ModuleNotFoundError as error:
        if is_demo_missing(error):
            raise DemoNotInstalled from None
        raise
    issuers: tuple[Issuer, ...] = module.DevIssuer(Path(settings.dev_keys), settings.dev_issuer).issuers()
    return issuers


def token_command() -> Callable[..., None] | None:
    """Return the command that prints development tokens; None without the demo package."""
    try:
        module = import_module(TOKEN_MODULE)
    except ModuleNotFoundError as error:
        if is_demo_missing(error):
            return None
        raise
    command: Callable[..., None] = module.token
    return command
