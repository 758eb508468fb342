"""The CAS side of APIs 1 and 2."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

import httpx
from attrs import field, frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.http.ocms_calls import ApplicationError, OcmsCalls, new_client, send_at_once
from ocms_core.kernel.rule_tags import rule

PAYMENT_STATUS = "/v1/ocms/cas-getPaymentStatus"
COURT_NOTICES = "/v1/ocms/cas-updateCourtNotices"
MOST = 500
NONE_UPDATED = "OCMS-4008"


@frozen
class PaymentStatus:
    """How a notice stands with its payment (API 1); what OCMS does not know is None."""

    notice_no: str
    payment_status: str | None
    amount_payable: Decimal | None
    amount_paid: Decimal | None
    payment_allowance_flag: str | None
    suspension_type: str | None
    crs_reason_of_suspension: str | None
    epr_reason_of_suspension: str | None


@frozen
class CourtNoticeUpdate:
    """What CAS tells of a court notice (API 2); None keeps what OCMS has."""

    notice_no: str
    suspension_type: str | None = None
    epr_reason_of_suspension: str | None = None
    processing_stage: str | None = None

    def on_the_wire(self) -> dict[str, str]:
        """Give the notice as API 2 takes it."""
        said = {
            "noticeNo": self.notice_no,
            "suspensionType": self.suspension_type,
            "eprReasonOfSuspension": self.epr_reason_of_suspension,
            "processingStage": self.processing_stage,
        }
        return {name: value for name, value in said.items() if value}


@frozen
class CourtUpdateResult:
    """The notices OCMS updated, and those it did not with their application code."""

    updated: tuple[str, ...]
    failed: Mapping[str, str]


@frozen
class CasClient:
    """
    Asks and tells OCMS about court notices, 500 at most in a call.

    `url` is where OCMS answers, `api_key` the key it issued. A failed connection, 500, 502, 503 and 504
    are tried again after 2, 4 and 8 seconds, a full rate limit is waited for; then `Exhausted`. A
    refusal is `Answered`. `before` is called with the path before each request that is sent.
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
        """API 1 tells how the notices stand, in the order asked; unknown numbers are left out."""
        answer = self._calls.post(PAYMENT_STATUS, [{"noticeNo": number} for number in notice_nos])
        return tuple(map(payment_status, answer["data"]["notices"]))

    @rule("P43")
    def update_court_notices(self, updates: Sequence[CourtNoticeUpdate]) -> CourtUpdateResult:
        """API 2 takes over stage and suspension; the notices it does not update are told, not raised."""
        try:
            data = self._calls.post(COURT_NOTICES, [update.on_the_wire() for update in updates])["data"]
        except ApplicationError as refused:
            if refused.code != NONE_UPDATED:
                raise
            return CourtUpdateResult((), {update.notice_no: refused.code for update in updates})
        return CourtUpdateResult(
            tuple(notice["noticeNo"] for notice in data["notices"]),
            {error["noticeNo"]: error["appCode"] for error in data.get("errors", ())},
        )


def payment_status(said: Mapping[str, Any]) -> PaymentStatus:
    """Read one notice of API 1's answer."""
    return PaymentStatus(
        notice_no=said["noticeNo"],
        payment_status=said["paymentStatus"],
        amount_payable=amount(said["amountPayable"]),
        amount_paid=amount(said["amountPaid"]),
        payment_allowance_flag=said["paymentAllowanceFlag"],
        suspension_type=said["suspensionType"],
        crs_reason_of_suspension=said["crsReasonOfSuspension"],
        epr_reason_of_suspension=said["eprReasonOfSuspension"],
    )


def amount(said: object) -> Decimal | None:
    """Read an amount of dollars and cents."""
    return None if said is None else Decimal(str(said))
