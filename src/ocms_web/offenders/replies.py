"""The replies of contract 3: `success` with its fields, or `success` false with the kind of error it is."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from msgspec import UNSET

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.identity_numbers import ID_TYPE_WORDS, kind_of
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, RoleHolder
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.details import address_on_record, floor_and_unit_text, holders_by_word
from ocms_core.offenders.effects import RoleAssigned
from ocms_core.offenders.eligibility import Eligibility, shown_stage
from ocms_core.offenders.facts import WORDS, OffenderNotice
from ocms_core.offenders.timeline import TimelineEvent
from ocms_core.reversals.reversing import Reversed
from ocms_web.json_codec import Reply, or_null, to_second
from ocms_web.offenders.shapes import (
    CourtEventDetails,
    EligibilityReply,
    EventDetails,
    FieldViolation,
    FormerOffender,
    FurnishedAddress,
    FurnishReply,
    InvalidFieldsError,
    OffenderBlock,
    OffenderDetailsReply,
    OffenderError,
    OffenderEventDetails,
    PaymentEventDetails,
    RedirectReply,
    ReversalResult,
    ReverseOffenderReply,
    RevivalEventDetails,
    StageEventDetails,
    SuspensionEventDetails,
    TechnicalError,
    TimelineLine,
    TimelineReply,
    UpdateOffenderReply,
)
from ocms_web.problems import STATUS, Problem

BUSINESS = "BUSINESS_ERROR"
# The kind of error each refusal of this contract is; any other is a business error.
ERROR_TYPES: Mapping[Code, str] = {
    codes.NOTICE_NOT_FOUND: "NOT_FOUND",
    codes.JWT_INVALID: "AUTHENTICATION_ERROR",
    codes.API_KEY_INVALID: "AUTHENTICATION_ERROR",
    codes.OFFICER_NOT_ALLOWED: "AUTHORIZATION_ERROR",
    codes.OFFICER_RATE_LIMITED: "RATE_LIMIT_ERROR",
}
TECHNICAL_CODES = frozenset({codes.DB_READ, codes.DB_UPDATE, codes.SYNC_INTERNET, codes.UNEXPECTED_ERROR})
PROBLEMS: Mapping[Problem, Code] = {
    Problem.UNAUTHORIZED: codes.JWT_INVALID,
    Problem.FORBIDDEN: codes.OFFICER_NOT_ALLOWED,
    Problem.RATE_LIMITED: codes.OFFICER_RATE_LIMITED,
    Problem.CALL_RUNNING: codes.OFFENDER_CALL_RUNNING,
    Problem.KEY_REUSED: codes.OFFENDER_KEY_REUSED,
}
OK = STATUS[codes.SUCCESS]


@rule("F53")
def business_error(code: Code) -> Reply:
    """Return a refusal with its kind of error, its reason and the contract's text; a bad credential too."""
    error = OffenderError(
        success=False,
        error_type=ERROR_TYPES.get(code, BUSINESS),
        reason=code.code,
        message=code.text,
    )
    return Reply(STATUS[code], error)


@rule("F52")
def invalid_fields(
    violations: Sequence[tuple[str | None, str]], status: int = STATUS[codes.FIELDS_INVALID]
) -> Reply:
    """Return all invalid fields at once; the first, in the contract's order, is repeated before them."""
    lines = [FieldViolation(field, message) for field, message in violations]
    error = InvalidFieldsError(
        success=False,
        error_type="VALIDATION_ERROR",
        field=lines[0].field,
        message=lines[0].message,
        violations=lines,
    )
    return Reply(status, error)


@rule("F60", "F61", "G15")
def technical_error(code: Code, status: int | None = None, *, intranet_updated: bool = False) -> Reply:
    """Return a fault that names the operation that failed, and no internals."""
    error = TechnicalError(
        success=False,
        error_type="TECHNICAL_ERROR",
        operation=code.code,
        message=code.text,
        intranet_updated=True if intranet_updated else UNSET,
    )
    return Reply(status or STATUS[code], error)


def error_reply(refusal: Refusal) -> Reply:
    """Return the reply of a refused call (F52, F53, F61)."""
    if refusal.code is codes.FIELDS_INVALID:
        return invalid_fields([(each.field, each.message) for each in refusal.words["violations"]])
    if refusal.code in TECHNICAL_CODES:
        return technical_error(refusal.code)
    return business_error(refusal.code)


@rule("G15")
def problem_reply(problem: Problem, *, unreachable: Code) -> Reply:
    """Return what a call of contract 3 without an answer gets: its own envelope, no internals."""
    if problem in PROBLEMS:
        return business_error(PROBLEMS[problem])
    if problem is Problem.TOO_LARGE:
        return invalid_fields([(None, "Request body is too large")], STATUS[codes.BODY_TOO_LARGE])
    if problem is Problem.MALFORMED:
        return invalid_fields([(None, "Invalid request body")])
    if problem is Problem.INVALID_KEY:
        return invalid_fields([("Idempotency-Key", codes.INVALID_KEY_TEXT)])
    if problem is Problem.INVALID_DRY_RUN:
        return invalid_fields([("OCMS-Dry-Run", codes.INVALID_DRY_RUN_TEXT)])
    if problem is Problem.UNAVAILABLE:
        return technical_error(unreachable, STATUS[codes.SERVICE_UNAVAILABLE])
    return technical_error(codes.UNEXPECTED_ERROR)


reading_problem = partial(problem_reply, unreachable=codes.DB_READ)
writing_problem = partial(problem_reply, unreachable=codes.DB_UPDATE)
not_on_internet = partial(technical_error, codes.SYNC_INTERNET, intranet_updated=True)


@rule("F13")
def eligibility_reply(eligibility: Eligibility) -> Reply:
    """Return eligibility as an answer, not an error; the reason is null where nothing stands against it."""
    reply = EligibilityReply(
        success=True,
        can_furnish=eligibility.can_furnish,
        can_redirect=eligibility.can_redirect,
        current_stage=shown_stage(eligibility.stage),
        reason_code=eligibility.reason.code if eligibility.reason else None,
        reason_message=eligibility.reason.text if eligibility.reason else None,
    )
    return Reply(OK, reply)


def furnish_reply(notice_no: str, assigned: RoleAssigned) -> Reply:
    """Return that an offender was furnished (F20)."""
    word = WORDS[assigned.role]
    reply = FurnishReply(
        success=True,
        notice_no=notice_no,
        offender_type=word,
        offender_record_created=assigned.created,
        offender_indicator_set=True,
        processing_stage_updated=True,
        new_processing_stage=shown_stage(assigned.new_stage),
        message=codes.OFFENDER_FURNISHED.text.format(role=word.capitalize()),
    )
    return Reply(OK, reply)


def redirect_reply(notice_no: str, assigned: RoleAssigned) -> Reply:
    """Return that a notice was redirected (F31)."""
    reply = RedirectReply(
        success=True,
        notice_no=notice_no,
        redirected_from=WORDS[assigned.redirected_from or ""],
        redirected_to=WORDS[assigned.role],
        previous_offender_cleared=True,
        new_offender_created=assigned.created,
        offender_indicator_transferred=True,
        processing_stage_updated=True,
        new_processing_stage=shown_stage(assigned.new_stage),
        message=codes.NOTICE_REDIRECTED.text,
    )
    return Reply(OK, reply)


@rule("K4")
def reversal_reply(decision: Decision[Reversed]) -> Reply:
    """Return what became of each notice, its stages before and after it was put back (K4)."""
    results = [
        ReversalResult(
            notice_no=answer.key,
            reversed=answer.detail is not None,
            operation=answer.detail.operation if answer.detail else UNSET,
            previous_processing_stage=shown_stage(answer.detail.previous_stage) if answer.detail else UNSET,
            new_processing_stage=shown_stage(answer.detail.new_stage) if answer.detail else UNSET,
            code=answer.code.code,
            message=answer.code.text,
        )
        for answer in decision.answers
    ]
    return Reply(OK, ReverseOffenderReply(success=True, results=results))


def update_reply(notice_no: str, holder: RoleHolder) -> Reply:
    """Return that particulars were updated (F40)."""
    reply = UpdateOffenderReply(
        success=True,
        notice_no=notice_no,
        offender_type=WORDS[holder.role],
        particulars_updated=True,
        message=codes.PARTICULARS_UPDATED.text,
    )
    return Reply(OK, reply)


@rule("F41", "U7")
def details_reply(notice: OffenderNotice) -> Reply:
    """Return a block for each role, of two fields where nobody is; addresses are in the request's shape."""
    by_role = {
        word.lower(): offender_block(holder, notice.current_role)
        for word, holder in holders_by_word(notice).items()
    }
    reply = OffenderDetailsReply(
        success=True,
        notice_no=notice.notice_no,
        vehicle_no=notice.vehicle_no,
        current_processing_stage=shown_stage(notice.stage),
        owner=by_role["owner"],
        hirer=by_role["hirer"],
        driver=by_role["driver"],
    )
    return Reply(OK, reply)


def offender_block(holder: RoleHolder | None, current_role: str | None) -> OffenderBlock:
    """Return who holds a role, and whether it is the role of the notice's current offender (F41, U7)."""
    if holder is None:
        return OffenderBlock(exists=False, is_current_offender=False)
    person = holder.person
    return OffenderBlock(
        exists=True,
        is_current_offender=holder.role == current_role,
        id_type=id_type_word(person.id_type),
        id_no=person.id_no,
        name=person.name,
        email=person.email,
        contact_no=person.tel_no,
        address=furnished_address(address_on_record(holder)),
    )


@rule("F50")
def id_type_word(kind: str | None) -> str | None:
    """Return the contract's word for a kind of identity number; B is UEN, an unknown one as stored."""
    return None if kind is None else ID_TYPE_WORDS.get(kind_of(kind), kind)


def furnished_address(address: MailingAddress | None) -> FurnishedAddress | None:
    """Return an address in the request's own shape (F41)."""
    if address is None:
        return None
    return FurnishedAddress(
        block_no=address.block_no,
        street_name=address.street_name,
        building_name=address.building_name,
        unit_no=floor_and_unit_text(address),
        postal_code=address.postal_code,
    )


def timeline_reply(notice_no: str, events: Sequence[TimelineEvent], skip: int, limit: int) -> Reply:
    """Return one page of everything that happened to a notice; `total` counts all pages."""
    reply = TimelineReply(
        success=True,
        notice_no=notice_no,
        total=len(events),
        skip=skip,
        limit=limit,
        events=[timeline_line(event) for event in events[skip : skip + limit]],
    )
    return Reply(OK, reply)


def timeline_line(event: TimelineEvent) -> TimelineLine:
    """Return one event of a notice."""
    kind: Any = event.kind
    return TimelineLine(
        at=to_second(event.at), kind=kind, officer=event.officer, details=event_details(event)
    )


def event_details(event: TimelineEvent) -> EventDetails:
    """Return the details of an event in the shape of its kind."""
    what: Mapping[str, Any] = event.what
    match event.kind:
        case "STAGE":
            return StageEventDetails(
                from_stage=what["from"],
                to_stage=what["to"],
                reason=what["reason"],
                source=what["source"],
                remarks=what["remarks"],
            )
        case "SUSPENSION":
            return SuspensionEventDetails(
                type=what["type"],
                reason=what["reason"],
                source=what["source"],
                due=or_null(to_second, what["due"]),
                remarks=what["remarks"],
            )
        case "REVIVAL":
            return RevivalEventDetails(
                type=what["type"],
                reason=what["reason"],
                revival_reason=what["revivalReason"],
                remarks=what["remarks"],
            )
        case "OFFENDER":
            return OffenderEventDetails(
                action=what["action"],
                role=role_word(what["role"]),
                former_current=what["formerCurrent"] and role_word(what["formerCurrent"]),
                from_stage=what["from"],
                to_stage=what["to"],
                former=what["former"] and former_offender(what["former"]),
            )
        case "COURT":
            return CourtEventDetails(due=or_null(to_second, what["due"]), reason=what["reason"])
        case _:
            return PaymentEventDetails(reason=what["reason"], status=what["status"], paid=what["paid"])


def former_offender(holder: RoleHolder) -> FormerOffender:
    """Return who stood in a role before, with what was furnished besides (F22)."""
    person, detail = holder.person, holder.detail or FurnishDetail()
    return FormerOffender(
        is_current_offender=holder.is_current,
        id_type=id_type_word(person.id_type),
        id_no=person.id_no,
        name=person.name,
        email=person.email,
        contact_no=person.tel_no,
        address=furnished_address(address_on_record(holder)),
        relationship=detail.relationship,
        rental_period_from=or_null(date.isoformat, detail.rental_period_from),
        rental_period_to=or_null(date.isoformat, detail.rental_period_to),
        remarks=detail.remarks,
    )


def role_word(role: str) -> str:
    """Return the contract's word for a stored role; one it has no word for as stored."""
    return WORDS.get(role, role)
