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
from ocms_web.stuck_cases import description
from ocms_web.stuck_cases.replies import error_reply, list_reply, problem_reply

PATH = "/ocms/v1/stuck-cases"
NUMBERS = ("skip", "limit")
MOST_DIGITS = 9  # of a number that every integer type holds


@frozen
class StuckCaseCalls:
    """The list of stuck cases, on the cases that wait and how long each may."""

    cases: WaitingCases
    grace: Mapping[StuckKind, timedelta]

    @rule("K5")
    def show_list(self, request: Request) -> Reply:
        """Answer with a page of the list, which shows nobody's particulars (K5)."""
        query = stuck_case_query(fields_of(request))
        if isinstance(query, Refusal):
            return error_reply(query)
        return list_reply(stuck_case_page(self.cases, query, request.now, self.grace))


def fields_of(request: Request) -> Mapping[str, object]:
    """Return what a call carries in its query, numbers as numbers, or for its POST form in its body."""
    if isinstance(request.body, Mapping):
        return request.body
    return {
        name: int(value) if name in NUMBERS and value.isdecimal() and len(value) <= MOST_DIGITS else value
        for name, value in request.url_params.items()
    }


@rule("G2")
def endpoints(calls: StuckCaseCalls) -> tuple[Endpoint, ...]:
    """Return the endpoints: the list by GET, and by POST too (G2)."""
    forms = (("GET", description.GET), ("POST", description.POST))
    return tuple(
        Endpoint(Operation.LIST_STUCK_CASES, PATH, calls.show_list, problem_reply, described, method=method)
        for method, described in forms
    )
