"""The project's own tests under a plugin that changes what is around OCMS."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_own_tests(plugin: str, wanted: str, tests: str, folder: Path) -> None:
    """Run those tests of a file or folder that match an expression; AssertionError with what they said."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", plugin, "-k", wanted, tests]
    ended = subprocess.run(
        [*command, f"--basetemp={folder / 'tests'}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-5000:]
    assert " passed" in ended.stdout
