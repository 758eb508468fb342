"""
What a newcomer does with a fresh clone: the README to a first answer, then the guide to a deployment.

`make newcomer` clones the last commit into an empty folder and runs there, in an empty environment, what the
README, the page on deploying and the one on backup say, as they are written; every answer is compared.
Nothing else is done. It prints how long after the beginning of the clone the first call was answered, and the
first one of a deployment on PostgreSQL; its status is 1 where that took too long. Standard library only.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from guides.blocks import ROOT, Block, blocks
from guides.scripts import answered_at, differences, run, script

README = ("README.md",)
DEPLOYMENT = ("docs/howto/deploy.md", "docs/howto/backup.md")
# What may be printed of both, in seconds, with a warm cache of packages.
FIRST_ANSWER, SERVED = 20, 60
# How a machine reaches the package registries.
OF_THE_MACHINE = re.compile(r"(?i)PATH|.*_proxy|.*CERT.*|.*CA_BUNDLE|PIP_.*|UV_(?!PROJECT).*")


def empty_environment(home: Path) -> dict[str, str]:
    """Return an environment with what the machine needs to reach its registries, and the packages' cache."""
    kept = {name: value for name, value in os.environ.items() if OF_THE_MACHINE.fullmatch(name)}
    cache = str(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "uv")
    own = {"HOME": str(home), "UV_CACHE_DIR": kept.get("UV_CACHE_DIR", cache), "LANG": "C.UTF-8"}
    return {**kept, **own}


def free_port() -> str:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def steps(page: Path) -> Sequence[Block]:
    """Return the blocks of a page as far as it shows answers; the deployment's further ones are variants."""
    every = list(blocks(page))
    last = max(place for place, block in enumerate(every) if block.answer)
    return every[: last + 1]


def follow(clone: Path, pages: Sequence[str], environment: dict[str, str]) -> tuple[float, list[str]]:
    """Run pages in one shell; return when the first call was answered, and what was not as they show."""
    here = [block for page in pages for block in steps(clone / page)]
    port = free_port()
    text = script(here).replace("make run", f"make run PORT={port}").replace("8000", port)
    out = run(text, clone, environment)
    call = next(block for block in here if "curl " in block.text)
    return answered_at(call, out), list(differences(here, out))


def main() -> int:
    """Follow the pages; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="ocms-newcomer-") as folder:
        home, clone = Path(folder, "home"), Path(folder, "ocms")
        home.mkdir()
        environment = empty_environment(home)
        started = time.time()  # as bash tells the time
        command = ["git", "clone", "--quiet", str(ROOT), str(clone)]
        subprocess.run(command, env=environment, check=True)
        answered, wrong = follow(clone, README, environment)
        left = time.time()
        served, wrong_there = follow(clone, DEPLOYMENT, environment)
        times = {
            "first answer": (answered - started, FIRST_ANSWER),
            # Without what came of the README after its first answer.
            "PostgreSQL deployment served": (answered - started + served - left, SERVED),
        }
    for what, (seconds, bound) in times.items():
        print(f"clone to {what}: {seconds:.1f} s (at most {bound} s)")
    used = os.times()
    busy = used.children_user + used.children_system
    print(f"of one processor, with backup and restore: {busy:.1f} s; load {os.getloadavg()[0]:.1f}")
    print("backed up, restored, verified and reconciled as the text says")
    print(*wrong, *wrong_there, sep="\n", end="")
    late = any(seconds > bound for seconds, bound in times.values())
    return int(late or bool(wrong or wrong_there))


if __name__ == "__main__":
    sys.exit(main())
