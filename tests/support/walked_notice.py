"""One notice in memory that the real decisions of every capability change, one call after the other."""

from datetime import timedelta
from typing import Any

from attrs import evolve, mutable

from ocms_core.court import court_notices
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import applying, new_notices, renewing, reviving
from ocms_core.hst.request_checks import HstRevival
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.suspensions import OpenSuspension, SuspensionReason, shown_suspension
from ocms_core.offenders import furnishing, redirecting
from ocms_core.stages import officer_changes, plus, toppan
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.facts import day_of
from tests.support.builders import SINCE
from tests.support.hst_facts import APPLICATION
from tests.support.offender_builders import JOHN, NUMBER, OFFICER, OWNER, assignment
from tests.support.stage_builders import item, requested
from tests.support.stored_notice import REASONS, StoredNotice

MOMENT = timedelta(microseconds=1)


@mutable
class WalkedNotice(StoredNotice):
    """
    A notice of its owner, and the HST list; every call is decided on it and written to it a minute later.

    Each call answers with its code.
    """

    @property
    def shows(self) -> str | None:
        """What its row shows, as `PS-WWP`; None when it shows nothing."""
        return "-".join(filter(None, (self.row.type, self.row.reason))) or None

    @property
    def open_reasons(self) -> list[str]:
        """The types and reasons of its open records, in the order of their numbers."""
        return [str(each.reason) for each in sorted(self.records, key=lambda each: each.sr_no)]

    def suspend(self, *reasons: SuspensionReason, shown: bool = True) -> "WalkedNotice":
        """Put open records on it, as found; the row shows what it is to show unless `shown` is false."""
        for reason in reasons:
            self.last_sr_no += 1
            days = REASONS.get(reason)
            due = None if days is None else SINCE + timedelta(days=days + 60)
            self.records += (OpenSuspension(reason, SINCE, self.last_sr_no, due),)
        if shown:
            self.row = shown_suspension(self.suspensions)
        return self

    def pay(self) -> None:
        """Be paid in full, as the payment system writes it: type and `crs` reason, nothing else."""
        self.row = evolve(self.row, type="PS")
        self.crs_reason, self.payment_status = "FP", "FP"

    def cas(self, kind: str | None = None, epr_reason: str | None = None, stage: str | None = None) -> Code:
        """Let CAS update it."""
        update = CourtUpdate(NUMBER, kind, epr_reason, stage)
        return self._decided(court_notices.decide([update], self.court_facts(), self.now))

    def officer(self, target: str) -> Code:
        """Let an officer move it, whether or not it was moved today."""
        moved = item(NUMBER, change=requested(target, confirmed=True))
        return self._decided(
            officer_changes.decide([moved], self.stage_facts(day_of(self.now)), OFFICER, self.now)
        )

    def plus(self, target: str) -> Code:
        """Let PLUS move it."""
        call = PlusChange((NUMBER,), self.stage, target, None, "D")
        facts = self.stage_facts((self.now, self.now + MOMENT))
        return self._decided(plus.decide(call, facts, self.now))

    def print_run(self, stage: str) -> Code:
        """Let Toppan print its letter."""
        run = ToppanRun((NUMBER,), stage, self.now)
        return self._decided(toppan.decide([NUMBER], run, self.toppan_facts(), self.now))

    def furnish(self, role: str, id_no: str = JOHN.id_no) -> Code:
        """Let an officer furnish somebody."""
        taker = assignment(role, evolve(JOHN, id_no=id_no))
        return self._decided(furnishing.decide(taker, self.offender_notice(id_no), self.now))

    def redirect(self, role: str, id_no: str = JOHN.id_no) -> Code:
        """Let an officer redirect it to somebody."""
        taker = assignment(role, evolve(JOHN, id_no=id_no))
        from_role = next(holder.role for holder in self.holders.values() if holder.is_current)
        return self._decided(redirecting.decide(from_role, taker, self.offender_notice(id_no), self.now))

    def apply_hst(self, id_no: str = OWNER.id_no) -> list[str]:
        """Put an identity on the HST list; return what the notice is suspended under, if it is."""
        application = evolve(APPLICATION, id_no=id_no)
        return self._details(applying.decide(application, self.identity_facts(id_no), OFFICER, self.now))

    def revive(self, id_no: str = OWNER.id_no) -> list[str]:
        """Take an identity off the HST list; return how the notice stands then, if it was under TS-HST."""
        revival = HstRevival(id_no, "reached")
        return self._details(reviving.decide(revival, self.identity_facts(id_no), OFFICER, self.now))

    def job_for_new_notices(self) -> None:
        """Run the nightly job for new notices."""
        self._details(new_notices.decide(self.identity_facts(self.offender), self.now))

    def renewal(self) -> None:
        """Run the nightly renewal on a day when everything is due."""
        self.now += timedelta(days=400)
        self._details(renewing.decide(self.identity_facts(self.offender), self.now))

    def _details(self, decision: Decision[str] | Refusal) -> list[str]:
        self._decided(decision)
        if isinstance(decision, Refusal):
            return [decision.code.code]
        return [answer.detail or "" for answer in decision.answers]

    def _decided(self, decision: Decision[Any] | Refusal) -> Code:
        if isinstance(decision, Refusal):
            return decision.code
        self.write(decision.changes)
        self.now += timedelta(minutes=1)
        return next((answer.code for answer in decision.answers), Code("", "nothing to answer", ""))
