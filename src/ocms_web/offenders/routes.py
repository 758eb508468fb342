"""Contract 3 over HTTP, and the timeline of a notice."""

from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import frozen

from ocms_core.kernel.access import Operation, batch_cap_of
from ocms_core.kernel.codes import API_KEY_INVALID, DB_UPDATE
from ocms_core.kernel.dates import today
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.dry_runs import DryRunDelivery, DryRunStores
from ocms_core.kernel.errors import OcmsError, Unavailable
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders import details, request_reader, service, timeline
from ocms_core.offenders.ports import OffenderStores
from ocms_core.offenders.service import ActionOutcome
from ocms_core.replication.ports import Delivery
from ocms_core.reversals.ports import ReversalStores
from ocms_core.reversals.reversing import OFFENDER_REVERSAL
from ocms_core.reversals.service import reverse, shown_notices
from ocms_web.endpoints import Endpoint, Request
from ocms_web.json_codec import Reply
from ocms_web.offenders import description
from ocms_web.offenders.replies import (
    business_error,
    details_reply,
    eligibility_reply,
    error_reply,
    furnish_reply,
    not_on_internet,
    reading_problem,
    redirect_reply,
    reversal_reply,
    timeline_reply,
    update_reply,
    writing_problem,
)
from ocms_web.repeats import call_of, rendered_once

BASE = "/api/v1/notice"


@frozen
class OffenderCalls:
    """The calls of contract 3, on the stores and the delivery they are given."""

    stores: OffenderStores
    delivery: Delivery
    reversals: ReversalStores
    reference: Callable[[], Reference]

    def check_eligibility(self, request: Request) -> Reply:
        """Answer 2.1: whether a notice can be furnished or redirected."""
        role_request = request_reader.parse_role_request(request.body)
        if isinstance(role_request, Refusal):
            return error_reply(role_request)
        eligibility = service.check_eligibility(role_request, stores=self.stores)
        return (
            error_reply(eligibility) if isinstance(eligibility, Refusal) else eligibility_reply(eligibility)
        )

    def furnish(self, request: Request) -> Reply:
        """Answer 2.2: furnish an offender."""
        return self._act(
            request,
            Operation.FURNISH_OFFENDER,
            request_reader.parse_furnish,
            service.furnish,
            furnish_reply,
        )

    def redirect(self, request: Request) -> Reply:
        """Answer 2.3: redirect a notice."""
        return self._act(
            request,
            Operation.REDIRECT_NOTICE,
            request_reader.parse_redirect,
            service.redirect,
            redirect_reply,
        )

    def update(self, request: Request) -> Reply:
        """Answer 2.4: update particulars of the current offender."""
        return self._act(
            request,
            Operation.UPDATE_OFFENDER,
            request_reader.parse_update,
            service.update,
            update_reply,
        )

    def reverse(self, request: Request) -> Reply:
        """Answer a reversal: take back a furnish or redirect, and show it on the Internet side at once."""
        operation, now = Operation.REVERSE_OFFENDER, request.now
        cap = batch_cap_of(operation, self.reference().on(today(now)))
        numbers = request_reader.parse_reversal(request.body, cap)
        if isinstance(numbers, Refusal):
            return error_reply(numbers)
        stores: ReversalStores = DryRunStores(self.reversals) if request.dry_run else self.reversals
        officer, reply_of = request.principal.name, rendered_once(reversal_reply)
        call = call_of(request, operation, reply_of)
        try:
            decision = reverse(numbers, OFFENDER_REVERSAL, officer, stores=stores, now=now, call=call)
        except Unavailable:
            raise
        except OcmsError:  # nothing was committed (F61)
            return error_reply(Refusal(DB_UPDATE))
        shown = shown_notices(decision)
        if shown and not request.dry_run and not self.delivery.try_now(shown, decision.decided_at or now):
            return not_on_internet()
        return reply_of(decision)

    def _act(
        self,
        request: Request,
        operation: Operation,
        parse: Callable[[object], Any],
        act: Callable[..., ActionOutcome | Refusal],
        render: Callable[[str, Any], Reply],
    ) -> Reply:
        """Parse the body, let the officer of the token act, and answer with the outcome."""
        parsed = parse(request.body)
        if isinstance(parsed, Refusal):
            return error_reply(parsed)
        officer, now = request.principal.name, request.now
        call = call_of(request, operation, partial(decision_reply, render=render))
        stores: OffenderStores = DryRunStores(self.stores) if request.dry_run else self.stores
        delivery: Delivery = DryRunDelivery() if request.dry_run else self.delivery
        outcome = attempt(lambda: act(parsed, officer, stores=stores, delivery=delivery, now=now, call=call))
        return outcome_reply(outcome, render)

    def get_details(self, request: Request) -> Reply:
        """Answer 2.5: who holds each role of a notice; the read is recorded before it is answered."""
        notice_no = request_reader.parse_notice_request(request.body)
        if isinstance(notice_no, Refusal):
            return error_reply(notice_no)
        notice = service.offenders_of(notice_no, stores=self.stores)
        if isinstance(notice, Refusal):
            return error_reply(notice)
        request.record_access(details.identities(notice), notice_no=notice_no)
        return details_reply(notice)

    def get_timeline(self, request: Request) -> Reply:
        """Answer with a page of what happened to a notice; the look is recorded before it is answered."""
        page = request_reader.parse_timeline_page(request.body)
        if isinstance(page, Refusal):
            return error_reply(page)
        history = service.history_of(page.notice_no, stores=self.stores)
        if isinstance(history, Refusal):
            return error_reply(history)
        request.record_access(timeline.identities(history), notice_no=page.notice_no)
        return timeline_reply(page.notice_no, timeline.newest_first(history), page.skip, page.limit)


@rule("F61")
def attempt(action: Callable[[], ActionOutcome | Refusal]) -> ActionOutcome | Refusal:
    """Return the outcome; where nothing was committed and the database is there, its update has failed."""
    try:
        return action()
    except Unavailable:
        raise
    except OcmsError:
        return Refusal(DB_UPDATE)


@rule("K1")
def decision_reply(decision: Decision[Any], render: Callable[[str, Any], Reply]) -> Reply:
    """Return the reply a repeat gets: what was decided, which the Internet side shows by then or later."""
    (answer,) = decision.answers
    return error_reply(Refusal(DB_UPDATE)) if answer.detail is None else render(answer.key, answer.detail)


@rule("F60")
def outcome_reply(outcome: ActionOutcome | Refusal, render: Callable[[str, Any], Reply]) -> Reply:
    """Return the reply of an action; SYNC_INTERNET for one that the Internet side does not show yet."""
    if isinstance(outcome, Refusal):
        return error_reply(outcome)
    if not outcome.shown_on_internet:
        return not_on_internet()
    return render(outcome.answer.key, outcome.answer.detail)


@rule("G2")
def endpoints(calls: OffenderCalls) -> tuple[Endpoint, ...]:
    """Return the endpoints: each call at the contract's own path, and by POST too."""
    key_refused = business_error(API_KEY_INVALID)
    rows = (
        (
            Operation.CHECK_OFFENDER_ELIGIBILITY,
            "POST",
            "offender/check-eligibility",
            description.CHECK_ELIGIBILITY,
        ),
        (Operation.FURNISH_OFFENDER, "POST", "offender/furnish", description.FURNISH),
        (Operation.REDIRECT_NOTICE, "POST", "offender/redirect", description.REDIRECT),
        (Operation.REVERSE_OFFENDER, "POST", "offender/reverse", description.REVERSE),
        (Operation.UPDATE_OFFENDER, "PATCH", "offender/update", description.UPDATE),
        (Operation.UPDATE_OFFENDER, "POST", "offender/update", description.UPDATE),
        (Operation.GET_OFFENDERS, "GET", "offender/{noticeNo:str}", description.GET_DETAILS),
        (Operation.GET_OFFENDERS, "POST", "offender/get-details", description.POST_DETAILS),
        (Operation.GET_TIMELINE, "GET", "{noticeNo:str}/timeline", description.GET_TIMELINE),
        (Operation.GET_TIMELINE, "POST", "timeline", description.POST_TIMELINE),
    )
    answers = {
        Operation.CHECK_OFFENDER_ELIGIBILITY: (calls.check_eligibility, reading_problem),
        Operation.FURNISH_OFFENDER: (calls.furnish, writing_problem),
        Operation.REDIRECT_NOTICE: (calls.redirect, writing_problem),
        Operation.REVERSE_OFFENDER: (calls.reverse, writing_problem),
        Operation.UPDATE_OFFENDER: (calls.update, writing_problem),
        Operation.GET_OFFENDERS: (calls.get_details, reading_problem),
        Operation.GET_TIMELINE: (calls.get_timeline, reading_problem),
    }
    return tuple(
        Endpoint(
            operation,
            f"{BASE}/{path}",
            *answers[operation],
            described,
            method=method,
            key_refused=key_refused,
        )
        for operation, method, path, described in rows
    )
