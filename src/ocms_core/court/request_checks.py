"""What a call of contract 1 must look like before anything is looked up."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ocms_core.kernel.codes import (
    BATCH_TOO_LARGE,
    INVALID_EPR_REASON,
    INVALID_NOTICE_NO,
    INVALID_NOTICES,
    INVALID_PAYLOAD,
    INVALID_SUSPENSION_TYPE,
    INVALID_TIMESTAMP,
)
from ocms_core.kernel.dates import timestamp
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.notice_numbers import NOTICE_NO
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import PERMANENT, SUSPENSION_TYPES, SuspensionReason
from ocms_core.kernel.value_objects import value_object

REQUEST_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)

# The reasons CAS may give, by the word it writes for each.
EPR_REASONS: dict[str, SuspensionReason] = {
    str(reason): reason for reason in (SuspensionReason(PERMANENT, code) for code in ("WWP", "OTH", "WWC"))
}


@value_object
class CourtUpdate:
    """
    One court notice as CAS wants it; a part that is None keeps its value.

    `processing_stage` is the wire's word, not yet known to be a stage.
    """

    notice_no: str
    suspension_type: str | None = None
    epr_reason: str | None = None
    processing_stage: object = None


@rule("P1", "G8")
def first_refusal(body: object, cap: int) -> Refusal | None:
    """Return the refusal of a call for the first thing wrong with it, in the contract's order (P1, G8)."""
    if not isinstance(body, Mapping):
        return Refusal(INVALID_PAYLOAD)
    request_id, requested_at, notices = request_id_of(body), *map(body.get, ("requestTimestamp", "notices"))
    if not (request_id and REQUEST_ID.fullmatch(request_id)):
        return Refusal(INVALID_PAYLOAD)
    if not (isinstance(requested_at, str) and timestamp(requested_at)):
        return Refusal(INVALID_TIMESTAMP)
    if not (isinstance(notices, list) and notices):
        return Refusal(INVALID_NOTICES)
    if len(notices) > cap:
        return Refusal(BATCH_TOO_LARGE, {"cap": cap})
    return None if are_numbered(notices) else Refusal(INVALID_NOTICE_NO)


@rule("P1", "G1")
def are_numbered(notices: Sequence[Any]) -> bool:
    """Return whether every notice of a call is an object with the number of a notice (P1)."""
    # One pass without a call of ours for each: a list of 500 is looked at in a third of the time.
    try:
        return all(map(NOTICE_NO.fullmatch, [notice["noticeNo"] for notice in notices]))
    except (TypeError, LookupError):
        return False


def request_id_of(body: object) -> str | None:
    """Return the request id of a body; None where it has none."""
    request_id = body.get("requestId") if isinstance(body, Mapping) else None
    return request_id if isinstance(request_id, str) else None


@rule("G9")
def notice_numbers(body: object, cap: int) -> tuple[str, ...] | Refusal:
    """Return the notice numbers of a query, a repeated one once, where it first stands (G9)."""
    refusal = first_refusal(body, cap)
    if refusal:
        return refusal
    return tuple(dict.fromkeys(normal_numbers(body)))


@rule("P20")
def court_updates(body: object, cap: int) -> tuple[CourtUpdate, ...] | Refusal:
    """Read updates, with the suspension types and reasons CAS may use; null or absent means not provided."""
    refusal = first_refusal(body, cap)
    if refusal:
        return refusal
    notices = notices_of(body)
    for name, known, code in (
        ("suspensionType", SUSPENSION_TYPES, INVALID_SUSPENSION_TYPE),
        ("eprReasonOfSuspension", EPR_REASONS, INVALID_EPR_REASON),
    ):
        if not all(
            provided is None or is_one_of(provided, known) for provided in field_values(notices, name)
        ):
            return Refusal(code)
    return tuple(
        CourtUpdate(
            notice_no,
            notice.get("suspensionType"),
            epr_reason_code(notice.get("eprReasonOfSuspension")),
            notice.get("processingStage"),
        )
        for notice_no, notice in zip(normal_numbers(body), notices, strict=True)
    )


@rule("P21")
def epr_reason_code(word: str | None) -> str | None:
    """Return the three letters a reason is kept as: `PS-WWP` is `WWP` (P21)."""
    return None if word is None else EPR_REASONS[word].code


def notices_of(body: Any) -> Sequence[Mapping[str, Any]]:
    """Take the notices of a body that `first_refusal` has let through."""
    notices: Sequence[Mapping[str, Any]] = body["notices"]
    return notices


@rule("G9")
def normal_numbers(body: Any) -> list[str]:
    """Return the numbers of a body that `first_refusal` has let through, in capitals (G9)."""
    return [notice["noticeNo"].upper() for notice in body["notices"]]


def field_values(notices: Sequence[Mapping[str, Any]], name: str) -> tuple[object, ...]:
    """Return one field of every notice, None where it is absent."""
    return tuple(notice.get(name) for notice in notices)


def is_one_of(value: object, known: frozenset[str] | Mapping[str, object]) -> bool:
    """Return whether a wire value is one of the words of a table; a list or an object is none."""
    return isinstance(value, str) and value in known
