"""What a signed link is answered when something behind it breaks."""

import json
from datetime import datetime
from typing import Any

import pytest
from attrs import frozen

from ocms_core.kernel.errors import Unavailable
from ocms_web.json_codec import encode
from ocms_web.signed_files import SignedFiles
from tests.support.builders import NOW

DOWN = {"error": "SERVICE_UNAVAILABLE", "message": "Service unavailable"}
BROKEN = {"error": "INTERNAL_ERROR", "message": "Something went wrong. Please try again later."}


@frozen
class Behind:
    """Everything behind a link in one: it opens, and reads or records only where no fault is told."""

    read_fault: Exception | None = None
    record_fault: Exception | None = None

    def now(self) -> datetime:
        return NOW

    def opens(self, *_: object) -> bool:
        return True

    def read(self, _name: str) -> bytes:
        if self.read_fault:
            raise self.read_fault
        return b"PK"

    def record_access(self, *_: object) -> None:
        if self.record_fault:
            raise self.record_fault


@pytest.mark.rule("S53", "G15")
@pytest.mark.parametrize(
    "behind, status, body",
    [
        (Behind(), 200, b"PK"),
        (Behind(read_fault=Unavailable("the report store")), 503, DOWN),
        (Behind(record_fault=Unavailable("the database")), 503, DOWN),
        (Behind(read_fault=RuntimeError("secret")), 500, BROKEN),
    ],
)
def test_a_link_behind_which_something_breaks(behind: Any, status: int, body: object) -> None:
    reply = SignedFiles(behind, behind, behind, behind).fetch("change-stage", "Any.xlsx", {})
    sent = reply.body if isinstance(reply.body, bytes) else json.loads(encode(reply.body))
    assert (reply.status, sent) == (status, body)
