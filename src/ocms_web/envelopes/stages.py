"""The envelopes of contract 2: bare bodies, one form for each call."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from structlog.contextvars import get_contextvars

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.stages import officer_changes, reports
from ocms_core.stages.officer_changes import StageTransition
from ocms_core.stages.reports import DailyReport
from ocms_core.stages.request_checks import NoticeToValidate
from ocms_core.stages.request_fields import InvalidRequest
from ocms_core.stages.search import SearchResult, SearchRow
from ocms_core.stages.service import ReportLink
from ocms_core.stages.toppan import ToppanResult
from ocms_web.json_codec import Reply, local_time, with_offset
from ocms_web.problems import Problem

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
    Problem.INTERNAL_ERROR: "INTERNAL_ERROR",
    Problem.UNAVAILABLE: "OCMS-5031",
}

NOTHING_FOUND: Mapping[str, Any] = {
    "eligibleNotices": [],
    "ineligibleNotices": [],
    "summary": {"total": 0, "eligible": 0, "ineligible": 0},
}
NOTHING_VALIDATED: Mapping[str, Any] = {
    "changeableNotices": [],
    "nonChangeableNotices": [],
    "summary": {"total": 0, "changeable": 0, "nonChangeable": 0},
}
NOTHING_SUBMITTED: Mapping[str, Any] = {
    "status": "FAILED",
    "summary": {"requested": 0, "succeeded": 0, "failed": 0},
    "results": [],
}


def problem_reply(problem: Problem, beside: Mapping[str, Any]) -> Reply:
    """Say what keeps a portal call from being answered, beside the empty lists of its body."""
    status, error, message = PROBLEMS[problem]
    return Reply(status, {**beside, "error": error, "message": message})


@rule("S4", "G15")
def search_problem(problem: Problem) -> Reply:
    """A search that failed says so beside its empty lists, so it never looks like one that found nothing."""
    return problem_reply(problem, NOTHING_FOUND)


def validate_problem(problem: Problem) -> Reply:
    """Say what keeps a validation from being answered (G15)."""
    return problem_reply(problem, NOTHING_VALIDATED)


def submit_problem(problem: Problem) -> Reply:
    """Say what keeps a submit from being answered (G15)."""
    return problem_reply(problem, NOTHING_SUBMITTED)


def report_problem(problem: Problem) -> Reply:
    """Say what keeps a report call from being answered (G15)."""
    return problem_reply(problem, {})


@rule("S65", "G15")
def plus_problem(problem: Problem) -> Reply:
    """PLUS is told of our own fault by the request id alone, never by internals."""
    status, _, message = PROBLEMS[problem]
    if problem is Problem.INTERNAL_ERROR:
        message = f"Unexpected system error: {get_contextvars().get('request_id', '')}"
    kind = "ERROR" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "FAILED"
    return Reply(status, {"status": kind, "code": PLUS_CODES[problem], "message": message})


@rule("G15")
def toppan_problem(problem: Problem, total: int = 0) -> Reply:
    """Toppan is told of any problem as the one error of a run that did nothing."""
    status, _, message = PROBLEMS[problem]
    if problem is Problem.INTERNAL_ERROR:
        message = f"Unexpected error: {get_contextvars().get('request_id', '')}"
    return Reply(status, toppan_body(ToppanResult(0, errors=(message,)), total))


def refused_status(refused: InvalidRequest) -> HTTPStatus:
    """Too much is 413, anything else malformed 400."""
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if refused.too_large else HTTPStatus.BAD_REQUEST


@rule("S1")
def search_refused(refused: InvalidRequest) -> Reply:
    """A search without a criterion is the contract's empty body; one with a malformed criterion names it."""
    if refused.code is codes.CPS_NO_CRITERION:
        return Reply(HTTPStatus.BAD_REQUEST, NOTHING_FOUND)
    return Reply(refused_status(refused), {**NOTHING_FOUND, **error(refused.code)})


@rule("S24")
def validate_refused(refused: InvalidRequest) -> Reply:
    """A malformed validation is its empty lists, with code and text beside them."""
    return Reply(refused_status(refused), {**NOTHING_VALIDATED, **error(refused.code)})


@rule("S20")
def submit_refused(refused: InvalidRequest) -> Reply:
    """A malformed submit has one failed result, with the number of the item to blame where there is one."""
    result = failed(Answer(refused.notice_no, refused.code))
    return Reply(refused_status(refused), {**NOTHING_SUBMITTED, "results": [result]})


def report_refused(refused: InvalidRequest) -> Reply:
    """Say what is wrong with a report call (S51, S52)."""
    return Reply(HTTPStatus.BAD_REQUEST, error(refused.code))


def report_not_found(name: str) -> Reply:
    """Say that there is no such report (S52)."""
    return Reply(HTTPStatus.NOT_FOUND, error(codes.CPS_REPORT_NOT_FOUND.worded(report=name)))


@rule("S60")
def plus_refused(code: Code, *, too_large: bool = False) -> Reply:
    """PLUS is told FAILED with OCMS-4000 and what is wrong."""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
    return Reply(status, {"status": "FAILED", "code": code.code, "message": code.text})


@rule("S70")
def toppan_refused(refused: InvalidRequest) -> Reply:
    """A malformed Toppan call did nothing, and says why as its one error."""
    return Reply(refused_status(refused), toppan_body(ToppanResult(0, errors=(refused.code.text,)), 0))


def error(code: Code) -> dict[str, str]:
    """Write a code as the portal's calls do."""
    return {"error": code.code, "message": code.text}


@rule("S2", "S4")
def found(result: SearchResult) -> Reply:
    """What may be moved and what may not are two lists; a list that was cut says so."""
    eligible = [notice(listed) | standing(listed) for listed in result.listed if listed.against is None]
    ineligible = [
        notice(listed) | {"reasonCode": listed.against.code, "reasonMessage": listed.against.text}
        for listed in result.listed
        if listed.against is not None
    ]
    summary = {"total": result.total, "eligible": len(eligible), "ineligible": len(ineligible)}
    if result.truncated:
        summary["truncated"] = True
    return Reply(
        HTTPStatus.OK, {"eligibleNotices": eligible, "ineligibleNotices": ineligible, "summary": summary}
    )


def notice(listed: SearchRow) -> dict[str, Any]:
    """Show a notice of either list."""
    seen, offender = listed.notice, listed.offender
    return {
        "noticeNo": seen.notice_no,
        "offenceType": seen.offence_type,
        "offenceDateTime": local_time(seen.offence_date_time),
        "offenderName": offender.name if offender else None,
        "offenderId": offender.id_no if offender else None,
        "vehicleNo": seen.vehicle_no,
        "currentProcessingStage": seen.stage,
        "currentProcessingStageDate": local_time(seen.stage_date),
    }


@rule("S3")
def standing(listed: SearchRow) -> dict[str, Any]:
    """A notice that may be moved shows a suspension as ACTIVE, and whose row its offender's is."""
    suspension, offender = listed.notice.suspension_type, listed.offender
    return {
        "suspensionType": suspension,
        "suspensionStatus": "ACTIVE" if suspension else None,
        "ownerDriverIndicator": offender.indicator if offender else None,
        "entityType": offender.entity_type if offender else None,
    }


@rule("S24")
def validated(answers: Sequence[Answer[StageTransition]], named: Mapping[str, NoticeToValidate]) -> Reply:
    """What may be moved echoes what the caller believed of it; the rest has a code and a text."""
    changeable = [
        {
            "noticeNo": answer.key,
            "currentStage": named[answer.key].current_stage,
            "offenderType": named[answer.key].offender_type,
            "message": answer.code.text,
        }
        for answer in answers
        if answer.detail
    ]
    rest = [
        {"noticeNo": answer.key, "code": answer.code.code, "message": answer.code.text}
        for answer in answers
        if not answer.detail
    ]
    summary = {"total": len(answers), "changeable": len(changeable), "nonChangeable": len(rest)}
    return Reply(
        HTTPStatus.OK, {"changeableNotices": changeable, "nonChangeableNotices": rest, "summary": summary}
    )


@rule("S21", "S23")
def submitted(decision: Decision[StageTransition], link: ReportLink | None) -> Reply:
    """Every item has its outcome; where one was moved the report is linked, or null if it failed."""
    results = [
        updated(answer, answer.detail) if answer.detail else failed(answer) for answer in decision.answers
    ]
    succeeded = sum(answer.detail is not None for answer in decision.answers)
    body: dict[str, Any] = {
        "status": officer_changes.status(decision.answers),
        "summary": {
            "requested": len(results),
            "succeeded": succeeded,
            "failed": len(results) - succeeded,
        },
        "results": results,
    }
    if succeeded:
        body["report"] = link and {"url": link.url, "expiresAt": with_offset(link.expires_at)}
    return Reply(HTTPStatus.OK, body)


def updated(answer: Answer[StageTransition], moved: StageTransition) -> dict[str, Any]:
    """Show an item that was moved."""
    return {
        "noticeNo": answer.key,
        "outcome": "UPDATED",
        "previousStage": moved.previous_stage,
        "newStage": moved.new_stage,
        "code": answer.code.code,
        "message": answer.code.text,
    }


def failed(answer: Answer[StageTransition]) -> dict[str, Any]:
    """Show an item that was refused."""
    return {
        "noticeNo": answer.key,
        "outcome": "FAILED",
        "code": answer.code.code,
        "message": answer.code.text,
    }


@rule("S51")
def report_list(days: Sequence[DailyReport]) -> Reply:
    """Each day names its officers and where its workbook is."""
    listed = [
        {
            "reportDate": day.day.isoformat(),
            "generatedBy": ", ".join(day.officers),
            "noticeCount": day.changes,
            "reportUrl": reports.SHOWN_BELOW + reports.stored_name(day.name),
        }
        for day in days
    ]
    return Reply(
        HTTPStatus.OK,
        {"reports": listed, "totalReports": len(listed), "totalNotices": reports.total_changes(days)},
    )


def workbook(name: str, content: bytes) -> Reply:
    """Hand out a workbook under its name."""
    headers = {
        "Content-Type": WORKBOOK,
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(HTTPStatus.OK, content, headers)


@rule("S62", "S64")
def plus_changed(asked: int) -> Reply:
    """PLUS is told how many notices it asked for."""
    code = codes.PLUS_STAGE_CHANGED
    return Reply(HTTPStatus.OK, {"status": code.code, "message": code.text, "noticeCount": asked})


@rule("S75")
def toppan_done(tally: ToppanResult) -> Reply:
    """A run is a success when nothing is to be looked at; it is answered 200 either way."""
    return Reply(HTTPStatus.OK, toppan_body(tally, tally.total))


def toppan_body(tally: ToppanResult, total: int) -> dict[str, Any]:
    """Show what became of a print run; `errors` is null when there are none."""
    return {
        "totalNotices": total,
        "automaticUpdates": tally.automatic,
        "manualUpdates": tally.manual,
        "skipped": tally.skipped,
        "errors": list(tally.errors) or None,
        "success": not tally.errors,
    }
