"""
Install the Debian packages of the programs that tests run, where they are missing and root may.

With `browser` that of `make screens`, without a word those of `make world`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Each package by the program, or the file, it is wanted for.
BROWSER = {"chromium": "chromium"}
WORLD = {
    "nginx": "nginx-light",
    "haproxy": "haproxy",
    "pgbouncer": "pgbouncer",
    "sshd": "openssh-server",
    "pg_ctlcluster": "postgresql",  # the one of the tests has no ICU
    "/usr/share/i18n/locales/en_US": "locales",
    "glewlwyd": "glewlwyd",
    "postfix": "postfix",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
    "soffice": "libreoffice-calc-nogui",
    "pdftotext": "poppler-utils",
    **BROWSER,
    "/usr/share/fonts/truetype/crosextra/Carlito-Regular.ttf": "fonts-crosextra-carlito",
}
# Where Debian puts servers; it is not on every user's path.
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))  # noqa: TID251  # a script


def missing(packages: dict[str, str]) -> list[str]:
    """Return the packages whose programs or files are not there."""
    return [
        package
        for wanted, package in packages.items()
        if not (shutil.which(wanted, path=PATH) or Path(wanted).is_file())
    ]


def install(packages: list[str]) -> str:
    """Install packages and return what went wrong, or nothing."""
    apt = shutil.which("apt-get")
    if not apt:
        return "there is no apt-get"
    if os.geteuid():
        return "only root may install them"
    # A program that is installed must not be started: the tests start it themselves.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # noqa: TID251  # a script
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        ended = subprocess.run(
            [apt, "-qq", *words], env=environment, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            return f"apt-get {words[0]} failed: {(ended.stderr or ended.stdout).strip()[-500:]}"
    return ""


def main(words: list[str]) -> int:
    """Install what is missing; say what cannot be installed."""
    packages = BROWSER if "browser" in words else WORLD
    if not (wanted := missing(packages)):
        return 0
    print(f"Installing {', '.join(wanted)} ...", flush=True)
    why = install(wanted)
    if left := missing(packages):
        reason = why or "the packages do not bring the programs"
        print(f"The tests cannot run: {', '.join(left)} cannot be installed ({reason}).", file=sys.stderr)
        print("On Debian: apt-get install " + " ".join(left), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
