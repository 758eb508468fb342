"""What only the report store in a folder does, and the links to it."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks, key_in
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.errors import Unavailable
from tests.support.reports import NAME, failing, sheet

NOW = datetime(2025, 1, 15, 14, 30, tzinfo=SINGAPORE)
LINKS = SignedLinks(b"k" * 32, "https://ocms.example/reports/")
SHEET = sheet("A")


def files_in(folder: FolderStore) -> list[Path]:
    return [path for path in folder.folder.rglob("*") if path.is_file()]


@pytest.mark.rule("S53")
def test_nothing_but_the_workbook_lies_in_the_folder(folder: FolderStore) -> None:
    folder.put(NAME, SHEET)
    assert [path.name for path in files_in(folder)] == [NAME.split("/")[1]]


def test_a_workbook_that_fails_half_way_leaves_nothing(folder: FolderStore) -> None:
    with pytest.raises(RuntimeError):
        folder.put(NAME, failing())
    assert not files_in(folder)


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="the report store"):
        FolderStore(tmp_path / "reports", LINKS).put(NAME, SHEET)


def link_parts(folder: FolderStore) -> tuple[str, str, str]:
    link = urlsplit(folder.link(NAME, NOW + timedelta(hours=24)))
    query = parse_qs(link.query)
    assert link.geturl().startswith("https://ocms.example/reports/change-stage/")
    return link.path.removeprefix("/reports/"), query["expires"][0], query["signature"][0]


@pytest.mark.rule("S53")
def test_a_link_opens_its_file_until_it_expires(folder: FolderStore) -> None:
    name, expires, signature = link_parts(folder)
    assert name == NAME
    assert LINKS.opens(name, expires, signature, NOW)
    assert LINKS.opens(name, expires, signature, NOW + timedelta(hours=24, seconds=-1))
    assert not LINKS.opens(name, expires, signature, NOW + timedelta(hours=24))


@pytest.mark.rule("S53")
def test_a_link_made_by_a_clock_far_ahead_opens_nothing_until_its_time_is_near() -> None:
    expires, year = NOW + timedelta(days=365), timedelta(days=365)
    query = parse_qs(urlsplit(LINKS.make(NAME, expires)).query)
    given = (NAME, query["expires"][0], query["signature"][0])
    assert not LINKS.opens(*given, NOW)
    assert not LINKS.opens(*given, NOW + year - timedelta(days=31, minutes=2))
    assert LINKS.opens(*given, NOW + year - timedelta(days=31))


@pytest.mark.rule("S53")
@pytest.mark.parametrize("changed", ["path", "expiry", "signature", "key", "no number", "not ascii"])
def test_a_link_that_was_changed_opens_nothing(folder: FolderStore, changed: str) -> None:
    name, expires, signature = link_parts(folder)
    links = SignedLinks(b"other" * 8, LINKS.address) if changed == "key" else LINKS
    tried = {
        "path": (name.replace("USER01", "USER02"), expires, signature),
        "expiry": (name, str(int(expires) + 1), signature),
        "signature": (name, expires, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        "key": (name, expires, signature),
        "no number": (name, "never", signature),
        "not ascii": (name, "\u0661", "\u00e9\ud800"),
    }[changed]
    assert not links.opens(*tried, NOW)


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with get_context("fork").Pool(4) as pool:
        keys = pool.map(key_in, [tmp_path / "key"] * 16)
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


WRITER = """
import sys, time
from pathlib import Path
from ocms_adapters.files import blobs

def write(sheet, file):
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    time.sleep(600)

blobs.write_workbook = write
blobs.FolderStore(Path(sys.argv[1]), None).put("kind/Report.xlsx", None)
"""


def parts_of(folder: FolderStore) -> list[Path]:
    """Return the files that are half written."""
    return sorted(folder.folder.rglob("*.part"))


def make_old(path: Path) -> None:
    """Let a file be as if it was written two hours ago."""
    os.utime(path, (time.time() - 7200, time.time() - 7200))


@pytest.mark.rule("K3")
def test_what_a_killed_process_left_is_removed_and_what_is_being_written_is_not(folder: FolderStore) -> None:
    command = [sys.executable, "-c", WRITER, str(folder.folder)]
    with ExitStack() as stack:
        writers = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            for _ in range(2)
        ]
        for writer in writers:
            stack.callback(writer.kill)
            assert writer.stdout
            assert writer.stdout.readline() == "writing\n"
        for part in parts_of(folder):
            make_old(part)
        writers[0].kill()
        writers[0].wait()
        assert len(parts_of(folder)) == 2
        folder.put("kind/Another.xlsx", SHEET)
        # One of the two is locked by the process that goes on writing it.
        assert len(parts_of(folder)) == 1
        writers[1].kill()
        writers[1].wait()
    FolderStore(folder.folder, LINKS).put("kind/Another.xlsx", SHEET)
    assert parts_of(folder) == []
    assert [path.name for path in folder.folder.rglob("*.xlsx")] == ["Another.xlsx"]


@pytest.mark.rule("K3")
def test_what_was_left_a_moment_ago_stays_and_a_folder_is_looked_through_once_an_hour(
    folder: FolderStore,
) -> None:
    folder.put("kind/Report.xlsx", SHEET)
    young = folder.folder / "kind" / ".Report.xlsx.1.part"
    young.touch()
    FolderStore(folder.folder, LINKS).put("kind/Report.xlsx", SHEET)
    assert young.exists()
    make_old(young)
    folder.put("kind/Report.xlsx", SHEET)
    assert young.exists()
    folder._swept[young.parent] -= 3600
    folder.put("kind/Report.xlsx", SHEET)
    assert not young.exists()
