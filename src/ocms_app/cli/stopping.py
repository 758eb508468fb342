"""How a command is asked to stop."""

import signal
from threading import Event


def set_when_stopped(stopping: Event) -> None:
    """Set an event on SIGTERM and Ctrl-C, instead of ending the process; what is at work may finish."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
