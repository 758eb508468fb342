"""How much a process grows over a piece of work: its peak beyond what it has when idle."""

import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

PAGE = resource.getpagesize()
MEGABYTE = 1024 * 1024


def megabytes_grown(work: Callable[[], object]) -> float:
    """Do the work in a process of its own, where nothing that was freed before can be used again."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(growth, work).result()


def growth(work: Callable[[], object]) -> float:
    """Give the megabytes that this process has at its peak over what it has now."""
    idle = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    work()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - idle) / MEGABYTE
