"""The application a server process loads."""

import gc
import signal

from litestar.types import ASGIApp

from ocms_app.startup import startup
from ocms_app.wiring import web


def create() -> ASGIApp:
    """Wire the API from the settings of this process."""
    # Until Granian takes the signal, a process asked to stop would go on starting and have to be killed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    app = web(startup())
    # What is loaded by now stays for good; the garbage collector need not walk it in the middle of a batch.
    gc.collect()
    gc.freeze()
    return app
