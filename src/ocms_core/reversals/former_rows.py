"""The changes that put the rows of a notice back to what they were before one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.changes import (
    AddressPutBack,
    AddressRemoved,
    Change,
    DetailFurnished,
    DetailRemoved,
    NoticePutBack,
    OffenderPutBack,
    OffenderRemoved,
    SuspensionClosed,
    SuspensionOpened,
)
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.offender_details import FurnishDetail
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import SuspensionReason, SuspensionRecord
from ocms_core.kernel.value_objects import value_object
from ocms_core.reversals.facts import (
    ADDRESSES,
    DETAILS,
    NOTICES,
    OFFENDERS,
    STAGE_CHANGES,
    SUSPENSIONS,
    ReversibleNotice,
    Row,
    RowKey,
)

OTHER = "OTH"
"""The code of change and of revival for what the tables have no code of their own for."""


@value_object
class Reversal:
    """Who takes something back, when, and what the records say of it."""

    officer: str
    at: datetime
    remarks: str


@value_object
class ChangedRow:
    """A row and what one transaction made of it: columns before and after; None where it was not there."""

    key: RowKey
    before: Row | None
    after: Row | None


def changed_rows(group: AuditRow) -> Sequence[ChangedRow]:
    """Return the rows that a transaction changed, each once, in the order they were changed first."""
    found: dict[RowKey, ChangedRow] = {}
    for change in group.changes:
        key = key_of(change)
        known = found.get(key)
        found[key] = (
            ChangedRow(key, change.before, change.after)
            if known is None
            else ChangedRow(key, joined(change.before, known.before), joined(known.after, change.after))
        )
    return tuple(found.values())


def key_of(change: RowChange) -> RowKey:
    """Return the table and key of a changed row."""
    return change.table, tuple(change.key.values())


def joined(earlier: Row | None, later: Row | None) -> Row | None:
    """Return columns with those of a second mapping over them; None where either is None."""
    return None if earlier is None or later is None else {**earlier, **later}


def is_as_left(row: ChangedRow, notice: ReversibleNotice) -> bool:
    """Return whether a row is still what the transaction made of it, in every column that it changed."""
    if row.key[0] == STAGE_CHANGES:
        return True
    present = notice.rows.get(row.key)
    if row.after is None or present is None:
        return row.after is present
    return all(present[name] == value for name, value in row.after.items() if name in present)


@rule("K4")
def former_rows(group: AuditRow, notice: ReversibleNotice, reversal: Reversal) -> Iterator[Change]:
    """
    Yield what puts every row back to what it was before a transaction; records stay, and get their own (K4).

    A row that the transaction created goes, but a suspension record is closed; one that it closed is opened
    anew, since when and until when it was.
    """
    sr_no = notice.last_sr_no
    for row in changed_rows(group):
        if row.key[0] == SUSPENSIONS:
            sr_no += row.before is not None
            yield former_suspension(row, notice, sr_no, reversal)
        elif row.key[0] in PUT_BACK:
            yield from PUT_BACK[row.key[0]](row, notice.rows.get(row.key, {}))


def former_suspension(row: ChangedRow, notice: ReversibleNotice, sr_no: int, reversal: Reversal) -> Change:
    """Return the closing of a record that was opened, or the record in the place of one that was closed."""
    notice_no, since, number = row.key[1]
    if row.before is None:
        return SuspensionClosed(
            notice_no, singapore(since), number, reversal.at, OTHER, reversal.officer, reversal.remarks
        )
    closed = notice.rows[row.key]
    due = closed["due_date_of_revival"]
    return SuspensionOpened(
        SuspensionRecord(
            notice_no,
            singapore(since),
            sr_no,
            closed["suspension_source"],
            SuspensionReason(closed["suspension_type"], closed["reason_of_suspension"]),
            reversal.officer,
            due and singapore(due),
            reversal.remarks,
        )
    )


def former_notice(row: ChangedRow, present: Row) -> Iterator[Change]:
    """Yield the notice row with the columns that it had."""
    (notice_no,) = row.key[1]
    yield NoticePutBack(notice_no, {**present, **(row.before or {})})


def former_offender(row: ChangedRow, present: Row) -> Iterator[Change]:
    """Yield the row of a role with the columns that it had, or its removal."""
    notice_no, role = row.key[1]
    if row.before is None:
        yield OffenderRemoved(notice_no, role)
    else:
        yield OffenderPutBack(notice_no, role, {**present, **row.before})


def former_address(row: ChangedRow, present: Row) -> Iterator[Change]:
    """Yield an address with the columns that it had, or its removal."""
    notice_no, role, kind = row.key[1]
    if row.before is None:
        yield AddressRemoved(notice_no, role, kind)
    else:
        yield AddressPutBack(notice_no, role, kind, {**present, **row.before})


def former_detail(row: ChangedRow, present: Row) -> Iterator[Change]:
    """Yield furnished details with the columns that they had, or their removal."""
    notice_no, role = row.key[1]
    if row.before is None:
        yield DetailRemoved(notice_no, role)
    else:
        yield DetailFurnished(notice_no, role, FurnishDetail(**{**present, **row.before}))


PUT_BACK: Mapping[str, Callable[[ChangedRow, Row], Iterator[Change]]] = {
    NOTICES: former_notice,
    OFFENDERS: former_offender,
    ADDRESSES: former_address,
    DETAILS: former_detail,
}
"""What puts back a row of each table; a row of a table that is not here is a record, and stays."""
