"""Identity numbers are masked wherever in an event they stand."""

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import pytest
import structlog
from _pytest.logging import LogCaptureHandler
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from ocms_app import logs
from ocms_app.logs import masked
from ocms_core.kernel.masking import MASK
from tests.support.log_lines import logs_as_before


class Present(io.TextIOBase):
    """Standard error, whatever it is when a line is written."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)


@define
class Lines:
    """What is written to standard error."""

    capsys: pytest.CaptureFixture[str]
    seen: str = ""

    def getvalue(self) -> str:
        self.seen += self.capsys.readouterr().err
        return self.seen


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """Give what is logged as JSON; other tests log as before."""
    with logs_as_before():
        logs.set_up("json", "info")
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        # pytest puts another standard error in place for the test than for its fixtures.
        handler.setStream(Present())
        yield Lines(capsys)


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
def test_our_own_and_the_libraries_lines_are_json_and_masked(lines: Lines) -> None:
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


# Each form of an identity number, in capitals, small letters and both.
NUMBERS = dict.fromkeys(
    written
    for number in ("S1234567A", "F7654321D", "T08LL1234A", "12345678B", "200312345E")
    for written in (number, number.lower(), number[0] + number[1:].lower(), number[0].lower() + number[1:])
)
# Every character of a byte, and some that other code pages and scripts have.
BESIDE = [*map(chr, range(0x100)), "ſ", "İ", "е", "中", "٣", "\u200b", "\ufeff", "\U0001f697", "\udc80"]
DIGITS = re.compile(r"\d{5}")


@pytest.mark.rule("G2")
def test_an_identity_number_is_masked_whatever_stands_beside_it() -> None:
    shown = [
        text
        for beside in BESIDE
        for number in NUMBERS
        for text in (
            f"{beside}{number}",
            f"{number}{beside}",
            f"{beside}{number}{beside}",
            beside.join([number] * 2),
        )
        if DIGITS.search(str(masked(text)).replace(MASK, ""))
    ]
    assert not shown


@pytest.mark.rule("G2")
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "text",
    [
        "ChangeStageReport_20250101_{}.xlsx",
        "change-stage/ChangeStageReport_{}_001.xlsx",
        "run_{}_2",
        "550e8400-e29b-41d4-a716-446655440000-{}",
        "{}-550e8400-e29b-41d4-a716-446655440000",
        "550e8400-e29b-41d4-a716-{}",
        "/v1/update-hst/%20{}%0A",
        "x{}y12345678{}z",
        "12345678{}",
        "{}" * 8,
    ],
)
def test_a_name_or_a_path_with_an_identity_number_is_masked(text: str, number: str) -> None:
    said = str(masked(text.format(*[number] * 8)))
    assert number not in said
    assert not DIGITS.search(re.sub(r"20250101|550e8400-e29b-41d4-a716(-446655440000)?", "", said)), said


@pytest.mark.rule("G2")
@given(st.uuids(), st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_a_request_id_and_a_digest_stay_readable(handle: UUID, identifier: bytes, digest: bytes) -> None:
    for shown in (str(handle), f"_{handle}_", identifier.hex(), digest.hex(), f"<{digest.hex()}>"):
        assert masked(shown) == shown


@pytest.mark.rule("G2")
@pytest.mark.parametrize("number", NUMBERS)
def test_every_field_of_a_line_is_masked(lines: Lines, number: str) -> None:
    with structlog.contextvars.bound_contextvars(request_id=f"a_{number}_b"):
        structlog.get_logger().warning(
            f"failed_{number}", report=f"R_{number}.xlsx", **{f"of_{number}": [number]}
        )
        logging.getLogger("_granian").error("no %s", f"/x_{number}")
        with pytest.raises(FileNotFoundError) as caught:
            Path(f"/reports/R_{number}_1.xlsx").read_bytes()
        fault, trace = caught.value, caught.tb
        fault.add_note(f"_{number}")
        structlog.get_logger().error("failed", reason=str(fault), exc_info=fault)
        logging.getLogger("asyncio").warning("never retrieved", exc_info=fault)
        sys.excepthook(type(fault), fault, trace)
        threading.excepthook(threading.ExceptHookArgs((type(fault), fault, trace, None)))
    said = lines.getvalue()
    assert len(said.splitlines()) == 6
    assert said.count("Traceback") == 4
    assert number not in said
    assert not re.search(r"\D1234567\D|7654321|1234A|12345678\D|2003123", said, re.IGNORECASE)


@pytest.mark.rule("G2")
def test_an_interrupt_from_the_keyboard_ends_without_a_line(lines: Lines) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    threading.excepthook(threading.ExceptHookArgs((SystemExit, SystemExit(), None, None)))
    assert not lines.getvalue()


class Text(str):
    """Text of a class of its own, as the headers of a mail are."""

    __slots__ = ()


class Number(int):
    """A number of a class of its own."""


# What JSON cannot hold as it is, or a reader of lines takes for the end of one.
ODD = (
    *(Text("text"), {Text("key"): [Text("text")]}, Number(7), HTTPStatus.OK),
    *("half \ud800", "\u2028", "\x85", "\n", "中", 2**70, -(2**70), float("nan"), {1: {"a": 2**64}}, b"\xff"),
)


@pytest.mark.rule("G2")
@pytest.mark.parametrize("value", ODD)
def test_no_value_keeps_a_line_from_being_written_or_tears_it(
    lines: Lines, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What pytest catches of it could not be sent from one process of a run to another.
    root = logging.getLogger()
    ours_alone = [each for each in root.handlers if not isinstance(each, LogCaptureHandler)]
    monkeypatch.setattr(root, "handlers", ours_alone)
    structlog.get_logger().info("read", value=value, owner="S1234567A")
    logging.getLogger("sqlalchemy").warning("row %s", value)
    ours, foreign = lines.getvalue().splitlines()
    assert json.loads(ours)["owner"] == MASK
    assert json.loads(foreign)["level"] == "warning"
    assert lines.getvalue().isascii()


class Full(io.RawIOBase):
    """A disk that is full."""

    def writable(self) -> bool:
        return True

    def write(self, _data: object) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    full = io.TextIOWrapper(io.BufferedWriter(Full(), buffer_size=16))
    with logs_as_before(), monkeypatch.context() as patch:
        logs.set_up("json", "info")
        patch.setattr(sys, "stderr", full)
        for _ in range(3):
            structlog.get_logger().info("read", text="x" * 100)
    with suppress(OSError):
        full.close()
