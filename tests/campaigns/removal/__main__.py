"""
Removal of old rows under load: `python -m tests.campaigns.removal`.

`--rows` says how many rows of each kind, `--most` how many milliseconds others may wait for a lock.
"""

import argparse
from statistics import median

from ocms_adapters.sql import engines
from tests.campaigns.removal.campaign import run
from tests.support.databases import postgres_databases
from tests.support.postgres import running_server

LONGEST_LOCK = 50.0


def milliseconds(seconds: float) -> str:
    """Return a time for the table."""
    return f"{seconds * 1000:.1f}"


def main() -> int:
    """Run the campaign and print what was seen; return 1 where a lock was held for too long."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.removal")
    parser.add_argument("--rows", type=int, default=120_000)
    parser.add_argument("--most", type=float, default=LONGEST_LOCK)
    given = parser.parse_args()
    with running_server(durable=True) as server, postgres_databases(server) as pair:
        engine = engines.create(pair.intranet)
        found = run(engine, given.rows)
        engine.dispose()
    print("| kind | rows | transactions | median ms | longest ms | longest wait ms | writes beside |")  # noqa: T201
    print("|---|---|---|---|---|---|---|")  # noqa: T201
    for kind, seen in found.items():
        cells = (
            kind.value,
            f"{seen.rows:,}",
            f"{len(seen.transactions):,}",
            milliseconds(median(seen.transactions)),
            milliseconds(max(seen.transactions)),
            milliseconds(seen.longest_wait),
            f"{len(seen.writes):,}",
        )
        print(f"| {' | '.join(cells)} |")  # noqa: T201
    # A transaction is longer than its locks are held, and on a busy machine much longer; a wait is not.
    return int(any(seen.longest_wait * 1000 > given.most for seen in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
