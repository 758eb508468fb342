"""
The offender services: what an officer can ask and do, start to end.

Those that write take the call they answer: a repeat of it raises a `RepeatedCall` (K1). Its answer is the one
of an action the Internet side shows; one that it does not show yet is done all the same.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ocms_core.kernel.codes import DB_UPDATE, NOTICE_NOT_FOUND
from ocms_core.kernel.decision_moments import dates_of
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.idempotency import IdempotentCall
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.unit_of_work import IsolateRow, execute
from ocms_core.kernel.value_objects import value_object
from ocms_core.offenders import furnishing, redirecting, updating
from ocms_core.offenders.effects import RoleAssignment
from ocms_core.offenders.eligibility import Eligibility, eligibility
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.ports import OffenderStore, OffenderStores
from ocms_core.offenders.request_reader import FurnishRequest, ParticularsPatch, RoleRequest
from ocms_core.offenders.timeline import NoticeHistory
from ocms_core.replication.outbox_rows import OutboxRow, outbox_rows
from ocms_core.replication.ports import Delivery


@value_object
class ActionOutcome:
    """The answer of an action (a `RoleAssigned` or a `RoleHolder`), and whether the Internet shows it."""

    answer: Answer[Any]
    shown_on_internet: bool


def check_eligibility(request: RoleRequest, *, stores: OffenderStores) -> Eligibility | Refusal:
    """Return whether a notice can be furnished or redirected, and write nothing (contract 3, 2.1; F13)."""
    with stores.reading() as reader:
        notice = reader.notice(request.notice_no)
    return Refusal(NOTICE_NOT_FOUND) if notice is None else eligibility(notice, request.role)


def offenders_of(notice_no: str, *, stores: OffenderStores) -> OffenderNotice | Refusal:
    """Return who holds each role of a notice, and record that an officer read it (F41)."""
    with stores.reading() as reader:
        return reader.notice(notice_no) or Refusal(NOTICE_NOT_FOUND)


def history_of(notice_no: str, *, stores: OffenderStores) -> NoticeHistory | Refusal:
    """Show an officer everything that happened to a notice."""
    with stores.reading() as reader:
        return reader.history(notice_no) or Refusal(NOTICE_NOT_FOUND)


def furnish(
    request: FurnishRequest,
    officer: str,
    *,
    stores: OffenderStores,
    delivery: Delivery,
    now: datetime,
    call: IdempotentCall[Decision[Any]] | None = None,
) -> ActionOutcome | Refusal:
    """
    Make somebody the current offender of a notice, and show it on the Internet side at once.

    Raises `Conflict` when overtaken three times running, `Unavailable` when the Intranet database cannot
    be reached. Contract 3, 2.2; rules F10 to F23 and F60.
    """
    assignment = assignment_of(request, officer)
    return execute_and_deliver(
        lambda store, _: store.notice_for(assignment.notice_no, assignment.person.id_no),
        lambda notice, now: furnishing.decide(assignment, notice, now),
        stores=stores,
        delivery=delivery,
        now=now,
        call=call,
    )


def redirect(
    request: FurnishRequest,
    officer: str,
    *,
    stores: OffenderStores,
    delivery: Delivery,
    now: datetime,
    call: IdempotentCall[Decision[Any]] | None = None,
) -> ActionOutcome | Refusal:
    """Pass a notice on from its current offender to another role. Contract 3, 2.3; rules F30, F31 and F60."""
    assignment, from_role = assignment_of(request, officer), request.from_role or ""
    return execute_and_deliver(
        lambda store, _: store.notice_for(assignment.notice_no, assignment.person.id_no),
        lambda notice, now: redirecting.decide(from_role, assignment, notice, now),
        stores=stores,
        delivery=delivery,
        now=now,
        call=call,
    )


def update(
    patch: ParticularsPatch,
    officer: str,
    *,
    stores: OffenderStores,
    delivery: Delivery,
    now: datetime,
    call: IdempotentCall[Decision[Any]] | None = None,
) -> ActionOutcome | Refusal:
    """Change particulars of the current offender. Contract 3, 2.4; rules F40 and F61."""
    return execute_and_deliver(
        lambda store, _: store.notice(patch.notice_no),
        lambda notice, now: updating.decide(patch, notice, officer, now),
        stores=stores,
        delivery=delivery,
        now=now,
        call=call,
    )


def assignment_of(request: FurnishRequest, officer: str) -> RoleAssignment:
    """Return what is furnished as a role assignment; the officer comes from the token (G4)."""
    return RoleAssignment(
        request.notice_no, request.role, request.person, request.address, request.detail, officer
    )


@rule("F60", "F61")
def execute_and_deliver(
    load: Callable[[OffenderStore, datetime], OffenderNotice | None],
    decide: Callable[[OffenderNotice | None, datetime], Decision[Any] | Refusal],
    *,
    stores: OffenderStores,
    delivery: Delivery,
    now: datetime,
    call: IdempotentCall[Decision[Any]] | None,
) -> ActionOutcome | Refusal:
    """Commit what is decided, then show it on the Internet side; failing to show undoes nothing."""
    decision = execute(
        stores.writing,
        load,
        decide,
        now=now,
        on_refused_row=IsolateRow(DB_UPDATE),
        call=call,
        dates=lambda notice: dates_of([notice] if notice else []),
    )
    if isinstance(decision, Refusal):
        return decision
    (answer,) = decision.answers
    if answer.detail is None:
        return Refusal(answer.code)
    shown = {each.notice_no for each in map(outbox_rows, decision.changes) if isinstance(each, OutboxRow)}
    return ActionOutcome(
        answer, shown_on_internet=not shown or delivery.try_now(shown, decision.decided_at or now)
    )
