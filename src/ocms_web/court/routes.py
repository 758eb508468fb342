"""Contract 1 over HTTP: APIs 1, 2 and 4."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from attrs import frozen

from ocms_core.court import service
from ocms_core.court.ports import CourtStores
from ocms_core.court.request_checks import court_updates, notice_numbers, request_id_of
from ocms_core.kernel.access import Operation, batch_cap_of
from ocms_core.kernel.codes import BATCH_TOO_LARGE
from ocms_core.kernel.dates import today
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.dry_runs import DryRunStores
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_web.court import description
from ocms_web.court.replies import (
    api_key_problem,
    court_update_reply,
    error_reply,
    notice_info_reply,
    oauth_problem,
    payment_status_reply,
)
from ocms_web.endpoints import Endpoint, Request
from ocms_web.json_codec import Reply
from ocms_web.repeats import call_of, rendered_once


@frozen
class CourtCalls:
    """The calls of contract 1, on the stores and reference data they are given."""

    stores: CourtStores
    reference: Callable[[], Reference]

    def get_payment_status(self, request: Request) -> Reply:
        """Answer API 1."""
        cap = self._cap(Operation.GET_PAYMENT_STATUS, request.now)
        notice_nos = notice_numbers(request.body, cap)
        if isinstance(notice_nos, Refusal):
            return error_reply(notice_nos)
        return payment_status_reply(service.get_payment_status(notice_nos, stores=self.stores), cap)

    def update_court_notices(self, request: Request) -> Reply:
        """Answer API 2."""
        updates = court_updates(request.body, self._cap(Operation.UPDATE_COURT_NOTICES, request.now))
        if isinstance(updates, Refusal):
            return error_reply(updates)
        reply_of = rendered_once(court_update_reply)
        call = call_of(
            request, Operation.UPDATE_COURT_NOTICES, reply_of, request_id=request_id_of(request.body)
        )
        decision = service.update_court_notices(
            updates, stores=self._stores(request), now=request.now, call=call
        )
        return error_reply(decision) if isinstance(decision, Refusal) else reply_of(decision)

    def query_notice_info(self, request: Request) -> Reply:
        """Answer API 4."""
        notice_nos = notice_numbers(request.body, self._cap(Operation.QUERY_NOTICE_INFO, request.now))
        if isinstance(notice_nos, Refusal):
            return error_reply(notice_nos)
        decision = service.query_notice_info(notice_nos, stores=self._stores(request), now=request.now)
        return error_reply(decision) if isinstance(decision, Refusal) else notice_info_reply(decision)

    def _stores(self, request: Request) -> CourtStores:
        return DryRunStores(self.stores) if request.dry_run else self.stores

    @rule("P2")
    def too_large(self, operation: Operation, now: datetime) -> Reply:
        """Answer a body too large to be read as one of too many notices: the 413 names the cap (P2)."""
        return error_reply(Refusal(BATCH_TOO_LARGE, {"cap": self._cap(operation, now)}))

    def _cap(self, operation: Operation, now: datetime) -> int:
        return batch_cap_of(operation, self.reference().on(today(now)))


def endpoints(calls: CourtCalls) -> tuple[Endpoint, ...]:
    """Return the endpoints of contract 1."""
    return (
        Endpoint(
            Operation.GET_PAYMENT_STATUS,
            "/v1/ocms/cas-getPaymentStatus",
            calls.get_payment_status,
            api_key_problem,
            description.PAYMENT_STATUS,
            too_large=partial(calls.too_large, Operation.GET_PAYMENT_STATUS),
        ),
        Endpoint(
            Operation.UPDATE_COURT_NOTICES,
            "/v1/ocms/cas-updateCourtNotices",
            calls.update_court_notices,
            api_key_problem,
            description.COURT_NOTICES,
            too_large=partial(calls.too_large, Operation.UPDATE_COURT_NOTICES),
        ),
        Endpoint(
            Operation.QUERY_NOTICE_INFO,
            "/v1/plus-queryNoticeInfo",
            calls.query_notice_info,
            oauth_problem,
            description.NOTICE_INFO,
            too_large=partial(calls.too_large, Operation.QUERY_NOTICE_INFO),
        ),
    )
