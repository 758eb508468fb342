"""What the check of suspensions looks at."""

from collections.abc import Mapping

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
    Notices in order, and every type and reason of the reason table, in use or not any more.

    `days` are those until revival of the reasons that have them.
    """

    notices: tuple[NoticeSuspensions, ...]
    pairs: frozenset[SuspensionReason]
    days: Mapping[SuspensionReason, int]
