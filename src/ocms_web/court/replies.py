"""The replies of contract 1: success in `data`, errors flat."""

from functools import partial

from ocms_core.court import court_notices
from ocms_core.court.facts import CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_web.court.shapes import (
    CourtError,
    CourtNoticeLine,
    CourtUpdateData,
    CourtUpdateReply,
    FailedCourtNotice,
    NoticeInfoData,
    NoticeInfoLine,
    NoticeInfoReply,
    PartialCourtUpdateData,
    PartialCourtUpdateReply,
    PaymentStatusData,
    PaymentStatusLine,
    PaymentStatusReply,
)
from ocms_web.json_codec import Reply, or_null, to_second
from ocms_web.problems import STATUS, Problem

COURT_PROBLEMS: dict[Problem, Code] = {
    Problem.FORBIDDEN: codes.NOT_ALLOWED,
    Problem.RATE_LIMITED: codes.RATE_LIMITED,
    Problem.TOO_LARGE: codes.BODY_TOO_LARGE,
    Problem.MALFORMED: codes.INVALID_PAYLOAD,
    Problem.INVALID_KEY: codes.INVALID_KEY,
    Problem.INVALID_DRY_RUN: codes.INVALID_DRY_RUN,
    Problem.CALL_RUNNING: codes.CALL_RUNNING,
    Problem.KEY_REUSED: codes.KEY_REUSED,
    Problem.INTERNAL_ERROR: codes.INTERNAL_ERROR,
    Problem.UNAVAILABLE: codes.SERVICE_UNAVAILABLE,
}


@rule("G3", "P2")
def error_reply(refusal: Refusal) -> Reply:
    """Return an error of contract 1, flat: its code and its text, the cap named where there is one."""
    code = refusal.code
    return Reply(STATUS[code], CourtError(code.code, code.text.format(**refusal.words)))


@rule("G15", "P2", "P4")
def problem_reply(problem: Problem, *, unauthorized: Code) -> Reply:
    """Return what a call of contract 1 without an answer gets: its own envelope, no internals."""
    return error_reply(Refusal(unauthorized if problem is Problem.UNAUTHORIZED else COURT_PROBLEMS[problem]))


api_key_problem = partial(problem_reply, unauthorized=codes.INVALID_API_CREDENTIALS)
oauth_problem = partial(problem_reply, unauthorized=codes.INVALID_OAUTH_TOKEN)


@rule("P10", "P11")
def payment_status_reply(notices: tuple[NoticePaymentStatus, ...], cap: int) -> Reply:
    """Return API 1's answer: the total is the number found, what is not stored of a notice is null."""
    code = codes.PAYMENT_STATUS_RETRIEVED
    lines = [
        PaymentStatusLine(
            notice_no=notice.notice_no,
            payment_status=notice.payment_status,
            amount_payable=notice.amount_payable,
            amount_paid=notice.amount_paid,
            payment_allowance_flag=notice.payment_acceptance_allowed,
            suspension_type=notice.suspension_type,
            crs_reason_of_suspension=notice.crs_reason,
            epr_reason_of_suspension=notice.epr_reason,
        )
        for notice in notices
    ]
    data = PaymentStatusData(code.code, code.text, lines)
    return Reply(STATUS[code], PaymentStatusReply(total=len(lines), limit=cap, skip=0, data=data))


@rule("P23")
def court_update_reply(decision: Decision[CourtNotice]) -> Reply:
    """Return 200 when all are updated, 207 when some are, else 404, or 500 for an internal error."""
    outcome = court_notices.update_outcome(decision)
    updated, failed = outcome.updated, outcome.failed
    if not updated:
        internal_error = any(answer.code is codes.INTERNAL_ERROR for answer in failed)
        return error_reply(Refusal(codes.INTERNAL_ERROR if internal_error else codes.NO_COURT_NOTICE))
    lines = [court_notice_line(notice) for notice in updated]
    if not failed:
        code = codes.COURT_NOTICES_UPDATED.worded(updated=len(updated))
        data = CourtUpdateData(code.code, code.text, updated_count=len(lines), notices=lines)
        return Reply(STATUS[codes.COURT_NOTICES_UPDATED], CourtUpdateReply(data))
    code = codes.COURT_NOTICES_PARTLY_UPDATED.worded(updated=len(updated), failed=len(failed))
    partial_data = PartialCourtUpdateData(
        code.code,
        code.text,
        updated_count=len(lines),
        failed_count=len(failed),
        notices=lines,
        errors=[failed_court_notice(answer) for answer in failed],
    )
    return Reply(STATUS[codes.COURT_NOTICES_PARTLY_UPDATED], PartialCourtUpdateReply(partial_data))


def court_notice_line(notice: CourtNotice) -> CourtNoticeLine:
    """Return the line of an updated notice, which the update has locked: what its row holds now (P23)."""
    return CourtNoticeLine(
        notice_no=notice.notice_no,
        amount_payable=notice.amount_payable,
        payment_allowance_flag=notice.payment_acceptance_allowed,
        court_payment_due_date=or_null(to_second, notice.payment_due_date),
    )


def failed_court_notice(answer: Answer[CourtNotice]) -> FailedCourtNotice:
    """Return the line of an item that failed, with its code (P23)."""
    return FailedCourtNotice(answer.key, answer.code.code, answer.code.text)


@rule("P30", "P31")
def notice_info_reply(decision: Decision[PlusNotice]) -> Reply:
    """Return every notice with its allowance as of now; one that cannot be recorded fails the call."""
    notices = [answer.detail for answer in decision.answers if answer.detail is not None]
    if len(notices) < len(decision.answers):
        return error_reply(Refusal(codes.INTERNAL_ERROR))
    code = codes.NOTICE_INFO_RETRIEVED
    lines = [
        NoticeInfoLine(
            notice_no=notice.notice_no,
            court_payment_due_date=or_null(to_second, notice.payment_due_date),
            payment_allowance_flag=notice.payment_acceptance_allowed,
            amount_payable=notice.amount_payable,
        )
        for notice in notices
    ]
    data = NoticeInfoData(code.code, code.text, lines)
    return Reply(STATUS[code], NoticeInfoReply(total=len(lines), data=data))
