"""How much a process grows over a piece of work: its peak beyond what it has when idle."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path


def megabytes_grown(work: Callable[[], object]) -> float:
    """Do the work in a process of its own, where nothing that was freed before can be used again."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(growth, work).result()


def growth(work: Callable[[], object]) -> float:
    """Give the megabytes that this process has at its peak over what it has now."""
    idle = resident("VmRSS")
    work()
    return (resident("VmHWM") - idle) / 1024


def megabytes_of_processes(pid: int) -> float:
    """Give the megabytes that a process and those it has started hold; a page they share counts once."""
    held = 0.0
    for process in with_descendants(pid):
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+([0-9]+) kB$", rollup, re.MULTILINE)
        held += int(found[1]) / 1024 if found else 0
    return held


def with_descendants(pid: int) -> Iterator[int]:
    """Give a process and every process below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from with_descendants(int(child))


def resident(what: str) -> int:
    """
    Read the kilobytes of memory this process holds, or has held at most.

    Not `getrusage`: its peak outlives the start of another program and so shows the parent's.
    """
    found = re.search(rf"^{what}:\s+([0-9]+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
