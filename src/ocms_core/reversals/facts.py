"""What a reversal looks at: the rows of a notice as they are, and what was changed of them lately."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from attrs import evolve, field

from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.dates import LONGEST_DAYS, singapore
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

NOTICES = "ocms_valid_offence_notice"
OFFENDERS = "ocms_offence_notice_owner_driver"
ADDRESSES = "ocms_offence_notice_owner_driver_addr"
DETAILS = "ocms_furnish_detail"
SUSPENSIONS = "ocms_suspended_notice"
STAGE_CHANGES = "ocms_change_of_processing"

PARAMETER, CODE = "REVERSAL", "DAYS"
SAME_DAY = 1

Row: TypeAlias = Mapping[str, Any]
"""The columns of a row by name; moments are those of the tables, in Singapore time without a zone."""

RowKey: TypeAlias = tuple[str, tuple[Any, ...]]
"""A row by its table and its key, in the order of the key's columns."""


@value_object
class ReversibleNotice:
    """
    A notice as a reversal finds it.

    `rows` are its rows as they are, `groups` what each transaction since the first day that can be taken
    back has changed of it, the oldest first; `last_sr_no` is the highest number of its suspension records.
    `touched_elsewhere` is when another program last wrote one of its rows, None where none ever did.
    """

    notice_no: str
    rows: Mapping[RowKey, Row]
    groups: tuple[AuditRow, ...] = ()
    last_sr_no: int = 0
    touched_elsewhere: datetime | None = None

    @property
    def row(self) -> Row:
        """The row of the notice itself."""
        return self.rows[NOTICES, (self.notice_no,)]


@value_object
class ReversalFacts:
    """
    The notices of a reversal that exist, by number, and the reference data.

    `listed` is who is on the HST list of those who are or were in a role of them.
    """

    reference: Reference
    notices: Mapping[str, ReversibleNotice]
    listed: frozenset[str] = frozenset()


LIST = "ocms_hst"


@value_object
class IdentityReversalFacts:
    """
    An identity as a reversal of what was done to the HST list finds it; identities and notices are locked.

    `reference` is the reference data; `listed` is its row of the list, None without one; `groups` what each
    transaction since the first day that can be taken back has changed of that row, with all its notices, the
    oldest first; `notices` those of the last of them; `under_hst` since when each notice of its own with an
    open TS-HST is under it.
    """

    reference: Reference
    listed: Row | None = None
    groups: tuple[AuditRow, ...] = ()
    notices: Mapping[str, ReversibleNotice] = field(factory=dict)
    under_hst: Mapping[str, datetime] = field(factory=dict)


def by_notice(group: AuditRow) -> Mapping[str, AuditRow]:
    """Return an audit row for each notice it is about, with the changes of that notice alone."""
    changes: dict[str, list[RowChange]] = {}
    for change in group.changes:
        if change.notice_no is not None:
            changes.setdefault(change.notice_no, []).append(change)
    return {notice_no: evolve(group, changes=tuple(own)) for notice_no, own in changes.items()}


def dates_of_identity(facts: IdentityReversalFacts) -> Iterator[datetime]:
    """Yield the moments that the reversal of an identity is to follow."""
    yield from (group.changed_at for group in facts.groups)
    for notice in facts.notices.values():
        yield from (group.changed_at for group in notice.groups)


def dates_of_groups(facts: ReversalFacts) -> Iterator[datetime]:
    """Yield the moments that a reversal is to follow."""
    for notice in facts.notices.values():
        yield from (group.changed_at for group in notice.groups)


@rule("K4")
def first_day(now: datetime, reference: Reference) -> date:
    """Return the first day whose changes can be taken back: today, unless a parameter says otherwise (K4)."""
    return singapore(now).date() - timedelta(days=days_of(reference) - 1)


def last_day(changed_at: datetime, reference: Reference) -> date:
    """Return the last day on which a change can be taken back."""
    return singapore(changed_at).date() + timedelta(days=days_of(reference) - 1)


def days_of(reference: Reference) -> int:
    """Return how many days of Singapore a change can be taken back, that of the change included."""
    return min(reference.whole_number(PARAMETER, CODE, SAME_DAY), LONGEST_DAYS)
