"""An in-memory double of the court stores, for tests of the core alone."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from typing import TypeVar

from attrs import evolve, field, frozen, mutable

from ocms_core.court.facts import CourtFacts, CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.kernel.changes import (
    Change,
    CourtDueDateRecorded,
    NoticeChanged,
    SuspensionClosed,
    SuspensionOpened,
    by_notice,
    notice_of,
)
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.idempotency import IdempotencyKey, StoredAnswer, check_repeat
from ocms_core.kernel.reference import EMPTY, Reference
from ocms_core.kernel.suspensions import OpenSuspension

Kept = TypeVar("Kept")

NO_NOTICES = CourtFacts(reference=EMPTY, notices={})


@frozen
class Tables:
    """All that is stored: each notice as each of the three court operations sees it."""

    court: CourtFacts = NO_NOTICES
    plus: Mapping[str, PlusNotice] = field(factory=dict)
    payments: Mapping[str, NoticePaymentStatus] = field(factory=dict)


def apply(changes: Sequence[Change], tables: Tables) -> Tables:
    """Apply the changes of court operations to what is stored, in order, and return the result."""
    return reduce(changed, by_notice(changes), tables)


def changed(tables: Tables, change: Change) -> Tables:
    """Apply one change to what is stored."""
    match change:
        case NoticeChanged(notice_no=notice_no):
            return with_notice(
                evolve(tables, payments=with_payment(tables.payments, change)),
                with_parts(tables.court.notices[notice_no], change),
            )
        case SuspensionOpened(record=record):
            suspended = tables.court.notices[record.notice_no]
            opened = OpenSuspension(record.reason, record.date_of_suspension, record.sr_no, record.due)
            return with_notice(tables, evolve(suspended, suspensions=suspended.suspensions.beside(opened)))
        case SuspensionClosed(notice_no=notice_no, since=since, sr_no=sr_no):
            suspended = tables.court.notices[notice_no]
            left = tuple(
                each
                for each in suspended.suspensions.open_records
                if (each.since, each.sr_no) != (since, sr_no)
            )
            return with_notice(
                tables,
                evolve(suspended, suspensions=evolve(suspended.suspensions, open_records=left)),
            )
        case CourtDueDateRecorded(notice_no=notice_no, court_payment_due_date=due):
            recorded = tables.plus[notice_no]._replace(has_court_case=True, court_payment_due_date=due)
            return evolve(tables, plus={**tables.plus, notice_no: recorded})
        case _:
            raise TypeError(f"no court operation writes a {type(change).__name__}")


def with_notice(tables: Tables, notice: CourtNotice) -> Tables:
    """Put a notice in the place of the one with its number."""
    notices = {**tables.court.notices, notice.notice_no: notice}
    return evolve(tables, court=evolve(tables.court, notices=notices))


def with_parts(notice: CourtNotice, change: NoticeChanged) -> CourtNotice:
    """Return a notice with the stage and suspension of a change; a part that is None stays."""
    if change.move:
        notice = evolve(notice, stage=change.move.stage, stage_date=change.move.date)
    if change.suspension:
        notice = evolve(notice, suspensions=evolve(notice.suspensions, shown=change.suspension))
    return notice


def with_payment(
    payments: Mapping[str, NoticePaymentStatus], change: NoticeChanged
) -> Mapping[str, NoticePaymentStatus]:
    """Return the payment statuses with the suspension of a change in them."""
    before = payments.get(change.notice_no)
    if not (before and change.suspension):
        return payments
    after = before._replace(suspension_type=change.suspension.type, epr_reason=change.suspension.reason)
    return {**payments, change.notice_no: after}


@mutable
class InMemoryCourtStores:
    """
    Court stores in memory; a transaction that ends in an error leaves nothing behind.

    The database refuses every row of the notices in `refuses`. Writes are overtaken by another
    transaction, which leaves `meanwhile` stored, on the tries in `overtaken`, counted from 1.
    `opened` tells which transactions were opened, in order; `written` what was committed.
    """

    tables: Tables = field(factory=Tables)
    refuses: frozenset[str] = frozenset()
    overtaken: frozenset[int] = frozenset()
    meanwhile: Tables | None = None
    opened: list[str] = field(factory=list)
    written: list[Change] = field(factory=list)
    answers: dict[IdempotencyKey, StoredAnswer] = field(factory=dict)

    @contextmanager
    def reading(self) -> Iterator["Transaction"]:
        """Open a transaction that only reads."""
        self.opened.append("reading")
        yield Transaction(self, self.tables)

    @contextmanager
    def writing(self) -> Iterator["Transaction"]:
        """Open a transaction that commits on leaving without an error."""
        self.opened.append("writing")
        transaction = Transaction(self, self.tables)
        yield transaction
        self.tables = transaction.tables
        self.answers.update(transaction.answers)
        self.written.extend(transaction.changes)


@mutable
class Transaction:
    """One transaction on the stores in memory: it sees what was stored when it began, and its own changes."""

    stores: InMemoryCourtStores
    tables: Tables
    changes: list[Change] = field(factory=list)
    answers: dict[IdempotencyKey, StoredAnswer] = field(factory=dict)

    def payment_statuses(self, notice_nos: Sequence[str]) -> Mapping[str, NoticePaymentStatus]:
        """Return the payment status of the notices that exist."""
        return chosen(self.tables.payments, notice_nos)

    def plus_notices(self, notice_nos: Sequence[str]) -> Mapping[str, PlusNotice]:
        """Return the notices that exist as PLUS sees them."""
        return chosen(self.tables.plus, notice_nos)

    def court_notices(self, notice_nos: Sequence[str]) -> Mapping[str, CourtNotice]:
        """Return the notices that exist as the court update would find them."""
        return chosen(self.tables.court.notices, notice_nos)

    def reference(self) -> Reference:
        """Return the reference data."""
        return self.tables.court.reference

    def court_facts(self, notice_nos: Sequence[str]) -> CourtFacts:
        """Return the notices that exist as the court update sees them."""
        return evolve(self.tables.court, notices=self.court_notices(notice_nos))

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """Keep the changes until the commit; `now` is for audit columns, which are not kept in memory."""
        del now
        if self.stores.opened.count("writing") in self.stores.overtaken:
            self.stores.tables = self.stores.meanwhile or self.stores.tables
            raise Conflict
        alone = tuple(by_notice(changes))
        refused = frozenset(notice_of(change) for change in alone) & self.stores.refuses
        if refused and not isolate:
            raise RowRejected
        accepted = [change for change in alone if notice_of(change) not in refused]
        self.tables = apply(accepted, self.tables)
        self.changes.extend(accepted)
        return refused

    def claim(self, key: IdempotencyKey, now: datetime) -> None:
        """Raise what a repeat of a call gets."""
        kept = [
            answer
            for other, answer in self.stores.answers.items()
            if evolve(other, body_hash=key.body_hash) == key
        ]
        check_repeat(key, kept, now)

    def keep_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Keep an answer until the commit."""
        self.answers[key] = answer

    def complete_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Replace a kept answer."""
        self.answers[key] = answer


def chosen(stored: Mapping[str, Kept], notice_nos: Sequence[str]) -> Mapping[str, Kept]:
    """Return the rows of these numbers; what is not stored is left out."""
    return {notice_no: stored[notice_no] for notice_no in notice_nos if notice_no in stored}
