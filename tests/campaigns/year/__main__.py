"""
A year of a city: `python -m tests.campaigns.year`.

`--notices` says how many notices the year has, `--days` how long it is, `--seed` which city it is;
`--write` prints the report of the run to docs/year-of-a-city.md.
"""

import argparse
import tempfile
from pathlib import Path

import structlog

from tests.campaigns.year.report import PAGE, page
from tests.campaigns.year.simulation import DAYS, NOTICES, QUIET_DAYS, simulate


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201  # what a command is for


def main() -> None:
    """Simulate the year that the arguments describe, show its progress and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.year")
    parser.add_argument("--notices", type=int, default=NOTICES)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--quiet-days", type=int, default=QUIET_DAYS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    say(f"seed {given.seed}, {given.notices:,} notices, {given.days} days")
    with tempfile.TemporaryDirectory(prefix="ocms-year-") as folder:
        year = simulate(
            Path(folder),
            seed=given.seed,
            notices=given.notices,
            days=given.days,
            quiet_days=given.quiet_days,
            progress=say,
        )
    text = page(year)
    if given.write:
        PAGE.write_text(text)
    else:
        say(text)


if __name__ == "__main__":
    main()
