"""Officers search notices: which may be moved, which may not, and why."""

from collections.abc import Iterable, Sequence

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.offender_details import role_order
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import PERMANENT
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.facts import FoundNotice, Offender

MOST_LISTED = 1_000


@value_object
class SearchRow:
    """A notice as the search lists it: its offender, and the code that stands against it, if any."""

    notice: FoundNotice
    offender: Offender | None
    against: Code | None


@value_object
class SearchResult:
    """What a search found; `total` counts all, also those not listed."""

    listed: tuple[SearchRow, ...]
    total: int

    @property
    def truncated(self) -> bool:
        """Whether more was found than is listed."""
        return self.total > len(self.listed)


@rule("S4")
def decide(notices: Iterable[FoundNotice], total: int) -> SearchResult:
    """List notices in the order of their numbers, up to the cap; the total counts them all (S4)."""
    in_order = sorted(notices, key=lambda notice: notice.notice_no)[:MOST_LISTED]
    return SearchResult(
        tuple(
            SearchRow(notice, offender_shown(notice.offenders), search_refusal(notice)) for notice in in_order
        ),
        total,
    )


@rule("S2")
def search_refusal(notice: FoundNotice) -> Code | None:
    """Return the court stage before a permanent suspension; a temporary one refuses nothing (S2)."""
    if notice.stage not in OPEN_TO_CHANGE:
        return codes.CPS_SEARCH_COURT_STAGE
    return codes.CPS_SEARCH_PS_ACTIVE if notice.suspension_type == PERMANENT else None


@rule("S3")
def offender_shown(offenders: Sequence[Offender]) -> Offender | None:
    """Return the offender that is shown: the current one, else the driver, the owner, the hirer (S3)."""
    return min(offenders, key=precedence, default=None)


def precedence(offender: Offender) -> tuple[bool, tuple[int, str]]:
    """Order the people of a notice by who is shown first."""
    return not offender.is_current, role_order(offender.indicator)


def identities(found: SearchResult) -> tuple[str, ...]:
    """Return the identity numbers a search shows, for the access record."""
    return tuple(listed.offender.id_no for listed in found.listed if listed.offender)
