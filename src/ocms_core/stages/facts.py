"""What the decisions on stage changes look at."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import NO_SUSPENSIONS, Suspensions, shown_suspension
from ocms_core.kernel.value_objects import value_object

# From one moment to before another.
Period: TypeAlias = tuple[datetime, datetime]


def day_of(now: datetime) -> Period:
    """Return the Singapore day of a moment, from midnight to midnight (G5)."""
    midnight = singapore(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight, midnight + timedelta(days=1)


@value_object
class StageNotice:
    """
    A notice as a stage change finds it.

    `role` is the indicator of its current offender, if it has one; `paid` whether nothing is left to pay.
    """

    notice_no: str
    stage: str
    stage_date: datetime
    next_stage: str | None
    composition_amount: Decimal
    role: str | None = None
    suspensions: Suspensions = NO_SUSPENSIONS
    paid: bool = False

    @property
    def suspension_type(self) -> str | None:
        """The type of the suspension that holds, whatever the row shows (U3)."""
        return shown_suspension(self.suspensions).type


@value_object
class StageFacts:
    """The notices of one call, those with a change row in the time asked about, and the reference data."""

    reference: Reference
    notices: Mapping[str, StageNotice]
    changed: frozenset[str] = frozenset()


@value_object
class EntryChange:
    """The change row of the moment a notice entered its stage: who made it, to which stage, and when."""

    source: str | None
    stage: str
    date: datetime


@value_object
class ToppanFacts:
    """The notices of one chunk of a Toppan call, with the change row each entered its stage by, if any."""

    reference: Reference
    notices: Mapping[str, StageNotice]
    entries: Mapping[str, EntryChange]


@value_object
class Offender:
    """One owner, hirer or driver of a notice; `indicator` is the letter of the role."""

    indicator: str
    is_current: bool
    id_no: str
    name: str | None
    entity_type: str | None


@value_object
class FoundNotice:
    """A notice as the search finds it."""

    notice_no: str
    offence_type: str
    offence_date_time: datetime
    vehicle_no: str
    stage: str
    stage_date: datetime
    offenders: tuple[Offender, ...] = ()
    suspensions: Suspensions = NO_SUSPENSIONS

    @property
    def suspension_type(self) -> str | None:
        """The type of the suspension that holds, whatever the row shows (U3)."""
        return shown_suspension(self.suspensions).type
