"""The PLUS side of API 4 (contract 1), through the API gateway IZ-APIM."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from threading import Event
from typing import Self

import httpx
from attrs import field, frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.http.ocms_calls import OcmsCalls, new_client
from ocms_adapters.http.retry import RetriesExhausted
from ocms_adapters.mail import LogAlertSender
from ocms_adapters.partners.tokens import ClientCredentials
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.rule_tags import rule

NOTICE_INFO = "/v1/plus-queryNoticeInfo"
BATCH_LIMIT = 100
RETRIES_EXHAUSTED = "OCMS API Query Notice Info Failed - All Retries Exhausted"


@frozen
class NoticeInfo:
    """Whether a notice can be paid (`Y`, `N`), how much in dollars, and until when (API 4)."""

    notice_no: str
    court_payment_due_date: datetime | None
    payment_allowance_flag: str
    amount_payable: Decimal | None


@frozen
class NoticeInfoAnswer:
    """The `data` of an answer of API 4."""

    notices: tuple[NoticeInfo, ...]


@frozen
class PlusClient:
    """
    A client of API 4, which says whether notices can be paid.

    A token, for `scope` where one is set, is fetched from `token_url`, renewed before it ends, and once when
    it is refused. A failed connection, 500, 502, 503 and 504 are tried again after 2, 4 and 8 seconds; then
    `alert` is called, once until a call succeeds again, and `RetriesExhausted` raised. A refusal is an
    `ApplicationError`, an answer that is not of the agreed form `MalformedData`.
    """

    url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    alert: Callable[[Alert], object] | None = field(default=None, repr=False)
    client: httpx.Client = field(factory=new_client, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now, repr=False)
    scope: str = ""
    _calls: OcmsCalls = field(init=False, repr=False)
    _out_of_reach: Event = field(factory=Event, init=False, repr=False)

    @_calls.default
    def _to_ocms(self) -> OcmsCalls:
        token = ClientCredentials(
            self.token_url, self.client_id, self.client_secret, self.client, scope=self.scope
        )
        return OcmsCalls(self.url, token.headers, token.renew, self.client, self.sleep, self.now)

    def __enter__(self) -> Self:
        """Use the client for as long as a block lasts."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.client.close()

    def query(self, notice_nos: Iterable[str]) -> Iterator[NoticeInfo]:
        """Yield what OCMS knows of any number of notices, a hundred in a call, as each call is answered."""
        batch: list[str] = []
        for notice_no in notice_nos:
            batch.append(notice_no)
            if len(batch) == BATCH_LIMIT:
                yield from self.query_batch(batch)
                batch = []
        if batch:
            yield from self.query_batch(batch)

    @rule("P44")
    def query_batch(self, notice_nos: Sequence[str]) -> tuple[NoticeInfo, ...]:
        """Query a hundred notices at most (API 4); when every attempt failed, one alert is sent (P44)."""
        numbers = [{"noticeNo": number} for number in notice_nos]
        try:
            data = self._calls.post(NOTICE_INFO, numbers, NoticeInfoAnswer)
        except RetriesExhausted as failure:
            self._send_alert(failure)
            raise
        self._out_of_reach.clear()
        return data.notices

    def _send_alert(self, failure: RetriesExhausted) -> None:
        if self._out_of_reach.is_set():
            return
        self._out_of_reach.set()
        now = self.now()
        lines = (
            f"Time: {now.isoformat(timespec='seconds')}",
            f"Error: {failure}",
            f"Attempts: {failure.attempts}",
            *failure.__notes__,
        )
        incident = f"query_notice_info/{self.client_id}/{now.isoformat()}"
        alert = Alert(incident, RETRIES_EXHAUSTED, "\n".join(lines) + "\n")
        if self.alert:
            self.alert(alert)
        else:
            LogAlertSender().send(alert, now)
