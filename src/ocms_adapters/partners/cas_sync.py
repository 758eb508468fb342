"""The daily sync of CAS: API 1 for its whole unpaid list, then API 2, inside the rate limit."""

from collections.abc import Callable, Sequence
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import structlog
from attrs import evolve, frozen

from ocms_adapters.http.ocms_calls import ApplicationError
from ocms_adapters.partners.cas import BATCH_LIMIT, CasClient, CourtNoticeUpdate
from ocms_adapters.partners.progress import (
    COURT_NOTICES,
    PAYMENT_STATUS,
    BatchAnswered,
    BatchPosition,
    BatchRefused,
    CourtNoticesAnswered,
    PaymentStatusesAnswered,
    Progress,
    progress_of,
)
from ocms_adapters.partners.sending_limit import SendingLimit
from ocms_adapters.partners.unpaid_list import UnpaidList, read_list
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.dates import today
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

SENT = "cas-sync.sent"

Item = TypeVar("Item", str, CourtNoticeUpdate)


class TooEarly(OcmsError):
    """Court notices are updated only after the payment status of the whole list is known."""


def check_nothing() -> None:
    """Check nothing: without a lock there is none to lose."""


@frozen
class CasSync:
    """The two jobs of CAS over one list, each resumable where it stopped: API 1 begins the sync of a day."""

    client: CasClient
    unpaid: UnpaidList
    progress: Progress
    day: date

    @rule("P43")
    def payment_statuses(self) -> JobCounts:
        """Query API 1 about the whole list, 500 notices in a call, and about no batch twice (P43)."""

        def query(batch: BatchPosition, notice_nos: Sequence[str]) -> BatchAnswered:
            return PaymentStatusesAnswered(PAYMENT_STATUS, batch, self.client.payment_statuses(notice_nos))

        self.progress.begin(self.day)
        counts = self._send_batches(PAYMENT_STATUS, self.unpaid.notice_nos, query)
        known = len(self.progress.payment_statuses())
        return {**counts, "notices": len(self.unpaid.notices), "known": known}

    @rule("P43")
    def court_notices(self) -> JobCounts:
        """
        Send the updates to API 2, once API 1 is done with the whole list (P43). Raises `TooEarly`.

        A sync that API 1 began on the day before is gone on with while it is not over.
        """
        if self._done(PAYMENT_STATUS) < len(self.unpaid.notices) or self._is_over():
            raise TooEarly(f"{COURT_NOTICES} waits until {PAYMENT_STATUS} has finished with this list")

        def update(batch: BatchPosition, notices: Sequence[CourtNoticeUpdate]) -> BatchAnswered:
            return CourtNoticesAnswered(COURT_NOTICES, batch, self.client.update_court_notices(notices))

        counts = self._send_batches(COURT_NOTICES, self.unpaid.updates, update)
        results = self.progress.court_updates()
        return {
            **counts,
            "updated": sum(len(result.updated) for result in results),
            "failed": sum(len(result.failed) for result in results),
        }

    @rule("P43")
    def _send_batches(
        self, job: str, items: Sequence[Item], send: Callable[[BatchPosition, Sequence[Item]], BatchAnswered]
    ) -> JobCounts:
        """Send a batch refused as malformed again in halves, until what is wrong stands alone (P43)."""
        batches = [
            (first, min(BATCH_LIMIT, len(items) - first)) for first in range(0, len(items), BATCH_LIMIT)
        ]
        called, waiting = 0, batches[::-1]
        while waiting:
            batch = first, many = waiting.pop()
            if batch in self.progress.finished(job):
                continue
            if batch not in self.progress.refused(job):
                called += 1
                try:
                    answered = send(batch, items[first : first + many])
                except ApplicationError as refusal:
                    self._record_refusal(job, batch, refusal, items[first])
                else:
                    self.progress.record(answered)
                    log.info("batch_answered", job=job, first=first + 1, last=first + many, of=len(items))
                    continue
            if many > 1:
                half = many // 2
                waiting += [(first + half, many - half), (first, half)]
        return {"batches": len(batches), "called": called, "refused": self._refused(job)}

    def _record_refusal(
        self, job: str, batch: BatchPosition, refusal: ApplicationError, item: str | CourtNoticeUpdate
    ) -> None:
        """Record that a batch is malformed; any other refusal ends the sync."""
        if refusal.status != HTTPStatus.BAD_REQUEST:
            raise refusal
        self.progress.record(BatchRefused(job, batch, refusal.code))
        if batch[1] == 1:
            number = item if isinstance(item, str) else item.notice_no
            log.error("notice_refused", job=job, notice_no=number, code=refusal.code)

    def _is_over(self) -> bool:
        """Return whether this is the sync of an earlier day, and API 2 has had all its updates."""
        updates = len(self.unpaid.updates)
        return self.progress.start.day != self.day and 0 < updates == self._done(COURT_NOTICES)

    def _done(self, job: str) -> int:
        return sum(many for _, many in self.progress.finished(job)) + self._refused(job)

    def _refused(self, job: str) -> int:
        return sum(many == 1 for _, many in self.progress.refused(job))


def open_sync(
    file: Path,
    client: CasClient,
    check_lock: Callable[[], None] = check_nothing,
    *,
    unpaid: UnpaidList | None = None,
    day: date | None = None,
) -> CasSync:
    """
    Return the sync of a list: API 1 begins it, or goes on with it on the same day, and API 2 goes on with it.

    The progress is kept in a file beside the list, and when requests were sent in another. `check_lock` is
    called before each request and raises when the job's lock is lost. `unpaid` is the content of the file
    when it was read before, `day` the day the sync began when that is not today. Raises `BadUnpaidList` and
    `DamagedProgress`.
    """
    unpaid = unpaid or read_list(file)
    day = day or today(client.now())
    progress = Progress.find(progress_of(file), unpaid.fingerprint, day)
    limit = SendingLimit(file.with_name(SENT), client.now, client.sleep)

    def before(path: str) -> None:
        limit.wait(path)
        check_lock()
        limit.record(path)

    return CasSync(evolve(client, before=before), unpaid, progress, day)
