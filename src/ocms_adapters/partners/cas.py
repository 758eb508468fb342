"""The CAS side of APIs 1 and 2 (contract 1)."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Self

import httpx
from attrs import field, frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.http.ocms_calls import ApplicationError, OcmsCalls, new_client, send_at_once
from ocms_adapters.structuring import JSON_BODIES
from ocms_core.kernel.rule_tags import rule

PAYMENT_STATUS = "/v1/ocms/cas-getPaymentStatus"
COURT_NOTICES = "/v1/ocms/cas-updateCourtNotices"
BATCH_LIMIT = 500
NONE_UPDATED = "OCMS-4008"


@frozen
class PaymentStatus:
    """The payment status of a notice (API 1), amounts in dollars; what OCMS does not know is None."""

    notice_no: str
    payment_status: str | None
    amount_payable: Decimal | None
    amount_paid: Decimal | None
    payment_allowance_flag: str | None
    suspension_type: str | None
    crs_reason_of_suspension: str | None
    epr_reason_of_suspension: str | None


@frozen
class PaymentStatusAnswer:
    """The `data` of an answer of API 1."""

    notices: tuple[PaymentStatus, ...]


@frozen
class CourtNoticeUpdate:
    """An update of a court notice (API 2); None keeps what OCMS has."""

    notice_no: str
    suspension_type: str | None = None
    epr_reason_of_suspension: str | None = None
    processing_stage: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the notice as API 2 takes it, without what is to be kept."""
        return {name: value for name, value in JSON_BODIES.unstructure(self).items() if value}


@frozen
class UpdatedNotice:
    """A notice OCMS updated (API 2)."""

    notice_no: str


@frozen
class NoticeUpdateError:
    """A notice OCMS did not update (API 2), with its application code."""

    notice_no: str
    app_code: str


@frozen
class CourtUpdateAnswer:
    """The `data` of an answer of API 2."""

    notices: tuple[UpdatedNotice, ...]
    errors: tuple[NoticeUpdateError, ...] = ()


@frozen
class CourtUpdateResult:
    """The numbers of the notices OCMS updated, and the application code of each it did not."""

    updated: tuple[str, ...]
    failed: Mapping[str, str]


@frozen
class CasClient:
    """
    A client of APIs 1 and 2, 500 notices at most in a call.

    `url` is where OCMS answers, `api_key` the key it issued. A failed connection, 500, 502, 503 and 504
    are tried again after 2, 4 and 8 seconds, a full rate limit is waited for; then `RetriesExhausted` is
    raised. A refusal is an `ApplicationError`, an answer that is not of the agreed form `MalformedData`.
    `before` is called with the path before each request that is sent.
    """

    url: str
    api_key: str = field(repr=False)
    client: httpx.Client = field(factory=new_client, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now, repr=False)
    before: Callable[[str], object] = field(default=send_at_once, repr=False)
    _calls: OcmsCalls = field(init=False, repr=False)

    @_calls.default
    def _to_ocms(self) -> OcmsCalls:
        headers = {"X-API-Key": self.api_key}
        return OcmsCalls(
            self.url,
            lambda: headers,
            client=self.client,
            sleep=self.sleep,
            now=self.now,
            before=self.before,
        )

    def __enter__(self) -> Self:
        """Use the client for as long as a block lasts."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.client.close()

    @rule("P43")
    def payment_statuses(self, notice_nos: Sequence[str]) -> tuple[PaymentStatus, ...]:
        """Return the payment statuses (API 1) in the order of the numbers, unknown ones left out (P43)."""
        numbers = [{"noticeNo": number} for number in notice_nos]
        return self._calls.post(PAYMENT_STATUS, numbers, PaymentStatusAnswer).notices

    @rule("P43")
    def update_court_notices(self, updates: Sequence[CourtNoticeUpdate]) -> CourtUpdateResult:
        """Update stage and suspension (API 2); notices not updated are returned, not raised (P43)."""
        try:
            data = self._calls.post(COURT_NOTICES, [each.to_json() for each in updates], CourtUpdateAnswer)
        except ApplicationError as refusal:
            if refusal.code != NONE_UPDATED:
                raise
            return CourtUpdateResult((), {update.notice_no: refusal.code for update in updates})
        return CourtUpdateResult(
            tuple(notice.notice_no for notice in data.notices),
            {error.notice_no: error.app_code for error in data.errors},
        )
