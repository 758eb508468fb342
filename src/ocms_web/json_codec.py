"""JSON in and out: what callers send, and sums and times as the contract writes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from attrs import field, frozen

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.rule_tags import rule

# Sums are exact: 150.00 is written as a number with its two decimals, never through a float.
ENCODER = msgspec.json.Encoder(decimal_format="number")
DECODER = msgspec.json.Decoder()


class Malformed(Exception):
    """The bytes of a body are no JSON."""


@frozen
class Reply:
    """An answer as HTTP will carry it; `body` is what JSON is made of, or the bytes of a file."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(factory=dict)


@rule("G7")
def decode(body: bytes) -> object:
    """Whatever the bytes, a body is either JSON or malformed; it never breaks the house."""
    try:
        return DECODER.decode(body)
    # RecursionError: nesting deeper than the decoder follows. ValueError: numbers beyond reading.
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise Malformed from error


@rule("G5", "G6")
def encode(body: object) -> bytes:
    """Sums are JSON numbers with two decimals; what is null is written as null."""
    return ENCODER.encode(body)


@rule("G5")
def with_offset(moment: datetime | None) -> str | None:
    """Contract 1 writes times in Singapore time with `+08:00`, to the second."""
    return None if moment is None else singapore(moment).isoformat(timespec="seconds")


@rule("G5")
def local_time(moment: datetime) -> str:
    """Contracts 2 and 4 write times in Singapore time without an offset, to the second."""
    return singapore(moment).replace(tzinfo=None).isoformat(timespec="seconds")
