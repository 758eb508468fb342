"""The offender services: what an officer can ask and do, start to end."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import frozen

from ocms_core.kernel.codes import DB_UPDATE, NOTICE_NOT_FOUND
from ocms_core.kernel.flow import settle
from ocms_core.kernel.spec import rule
from ocms_core.kernel.verdicts import Answer, Refusal, Settled
from ocms_core.mirror.outgoing import Outgoing, outgoing
from ocms_core.mirror.ports import Delivery
from ocms_core.offenders import furnishing, redirecting, updating
from ocms_core.offenders.effects import Taking
from ocms_core.offenders.eligibility import Eligibility, eligibility
from ocms_core.offenders.facts import Notice
from ocms_core.offenders.field_checks import Asked, Changed, Furnished
from ocms_core.offenders.ports import OffenderStore, OffenderStores
from ocms_core.offenders.timeline import Past


@frozen
class Outcome:
    """What an action came to: its answer, of a `Taken` or a `Holder`, and whether the Internet shows it."""

    answer: Answer[Any]
    shown_on_internet: bool


def check_eligibility(asked: Asked, *, stores: OffenderStores) -> Eligibility | Refusal:
    """Tell an officer whether a notice can be furnished or redirected (F13); it writes nothing."""
    with stores.reading() as reader:
        notice = reader.notice(asked.notice_no)
    return Refusal(NOTICE_NOT_FOUND) if notice is None else eligibility(notice, asked.role)


def offenders_of(notice_no: str, *, stores: OffenderStores) -> Notice | Refusal:
    """Show an officer who stands in the roles of a notice (F41)."""
    with stores.reading() as reader:
        return reader.notice(notice_no) or Refusal(NOTICE_NOT_FOUND)


def past_of(notice_no: str, *, stores: OffenderStores) -> Past | Refusal:
    """Show an officer everything that happened to a notice."""
    with stores.reading() as reader:
        return reader.past(notice_no) or Refusal(NOTICE_NOT_FOUND)


def furnish(
    furnished: Furnished, officer: str, *, stores: OffenderStores, delivery: Delivery, now: datetime
) -> Outcome | Refusal:
    """
    Make somebody the current offender of a notice, and show it on the Internet side at once.

    Raises `Conflict` when overtaken three times running, `Unavailable` when the Intranet database cannot
    be reached. Contract 3, 2.2; rules F10 to F23 and F60.
    """
    taking = taken_by(furnished, officer)
    return carried_out(
        lambda store: store.notice_for(taking.notice_no, taking.person.id_no),
        lambda notice: furnishing.decide(taking, notice, now),
        stores=stores,
        delivery=delivery,
        now=now,
    )


def redirect(
    furnished: Furnished, officer: str, *, stores: OffenderStores, delivery: Delivery, now: datetime
) -> Outcome | Refusal:
    """Pass a notice on from its current offender to another role. Contract 3, 2.3; rules F30, F31 and F60."""
    taking, from_role = taken_by(furnished, officer), furnished.from_role or ""
    return carried_out(
        lambda store: store.notice_for(taking.notice_no, taking.person.id_no),
        lambda notice: redirecting.decide(from_role, taking, notice, now),
        stores=stores,
        delivery=delivery,
        now=now,
    )


def update(
    changed: Changed, officer: str, *, stores: OffenderStores, delivery: Delivery, now: datetime
) -> Outcome | Refusal:
    """Change particulars of the current offender. Contract 3, 2.4; rules F40 and F61."""
    return carried_out(
        lambda store: store.notice(changed.notice_no),
        lambda notice: updating.decide(changed, notice, officer, now),
        stores=stores,
        delivery=delivery,
        now=now,
    )


def taken_by(furnished: Furnished, officer: str) -> Taking:
    """Give what is furnished as a taking of the role; the officer comes from the token (G4)."""
    return Taking(
        furnished.notice_no, furnished.role, furnished.person, furnished.address, furnished.detail, officer
    )


@rule("F60", "F61")
def carried_out(
    load: Callable[[OffenderStore], Notice | None],
    decide: Callable[[Notice | None], Settled[Any] | Refusal],
    *,
    stores: OffenderStores,
    delivery: Delivery,
    now: datetime,
) -> Outcome | Refusal:
    """What is decided is committed, then shown on the Internet side; failing to show undoes nothing."""
    settled = settle(stores.writing, load, decide, now=now, refused_by_database=DB_UPDATE)
    if isinstance(settled, Refusal):
        return settled
    (answer,) = settled.answers
    if answer.detail is None:
        return Refusal(DB_UPDATE)
    shown = {each.notice_no for each in map(outgoing, settled.changes) if isinstance(each, Outgoing)}
    return Outcome(answer, shown_on_internet=not shown or delivery.try_now(shown, now))
