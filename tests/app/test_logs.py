"""Identity numbers are masked wherever in an event they stand."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

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
    given = {
        "notice_no": "1234567890",
        "path": "/v1/ocms/cas-getPaymentStatus",
        "request_id": "550e8400-e29b-41d4-a716-446655440000",
        "status": 200,
        "milliseconds": 1.5,
        "none": None,
        "flag": True,
    }
    assert masked(given) == given


@pytest.mark.rule("G2")
def test_our_own_and_the_libraries_lines_are_json_and_masked(lines: io.StringIO) -> None:
    structlog.get_logger().info("read", owner="S1234567A")
    logging.getLogger("sqlalchemy").warning("row %s", "S1234567A")
    try:
        int("S1234567A")
    except ValueError:
        structlog.get_logger().exception("failed")
    logging.getLogger("httpx").info("GET http://host/S1234567A")
    given = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["event"] for line in given] == ["read", "row ***", "failed"]
    assert "S1234567A" not in lines.getvalue()
    assert "Traceback" in given[2]["exception"]
    assert all(line["timestamp"].endswith("Z") for line in given)
