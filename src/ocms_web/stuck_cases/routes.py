"""The list of stuck cases over HTTP."""

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen

from ocms_core.jobs.stuck_case_list import stuck_case_page, stuck_case_query
from ocms_core.jobs.stuck_cases import StuckKind, WaitingCases
from ocms_core.kernel.access import Operation
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_web.endpoints import Endpoint, Request
from ocms_web.json_codec import Reply
from ocms_web.problems import Problem
from ocms_web.stuck_cases import description
from ocms_web.stuck_cases.replies import error_reply, list_reply, problem_reply

PATH = "/ocms/v1/stuck-cases"


@frozen
class StuckCaseCalls:
    """The list of stuck cases, on the cases that wait and how long each may."""

    cases: WaitingCases
    grace: Mapping[StuckKind, timedelta]

    @rule("K5")
    def show_list(self, request: Request) -> Reply:
        """Answer with a page of the list, which shows nobody's particulars (K5)."""
        if not isinstance(request.body, Mapping):
            return problem_reply(Problem.MALFORMED)
        query = stuck_case_query(request.body)
        if isinstance(query, Refusal):
            return error_reply(query)
        return list_reply(stuck_case_page(self.cases, query, request.now, self.grace))


@rule("G2")
def endpoints(calls: StuckCaseCalls) -> tuple[Endpoint, ...]:
    """Return the endpoints: the list by GET, and by POST too (G2)."""
    forms = (("GET", description.GET), ("POST", description.POST))
    return tuple(
        Endpoint(Operation.LIST_STUCK_CASES, PATH, calls.show_list, problem_reply, described, method=method)
        for method, described in forms
    )
