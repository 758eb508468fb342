"""Where uv is missing, the one that the lock file names for the machine is downloaded, and no other."""

import hashlib
import io
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.bring_uv import locked_uv, new_enough, unpack, wheel_for

LOCK = tomllib.loads((Path(__file__).parents[2] / "uv.lock").read_text())


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("libc", ["manylinux", "musllinux"])
def test_the_lock_has_a_uv_for_the_machine(machine: str, libc: str) -> None:
    url, sha256 = wheel_for(LOCK, machine, libc)
    name = url.rpartition("/")[2]
    assert name.startswith(f"uv-{locked_uv(LOCK)['version']}-py3-none-")
    assert f"{libc}_" in name
    assert f"_{machine}." in name
    assert {"url": url, "hash": f"sha256:{sha256}"}.items() <= next(
        wheel.items() for wheel in locked_uv(LOCK)["wheels"] if wheel["url"] == url
    )


def test_the_uv_that_asks_for_the_oldest_libc_is_taken() -> None:
    names = (
        "manylinux_2_28_x86_64.whl",
        "manylinux_2_5_x86_64.manylinux1_x86_64.whl",
        "manylinux_2_17_i686.whl",
    )
    wheels = [{"url": f"uv-1-py3-none-{name}", "hash": f"sha256:{name}"} for name in names]
    lock = {"package": [{"name": "uv", "version": "1", "wheels": wheels}]}
    assert wheel_for(lock, "x86_64", "manylinux") == (f"uv-1-py3-none-{names[1]}", names[1])


def test_a_machine_without_a_uv_is_named() -> None:
    with pytest.raises(LookupError, match="manylinux on vax"):
        wheel_for(LOCK, "vax", "manylinux")


@pytest.mark.parametrize(
    "version, enough",
    [("uv 0.13.0", True), ("uv 0.13.9 (a1b2 2026-11-17)", True), ("uv 1.0.0", True), ("uv 0.9.30", False)],
)
def test_an_installed_uv_is_used_when_it_is_new_enough(version: str, *, enough: bool) -> None:
    assert new_enough(version, ">=0.13") is enough


def wheel() -> bytes:
    """Make a wheel with a program in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("uv-1.data/scripts/uv", "#!/bin/sh\necho uv 1\n")
        parts.writestr("uv-1.data/scripts/uvx", "")
    return made.getvalue()


def test_a_wheel_becomes_a_program(tmp_path: Path) -> None:
    target = tmp_path / "tools" / "uv"
    unpack(wheel(), hashlib.sha256(wheel()).hexdigest(), target)
    assert subprocess.run([target], capture_output=True, text=True, check=True).stdout == "uv 1\n"
    assert [path.name for path in target.parent.iterdir()] == ["uv"]


def test_a_wheel_other_than_the_locked_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sha256 differs"):
        unpack(wheel() + b" ", hashlib.sha256(wheel()).hexdigest(), tmp_path / "uv")
    assert list(tmp_path.iterdir()) == []
