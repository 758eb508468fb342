"""Figures of the dashboard that take long to count, which are kept for some minutes."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Generic, TypeVar

from attrs import define, field, frozen

SLOW_SECONDS = 1.0
KEPT = timedelta(minutes=10)

Value = TypeVar("Value")


@frozen
class CountedFigure(Generic[Value]):
    """A figure and the moment it was counted."""

    value: Value
    at: datetime


@define
class KeptFigure(Generic[Value]):
    """
    A figure that is counted each time it is shown, unless that takes over a second.

    Then it is kept for ten minutes, and of those who ask meanwhile only the first counts.
    """

    _count: Callable[[datetime], Value]
    _seconds: Callable[[], float] = monotonic
    _kept: CountedFigure[Value] | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def at(self, now: datetime) -> CountedFigure[Value]:
        """Return the figure with the moment it was counted. Raises what counting raises."""
        with self._lock:
            if self._kept and timedelta(0) <= now - self._kept.at < KEPT:
                return self._kept
            began = self._seconds()
            counted = CountedFigure(self._count(now), now)
            self._kept = counted if self._seconds() - began >= SLOW_SECONDS else None
            return counted
