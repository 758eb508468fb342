"""Request ids that are fit to be logged and sent back are kept; refusals are counted by their code."""

import uuid

import pytest
from prometheus_client import REGISTRY

from ocms_web.court.shapes import CourtError
from ocms_web.hst.shapes import HstError, HstErrorData
from ocms_web.observability import count_refusal, request_id
from ocms_web.offenders.shapes import OffenderError
from ocms_web.stages.shapes import StageError


@pytest.mark.rule("G11")
@pytest.mark.parametrize("given", [b"1", b"a/b#c", b"~" * 128, b"550e8400-e29b-41d4-a716-446655440000"])
def test_a_visible_id_of_up_to_128_characters_is_kept(given: bytes) -> None:
    assert request_id([(b"host", b"x"), (b"X-Request-ID", given)]) == given.decode()


@pytest.mark.rule("G11")
@pytest.mark.parametrize("given", [b"", b" ", b"a b", b"a\n", b"\x00", b"\xe9", b"a" * 129])
def test_any_other_id_is_replaced_by_a_new_one(given: bytes) -> None:
    assert uuid.UUID(request_id([(b"x-request-id", given)])).version == 4
    assert request_id([]) != request_id([])


@pytest.mark.parametrize(
    "body, code",
    [
        (CourtError("OCMS-4011", "Invalid or missing API credentials"), "OCMS-4011"),
        (HstError(HstErrorData("OCMS-4000", "idNo is invalid")), "OCMS-4000"),
        (StageError("RATE_LIMITED", "Rate limit exceeded. Please try again later."), "RATE_LIMITED"),
        (StageError("S1234567A is not known", "text"), "other"),
        (
            OffenderError(success=False, error_type="NOT_FOUND", reason="NOTICE_NOT_FOUND", message="text"),
            "NOTICE_NOT_FOUND",
        ),
        (b"", "other"),
    ],
)
def test_a_refusal_is_counted_by_the_code_of_its_envelope(body: object, code: str) -> None:
    labels = {"operation": "hstlist", "status": "418", "code": code}
    before = REGISTRY.get_sample_value("ocms_refusals_total", labels) or 0
    count_refusal("hstlist", 418, body)
    assert REGISTRY.get_sample_value("ocms_refusals_total", labels) == before + 1
