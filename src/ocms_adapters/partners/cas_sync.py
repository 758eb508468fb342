"""CAS works through its unpaid list: API 1 for all of it, then API 2, inside the rate limit."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from attrs import asdict, field, frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.partners.cas import MOST, CasClient, CourtUpdate
from ocms_adapters.partners.progress import Progress
from ocms_adapters.partners.unpaid_list import UnpaidList, read_list
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.faults import Fault
from ocms_core.kernel.spec import rule

PAYMENT_STATUS = "sync_cas_payment_status"
COURT_NOTICES = "update_cas_court_notices"

CALLS = 10
PERIOD = timedelta(hours=1)

Item = TypeVar("Item")
Batch = TypeVar("Batch")


class TooEarly(Fault):
    """Court notices are told only after the payment status of the whole list is known."""


def nothing() -> None:
    """Check nothing: without a lock there is nothing to lose."""


@frozen
class CasSync:
    """
    The two jobs of CAS over one list, each resumable where it stopped.

    `still_mine` is called before each batch and raises when the job's lock is lost.
    """

    client: CasClient
    unpaid: UnpaidList
    progress: Progress
    still_mine: Callable[[], None] = nothing
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now)

    @rule("P43")
    def payment_statuses(self) -> JobCounts:
        """API 1 is asked about the whole list, 500 notices in a call, and about no batch twice."""
        batches = in_batches(self.unpaid.notice_nos)

        def ask(batch: Sequence[str]) -> object:
            return [asdict(status) for status in self.client.payment_statuses(batch)]

        made = self._work(PAYMENT_STATUS, batches, ask)
        known = sum(len(answer) for answer in self.progress.finished(PAYMENT_STATUS).values())
        return {"batches": len(batches), "called": made, "notices": len(self.unpaid.notices), "known": known}

    @rule("P43")
    def court_notices(self) -> JobCounts:
        """API 2 begins only when API 1 is done with the whole list."""
        if len(self.progress.finished(PAYMENT_STATUS)) < len(in_batches(self.unpaid.notice_nos)):
            raise TooEarly(f"{COURT_NOTICES} waits until {PAYMENT_STATUS} has finished")
        batches = in_batches(self.unpaid.updates)

        def tell(batch: Sequence[CourtUpdate]) -> object:
            return asdict(self.client.update_court_notices(batch))

        made = self._work(COURT_NOTICES, batches, tell)
        answers = self.progress.finished(COURT_NOTICES).values()
        return {
            "batches": len(batches),
            "called": made,
            "updated": sum(len(answer["updated"]) for answer in answers),
            "failed": sum(len(answer["failed"]) for answer in answers),
        }

    def _work(self, job: str, batches: Sequence[Batch], ask: Callable[[Batch], object]) -> int:
        made = 0
        for number, batch in enumerate(batches):
            if number in self.progress.finished(job):
                continue
            self._keep_inside_limit(job)
            self.still_mine()
            self.progress.calling(job, number, self.now())
            self.progress.answered(job, number, ask(batch))
            made += 1
        return made

    @rule("P43")
    def _keep_inside_limit(self, job: str) -> None:
        """At most ten calls are made in any hour, those before a restart counted."""
        latest = self.progress.calls(job)[-CALLS:]
        if len(latest) == CALLS:
            wait = (latest[0] + PERIOD - self.now()).total_seconds()
            if wait >= 0:
                self.sleep(wait + 1)


def in_batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Cut a list into what one call takes."""
    return [items[first : first + MOST] for first in range(0, len(items), MOST)]


def open_sync(file: Path, client: CasClient, still_mine: Callable[[], None] = nothing) -> CasSync:
    """Begin or go on with the sync of a list; its progress is kept in a file beside it."""
    unpaid = read_list(file)
    progress = Progress.of(file.with_name(file.name + ".progress"), unpaid.fingerprint)
    return CasSync(client, unpaid, progress, still_mine, client.sleep, client.now)
