"""CAS works through its unpaid list: API 1 for all of it, then API 2, inside the rate limit."""

from collections.abc import Callable, Sequence
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import structlog
from attrs import asdict, evolve, frozen

from ocms_adapters.http.ocms_calls import ApplicationError
from ocms_adapters.partners.cas import MOST, CasClient, CourtNoticeUpdate
from ocms_adapters.partners.progress import BatchPosition, Progress
from ocms_adapters.partners.sending_limit import SendingLimit
from ocms_adapters.partners.unpaid_list import UnpaidList, read_list
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.dates import today
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

PAYMENT_STATUS = "sync_cas_payment_status"
COURT_NOTICES = "update_cas_court_notices"

SENT = "cas-sync.sent"

Item = TypeVar("Item", str, CourtNoticeUpdate)


class TooEarly(OcmsError):
    """Court notices are told only after the payment status of the whole list is known."""


def nothing() -> None:
    """Check nothing: without a lock there is nothing to lose."""


@frozen
class CasSync:
    """The two jobs of CAS over one list, each resumable where it stopped."""

    client: CasClient
    unpaid: UnpaidList
    progress: Progress

    @rule("P43")
    def payment_statuses(self) -> JobCounts:
        """API 1 is asked about the whole list, 500 notices in a call, and about no batch twice."""

        def ask(batch: Sequence[str]) -> object:
            return [asdict(status) for status in self.client.payment_statuses(batch)]

        called = self._work(PAYMENT_STATUS, self.unpaid.notice_nos, ask)
        known = sum(len(answer) for answer in self.progress.finished(PAYMENT_STATUS).values())
        return {**called, "notices": len(self.unpaid.notices), "known": known}

    @rule("P43")
    def court_notices(self) -> JobCounts:
        """API 2 begins only when API 1 is done with the whole list."""
        if self._done(PAYMENT_STATUS) < len(self.unpaid.notices):
            raise TooEarly(f"{COURT_NOTICES} waits until {PAYMENT_STATUS} has finished")

        def tell(batch: Sequence[CourtNoticeUpdate]) -> object:
            return asdict(self.client.update_court_notices(batch))

        called = self._work(COURT_NOTICES, self.unpaid.updates, tell)
        answers = self.progress.finished(COURT_NOTICES).values()
        return {
            **called,
            "updated": sum(len(answer["updated"]) for answer in answers),
            "failed": sum(len(answer["failed"]) for answer in answers),
        }

    @rule("P43")
    def _work(self, job: str, items: Sequence[Item], ask: Callable[[Sequence[Item]], object]) -> JobCounts:
        """A batch refused as malformed is sent again in halves until what is wrong stands alone."""
        batches = [(first, min(MOST, len(items) - first)) for first in range(0, len(items), MOST)]
        called, waiting = 0, batches[::-1]
        while waiting:
            batch = first, many = waiting.pop()
            if batch in self.progress.finished(job):
                continue
            if batch not in self.progress.refused(job):
                called += 1
                try:
                    answer = ask(items[first : first + many])
                except ApplicationError as refusal:
                    self._refuse(job, batch, refusal, items[first])
                else:
                    self.progress.answered(job, batch, answer)
                    log.info("batch_answered", job=job, first=first + 1, last=first + many, of=len(items))
                    continue
            if many > 1:
                half = many // 2
                waiting += [(first + half, many - half), (first, half)]
        return {"batches": len(batches), "called": called, "refused": self._refused(job)}

    def _refuse(
        self, job: str, batch: BatchPosition, refusal: ApplicationError, item: str | CourtNoticeUpdate
    ) -> None:
        """Put on record that a batch is malformed; any other refusal ends the sync."""
        if refusal.status != HTTPStatus.BAD_REQUEST:
            raise refusal
        self.progress.was_refused(job, batch, refusal.code)
        if batch[1] == 1:
            number = item if isinstance(item, str) else item.notice_no
            log.error("notice_refused", job=job, notice_no=number, code=refusal.code)

    def _done(self, job: str) -> int:
        return sum(many for _, many in self.progress.finished(job)) + self._refused(job)

    def _refused(self, job: str) -> int:
        return sum(many == 1 for _, many in self.progress.refused(job))


def open_sync(
    file: Path,
    client: CasClient,
    still_mine: Callable[[], None] = nothing,
    *,
    unpaid: UnpaidList | None = None,
    day: date | None = None,
) -> CasSync:
    """
    Begin the sync of a list, or go on with it on the same day.

    How far it came is kept in a file beside the list, and when requests were sent in another.
    `still_mine` is called before each request and raises when the job's lock is lost. `unpaid` is what is
    in the file when that was read before, `day` the day the sync began when that is not today.
    """
    unpaid = unpaid or read_list(file)
    name = f"{file.name}.progress"
    progress = Progress.of(file.with_name(name), unpaid.fingerprint, day or today(client.now()))
    limit = SendingLimit(file.with_name(SENT), client.now, client.sleep)

    def before(path: str) -> None:
        limit.wait(path)
        still_mine()
        limit.sending(path)

    return CasSync(evolve(client, before=before), unpaid, progress)
