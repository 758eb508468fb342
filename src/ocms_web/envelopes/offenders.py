"""The envelope of contract 3: `success` with its fields, or `success` false with what kind of error it is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.identity_numbers import STORED_AS
from ocms_core.kernel.offender_details import MailingAddress, RoleHolder
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.details import blocks, reached_at, unit_shown
from ocms_core.offenders.effects import RoleAssigned
from ocms_core.offenders.eligibility import Eligibility, shown_stage
from ocms_core.offenders.facts import WORDS, OffenderNotice
from ocms_core.offenders.fields import ID_TYPES
from ocms_core.offenders.timeline import TimelineEvent
from ocms_web.json_codec import Reply, with_offset
from ocms_web.problems import STATUS, Problem

VALIDATION, BUSINESS, TECHNICAL = "VALIDATION_ERROR", "BUSINESS_ERROR", "TECHNICAL_ERROR"

# The kind of error each refusal of this family is.
KINDS: Mapping[Code, str] = {
    codes.NOTICE_NOT_FOUND: "NOT_FOUND",
    codes.JWT_INVALID: "AUTHENTICATION_ERROR",
    codes.API_KEY_INVALID: "AUTHENTICATION_ERROR",
    codes.OFFICER_NOT_ALLOWED: "AUTHORIZATION_ERROR",
    codes.OFFICER_RATE_LIMITED: "RATE_LIMIT_ERROR",
}
FAULTS = frozenset({codes.DB_READ, codes.DB_UPDATE, codes.SYNC_INTERNET, codes.UNEXPECTED_ERROR})
PROBLEMS: Mapping[Problem, Code] = {
    Problem.UNAUTHORIZED: codes.JWT_INVALID,
    Problem.FORBIDDEN: codes.OFFICER_NOT_ALLOWED,
    Problem.RATE_LIMITED: codes.OFFICER_RATE_LIMITED,
}
ID_WORDS = {kind: word for word, kind in ID_TYPES.items()}


def success(**fields: Any) -> Reply:
    """Tell what went well (G3)."""
    return Reply(STATUS[codes.SUCCESS], {"success": True, **fields})


@rule("F53")
def failed(code: Code) -> Reply:
    """A refusal names the kind of error, its reason and the contract's text; so does a bad credential."""
    kind = KINDS.get(code, BUSINESS)
    return Reply(
        STATUS[code], {"success": False, "errorType": kind, "reason": code.code, "message": code.text}
    )


@rule("F52")
def invalid(
    violations: Sequence[tuple[str | None, str]], status: int = STATUS[codes.FIELDS_INVALID]
) -> Reply:
    """Invalid fields are told all at once; the first, in the contract's order, stands in front too."""
    listed = [{"field": field, "message": message} for field, message in violations]
    return Reply(status, {"success": False, "errorType": VALIDATION, **listed[0], "violations": listed})


@rule("F60", "F61", "G15")
def technical(code: Code, status: int | None = None, **more: Any) -> Reply:
    """A fault names the operation that failed and nothing of the inside."""
    body = {"success": False, "errorType": TECHNICAL, "operation": code.code, "message": code.text}
    return Reply(status or STATUS[code], body | more)


def refused(refusal: Refusal) -> Reply:
    """Tell why a call came to nothing."""
    if refusal.code is codes.FIELDS_INVALID:
        return invalid([(each.field, each.message) for each in refusal.words["violations"]])
    if refusal.code in FAULTS:
        return technical(refusal.code)
    return failed(refusal.code)


@rule("G15")
def offender_problem(problem: Problem, *, unreachable: Code) -> Reply:
    """A call of contract 3 that got no answer is told so in its own envelope, without internals."""
    if problem in PROBLEMS:
        return failed(PROBLEMS[problem])
    if problem is Problem.TOO_LARGE:
        return invalid([(None, "Request body is too large")], STATUS[codes.BODY_TOO_LARGE])
    if problem is Problem.MALFORMED:
        return invalid([(None, "Invalid request body")])
    if problem is Problem.UNAVAILABLE:
        return technical(unreachable, STATUS[codes.SERVICE_UNAVAILABLE])
    return technical(codes.UNEXPECTED_ERROR)


reading_problem = partial(offender_problem, unreachable=codes.DB_READ)
writing_problem = partial(offender_problem, unreachable=codes.DB_UPDATE)
not_shown = partial(technical, codes.SYNC_INTERNET, intranetUpdated=True)


@rule("F13")
def eligibility(found: Eligibility) -> Reply:
    """Eligibility is an answer, not an error; the reason is null where nothing is in the way."""
    return success(
        canFurnish=found.can_furnish,
        canRedirect=found.can_redirect,
        currentStage=shown_stage(found.stage),
        reasonCode=found.reason and found.reason.code,
        reasonMessage=found.reason and found.reason.text,
    )


def furnished(notice_no: str, taken: RoleAssigned) -> Reply:
    """Tell that an offender was furnished (F20)."""
    word = WORDS[taken.role]
    return success(
        noticeNo=notice_no,
        offenderType=word,
        offenderRecordCreated=taken.created,
        offenderIndicatorSet=True,
        processingStageUpdated=True,
        newProcessingStage=shown_stage(taken.new_stage),
        message=codes.OFFENDER_FURNISHED.text.format(role=word.capitalize()),
    )


def redirected(notice_no: str, taken: RoleAssigned) -> Reply:
    """Tell that a notice was redirected (F31)."""
    return success(
        noticeNo=notice_no,
        redirectedFrom=WORDS[taken.redirected_from or ""],
        redirectedTo=WORDS[taken.role],
        previousOffenderCleared=True,
        newOffenderCreated=taken.created,
        offenderIndicatorTransferred=True,
        processingStageUpdated=True,
        newProcessingStage=shown_stage(taken.new_stage),
        message=codes.NOTICE_REDIRECTED.text,
    )


def updated(notice_no: str, holder: RoleHolder) -> Reply:
    """Tell that particulars were updated (F40)."""
    return success(
        noticeNo=notice_no,
        offenderType=WORDS[holder.role],
        particularsUpdated=True,
        message=codes.PARTICULARS_UPDATED.text,
    )


@rule("F41")
def details(notice: OffenderNotice) -> Reply:
    """Each role has its block, of two fields where nobody is; the address is in the request's own shape."""
    return success(
        noticeNo=notice.notice_no,
        vehicleNo=notice.vehicle_no,
        currentProcessingStage=shown_stage(notice.stage),
        **{word.lower(): block(holder) for word, holder in blocks(notice).items()},
    )


def block(holder: RoleHolder | None) -> dict[str, Any]:
    """Show who stands in a role (F41)."""
    if holder is None:
        return {"exists": False, "isCurrentOffender": False}
    return {"exists": True, "isCurrentOffender": holder.is_current, **person(holder)}


def person(holder: RoleHolder) -> dict[str, Any]:
    """Show a person as the contract does."""
    who = holder.person
    return {
        "idType": id_word(who.id_type),
        "idNo": who.id_no,
        "name": who.name,
        "email": who.email,
        "contactNo": who.tel_no,
        "address": address(reached_at(holder)),
    }


@rule("F50")
def id_word(kind: str | None) -> str | None:
    """A kind of identity number is shown by the contract's word; B is UEN, an unknown one as stored."""
    return None if kind is None else ID_WORDS.get(STORED_AS.get(kind, kind), kind)


def address(reached: MailingAddress | None) -> dict[str, Any] | None:
    """Show an address in the request's own shape (F41)."""
    if reached is None:
        return None
    return {
        "blockNo": reached.block_no,
        "streetName": reached.street_name,
        "buildingName": reached.building_name,
        "unitNo": unit_shown(reached),
        "postalCode": reached.postal_code,
    }


def timeline(notice_no: str, events: Sequence[TimelineEvent], skip: int, limit: int) -> Reply:
    """Show one page of everything that happened to a notice; `total` counts all pages."""
    return success(
        noticeNo=notice_no,
        total=len(events),
        skip=skip,
        limit=limit,
        events=[
            {
                "at": with_offset(event.at),
                "kind": event.kind,
                "officer": event.officer,
                "details": {name: plain(name, value) for name, value in event.what.items()},
            }
            for event in events[skip : skip + limit]
        ],
    )


def plain(name: str, value: object) -> Any:
    """Write one detail of an event as the wire has it."""
    if isinstance(value, RoleHolder):
        return {"isCurrentOffender": value.is_current, **person(value), **furnished_detail(value)}
    if isinstance(value, datetime):
        return with_offset(value)
    if name in {"role", "formerCurrent"}:
        return WORDS.get(str(value), value)
    return value


def furnished_detail(holder: RoleHolder) -> dict[str, Any]:
    """Show what was furnished of somebody besides (F22)."""
    detail = holder.detail
    return {
        "relationship": detail and detail.relationship,
        "rentalPeriodFrom": iso(detail.rental_period_from if detail else None),
        "rentalPeriodTo": iso(detail.rental_period_to if detail else None),
        "remarks": detail and detail.remarks,
    }


def iso(day: date | None) -> str | None:
    """Write a calendar day."""
    return None if day is None else day.isoformat()
