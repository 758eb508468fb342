"""JSON in and out: the bodies callers send, and sums and times as the contracts write them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from attrs import field, frozen

from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.rule_tags import rule

# Sums are exact: 150.00 is written as a number with its two decimals, never through a float.
ENCODER = msgspec.json.Encoder(decimal_format="number")
DECODER = msgspec.json.Decoder()

Value = TypeVar("Value")
Encoded = TypeVar("Encoded")


class Malformed(Exception):
    """The bytes of a body are not JSON."""


@frozen
class Reply:
    """An answer as HTTP will carry it; `body` is encoded as JSON unless it is the bytes of a file."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(factory=dict)


@rule("G7")
def decode(body: bytes | str) -> object:
    """Decode a body, or a field of a form. Raises `Malformed` for what is not JSON, and nothing else."""
    try:
        return DECODER.decode(body)
    # RecursionError: nesting deeper than the decoder follows. ValueError: numbers beyond reading.
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise Malformed from error


@rule("G5", "G6")
def encode(body: object) -> bytes:
    """Encode a body: sums are JSON numbers with two decimals, null is written as null."""
    return ENCODER.encode(body)


def body_bytes(reply: Reply) -> bytes:
    """Return the body of an answer as it is sent."""
    return reply.body if isinstance(reply.body, bytes) else encode(reply.body)


@rule("G5")
def to_second(moment: datetime) -> datetime:
    """Return Singapore time to the second; encoded it has `+08:00`, as contract 1 writes it (G5)."""
    moment = singapore(moment)
    return moment.replace(microsecond=0) if moment.microsecond else moment


@rule("G5")
def local_time(moment: datetime) -> str:
    """Return Singapore time without an offset, to the second, as contracts 2 and 4 write it."""
    return local(moment).isoformat(timespec="seconds")


def or_null(write: Callable[[Value], Encoded], value: Value | None) -> Encoded | None:
    """Return a value as `write` writes it, null where there is none."""
    return None if value is None else write(value)
