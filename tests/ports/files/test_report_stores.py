"""What every report store owes the core, shown on the one in a folder and the one in Azure."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from ocms_core.kernel.dates import SINGAPORE
from tests.ports.files.conftest import Kept
from tests.support.reports import NAME, failing, sheet

OTHER = NAME.replace("USER01", "USER02")
NO_NAMES = [
    "", ".", "..", "../secret", "a/../b", "a//b", "/etc/passwd", "a/", ".hidden", "a/.hidden", "a%2e%2e/b",
    "a\x00b", "a\nb", "a b", "caf\u00e9", "x" * 4096, "a\\b", "C:a",
]  # fmt: skip


def soon(seconds: int = 3600) -> datetime:
    """Give a time by the real clock, which Azure checks against; in Singapore time, as everywhere in OCMS."""
    return datetime.now(UTC).astimezone(SINGAPORE) + timedelta(seconds=seconds)


@pytest.mark.rule("S53")
def test_what_was_put_is_read_back_and_nothing_else_is_there(kept: Kept) -> None:
    assert kept.store.read(NAME) is None
    stored = kept.store.put(NAME, sheet("A", "B"))
    content = kept.store.read(NAME)
    assert content
    assert stored.row_count == 2
    assert stored.sha256 == sha256(content).hexdigest()
    assert kept.store.read(OTHER) is None


def test_a_later_workbook_takes_the_place_of_an_earlier_one(kept: Kept) -> None:
    kept.store.put(NAME, sheet("A"))
    first = kept.store.read(NAME)
    kept.store.put(NAME, sheet("B"))
    assert kept.store.read(NAME) != first


def test_a_workbook_that_fails_half_way_leaves_what_was_there(kept: Kept) -> None:
    kept.store.put(NAME, sheet("A"))
    before = kept.store.read(NAME)
    for name in (NAME, OTHER):
        with pytest.raises(RuntimeError):
            kept.store.put(name, failing())
    assert kept.store.read(NAME) == before
    assert kept.store.read(OTHER) is None


@pytest.mark.rule("K3")
def test_what_is_old_of_a_kind_is_removed_a_few_at_a_time_and_nothing_else(kept: Kept) -> None:
    kind = NAME.partition("/")[0]
    other_kind = f"other-{NAME}"
    for name in (NAME, OTHER, other_kind):
        kept.store.put(name, sheet("A"))
    assert kept.store.remove_old(kind, soon(-3600), 10) == 0
    assert [kept.store.remove_old(kind, soon(), 1) for _ in range(3)] == [1, 1, 0]
    assert kept.store.read(NAME) is kept.store.read(OTHER) is None
    assert kept.store.read(other_kind)
    assert kept.store.remove_old("never-written", soon(), 1) == 0


@pytest.mark.rule("S52")
@pytest.mark.parametrize("name", NO_NAMES, ids=range(len(NO_NAMES)))
def test_no_name_leaves_the_store(kept: Kept, name: str) -> None:
    store = kept.store
    for attempt in (store.read, lambda name: store.put(name, sheet()), lambda name: store.link(name, soon())):
        with pytest.raises(ValueError, match="words of letters"):
            attempt(name)


@pytest.mark.rule("S53")
def test_a_link_opens_its_workbook_without_a_credential_until_it_expires(kept: Kept) -> None:
    kept.store.put(NAME, sheet("A"))
    assert kept.opened(kept.store.link(NAME, soon())) == (200, kept.store.read(NAME))
    status, content = kept.opened(kept.store.link(NAME, soon(-1)))
    assert status == 403
    assert content != kept.store.read(NAME)


def test_a_link_to_what_is_not_there_finds_nothing(kept: Kept) -> None:
    assert kept.opened(kept.store.link(NAME, soon()))[0] == 404


@pytest.mark.rule("S53")
@pytest.mark.parametrize("changed", ["workbook", "expiry", "signature", "no signature"])
def test_a_link_that_was_changed_opens_nothing(kept: Kept, changed: str) -> None:
    kept.store.put(NAME, sheet("A"))
    kept.store.put(OTHER, sheet("B"))
    link = kept.store.link(NAME, soon(60))
    later = dict(parse_qsl(urlsplit(kept.store.link(NAME, soon(3600))).query))
    address, query_text = link.split("?")
    query = dict(parse_qsl(query_text))
    match changed:
        case "workbook":
            address = address.replace("USER01", "USER02")
        case "expiry":
            query[kept.expiry] = later[kept.expiry]
        case "signature":
            query[kept.signature] = later[kept.signature]
        case _:
            del query[kept.signature]
    assert kept.opened(link)[0] == 200
    assert kept.opened(f"{address}?{urlencode(query)}")[0] in (401, 403, 404)
