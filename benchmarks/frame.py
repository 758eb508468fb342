"""A row of the table of measures: contenders in turn, A B C A B C, and the bars they are held to."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from statistics import median, quantiles

from attrs import field, frozen

from benchmarks.ground import Ground

OURS, TYPICAL, BEST = "OCMS", "typical peer", "best peer"
EQUAL, BEFORE = "equal work by hand", "build before"

Measure = Callable[[], float]
"""One run of a contender: the seconds that one piece of the work took."""


@frozen
class Ready:
    """
    Contenders set up and warm, and what is counted once beside them.

    `between` is done before every run and not timed.
    """

    contenders: Mapping[str, Measure]
    counts: Mapping[str, Callable[[], float]] = field(factory=dict)
    between: Callable[[], None] = lambda: None


@frozen
class Figures:
    """The seconds of each contender's runs, round by round, and the counts."""

    seconds: Mapping[str, list[float]]
    counts: Mapping[str, float]

    def ratios(self, one: str, other: str) -> list[float]:
        """Give one's time as a multiple of another's, round by round."""
        return [a / b for a, b in zip(self.seconds[one], self.seconds[other], strict=True)]


@frozen
class Reading:
    """A figure with the quartiles of its rounds; a count has none."""

    value: float
    low: float
    high: float


def of_rounds(values: list[float]) -> Reading:
    """Give the median of rounds with their quartiles."""
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return Reading(median(values), low, high)


@frozen
class Bar:
    """
    What a row has to reach: the words, what is read off the figures, and the limit on either side.

    Where a bar is about a contender that may be absent, `beside` names it.
    """

    says: str
    read: Callable[[Figures], Reading]
    at_least: float = float("-inf")
    at_most: float = float("inf")
    beside: str = OURS

    def met(self, reading: Reading) -> bool:
        """Tell whether the bar is passed."""
        return self.at_least <= reading.value <= self.at_most

    def gap(self, reading: Reading) -> float:
        """Give how far off the bar is, as a share of it."""
        limit = self.at_least if reading.value < self.at_least else self.at_most
        return abs(reading.value - limit) / limit if limit else abs(reading.value)


def rate_of(contender: str) -> Callable[[Figures], Reading]:
    """Read our rate as a multiple of a contender's."""
    return lambda figures: of_rounds(figures.ratios(contender, OURS))


def time_of(contender: str) -> Callable[[Figures], Reading]:
    """Read our time as a multiple of a contender's."""
    return lambda figures: of_rounds(figures.ratios(OURS, contender))


def rate(figures: Figures) -> Reading:
    """Read how many pieces of the work we do in a second."""
    return of_rounds([1 / seconds for seconds in figures.seconds[OURS]])


def milliseconds(figures: Figures) -> Reading:
    """Read how many milliseconds we take."""
    return of_rounds([seconds * 1000 for seconds in figures.seconds[OURS]])


def count(name: str) -> Callable[[Figures], Reading]:
    """Read a count."""
    return lambda figures: Reading(*[figures.counts[name]] * 3)


@frozen
class Row:
    """
    One kind of work.

    `contenders` says of each what it is and what it does and leaves out; `measure` sets them up for as
    long as its block lasts.
    """

    name: str
    work: str
    contenders: Mapping[str, str]
    measure: Callable[[Ground], AbstractContextManager[Ready]]
    bars: tuple[Bar, ...]


def measured(row: Row, ground: Ground, tell: Callable[[str], None]) -> Figures:
    """
    Run the contenders of a row in turn, round after round; the first round warms them and is dropped.

    Every other round backwards: what a run leaves in the pages of the tables, the next one finds, and the
    first of two may so have a thirtieth more to log in every round.
    """
    with row.measure(ground) as ready:
        seconds: dict[str, list[float]] = {name: [] for name in ready.contenders}
        for turn in range(ground.size.rounds + 1):
            # As in a process that serves: what is loaded stays, and the garbage collector passes it over.
            gc.collect()
            gc.freeze()
            in_turn = list(ready.contenders.items())
            for name, measure in reversed(in_turn) if turn % 2 else in_turn:
                ready.between()
                took = measure()
                if turn:
                    seconds[name].append(took)
            tell(f"{row.name}: round {turn} of {ground.size.rounds}")
        figures = Figures(seconds, {name: counted() for name, counted in ready.counts.items()})
        ready.between()  # the next row finds the tables as this one did
        return figures


def judged(row: Row, figures: Figures) -> Iterator[tuple[Bar, Reading]]:
    """Read every bar of a row, but those about a contender that is absent."""
    for bar in row.bars:
        if bar.beside in figures.seconds:
            yield bar, bar.read(figures)
