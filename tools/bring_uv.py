"""
Prints the path of a `uv` fit for this project, and downloads the pinned one when there is none.

Standard library only, so it runs on a bare Python. A `uv` on PATH is used when it is new enough; otherwise
the wheel that `uv.lock` names for this machine is downloaded, checked against its hash and unpacked into
`.tools/`.
"""

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

Lock = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
INSTALL_IT = "Or install uv yourself (any way you like, so that `uv` is on PATH) and run make again."


def wheel_for(lock: Lock, machine: str, libc: str) -> tuple[str, str]:
    """
    Return the locked uv wheel that runs on a Linux machine, as `(url, sha256)`.

    `machine` is `x86_64` or `aarch64`, `libc` is `manylinux` (glibc) or `musllinux`; among several fitting
    wheels the one that asks for the oldest libc is taken. Raises `LookupError` when there is none.
    """
    fitting = []
    for wheel in locked_uv(lock)["wheels"]:
        tag = re.search(rf"[-.]{libc}_(\d+)_(\d+)_{machine}[.]", wheel["url"])
        if tag:
            fitting.append((int(tag[1]), int(tag[2]), wheel["url"], wheel["hash"].removeprefix("sha256:")))
    if not fitting:
        raise LookupError(f"uv.lock names no uv for {libc} on {machine}")
    _, _, url, sha256 = min(fitting)
    return url, sha256


def locked_uv(lock: Lock) -> Lock:
    """Return the entry of uv itself in a parsed `uv.lock`."""
    packages: list[Lock] = lock["package"]
    return next(package for package in packages if package["name"] == "uv")


def new_enough(version: str, requested: str) -> bool:
    """Return whether a uv version is at least the required one, both as text such as `0.13.9`."""

    def numbers(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", text)[:3]]

    return numbers(version) >= numbers(requested)


def uv_on_path(requested: str) -> str | None:
    """Return the path of the installed uv if it is new enough, else None."""
    uv = shutil.which("uv")
    if uv:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
        if said.startswith("uv ") and new_enough(said, requested):
            return uv
    return None


def unpack(wheel: bytes, sha256: str, target: Path) -> None:
    """Check a wheel against its hash and put the `uv` inside it at the target path, whole or not at all."""
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise ValueError("the downloaded uv is not the one uv.lock names (sha256 differs)")
    with zipfile.ZipFile(io.BytesIO(wheel)) as parts:
        binary = next(name for name in parts.namelist() if name.endswith("/scripts/uv"))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        part.write_bytes(parts.read(binary))
    part.chmod(0o755)
    part.replace(target)


def bring(target: Path, lock: Lock) -> None:
    """Download the locked uv to the target path."""
    if sys.platform != "linux":
        raise LookupError("only Linux gets uv brought in")
    machine = MACHINES.get(platform.machine().lower(), platform.machine())
    url, sha256 = wheel_for(lock, machine, "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux")
    print(f"Downloading uv {locked_uv(lock)['version']} ...", file=sys.stderr)
    with urlopen(url, timeout=60) as answer:
        unpack(answer.read(), sha256, target)


def main() -> None:
    """Print the path of the uv to use."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    uv = uv_on_path(project["tool"]["uv"]["required-version"])
    if not uv:
        target = ROOT / ".tools" / f"uv-{locked_uv(lock)['version']}"
        if not target.exists():
            bring(target, lock)
        uv = str(target)
    print(uv)


if __name__ == "__main__":
    try:
        main()
    except URLError as error:
        advice = "Check the network"
        if "CERTIFICATE" in str(error):
            advice = "Install your system's CA certificates (Debian: package ca-certificates)"
        sys.exit(f"uv could not be downloaded: {error.reason}.\n{advice} and run make again.\n{INSTALL_IT}")
    except (LookupError, ValueError, OSError) as error:
        sys.exit(f"uv could not be installed: {error}.\n{INSTALL_IT}")
