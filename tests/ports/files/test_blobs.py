"""What only the report store in a folder does, and the links to it."""

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
