"""
`python -m tests.spec.state_space`: how long an edge of each space takes.

In processor time: once with every edge decided anew, once as the tests explore, where a decision is made once
for all states that agree in what it reads.
"""

import sys
from time import process_time

from tests.spec.state_space.exploring import Exploration, Space, explore
from tests.spec.state_space.spaces import LISTED_AND_PAID, SPACES


def write(line: str) -> None:
    """Write a line of the table."""
    sys.stdout.write(f"{line}\n")


def timed(space: Space, *, remember: bool) -> tuple[float, Exploration]:
    """Explore a space; return the microseconds of processor time an edge has taken, and what was found."""
    started = process_time()
    found = explore(space, remember=remember, keep_steps=False)
    return (process_time() - started) / found.edges * 1e6, found


def main() -> None:
    """Explore every space twice, and write how long that took."""
    write("| space | states | edges | µs an edge, each decided | µs an edge, each decided once |")
    write("|---|---|---|---|---|")
    for space in (*SPACES, LISTED_AND_PAID):
        anew, found = timed(space, remember=False)
        once, _ = timed(space, remember=True)
        write(f"| {space.name} | {len(found.states):,} | {found.edges:,} | {anew:.1f} | {once:.1f} |")


if __name__ == "__main__":
    main()
