"""The application a server process loads."""

import gc
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar.types import ASGIApp


def create() -> "ASGIApp":
    """Wire the API from the settings of this process."""
    # Until Granian takes the signal, a process asked to stop would go on starting and have to be killed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.disable()  # until all is loaded, of which nothing is garbage; `startup` goes on from there
    from ocms_app.startup import startup  # noqa: PLC0415  # see above
    from ocms_app.wiring import web  # noqa: PLC0415

    app = web(startup())
    # What is made by now stays for good; the garbage collector need not look at it in the middle of a batch.
    gc.collect()
    gc.freeze()
    return app
