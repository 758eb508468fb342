"""The envelope of contract 1: success in `data`, errors flat."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ocms_core.court import court_notices
from ocms_core.court.facts import CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_web.json_codec import Reply, with_offset
from ocms_web.problems import STATUS, Problem

COURT_PROBLEMS: dict[Problem, Code] = {
    Problem.FORBIDDEN: codes.NOT_ALLOWED,
    Problem.RATE_LIMITED: codes.RATE_LIMITED,
    Problem.TOO_LARGE: codes.BODY_TOO_LARGE,
    Problem.MALFORMED: codes.INVALID_PAYLOAD,
    Problem.INTERNAL_ERROR: codes.INTERNAL_ERROR,
    Problem.UNAVAILABLE: codes.SERVICE_UNAVAILABLE,
}


@rule("G3", "P2")
def flat(refusal: Refusal) -> Reply:
    """Contract 1 writes an error flat: its code and its text, the cap named where there is one."""
    code = refusal.code
    return Reply(STATUS[code], {"appCode": code.code, "message": code.text.format(**refusal.words)})


@rule("G15", "P2", "P4")
def court_problem(problem: Problem, *, unauthorized: Code) -> Reply:
    """A call of contract 1 that got no answer is told so in its own envelope, without internals."""
    return flat(Refusal(unauthorized if problem is Problem.UNAUTHORIZED else COURT_PROBLEMS[problem]))


api_key_problem = partial(court_problem, unauthorized=codes.INVALID_API_CREDENTIALS)
oauth_problem = partial(court_problem, unauthorized=codes.INVALID_OAUTH_TOKEN)


def in_data(code: Code, content: Mapping[str, Any], **words: int) -> dict[str, Any]:
    """Wrap what went well in `data`, behind its code and text (G3)."""
    return {"appCode": code.code, "message": code.text.format(**words), **content}


@rule("P10", "P11")
def payment_statuses(notices: tuple[NoticePaymentStatus, ...], cap: int) -> Reply:
    """The total is the number found; whatever is not known of a notice is null."""
    found = [
        {
            "noticeNo": notice.notice_no,
            "paymentStatus": notice.payment_status,
            "amountPayable": notice.amount_payable,
            "amountPaid": notice.amount_paid,
            "paymentAllowanceFlag": notice.payment_acceptance_allowed,
            "suspensionType": notice.suspension_type,
            "crsReasonOfSuspension": notice.crs_reason,
            "eprReasonOfSuspension": notice.epr_reason,
        }
        for notice in notices
    ]
    data = in_data(codes.PAYMENT_STATUS_RETRIEVED, {"notices": found})
    return Reply(
        STATUS[codes.PAYMENT_STATUS_RETRIEVED], {"total": len(found), "limit": cap, "skip": 0, "data": data}
    )


@rule("P23")
def court_update(decision: Decision[CourtNotice]) -> Reply:
    """All updated is 200, some is 207 with the failed named, none is 404; a fault of ours alone is 500."""
    outcome = court_notices.update_outcome(decision)
    if not outcome.updated:
        ours = any(answer.code is codes.INTERNAL_ERROR for answer in outcome.failed)
        return flat(Refusal(codes.INTERNAL_ERROR if ours else codes.NO_COURT_NOTICE))
    counts = {"updatedCount": len(outcome.updated)}
    notices = {"notices": [court_notice(notice) for notice in outcome.updated]}
    if not outcome.failed:
        code = codes.COURT_NOTICES_UPDATED
        return Reply(STATUS[code], {"data": in_data(code, counts | notices, updated=len(outcome.updated))})
    code = codes.COURT_NOTICES_PARTLY_UPDATED
    failed = {"failedCount": len(outcome.failed)}
    errors = {
        "errors": [
            {"noticeNo": answer.key, "appCode": answer.code.code, "message": answer.code.text}
            for answer in outcome.failed
        ]
    }
    words = {"updated": len(outcome.updated), "failed": len(outcome.failed)}
    return Reply(STATUS[code], {"data": in_data(code, counts | failed | notices | errors, **words)})


def court_notice(notice: CourtNotice) -> dict[str, Any]:
    """Show an updated notice; the update locks it, so it is what the row holds after it (P23)."""
    return {
        "noticeNo": notice.notice_no,
        "amountPayable": notice.amount_payable,
        "paymentAllowanceFlag": notice.payment_acceptance_allowed,
        "courtPaymentDueDate": with_offset(notice.payment_due_date),
    }


@rule("P30", "P31")
def notice_info(decision: Decision[PlusNotice]) -> Reply:
    """Every notice is shown with its allowance as of now; one that cannot be recorded fails the call."""
    notices = [answer.detail for answer in decision.answers if answer.detail is not None]
    if len(notices) < len(decision.answers):
        return flat(Refusal(codes.INTERNAL_ERROR))
    shown = [
        {
            "noticeNo": notice.notice_no,
            "courtPaymentDueDate": with_offset(notice.payment_due_date),
            "paymentAllowanceFlag": notice.payment_acceptance_allowed,
            "amountPayable": notice.amount_payable,
        }
        for notice in notices
    ]
    data = in_data(codes.NOTICE_INFO_RETRIEVED, {"notices": shown})
    return Reply(STATUS[codes.NOTICE_INFO_RETRIEVED], {"total": len(shown), "data": data})
