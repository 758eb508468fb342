"""`python -m benchmarks`: measure OCMS beside its peers."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from benchmarks import audit, core, court, furnishing, hst, mix, report, staff, stages, starting, vip
from benchmarks.frame import Row, measured
from benchmarks.ground import QUICK, Ground, Size

ROWS: tuple[Row, ...] = (
    *court.ROWS,
    *mix.ROWS,
    *audit.ROWS,
    *stages.ROWS,
    *furnishing.ROWS,
    *hst.ROWS,
    *staff.ROWS,
    *vip.ROWS,
    *core.ROWS,
    *starting.ROWS,
)


def main(arguments: Sequence[str] | None = None) -> int:
    names = [row.name for row in ROWS]
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"rows to measure, all if none is named: {', '.join(names)}")
    parser.add_argument("--notices", type=int, help=f"notices in the table, {Size().notices:,} if not given")
    parser.add_argument("--rounds", type=int, help=f"rounds of each row, {Size().rounds} if not given")
    parser.add_argument(
        "--quick", action="store_true", help="measure next to nothing: does it all still run?"
    )
    parser.add_argument(
        "--before",
        type=Path,
        help="checkout of an earlier build, set up, to measure beside this one",
    )
    parser.add_argument(
        "--delay",
        type=float,
        default=0,
        help="milliseconds to add to each round trip to the database",
    )
    parser.add_argument("--write", action="store_true", help=f"write the rows measured into {report.PAGE}")
    given = parser.parse_args(arguments)
    if unknown := set(given.name) - set(names):
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    size = QUICK if given.quick else Size()
    size = evolve(size, notices=given.notices or size.notices, rounds=given.rounds or size.rounds)
    if given.write and given.delay:
        parser.error("the tables are of a database on this machine: --write goes without --delay")
    before = given.before and Ground(size, given.delay, given.before.resolve())
    ground = Ground(size, given.delay, before=before)
    with ground.held:
        for row in ROWS:
            if not given.name or row.name in given.name:
                figures = measured(row, ground, tell)
                print(report.section(row, figures, size))
                if given.write:
                    report.write(row, figures, size)
    return 0


def tell(progress: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{progress:60}", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
