"""The replies of the list of stuck cases: the page bare, errors flat."""

from typing import Any

from ocms_core.jobs.stuck_case_list import StuckCasePage
from ocms_core.jobs.stuck_cases import StuckCase
from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_web.json_codec import Reply, local_time
from ocms_web.problems import STATUS, Problem
from ocms_web.stuck_cases.shapes import StuckCaseError, StuckCaseLine, StuckCaseListReply

# The call changes nothing, so it has no problem of an Idempotency-Key or a dry run.
STUCK_CASE_PROBLEMS: dict[Problem, Code] = {
    Problem.UNAUTHORIZED: codes.INVALID_OAUTH_TOKEN,
    Problem.FORBIDDEN: codes.NOT_ALLOWED,
    Problem.RATE_LIMITED: codes.RATE_LIMITED,
    Problem.TOO_LARGE: codes.BODY_TOO_LARGE,
    Problem.MALFORMED: codes.INVALID_PAYLOAD,
    Problem.INTERNAL_ERROR: codes.INTERNAL_ERROR,
    Problem.UNAVAILABLE: codes.SERVICE_UNAVAILABLE,
}


def error_reply(refusal: Refusal) -> Reply:
    """Return an error: its code and its text, the field named where there is one."""
    code = refusal.code
    return Reply(STATUS[code], StuckCaseError(code.code, code.text.format(**refusal.words)))


@rule("G15")
def problem_reply(problem: Problem) -> Reply:
    """Return what a call without an answer gets, without internals (G15)."""
    return error_reply(Refusal(STUCK_CASE_PROBLEMS[problem]))


@rule("K5")
def list_reply(page: StuckCasePage) -> Reply:
    """Return a page of the list with the unpaged total (K5)."""
    body = StuckCaseListReply(
        total=page.total,
        skip=page.query.skip,
        limit=page.query.limit,
        cases=[case_line(case) for case in page.cases],
    )
    return Reply(STATUS[codes.SUCCESS], body)


def case_line(case: StuckCase) -> StuckCaseLine:
    """Return one case of the list."""
    kind: Any = case.kind.value
    return StuckCaseLine(kind=kind, case=case.case, since=local_time(case.since), reason=case.reason)
