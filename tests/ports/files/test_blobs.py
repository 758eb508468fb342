"""The report store in a folder, and the links to it."""

from datetime import datetime, timedelta
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks, key_in
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.faults import Unavailable
from ocms_core.kernel.sheets import Column, Sheet

NOW = datetime(2025, 1, 15, 14, 30, tzinfo=SINGAPORE)
NAME = "change-stage/ChangeStageReport_20250115_USER01.xlsx"
LINKS = SignedLinks(b"k" * 32, "https://ocms.example/reports/")
NO_NAMES = [
    "", ".", "..", "../secret", "a/../b", "a//b", "/etc/passwd", "a/", ".hidden", "a/.hidden", "a%2e%2e/b",
    "a\x00b", "a\nb", "a b", "caf\u00e9", "x" * 4096, "a\\b", "C:a",
]  # fmt: skip


def sheet(*texts: str) -> Sheet:
    return Sheet("Report", (Column("Name"),), ((text,) for text in texts))


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "reports", LINKS)


@pytest.mark.rule("S53")
def test_what_was_put_is_read_back_and_nothing_else_is_there(store: FolderStore) -> None:
    assert store.read(NAME) is None
    stored = store.put(NAME, sheet("A", "B"))
    content = store.read(NAME)
    assert content
    assert stored.row_count == 2
    assert stored.sha256 == sha256(content).hexdigest()
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [NAME.split("/")[1]]


def test_a_later_workbook_takes_the_place_of_an_earlier_one(store: FolderStore) -> None:
    store.put(NAME, sheet("A"))
    first = store.read(NAME)
    store.put(NAME, sheet("B"))
    assert store.read(NAME) != first


def test_a_workbook_that_fails_half_way_leaves_nothing(store: FolderStore) -> None:
    def rows() -> object:
        yield ("A",)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.put(NAME, Sheet("Report", (Column("Name"),), rows()))  # type: ignore[arg-type]  # rows that fail
    assert store.read(NAME) is None
    assert not [path for path in store.folder.rglob("*") if path.is_file()]


@pytest.mark.rule("S52")
@pytest.mark.parametrize("name", NO_NAMES, ids=range(len(NO_NAMES)))
def test_no_name_leaves_the_folder(store: FolderStore, name: str) -> None:
    for attempt in (store.read, lambda name: store.put(name, sheet()), lambda name: store.link(name, NOW)):
        with pytest.raises(ValueError, match="words of letters"):
            attempt(name)


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="the report store"):
        FolderStore(tmp_path / "reports", LINKS).put(NAME, sheet())


def link_parts(store: FolderStore) -> tuple[str, str, str]:
    link = urlsplit(store.link(NAME, NOW + timedelta(hours=24)))
    query = parse_qs(link.query)
    assert link.geturl().startswith("https://ocms.example/reports/change-stage/")
    return link.path.removeprefix("/reports/"), query["expires"][0], query["signature"][0]


@pytest.mark.rule("S53")
def test_a_link_opens_its_file_until_it_expires(store: FolderStore) -> None:
    name, expires, signature = link_parts(store)
    assert name == NAME
    assert LINKS.opens(name, expires, signature, NOW)
    assert LINKS.opens(name, expires, signature, NOW + timedelta(hours=24, seconds=-1))
    assert not LINKS.opens(name, expires, signature, NOW + timedelta(hours=24))


@pytest.mark.rule("S53")
@pytest.mark.parametrize("changed", ["path", "expiry", "signature", "key", "no number", "not ascii"])
def test_a_link_that_was_changed_opens_nothing(store: FolderStore, changed: str) -> None:
    name, expires, signature = link_parts(store)
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
