"""
A disk that fills up under load: `python -m tests.campaigns.full_disk`, as root, who may mount a small disk.

`--fillings` says how often, `--seed` for how long each time.
"""

import argparse
import tempfile
from pathlib import Path

from tests.campaigns.full_disk.campaign import FILLINGS, run


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201  # what a command is for


def main() -> None:
    """Run the campaign that the arguments describe, show its progress and print what it came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.full_disk")
    parser.add_argument("--fillings", type=int, default=FILLINGS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    say(f"seed {given.seed}, {given.fillings} fillings")
    with tempfile.TemporaryDirectory(prefix="ocms-full-disk-") as folder:
        done = run(Path(folder), seed=given.seed, fillings=given.fillings, progress=say)
    for name, count in sorted(done.answers.items()):
        say(f"{name}: {count:,}")
    say(f"rows that agree with the Internet copy: {done.compared:,}")
    say(f"audit rows and access records, all sealed: {done.sealed:,}; {done.seconds / 60:.1f} minutes")


if __name__ == "__main__":
    main()
