"""What leaves for the Internet side, when it is tried again, and how both sides are compared."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_core.replication.comparison import Difference, checksum, differences
from ocms_core.replication.outbox_rows import OFFENDER
from ocms_core.replication.replicated_tables import REPLICATED_TABLES, Key, Values, is_encrypted
from ocms_core.replication.retries import latest_attempt, next_attempt
from tests.support.builders import NOW

AUDIT = {"cre_date", "cre_user_id", "upd_date", "upd_user_id"}


@pytest.mark.rule("G12")
@pytest.mark.parametrize("kind", REPLICATED_TABLES)
def test_every_column_of_the_copy_is_filled_from_the_column_of_its_name(kind: str) -> None:
    copy = REPLICATED_TABLES[kind]
    assert set(copy.columns) == {column.name for column in INTERNET.tables[copy.target].columns} - AUDIT
    assert set(copy.columns) <= {column.name for column in INTRANET.tables[copy.source].columns}
    assert copy.keys == tuple(column.name for column in INTERNET.tables[copy.target].primary_key)


@pytest.mark.rule("F62")
def test_only_identity_number_and_name_are_encrypted() -> None:
    found = {
        (copy.target, name)
        for copy in REPLICATED_TABLES.values()
        for name in copy.columns
        if is_encrypted(copy, name)
    }
    target = REPLICATED_TABLES[OFFENDER].target
    assert found == {(target, "id_no"), (target, "name")}


@pytest.mark.rule("G12")
def test_a_delivery_is_tried_ever_later_but_never_given_up() -> None:
    waits = [next_attempt(attempts, NOW) - NOW for attempts in (0, 1, 2, 8, 1000)]
    assert waits == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 300, 300)]


@pytest.mark.rule("G12")
def test_no_delivery_is_put_off_by_more_than_five_minutes_and_what_clocks_may_differ() -> None:
    assert latest_attempt(NOW) == NOW + timedelta(minutes=6)


@pytest.mark.rule("G12")
def test_every_kind_of_difference_is_found() -> None:
    ours: dict[Key, Values] = {
        ("A",): ("A", 1),
        ("B",): ("B", 2),
        ("C",): ("C", 3),
        ("D",): ("D", 4),
        ("E",): ("E", 5),
    }
    theirs: dict[Key, Values | None] = {
        ("A",): ("A", 1),
        ("B",): ("B", 9),
        ("C",): None,
        ("E",): ("E", 5),
        ("F",): ("F", 6),
    }
    assert dict(differences(ours, theirs, frozenset({("B",), ("E",)}))) == {
        ("B",): Difference.DIFFERENT,
        ("C",): Difference.DIFFERENT,
        ("D",): Difference.MISSING,
        ("E",): Difference.UNMARKED,
        ("F",): Difference.SURPLUS,
    }


def test_differences_are_named_by_these_words() -> None:
    assert [each.value for each in Difference] == ["missing", "different", "surplus", "unmarked"]


KEYS: st.SearchStrategy[Key] = st.tuples(st.sampled_from("ABC"))
VALUES: st.SearchStrategy[Values] = st.tuples(st.sampled_from([None, 1, "1", "x"]))


@pytest.mark.rule("G12")
@given(rows=st.dictionaries(KEYS, VALUES), others=st.dictionaries(KEYS, st.none() | VALUES))
def test_pages_have_the_same_checksum_when_they_are_equal_in_whatever_order_they_come(
    rows: dict[Key, Values], others: dict[Key, Values | None]
) -> None:
    shuffled = dict(reversed(rows.items()))
    assert checksum(rows) == checksum(shuffled)
    assert list(differences(rows, shuffled, frozenset())) == []
    assert (checksum(rows) == checksum(others)) == (rows == others)


@pytest.mark.rule("G12")
@given(
    rows=st.dictionaries(KEYS, VALUES),
    others=st.dictionaries(KEYS, st.none() | VALUES),
    marks=st.frozensets(KEYS),
)
def test_each_row_that_differs_is_named_once_with_its_difference(
    rows: dict[Key, Values], others: dict[Key, Values | None], marks: frozenset[Key]
) -> None:
    expected = set()
    for key in rows.keys() | others.keys():
        if key not in others:
            expected.add((key, Difference.MISSING))
        elif key not in rows:
            expected.add((key, Difference.SURPLUS))
        elif rows[key] != others[key]:
            expected.add((key, Difference.DIFFERENT))
        elif key in marks:
            expected.add((key, Difference.UNMARKED))
    found = list(differences(rows, others, marks & rows.keys()))
    assert set(found) == expected
    assert len(found) == len(expected)
