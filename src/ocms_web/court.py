"""Contract 1 over HTTP: APIs 1, 2 and 4."""

from collections.abc import Callable

from attrs import frozen

from ocms_core.court import service
from ocms_core.court.ports import CourtStores
from ocms_core.court.request_checks import court_updates, notice_numbers
from ocms_core.kernel.access import Operation
from ocms_core.kernel.batch_limits import BatchCap, batch_cap
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.reference import Reference
from ocms_web import court_api
from ocms_web.endpoints import Endpoint, Request
from ocms_web.envelopes.court import (
    api_key_problem,
    court_update,
    flat,
    notice_info,
    oauth_problem,
    payment_statuses,
)
from ocms_web.json_codec import Reply


@frozen
class CourtCalls:
    """The calls of contract 1, on the stores and reference data they are given."""

    stores: CourtStores
    reference: Callable[[], Reference]

    def get_payment_status(self, asked: Request) -> Reply:
        """Answer API 1."""
        cap = batch_cap(BatchCap.PAYMENT_STATUS, self.reference())
        numbers = notice_numbers(asked.body, cap)
        if isinstance(numbers, Refusal):
            return flat(numbers)
        return payment_statuses(service.get_payment_status(numbers, stores=self.stores), cap)

    def update_court_notices(self, asked: Request) -> Reply:
        """Answer API 2."""
        updates = court_updates(asked.body, batch_cap(BatchCap.COURT_NOTICES, self.reference()))
        if isinstance(updates, Refusal):
            return flat(updates)
        decision = service.update_court_notices(updates, stores=self.stores, now=asked.now)
        return flat(decision) if isinstance(decision, Refusal) else court_update(decision)

    def query_notice_info(self, asked: Request) -> Reply:
        """Answer API 4."""
        numbers = notice_numbers(asked.body, batch_cap(BatchCap.PLUS_QUERY, self.reference()))
        if isinstance(numbers, Refusal):
            return flat(numbers)
        decision = service.query_notice_info(numbers, stores=self.stores, now=asked.now)
        return flat(decision) if isinstance(decision, Refusal) else notice_info(decision)


def endpoints(calls: CourtCalls) -> tuple[Endpoint, ...]:
    """List the endpoints of contract 1 that others call."""
    return (
        Endpoint(
            Operation.GET_PAYMENT_STATUS,
            "/v1/ocms/cas-getPaymentStatus",
            calls.get_payment_status,
            api_key_problem,
            court_api.PAYMENT_STATUS,
        ),
        Endpoint(
            Operation.UPDATE_COURT_NOTICES,
            "/v1/ocms/cas-updateCourtNotices",
            calls.update_court_notices,
            api_key_problem,
            court_api.COURT_NOTICES,
        ),
        Endpoint(
            Operation.QUERY_NOTICE_INFO,
            "/v1/plus-queryNoticeInfo",
            calls.query_notice_info,
            oauth_problem,
            court_api.NOTICE_INFO,
        ),
    )
