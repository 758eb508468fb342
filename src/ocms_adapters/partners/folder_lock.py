"""The lock of the folder of an unpaid list, so that no two processes change its files at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

LOCK = ".cas-sync.lock"


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder: a file that stays, because those it is for are renamed and replaced."""
    with (folder / LOCK).open("ab") as file:
        with suppress(OSError):  # a disk without locks
            flock(file, LOCK_EX)
        yield
