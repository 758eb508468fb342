"""One notice in memory that the real decisions of every capability change, one call after the other."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve, field, mutable

from ocms_core.court import court_notices
from ocms_core.court.facts import CourtFacts, CourtNotice
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import applying, new_notices, renewing, reviving
from ocms_core.hst.facts import HstNotice, IdentityFacts, ListedIdentity
from ocms_core.hst.request_checks import HstRevival
from ocms_core.kernel.changes import (
    AddressFurnished,
    Change,
    CurrentOffenderSet,
    DetailFurnished,
    IdentityListed,
    IdentityRemoved,
    NoticeChanged,
    OffenderCleared,
    OffenderHistoryKept,
    StageChangeRecorded,
    SuspensionClosed,
    SuspensionOpened,
    SuspensionsClosed,
    SuspensionShownOnNotices,
    SuspensionsOpened,
)
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.offender_details import RoleHolder
from ocms_core.kernel.payments import is_fully_paid
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.reference_defaults import SUSPENSION_REASONS as DEFAULT_REASONS
from ocms_core.kernel.suspensions import (
    NOT_SUSPENDED,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    Suspensions,
    shown_suspension,
)
from ocms_core.offenders import furnishing, redirecting
from ocms_core.offenders.facts import AssigneeOnHstList, OffenderNotice, PastAssignment
from ocms_core.stages import officer_changes, plus, toppan
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.facts import LatestChange, StageFacts, StageNotice, ToppanFacts
from tests.support.builders import NOW, SINCE
from tests.support.hst_facts import ADDRESS, APPLICATION
from tests.support.offender_builders import COMPOSITION, JOHN, NUMBER, OFFICER, OWNER, assignment, stands
from tests.support.stage_builders import DEFAULTS, item, requested

REASONS = {SuspensionReason(*pair): days for pair, days in DEFAULT_REASONS.items()}
REFERENCE = Reference(
    stage_map=DEFAULTS.stage_map,
    parameters=DEFAULTS.parameters,
    days_of_suspension={reason: days for reason, days in REASONS.items() if days is not None},
    suspension_reasons=frozenset(REASONS),
)


@mutable
class WalkedNotice:
    """
    A notice of its owner, and the HST list; every call is decided on it and written to it a minute later.

    `row` is what it shows, `records` its open suspension records. Each call answers with its code.
    """

    stage: str = "CPC"
    row: ShownSuspension = NOT_SUSPENDED
    records: tuple[OpenSuspension, ...] = ()
    crs_reason: str | None = None
    payment_status: str | None = None
    holders: dict[str, RoleHolder] = field(factory=lambda: {"O": stands("O", current=True)})
    listed: set[str] = field(factory=set)
    now: datetime = NOW
    next_stage: str | None = None
    amount_payable: Decimal | None = COMPOSITION
    last_sr_no: int = 0
    hst_expired: bool = False
    stage_date: datetime = SINCE
    accepts_payment: str = "Y"
    latest_change: LatestChange | None = None
    assigned: dict[str, PastAssignment] = field(factory=dict)

    @property
    def suspensions(self) -> Suspensions:
        """All that suspends it."""
        return Suspensions(self.row, self.records, self.last_sr_no, self.crs_reason)

    @property
    def shows(self) -> str | None:
        """What its row shows, as `PS-WWP`; None when it shows nothing."""
        return "-".join(filter(None, (self.row.type, self.row.reason))) or None

    @property
    def open_reasons(self) -> list[str]:
        """The types and reasons of its open records, in the order of their numbers."""
        return [str(each.reason) for each in sorted(self.records, key=lambda each: each.sr_no)]

    @property
    def offender(self) -> str:
        """The identity of its current offender."""
        return next(holder.person.id_no for holder in self.holders.values() if holder.is_current)

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
        found = CourtNotice(
            NUMBER,
            self.stage,
            self.stage_date,
            self.amount_payable,
            self.accepts_payment,
            None,
            suspensions=self.suspensions,
        )
        update = CourtUpdate(NUMBER, kind, epr_reason, stage)
        return self._decided(court_notices.decide([update], CourtFacts(REFERENCE, {NUMBER: found}), self.now))

    def officer(self, target: str) -> Code:
        """Let an officer move it."""
        facts = StageFacts(REFERENCE, {NUMBER: self._stage_notice()})
        moved = item(NUMBER, change=requested(target))
        return self._decided(officer_changes.decide([moved], facts, OFFICER, self.now))

    def plus(self, target: str) -> Code:
        """Let PLUS move it."""
        call = PlusChange((NUMBER,), self.stage, target, None, "D")
        facts = StageFacts(REFERENCE, {NUMBER: self._stage_notice()})
        return self._decided(plus.decide(call, facts, self.now))

    def print_run(self, stage: str) -> Code:
        """Let Toppan print its letter."""
        latest = {NUMBER: self.latest_change} if self.latest_change else {}
        facts = ToppanFacts(REFERENCE, {NUMBER: self._stage_notice()}, latest)
        return self._decided(toppan.decide([NUMBER], ToppanRun((NUMBER,), stage, self.now), facts, self.now))

    def furnish(self, role: str, id_no: str = JOHN.id_no) -> Code:
        """Let an officer furnish somebody."""
        taker = assignment(role, evolve(JOHN, id_no=id_no))
        return self._decided(furnishing.decide(taker, self._offender_notice(id_no), self.now))

    def redirect(self, role: str, id_no: str = JOHN.id_no) -> Code:
        """Let an officer redirect it to somebody."""
        taker = assignment(role, evolve(JOHN, id_no=id_no))
        from_role = next(holder.role for holder in self.holders.values() if holder.is_current)
        return self._decided(redirecting.decide(from_role, taker, self._offender_notice(id_no), self.now))

    def apply_hst(self, id_no: str = OWNER.id_no) -> list[str]:
        """Put an identity on the HST list; return what the notice is suspended under, if it is."""
        return self._details(
            applying.decide(evolve(APPLICATION, id_no=id_no), self._identity_facts(id_no), OFFICER, self.now)
        )

    def revive(self, id_no: str = OWNER.id_no) -> list[str]:
        """Take an identity off the HST list; return how the notice stands then, if it was under TS-HST."""
        return self._details(
            reviving.decide(HstRevival(id_no, "reached"), self._identity_facts(id_no), OFFICER, self.now)
        )

    def job_for_new_notices(self) -> None:
        """Run the nightly job for new notices."""
        self._details(new_notices.decide(self._identity_facts(self.offender), self.now))

    def renewal(self) -> None:
        """Run the nightly renewal on a day when everything is due."""
        self.now += timedelta(days=400)
        self._details(renewing.decide(self._identity_facts(self.offender), self.now))

    def _stage_notice(self) -> StageNotice:
        role = next(holder.role for holder in self.holders.values() if holder.is_current)
        paid = is_fully_paid(self.payment_status)
        return StageNotice(
            NUMBER,
            self.stage,
            self.stage_date,
            self.next_stage,
            COMPOSITION,
            role,
            self.suspensions,
            paid=paid,
        )

    def _offender_notice(self, id_no: str) -> OffenderNotice:
        listed = AssigneeOnHstList(REFERENCE.days_of_suspension) if id_no in self.listed else None
        return OffenderNotice(
            NUMBER,
            "SNC7392R",
            self.stage,
            self.stage_date,
            COMPOSITION,
            self.holders,
            self.suspensions,
            listed,
            self.assigned,
        )

    def _identity_facts(self, id_no: str) -> IdentityFacts:
        found = HstNotice(
            NUMBER,
            self.offender,
            "O",
            self.stage,
            self.payment_status,
            self.suspensions,
            hst_expired=self.hst_expired,
        )
        listed = {each: ListedIdentity(each, "N", "X", ADDRESS, SINCE) for each in self.listed}
        return IdentityFacts(REFERENCE, listed, (found,) if self.offender == id_no else (), {})

    def _details(self, decision: Decision[str] | Refusal) -> list[str]:
        self._decided(decision)
        if isinstance(decision, Refusal):
            return [decision.code.code]
        return [answer.detail or "" for answer in decision.answers]

    def _decided(self, decision: Decision[Any] | Refusal) -> Code:
        if isinstance(decision, Refusal):
            return decision.code
        for change in decision.changes:
            self._write(change)
        self.now += timedelta(minutes=1)
        return next((answer.code for answer in decision.answers), Code("", "nothing to answer", ""))

    def _write(self, change: Change) -> None:
        match change:
            case NoticeChanged():
                if change.move:
                    self.stage, self.stage_date = change.move.stage, change.move.date
                self.accepts_payment = change.payment_acceptance_allowed or self.accepts_payment
                self.next_stage = change.next.stage if change.next else self.next_stage
                self.row = change.suspension or self.row
                self.amount_payable = change.amount_payable or self.amount_payable
            case SuspensionShownOnNotices():
                self.row = change.suspension
            case SuspensionOpened(record=record):
                self._open(record.reason, record.date_of_suspension, record.sr_no, record.due)
            case SuspensionsOpened(numbered=((_, sr_no),)):
                self._open(change.reason, change.since, sr_no, change.due)
            case SuspensionClosed():
                self._close([(change.since, change.sr_no)])
            case SuspensionsClosed():
                self._close([(since, sr_no) for _, since, sr_no in change.keys])
                self.hst_expired = change.reason == renewing.PERIOD_EXPIRED
            case IdentityListed(id_no=id_no):
                self.listed.add(id_no)
            case IdentityRemoved(id_no=id_no):
                self.listed.remove(id_no)
            case _:
                self._write_history(change)

    def _write_history(self, change: Change) -> None:
        match change:
            case OffenderCleared(role=role):
                self.holders[role] = evolve(self.holders[role], is_current=False)
            case CurrentOffenderSet(role=role, person=person):
                self.holders[role] = RoleHolder(role, True, person)  # the current one
            case AddressFurnished(role=role, address=address):
                self.holders[role] = evolve(self.holders[role], address=address)
            case DetailFurnished(role=role, detail=detail):
                self.holders[role] = evolve(self.holders[role], detail=detail)
            case OffenderHistoryKept(role=role, former=former, new_stage=str(new_stage)):
                self.assigned[role] = PastAssignment(former is None, new_stage)
            case StageChangeRecorded(record=record):
                self.latest_change = LatestChange(record.source, record.new_stage, record.date_of_change)
            case _:
                pass  # What no capability looks at here.

    def _open(self, reason: SuspensionReason, since: datetime, sr_no: int, due: datetime | None) -> None:
        self.records += (OpenSuspension(reason, since, sr_no, due),)
        self.last_sr_no = max(self.last_sr_no, sr_no)

    def _close(self, keys: Iterable[tuple[datetime, int]]) -> None:
        closed = set(keys)
        self.records = tuple(each for each in self.records if (each.since, each.sr_no) not in closed)
