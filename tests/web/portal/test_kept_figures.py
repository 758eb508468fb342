"""Figures that take long to count are kept for some minutes; those that do not are always of now."""

from datetime import datetime, timedelta

from ocms_web.portal.kept_figures import KEPT, SLOW_SECONDS, KeptFigure
from tests.support.builders import NOW


class Counting:
    """Counts 1, 2, 3, and takes so many seconds by its own clock for each."""

    def __init__(self, takes: float) -> None:
        self.takes, self.clock, self.counted = takes, 0.0, 0

    def count(self, _now: datetime) -> int:
        self.clock += self.takes
        self.counted += 1
        return self.counted

    def figure(self) -> KeptFigure[int]:
        return KeptFigure(self.count, lambda: self.clock)


def test_what_is_counted_quickly_is_counted_each_time() -> None:
    figure = Counting(SLOW_SECONDS / 2).figure()
    assert [figure.at(NOW).value for _ in range(3)] == [1, 2, 3]


def test_what_takes_long_is_kept_with_the_moment_it_was_counted() -> None:
    figure, later = Counting(SLOW_SECONDS).figure(), NOW + KEPT - timedelta(seconds=1)
    first = figure.at(NOW)
    assert figure.at(later) is first
    assert (first.value, first.at) == (1, NOW)
    assert figure.at(NOW + KEPT).value == 2
    assert figure.at(NOW - timedelta(seconds=1)).value == 3  # a clock that was put back


def test_what_has_become_quick_is_kept_no_longer() -> None:
    counting = Counting(SLOW_SECONDS)
    figure = counting.figure()
    figure.at(NOW)
    counting.takes = 0
    assert [figure.at(NOW + KEPT + timedelta(seconds=each)).value for each in range(2)] == [2, 3]
