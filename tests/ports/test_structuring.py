"""What comes from outside is structured strictly; an error names the field and repeats no value."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from ocms_adapters.structuring import JSON_BODIES, RECORDS, MalformedData, Seconds, StrictConverter
from tests.support.builders import at

FIVE_MINUTES = Seconds(300)


@frozen
class Item:
    notice_no: str
    amount_payable: Decimal | None = None
    due_at: datetime | None = None
    on_day: date | None = None
    codes: Mapping[str, str] = field(factory=dict)


@frozen
class Body:
    items: tuple[Item, ...]
    place: tuple[int, int] = (0, 0)
    is_last: bool = False
    expires_in: Seconds = FIVE_MINUTES
    anything: Any = None


def problems(data: object, converter: StrictConverter = JSON_BODIES) -> list[str]:
    """Return what is wrong with a body."""
    with pytest.raises(MalformedData) as malformed:
        converter.read(data, Body, "the answer", at="data")
    return list(malformed.value.problems)


def test_a_body_is_read_in_camel_case_and_unknown_names_are_ignored() -> None:
    item = {
        "noticeNo": "1",
        "amountPayable": Decimal("1.50"),
        "dueAt": "2025-01-14T10:30:00",
        "onDay": "2025-01-14",
        "codes": {"A": "B"},
        "unknown": 1,
    }
    body = {"items": [item], "place": [1, 2], "isLast": True, "expiresIn": "3599", "anything": [{}]}
    read = Item("1", Decimal("1.50"), at("2025-01-14T10:30:00"), date(2025, 1, 14), {"A": "B"})
    assert JSON_BODIES.read(body, Body, "") == Body(
        (read,), (1, 2), is_last=True, expires_in=Seconds(3599), anything=[{}]
    )


def test_a_record_is_read_and_written_as_its_fields_are_spelled_with_amounts_as_text() -> None:
    record: dict[str, object] = {
        "notice_no": "1",
        "amount_payable": "1.50",
        "due_at": None,
        "on_day": None,
        "codes": {},
    }
    read = RECORDS.read(record, Item, "")
    assert read == Item("1", Decimal("1.50"))
    assert RECORDS.unstructure(read) == record | {"amount_payable": Decimal("1.50")}


@pytest.mark.rule("G6", "G7")
@pytest.mark.parametrize(
    "item, problem",
    [
        ({}, "noticeNo is missing"),
        ({"noticeNo": None}, "noticeNo is null"),
        ({"noticeNo": 1}, "noticeNo is not text"),
        ({"noticeNo": ["1"]}, "noticeNo is not text"),
        ({"noticeNo": "1", "amountPayable": "1.50"}, "amountPayable is not a number"),
        ({"noticeNo": "1", "amountPayable": True}, "amountPayable is not a number"),
        ({"noticeNo": "1", "amountPayable": 1.5}, "amountPayable is not a number"),
        ({"noticeNo": "1", "amountPayable": Decimal("nan")}, "amountPayable is not a number"),
        ({"noticeNo": "1", "dueAt": "2025-02-30T00:00:00"}, "dueAt is not an ISO 8601 date and time"),
        ({"noticeNo": "1", "dueAt": "2025-02-01"}, "dueAt is not an ISO 8601 date and time"),
        ({"noticeNo": "1", "dueAt": 5}, "dueAt is not an ISO 8601 date and time"),
        ({"noticeNo": "1", "onDay": "2025-13-01"}, "onDay is not an ISO 8601 date"),
        ({"noticeNo": "1", "codes": ["A"]}, "codes is not an object"),
        ({"noticeNo": "1", "codes": {"S1234567A": 5}}, "codes[*] is not text"),
    ],
    ids=str,
)
def test_a_wrong_item_is_told_by_its_field(item: dict[str, object], problem: str) -> None:
    assert problems({"items": [{"noticeNo": "0"}, item]}) == [f"data.items[1].{problem}"]


@pytest.mark.rule("G7")
@pytest.mark.parametrize(
    "body, problem",
    [
        (None, "data is null"),
        ([], "data is not an object"),
        ("items", "data is not an object"),
        ({"items": "ab"}, "data.items is not a list"),
        ({"items": {"a": 1}}, "data.items is not a list"),
        ({"items": None}, "data.items is null"),
        ({"items": [5]}, "data.items[0] is not an object"),
        ({"items": ["noticeNo"]}, "data.items[0] is not an object"),
        ({"items": [], "place": [1]}, "data.place is not a list of 2"),
        ({"items": [], "place": "12"}, "data.place is not a list of 2"),
        ({"items": [], "place": [1, 2.0]}, "data.place is not a whole number"),
        ({"items": [], "place": [True, 2]}, "data.place is not a whole number"),
        ({"items": [], "isLast": 1}, "data.isLast is not true or false"),
        ({"items": [], "expiresIn": "soon"}, "data.expiresIn is not a number"),
        ({"items": [], "expiresIn": "inf"}, "data.expiresIn is not a number"),
        ({"items": [], "expiresIn": True}, "data.expiresIn is not a number"),
    ],
    ids=str,
)
def test_a_wrong_body_is_told_by_its_field(body: object, problem: str) -> None:
    assert problems(body) == [problem]


def test_an_amount_of_a_record_is_text() -> None:
    (problem,) = problems({"items": [{"notice_no": "1", "amount_payable": Decimal("1.50")}]}, RECORDS)
    assert problem == "data.items[0].amount_payable is not text"


def test_the_first_problems_are_told_without_any_value_and_the_others_counted() -> None:
    with pytest.raises(MalformedData) as malformed:
        JSON_BODIES.read({"items": [{"noticeNo": 1234567}] * 5}, Body, "the answer of OCMS")
    assert str(malformed.value) == (
        "the answer of OCMS is malformed: items[0].noticeNo is not text, items[1].noticeNo is not text, "
        "items[2].noticeNo is not text, 2 more"
    )
    assert malformed.value.__cause__ is malformed.value.__context__ is None


NAMES = ["items", "place", "isLast", "expiresIn", "noticeNo", "amountPayable", "dueAt", "onDay", "codes"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=12,
)


@pytest.mark.rule("G7")
@given(
    JSON | st.fixed_dictionaries({"items": st.lists(st.fixed_dictionaries({"noticeNo": st.text()}) | JSON)})
)
def test_whatever_comes_is_read_or_malformed(data: object) -> None:
    with suppress(MalformedData):
        body = JSON_BODIES.read(data, Body, "the answer")
        assert all(isinstance(item.notice_no, str) for item in body.items)
