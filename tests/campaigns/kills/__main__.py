"""
Kills under load: `python -m tests.campaigns.kills`.

`--rounds` says how often each of web, worker, relay and PostgreSQL is killed, `--seed` when and in what
order; after `--minutes` no further round is begun.
"""

import argparse
import tempfile
from math import inf
from pathlib import Path

from tests.campaigns.kills.campaign import ROUNDS, run


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201  # what a command is for


def main() -> None:
    """Run the campaign that the arguments describe, show its progress and print what it came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.kills")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=inf)
    given = parser.parse_args()
    say(f"seed {given.seed}, {given.rounds} kills of each")
    with tempfile.TemporaryDirectory(prefix="ocms-kills-") as folder:
        kills = run(Path(folder), seed=given.seed, rounds=given.rounds, minutes=given.minutes, progress=say)
    for counts in (kills.kills, kills.answers):
        for name, count in sorted(counts.items()):
            say(f"{name}: {count:,}")
    say(f"rows that agree with the Internet copy: {kills.compared:,}")
    say(f"audit rows and access records, all sealed: {kills.sealed:,}; {kills.seconds / 60:.1f} minutes")


if __name__ == "__main__":
    main()
