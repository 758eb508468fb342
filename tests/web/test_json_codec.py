"""JSON in and out: nothing breaks the reader, and sums and times are written as the contract writes them."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocms_core.kernel.dates import SINGAPORE
from ocms_web.json_codec import Malformed, decode, encode, or_null, to_second

SUMS = st.decimals(min_value=-(10**17), max_value=10**17, places=2)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.rule("G7")
@given(body=st.binary() | st.text().map(str.encode))
@example(body=b"[" * 100_000)
@example(body=b'{"a":' * 100_000)
@example(body=b"1" * 100_000)
@example(body=b"1e999")
@example(body=b'"\\ud800"')
@example(body=b'"\xff"')
@example(body=b"NaN")
@example(body=b"")
def test_any_bytes_are_json_or_malformed(body: bytes) -> None:
    try:
        decode(body)
    except Malformed:
        return
    json.loads(body)


@given(value=PLAIN)
def test_what_is_written_is_read_back(value: object) -> None:
    assert decode(encode(value)) == value


@pytest.mark.rule("G6")
@given(amount=SUMS)
@example(amount=Decimal("150.00"))
@example(amount=Decimal("0.00"))
@example(amount=Decimal("99999999999999999.99"))
def test_a_sum_is_a_number_with_its_two_decimals(amount: Decimal) -> None:
    assert encode(amount).decode() == f"{amount:.2f}"


@pytest.mark.rule("G5")
@pytest.mark.parametrize(
    "moment, written",
    [
        (datetime(2025, 2, 14), "2025-02-14T00:00:00+08:00"),  # noqa: DTZ001  # as a table gives it
        (datetime(2025, 2, 13, 16, tzinfo=UTC), "2025-02-14T00:00:00+08:00"),
        (datetime(2025, 2, 14, 9, 30, 15, 999_999), "2025-02-14T09:30:15+08:00"),  # noqa: DTZ001
    ],
)
def test_contract_1_writes_times_with_their_offset_to_the_second(moment: datetime, written: str) -> None:
    assert encode(to_second(moment)) == f'"{written}"'.encode()


def test_a_value_that_is_not_there_is_null() -> None:
    assert or_null(to_second, None) is None
    assert or_null(to_second, datetime(2025, 2, 13, 16, tzinfo=UTC)) == datetime(
        2025, 2, 14, tzinfo=SINGAPORE
    )
