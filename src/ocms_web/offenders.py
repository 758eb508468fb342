"""Contract 3 over HTTP, and the timeline of a notice."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import API_KEY_INVALID, DB_UPDATE
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.errors import OcmsError, Unavailable
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders import details, field_checks, service, timeline
from ocms_core.offenders.ports import OffenderStores
from ocms_core.offenders.service import ActionOutcome
from ocms_core.replication.ports import Delivery
from ocms_web import offenders_api
from ocms_web.endpoints import Endpoint, Request
from ocms_web.envelopes import offenders as envelope
from ocms_web.json_codec import Reply

BASE = "/api/v1/notice"


@frozen
class OffenderCalls:
    """The calls of contract 3, on the stores and the delivery they are given."""

    stores: OffenderStores
    delivery: Delivery

    def check_eligibility(self, asked: Request) -> Reply:
        """Answer 2.1: can this notice be furnished or redirected."""
        checked = field_checks.parse_role_request(asked.body)
        if isinstance(checked, Refusal):
            return envelope.refused(checked)
        found = service.check_eligibility(checked, stores=self.stores)
        return envelope.refused(found) if isinstance(found, Refusal) else envelope.eligibility(found)

    def furnish(self, asked: Request) -> Reply:
        """Answer 2.2: somebody becomes the current offender."""
        return self._carry_out(asked, field_checks.parse_furnish, service.furnish, envelope.furnished)

    def redirect(self, asked: Request) -> Reply:
        """Answer 2.3: the notice passes on to somebody in another role."""
        return self._carry_out(asked, field_checks.parse_redirect, service.redirect, envelope.redirected)

    def update(self, asked: Request) -> Reply:
        """Answer 2.4: particulars of the current offender change."""
        return self._carry_out(asked, field_checks.parse_update, service.update, envelope.updated)

    def _carry_out(
        self,
        asked: Request,
        read: Callable[[object], Any],
        act: Callable[..., ActionOutcome | Refusal],
        render: Callable[[str, Any], Reply],
    ) -> Reply:
        """Read a request, let the officer of the token act, and tell what came of it."""
        request = read(asked.body)
        if isinstance(request, Refusal):
            return envelope.refused(request)
        officer = asked.principal.name
        return answered(
            attempted(
                lambda: act(request, officer, stores=self.stores, delivery=self.delivery, now=asked.now)
            ),
            render,
        )

    def get_details(self, asked: Request) -> Reply:
        """Answer 2.5: who stands in the roles of a notice; the look is recorded before it is answered."""
        number = field_checks.parse_notice_request(asked.url_params if asked.body is None else asked.body)
        if isinstance(number, Refusal):
            return envelope.refused(number)
        notice = service.offenders_of(number, stores=self.stores)
        if isinstance(notice, Refusal):
            return envelope.refused(notice)
        asked.record_access(details.identities(notice), notice_no=number)
        return envelope.details(notice)

    def get_timeline(self, asked: Request) -> Reply:
        """Answer what happened to a notice, a page of it; the look is recorded before it is answered."""
        page = field_checks.parse_timeline_page(from_address(asked) if asked.body is None else asked.body)
        if isinstance(page, Refusal):
            return envelope.refused(page)
        past = service.history_of(page.notice_no, stores=self.stores)
        if isinstance(past, Refusal):
            return envelope.refused(past)
        asked.record_access(timeline.identities(past), notice_no=page.notice_no)
        return envelope.timeline(page.notice_no, timeline.newest_first(past), page.skip, page.limit)


def from_address(asked: Request) -> dict[str, object]:
    """Give path and query as a body would have them: numbers as numbers."""
    return {
        name: int(value) if name in {"skip", "limit"} and value.isdecimal() and len(value) < 10 else value  # noqa: PLR2004  # digits of a number any integer type holds
        for name, value in asked.url_params.items()
    }


@rule("F61")
def attempted(action: Callable[[], ActionOutcome | Refusal]) -> ActionOutcome | Refusal:
    """Where nothing was committed and the database is there, the update of the database has failed."""
    try:
        return action()
    except Unavailable:
        raise
    except OcmsError:
        return Refusal(DB_UPDATE)


@rule("F60")
def answered(outcome: ActionOutcome | Refusal, render: Callable[[str, Any], Reply]) -> Reply:
    """What stands in the Intranet but is not yet shown on the Internet side is told as such."""
    if isinstance(outcome, Refusal):
        return envelope.refused(outcome)
    if not outcome.shown_on_internet:
        return envelope.not_shown()
    return render(outcome.answer.key, outcome.answer.detail)


@rule("G2")
def endpoints(calls: OffenderCalls) -> tuple[Endpoint, ...]:
    """Each call is at the contract's own path; what is no POST there has a twin that is one."""
    reading, writing, key = (
        envelope.reading_problem,
        envelope.writing_problem,
        envelope.failed(API_KEY_INVALID),
    )
    given = offenders_api
    rows = (
        (Operation.CHECK_OFFENDER_ELIGIBILITY, "POST", "offender/check-eligibility", given.CHECK_ELIGIBILITY),
        (Operation.FURNISH_OFFENDER, "POST", "offender/furnish", given.FURNISH),
        (Operation.REDIRECT_NOTICE, "POST", "offender/redirect", given.REDIRECT),
        (Operation.UPDATE_OFFENDER, "PATCH", "offender/update", given.UPDATE),
        (Operation.UPDATE_OFFENDER, "POST", "offender/update", given.UPDATE),
        (Operation.GET_OFFENDERS, "GET", "offender/{noticeNo:str}", given.GET_DETAILS),
        (Operation.GET_OFFENDERS, "POST", "offender/get-details", given.POST_DETAILS),
        (Operation.GET_TIMELINE, "GET", "{noticeNo:str}/timeline", given.GET_TIMELINE),
        (Operation.GET_TIMELINE, "POST", "timeline", given.POST_TIMELINE),
    )
    answers = {
        Operation.CHECK_OFFENDER_ELIGIBILITY: (calls.check_eligibility, reading),
        Operation.FURNISH_OFFENDER: (calls.furnish, writing),
        Operation.REDIRECT_NOTICE: (calls.redirect, writing),
        Operation.UPDATE_OFFENDER: (calls.update, writing),
        Operation.GET_OFFENDERS: (calls.get_details, reading),
        Operation.GET_TIMELINE: (calls.get_timeline, reading),
    }
    return tuple(
        Endpoint(
            operation, f"{BASE}/{path}", *answers[operation], description, method=method, key_refused=key
        )
        for operation, method, path, description in rows
    )
