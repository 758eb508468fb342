"""What the check of suspensions looks at."""

from collections.abc import Mapping
from datetime import date

from ocms_core.kernel.dated_values import DatedValue, values_on
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import SuspensionReason, Suspensions
from ocms_core.kernel.value_objects import value_object


@value_object
class NoticeSuspensions:
    """
    A notice with all that suspends it.

    `offender_listed` is whether its current offender is on the HST list; `ended` whether a record of what
    its row shows was closed after the moment that the row gives.
    """

    notice_no: str
    suspensions: Suspensions
    offender_listed: bool = False
    ended: bool = False


@value_object
class SuspensionFacts:
    """
    Notices in order, and every type and reason of the reason tables, in use or not any more.

    `days` are those until revival of the reasons that always have them, `dated_days` those from a day on.
    """

    notices: tuple[NoticeSuspensions, ...]
    pairs: frozenset[SuspensionReason]
    days: Mapping[SuspensionReason, int]
    dated_days: tuple[DatedValue[SuspensionReason, int | None], ...] = ()

    @rule("G18")
    def days_on(self, day: date) -> Mapping[SuspensionReason, int]:
        """Return the days until revival of each reason that has them on a day (G18)."""
        held = {reason: each.value for reason, each in values_on(day, self.dated_days).items()}
        return {reason: days for reason, days in {**self.days, **held}.items() if days is not None}
