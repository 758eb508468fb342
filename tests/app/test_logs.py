"""Identity numbers are masked wherever in an event they stand."""

import io
import json
import logging
import re
from collections.abc import Iterator
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from ocms_app import logs
from ocms_app.logs import masked
from tests.support.log_lines import logs_as_before


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Give what is logged as JSON; other tests log as before."""
    with logs_as_before():
        logs.set_up("json", "info")
        said = io.StringIO()
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(said)
        yield said


@pytest.mark.rule("G2")
@pytest.mark.parametrize(
    "number", ["S1234567A", "t0000000z", "G1234567X", "200312345A", "12345678B", "T08LL1234A"]
)
def test_an_identity_number_is_masked_in_any_value(number: str) -> None:
    event = {
        "a": f"owner {number}.",
        number: [number, (number,)],
        "b": {"c": {number}},
        "d": ValueError(number),
    }
    assert number not in str(masked(event))


@pytest.mark.rule("G2")
def test_notice_numbers_counts_and_ids_are_left_readable() -> None:
    event = {
        "notice_no": "1234567890",
        "path": "/v1/ocms/cas-getPaymentStatus",
        "request_id": "550e8400-e29b-41d4-a716-446655440000",
        "status": 200,
        "milliseconds": 1.5,
        "none": None,
        "flag": True,
    }
    assert masked(event) == event


@pytest.mark.rule("G2")
def test_our_own_and_the_libraries_lines_are_json_and_masked(lines: io.StringIO) -> None:
    structlog.get_logger().info("read", owner="S1234567A")
    logging.getLogger("sqlalchemy").warning("row %s", "S1234567A")
    try:
        int("S1234567A")
    except ValueError:
        structlog.get_logger().exception("failed")
    logging.getLogger("httpx").info("GET http://host/S1234567A")
    events = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["event"] for line in events] == ["read", "row ***", "failed"]
    assert "S1234567A" not in lines.getvalue()
    assert "Traceback" in events[2]["exception"]
    assert all(line["timestamp"].endswith("Z") for line in events)


@pytest.mark.rule("G2")
@pytest.mark.parametrize("beside", [chr(code) for code in range(0x20, 0x7F)])
def test_an_identity_number_is_masked_whatever_stands_beside_it(beside: str) -> None:
    for number in ("S1234567A", "F7654321Z", "T08LL1234A"):
        for text in (f"{beside}{number}", f"{number}{beside}", f"{beside}{number}{beside}"):
            assert number not in str(masked(text)), text
    if not beside.isalnum():
        for number in ("s1234567a", "t08ll1234a", "12345678B"):
            assert number not in str(masked(f"{beside}{number}{beside}"))


@pytest.mark.rule("G2")
@given(st.uuids())
def test_a_request_id_stays_readable(handle: UUID) -> None:
    assert masked(str(handle)) == str(handle) or re.search(r"(^|-)\d{8}[a-f](-|$)", str(handle))
