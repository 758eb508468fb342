"""The replies of contract 2: bare bodies, one form for each call."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Literal

from msgspec import UNSET, UnsetType
from structlog.contextvars import get_contextvars

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.reversals.reversing import Reversed
from ocms_core.stages import officer_changes, reports
from ocms_core.stages.eligibility import Eligible, offender_type
from ocms_core.stages.reports import DailyReport
from ocms_core.stages.request_fields import InvalidRequest
from ocms_core.stages.search import SearchResult, SearchRow
from ocms_core.stages.service import ReportLink
from ocms_core.stages.stage_transition import StageTransition
from ocms_core.stages.toppan import ToppanResult
from ocms_web.json_codec import Reply, local_time, to_second
from ocms_web.problems import Problem
from ocms_web.stages.shapes import (
    ChangeableNoticeLine,
    EligibleNoticeLine,
    IneligibleNoticeLine,
    NonChangeableNoticeLine,
    PlusChangeError,
    PlusChangeReply,
    SignedReportLink,
    StageError,
    StageReportLine,
    StageReportListReply,
    StageSearchError,
    StageSearchReply,
    StageSearchSummary,
    StageSubmitError,
    StageSubmitReply,
    StageSubmitResult,
    StageSubmitSummary,
    StageValidateError,
    StageValidateReply,
    StageValidateSummary,
    ToppanRunReply,
)

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Status, word and text of what keeps a call from being answered; PLUS has codes for some of the words.
PROBLEMS: Mapping[Problem, tuple[HTTPStatus, str, str]] = {
    Problem.UNAUTHORIZED: (HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "Invalid or missing token"),
    Problem.FORBIDDEN: (HTTPStatus.FORBIDDEN, "FORBIDDEN", "Not allowed"),
    Problem.RATE_LIMITED: (
        HTTPStatus.TOO_MANY_REQUESTS,
        "RATE_LIMITED",
        "Rate limit exceeded. Please try again later.",
    ),
    Problem.TOO_LARGE: (
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "OCMS.CPS.INVALID_FORMAT",
        "Request exceeds maximum batch limit",
    ),
    Problem.MALFORMED: (
        HTTPStatus.BAD_REQUEST,
        "OCMS.CPS.INVALID_FORMAT",
        "Invalid request. Please check and try again.",
    ),
    Problem.INVALID_KEY: (HTTPStatus.BAD_REQUEST, "OCMS.CPS.INVALID_FORMAT", codes.INVALID_KEY_TEXT),
    Problem.INVALID_DRY_RUN: (
        HTTPStatus.BAD_REQUEST,
        "OCMS.CPS.INVALID_FORMAT",
        codes.INVALID_DRY_RUN_TEXT,
    ),
    Problem.CALL_RUNNING: (HTTPStatus.CONFLICT, "CALL_RUNNING", codes.CALL_RUNNING_TEXT),
    Problem.KEY_REUSED: (HTTPStatus.UNPROCESSABLE_ENTITY, "KEY_REUSED", codes.KEY_REUSED_TEXT),
    Problem.INTERNAL_ERROR: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "INTERNAL_ERROR",
        "Something went wrong. Please try again later.",
    ),
    Problem.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "Service unavailable"),
}
PLUS_CODES: Mapping[Problem, str] = {
    Problem.UNAUTHORIZED: "OCMS-4011",
    Problem.FORBIDDEN: "OCMS-4031",
    Problem.RATE_LIMITED: "OCMS-4291",
    Problem.TOO_LARGE: "OCMS-4000",
    Problem.MALFORMED: "OCMS-4000",
    Problem.INVALID_KEY: "OCMS-4000",
    Problem.INVALID_DRY_RUN: "OCMS-4000",
    Problem.CALL_RUNNING: "OCMS-4091",
    Problem.KEY_REUSED: "OCMS-4221",
    Problem.INTERNAL_ERROR: "INTERNAL_ERROR",
    Problem.UNAVAILABLE: "OCMS-5031",
}


@rule("S4", "G15")
def search_problem(problem: Problem) -> Reply:
    """Return a failed search with its error beside empty lists: never as one that found nothing (S4)."""
    status, error, message = PROBLEMS[problem]
    return Reply(status, search_error_body(error, message))


def validate_problem(problem: Problem) -> Reply:
    """Return what keeps a validation from being answered (G15)."""
    status, error, message = PROBLEMS[problem]
    return Reply(status, validate_error_body(error, message))


def submit_problem(problem: Problem) -> Reply:
    """Return what keeps a submit from being answered (G15)."""
    status, error, message = PROBLEMS[problem]
    return Reply(
        status,
        StageSubmitError("FAILED", StageSubmitSummary(0, 0, 0), results=[], error=error, message=message),
    )


def report_problem(problem: Problem) -> Reply:
    """Return what keeps a report call from being answered (G15)."""
    status, error, message = PROBLEMS[problem]
    return Reply(status, StageError(error, message))


@rule("S65", "G15")
def plus_problem(problem: Problem) -> Reply:
    """Return what keeps PLUS from an answer; of a fault of ours the request id alone, no internals (S65)."""
    status, _, message = PROBLEMS[problem]
    if problem is Problem.INTERNAL_ERROR:
        message = f"Unexpected system error: {get_contextvars().get('request_id', '')}"
    kind: Literal["FAILED", "ERROR"] = "ERROR" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "FAILED"
    return Reply(status, PlusChangeError(kind, PLUS_CODES[problem], message))


@rule("G15")
def toppan_problem(problem: Problem, total: int = 0) -> Reply:
    """Return any problem of a Toppan call as the one error of a run that did nothing."""
    status, _, message = PROBLEMS[problem]
    if problem is Problem.INTERNAL_ERROR:
        message = f"Unexpected error: {get_contextvars().get('request_id', '')}"
    return Reply(status, toppan_body(ToppanResult(0, errors=(message,)), total))


def status_of(invalid: InvalidRequest) -> HTTPStatus:
    """Return 413 for too much, 400 for anything else malformed."""
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if invalid.too_large else HTTPStatus.BAD_REQUEST


@rule("S1")
def search_error(invalid: InvalidRequest) -> Reply:
    """Return the contract's empty body for no criterion, with code and text for a malformed one (S1)."""
    code = invalid.code
    if code is codes.CPS_NO_CRITERION:
        return Reply(HTTPStatus.BAD_REQUEST, search_error_body())
    return Reply(status_of(invalid), search_error_body(code.code, code.text))


def search_error_body(error: str | UnsetType = UNSET, message: str | UnsetType = UNSET) -> StageSearchError:
    """Return the empty lists of a search that is refused, with the error if one is named."""
    return StageSearchError(
        eligible_notices=[],
        ineligible_notices=[],
        summary=StageSearchSummary(total=0, eligible=0, ineligible=0),
        error=error,
        message=message,
    )


@rule("S24")
def validate_error(invalid: InvalidRequest) -> Reply:
    """Return a malformed validation as its empty lists, with code and text beside them (S24)."""
    return Reply(status_of(invalid), validate_error_body(invalid.code.code, invalid.code.text))


def validate_error_body(error: str, message: str) -> StageValidateError:
    """Return the empty lists of a validation that is refused, with the error."""
    return StageValidateError(
        changeable_notices=[],
        non_changeable_notices=[],
        summary=StageValidateSummary(total=0, changeable=0, non_changeable=0),
        error=error,
        message=message,
    )


@rule("S20")
def submit_error(invalid: InvalidRequest) -> Reply:
    """Return a malformed submit as one failed result, with the number of the item to blame, if any (S20)."""
    result = failed_result(Answer(invalid.notice_no, invalid.code))
    return Reply(status_of(invalid), StageSubmitError("FAILED", StageSubmitSummary(0, 0, 0), [result]))


def report_error(invalid: InvalidRequest) -> Reply:
    """Return what is wrong with a report call (S51, S52)."""
    return Reply(HTTPStatus.BAD_REQUEST, StageError(invalid.code.code, invalid.code.text))


def report_not_found(name: str) -> Reply:
    """Return that there is no such report (S52)."""
    code = codes.CPS_REPORT_NOT_FOUND.worded(report=name)
    return Reply(HTTPStatus.NOT_FOUND, StageError(code.code, code.text))


@rule("S60")
def plus_error(code: Code, *, too_large: bool = False) -> Reply:
    """Return FAILED with OCMS-4000 and what is wrong (S60)."""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
    return Reply(status, PlusChangeError("FAILED", code.code, code.text))


@rule("S70")
def toppan_error(invalid: InvalidRequest) -> Reply:
    """Return a malformed Toppan call as a run that did nothing, its one error saying why (S70)."""
    return Reply(status_of(invalid), toppan_body(ToppanResult(0, errors=(invalid.code.text,)), 0))


@rule("S2", "S4")
def search_reply(result: SearchResult) -> Reply:
    """Return what may be moved and what may not as two lists; a list that was cut says so (S2, S4)."""
    eligible = [eligible_line(row) for row in result.listed if row.against is None]
    ineligible = [ineligible_line(row, row.against) for row in result.listed if row.against is not None]
    summary = StageSearchSummary(
        total=result.total,
        eligible=len(eligible),
        ineligible=len(ineligible),
        truncated=True if result.truncated else UNSET,
    )
    return Reply(HTTPStatus.OK, StageSearchReply(eligible, ineligible, summary))


@rule("S3")
def eligible_line(row: SearchRow) -> EligibleNoticeLine:
    """Return a notice that may be moved: a suspension shows as ACTIVE, and its offender's role (S3)."""
    notice, offender = row.notice, row.offender
    return EligibleNoticeLine(
        notice_no=notice.notice_no,
        offence_type=notice.offence_type,
        offence_date_time=local_time(notice.offence_date_time),
        offender_name=offender.name if offender else None,
        offender_id=offender.id_no if offender else None,
        vehicle_no=notice.vehicle_no,
        current_processing_stage=notice.stage,
        current_processing_stage_date=local_time(notice.stage_date),
        suspension_type=notice.suspension_type,
        suspension_status="ACTIVE" if notice.suspension_type else None,
        owner_driver_indicator=offender.indicator if offender else None,
        entity_type=offender.entity_type if offender else None,
    )


def ineligible_line(row: SearchRow, against: Code) -> IneligibleNoticeLine:
    """Return a notice that may not be moved, with the reason."""
    notice, offender = row.notice, row.offender
    return IneligibleNoticeLine(
        notice_no=notice.notice_no,
        offence_type=notice.offence_type,
        offence_date_time=local_time(notice.offence_date_time),
        offender_name=offender.name if offender else None,
        offender_id=offender.id_no if offender else None,
        vehicle_no=notice.vehicle_no,
        current_processing_stage=notice.stage,
        current_processing_stage_date=local_time(notice.stage_date),
        reason_code=against.code,
        reason_message=against.text,
    )


@rule("S24")
def validate_reply(answers: Sequence[Answer[Eligible]]) -> Reply:
    """Return what may be moved, with the notice's own stage and type, and the rest with its code (S24)."""
    changeable = [
        ChangeableNoticeLine(
            notice_no=answer.key,
            current_stage=answer.detail.notice.stage,
            offender_type=offender_type(answer.detail.notice.role).value,
            message=answer.code.text,
        )
        for answer in answers
        if answer.detail
    ]
    rest = [
        NonChangeableNoticeLine(answer.key, answer.code.code, answer.code.text)
        for answer in answers
        if not answer.detail
    ]
    summary = StageValidateSummary(total=len(answers), changeable=len(changeable), non_changeable=len(rest))
    return Reply(HTTPStatus.OK, StageValidateReply(changeable, rest, summary))


@rule("S21", "S23")
def submit_reply(decision: Decision[StageTransition], link: ReportLink | None) -> Reply:
    """Return the outcome of every item; where one was moved its report, null if that failed (S21, S23)."""
    moved = any(answer.detail is not None for answer in decision.answers)
    return outcome_reply(decision.answers, report=report_link(link) if moved else UNSET)


def outcome_reply(
    answers: Sequence[Answer[StageTransition]], *, report: SignedReportLink | UnsetType | None
) -> Reply:
    """Return the outcome of every item, their numbers, and a report."""
    results = [
        updated_result(answer, answer.detail) if answer.detail else failed_result(answer)
        for answer in answers
    ]
    succeeded = sum(answer.detail is not None for answer in answers)
    reply = StageSubmitReply(
        status=officer_changes.status(answers),
        summary=StageSubmitSummary(
            requested=len(results), succeeded=succeeded, failed=len(results) - succeeded
        ),
        results=results,
        report=report,
    )
    return Reply(HTTPStatus.OK, reply)


@rule("K4")
def reversal_reply(decision: Decision[Reversed]) -> Reply:
    """Return the outcome of every notice, its stages before and after it was put back (K4)."""
    answers = [Answer(each.key, each.code, stages_of(each.detail)) for each in decision.answers]
    return outcome_reply(answers, report=UNSET)


def stages_of(taken_back: Reversed | None) -> StageTransition | None:
    """Return the stages before and after a notice was put back; None where it was not."""
    return StageTransition(taken_back.previous_stage, taken_back.new_stage) if taken_back else None


def report_link(link: ReportLink | None) -> SignedReportLink | None:
    """Return where the report of a submit is; None if it failed."""
    return SignedReportLink(link.url, to_second(link.expires_at)) if link else None


def updated_result(answer: Answer[StageTransition], transition: StageTransition) -> StageSubmitResult:
    """Return the result of an item that was moved."""
    return StageSubmitResult(
        notice_no=answer.key,
        outcome="UPDATED",
        previous_stage=transition.previous_stage,
        new_stage=transition.new_stage,
        code=answer.code.code,
        message=answer.code.text,
    )


def failed_result(answer: Answer[StageTransition]) -> StageSubmitResult:
    """Return the result of an item that was refused."""
    return StageSubmitResult(
        notice_no=answer.key, outcome="FAILED", code=answer.code.code, message=answer.code.text
    )


@rule("S51")
def report_list_reply(days: Sequence[DailyReport]) -> Reply:
    """Return each day with its officers and where its workbook is (S51)."""
    lines = [
        StageReportLine(
            report_date=day.day.isoformat(),
            generated_by=", ".join(day.officers),
            notice_count=day.changes,
            report_url=reports.SHOWN_BELOW + reports.stored_name(day.name),
        )
        for day in days
    ]
    return Reply(
        HTTPStatus.OK,
        StageReportListReply(lines, total_reports=len(lines), total_notices=reports.total_changes(days)),
    )


def workbook_reply(name: str, content: bytes) -> Reply:
    """Return a workbook as a file of a name."""
    headers = {
        "Content-Type": WORKBOOK,
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(HTTPStatus.OK, content, headers)


@rule("S62", "S64")
def plus_reply(count: int) -> Reply:
    """Return SUCCESS with how many notices PLUS named (S62, S64)."""
    message = codes.PLUS_STAGE_CHANGED.text
    return Reply(HTTPStatus.OK, PlusChangeReply("SUCCESS", message, notice_count=count))


@rule("S75")
def toppan_reply(result: ToppanResult) -> Reply:
    """Return what became of a run, 200 also where something is to be looked at (S75)."""
    return Reply(HTTPStatus.OK, toppan_body(result, result.total))


def toppan_body(result: ToppanResult, total: int) -> ToppanRunReply:
    """Return what became of a print run; `errors` is null when there are none."""
    return ToppanRunReply(
        total_notices=total,
        automatic_updates=result.automatic,
        manual_updates=result.manual,
        skipped=result.skipped,
        errors=list(result.errors) or None,
        success=not result.errors,
    )
