"""How a notice stands, in sentences for an officer."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.offender_details import HIRER, OWNER
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import STAGES
from ocms_core.kernel.suspensions import PERMANENT, ShownSuspension, shown_suspension
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.facts import StageNotice

ROLE_WORDS = {OWNER: "owner", HIRER: "hirer"}
ANY_OF_THEM = "owner, hirer or director"


@value_object
class NoticeDetails:
    """
    A notice with what only an officer's screen shows of it.

    `next_at` is when the planned stage is to come, `payment_due` until when `amount_payable` may be paid, and
    `payment_refused` whether no payment is taken. `previous_stage` was entered at `previous_at`.
    """

    notice: StageNotice
    offence_type: str
    offence_at: datetime
    vehicle_no: str
    place: str | None = None
    next_at: datetime | None = None
    amount_payable: Decimal | None = None
    amount_paid: Decimal | None = None
    payment_due: datetime | None = None
    payment_refused: bool = False
    previous_stage: str | None = None
    previous_at: datetime | None = None


@rule("S18", "U3")
def state_sentences(details: NoticeDetails, now: datetime) -> tuple[str, ...]:
    """Return how a notice stands: its stage, what comes next, what is payable, and what suspends it."""
    return (
        *stage_sentences(details, now),
        payment_sentence(details, now),
        suspension_sentence(shown_suspension(details.notice.suspensions)),
    )


def stage_sentences(details: NoticeDetails, now: datetime) -> Iterator[str]:
    """Yield the stage with since when it lasts, and the stage that is planned."""
    notice = details.notice
    yield f"{stage_words(notice.stage, notice.role)} ({notice.stage}) since {day_words(notice.stage_date)}."
    if notice.next_stage and details.next_at:
        is_late = singapore(details.next_at).date() < singapore(now).date()
        verb = "was planned for" if is_late else "is planned for"
        meaning = stage_words(notice.next_stage, notice.role)
        yield f"{meaning} ({notice.next_stage}) {verb} {day_words(details.next_at)}."
    else:
        yield "No further stage is planned."


def stage_words(stage: str, role: str | None) -> str:
    """Return what a stage means, to whom it is sent where that is known, as the begin of a sentence."""
    words = STAGES.get(stage, stage)
    if role in ROLE_WORDS:
        words = words.replace(ANY_OF_THEM, ROLE_WORDS[role])
    return words[:1].upper() + words[1:]


def payment_sentence(details: NoticeDetails, now: datetime) -> str:
    """Return what is paid or payable, and until when."""
    if details.notice.paid:
        paid = f": ${details.amount_paid:,.2f}" if details.amount_paid is not None else ""
        return f"Paid{paid}."
    amount = details.amount_payable
    if amount is None or not amount:
        return "Nothing is payable at the moment."
    if details.payment_refused:
        return f"${amount:,.2f} is owed, but no payment is accepted at the moment."
    if details.payment_due is None:
        return f"${amount:,.2f} is payable."
    is_late = details.payment_due < now
    until = "was payable until" if is_late else "is payable until"
    return f"${amount:,.2f} {until} {day_words(details.payment_due)}."


def suspension_sentence(shown: ShownSuspension) -> str:
    """Return what suspends the notice, since when and until when."""
    if shown.type is None:
        return "Not suspended."
    kind = "permanently" if shown.type == PERMANENT else "temporarily"
    reason = f" ({shown.type}-{shown.reason})" if shown.reason else f" ({shown.type})"
    since = f" since {day_words(shown.since)}" if shown.since else ""
    until = f", until {day_words(shown.due)}" if shown.due else ""
    return f"Suspended {kind}{reason}{since}{until}."


def day_words(moment: datetime) -> str:
    """Return the day of a moment in Singapore, as 12 Dec 2026."""
    found = singapore(moment)
    return f"{found.day} {found:%b %Y}"
