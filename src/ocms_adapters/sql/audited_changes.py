"""What each kind of change does to which rows, as audit rows keep it: table, key, columns and values (K2)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeAlias

from attrs import frozen
from sqlalchemy import BindParameter, Table

from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_statements.statement import (
    CHANGE,
    CREATION,
    Inserts,
    StatementBatch,
    Upserts,
)
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import (
    AddressCheckSet,
    AddressPutBack,
    AddressRemoved,
    DetailRemoved,
    IdentityRemoved,
    ListedIdentityChanged,
    NoticeChanged,
    NoticePutBack,
    NoticesChanged,
    NoticesMoved,
    OffenderCleared,
    OffenderPutBack,
    OffenderRemoved,
    OffendersRenamed,
    OffenderUpdated,
    SuspensionClosed,
    SuspensionsClosed,
    SuspensionShownOnNotices,
)

Values: TypeAlias = tuple[Any, ...]

von, onod, suspended = (
    t.ocms_valid_offence_notice,
    t.ocms_offence_notice_owner_driver,
    t.ocms_suspended_notice,
)
hst = t.ocms_hst

INSERT, UPDATE, UPSERT, CLOSE, DELETE = "insert", "update", "upsert", "close", "delete"
"""What is done to rows; a record that is closed was open before, so its row need not be read."""

# Marks of delivery and of enquiries, and what is a record for good itself, are no changes of a case.
UNAUDITED_TABLES = frozenset(
    {"ocms_outbox", "ocms_offender_history", "ocms_mha_file", "ocms_adhoc_nro_queue"}
)
UNAUDITED_COLUMNS = frozenset({"is_sync", *CREATION, *CHANGE})


@frozen
class ChangedRows:
    """
    What a statement does to rows of a table, as it is kept.

    `rows` are values of the columns `names`, its key among them; `shared` are columns that have one value
    in all rows. A key may be the beginning of the table's: then all rows that begin so are meant. A column in
    `optional` stays where its value is null; a row whose column `newer` is not earlier stays whole.
    """

    table: Table
    how: str
    names: tuple[str, ...]
    rows: Sequence[Values]
    shared: Mapping[str, Any] = {}
    optional: tuple[str, ...] = ()
    newer: str = ""

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns to read before they change."""
        if self.how in (INSERT, CLOSE):
            return ()
        if self.how == DELETE:
            return removed_columns(self.table)
        return tuple(
            name for name in (*self.names, *self.shared) if name not in self.table.primary_key.columns
        )


Audited: TypeAlias = Callable[[Sequence[Values], Mapping[str, Any], datetime], Iterator[ChangedRows]]
"""Returns what a statement does to rows, from its bound tuples, what they share, and its moment."""


@frozen
class AuditedColumns:
    """
    A statement whose tuples are columns of its table, in this order.

    `shared` are further columns: the name of the bound value they take, or the value itself in a tuple.
    """

    table: Table
    names: tuple[str, ...]
    shared: Mapping[str, str | tuple[Any]] = {}
    how: str = UPDATE
    optional: tuple[str, ...] = ()
    newer: str = ""

    def __call__(
        self, tuples: Sequence[Values], bound: Mapping[str, Any], now: datetime
    ) -> Iterator[ChangedRows]:
        """Yield the rows, without what is no change of a case."""
        values = {**bound, "now": now}
        shared = {
            name: values[source] if isinstance(source, str) else source[0]
            for name, source in self.shared.items()
        }
        names, rows = self.names, tuples
        if not UNAUDITED_COLUMNS.isdisjoint(names):
            places = [place for place, name in enumerate(names) if name not in UNAUDITED_COLUMNS]
            names, rows = tuple(names[place] for place in places), list(map(itemgetter(*places), tuples))
        yield ChangedRows(self.table, self.how, names, rows, shared, self.optional, self.newer)


# The parts of a changed notice: its columns, and where they stand in the tuple. Of the last part a null
# leaves the column.
MOVE = ("last_processing_stage", "last_processing_date", "prev_processing_stage", "prev_processing_date")
NEXT = ("next_processing_stage", "next_processing_date")
SUSPENSION = ("suspension_type", "epr_reason_of_suspension", "epr_date_of_suspension", "due_date_of_revival")
MONEY = ("amount_payable", "payment_acceptance_allowed")
MARKERS = itemgetter(1, 6, 11)
NOTICE_PARTS = ((MOVE, (2, 3, 4, 5)), (NEXT, (7, 8)), (SUSPENSION, (12, 13, 14, 15)))
MONEY_PLACES = (9, 10)


def changed_notices(
    tuples: Sequence[Values], _bound: Mapping[str, Any], _now: datetime
) -> Iterator[ChangedRows]:
    """Yield the notices of which the same parts change; one that is only touched is no change."""
    patterns = set(map(MARKERS, tuples))
    for pattern in sorted(patterns):
        alike = tuples if len(patterns) == 1 else [each for each in tuples if MARKERS(each) == pattern]
        with_money = any(each[9] is not None or each[10] is not None for each in alike)
        parts = [part for changes, part in zip(pattern, NOTICE_PARTS, strict=True) if changes]
        if with_money:
            parts.append((MONEY, MONEY_PLACES))
        if parts:
            names = ("notice_no", *(name for columns, _ in parts for name in columns))
            picked = itemgetter(0, *(place for _, places in parts for place in places))
            optional = MONEY if with_money else ()
            yield ChangedRows(von, UPDATE, names, list(map(picked, alike)), optional=optional)


def moved_notices(
    tuples: Sequence[Values], _bound: Mapping[str, Any], _now: datetime
) -> Iterator[ChangedRows]:
    """Yield the notices that move, as those of which these parts change."""
    names = ("notice_no", *MOVE, *NEXT, *MONEY)
    if all(each[7] is each[8] is None for each in tuples):
        yield ChangedRows(von, UPDATE, names[:7], [each[:7] for each in tuples])
    else:
        yield ChangedRows(von, UPDATE, names, tuples, optional=MONEY)


@frozen
class Removed:
    """A statement that deletes rows of its table by their keys."""

    table: Table

    def __call__(
        self, tuples: Sequence[Values], _bound: Mapping[str, Any], _now: datetime
    ) -> Iterator[ChangedRows]:
        """Yield the rows, with every column they had."""
        yield ChangedRows(self.table, DELETE, key_names(self.table), tuples)


def closed(names: tuple[str, ...], shared: Mapping[str, str]) -> AuditedColumns:
    """Return the closing of suspension records."""
    return AuditedColumns(suspended, ("notice_no", "date_of_suspension", "sr_no", *names), shared, CLOSE)


REVIVAL = ("date_of_revival", "revival_reason", "officer_authorising_revival", "revival_remarks")

UPDATES: Mapping[type, Audited] = {
    NoticeChanged: changed_notices,
    NoticesChanged: changed_notices,
    NoticesMoved: moved_notices,
    SuspensionShownOnNotices: AuditedColumns(
        von,
        ("notice_no",),
        {
            "suspension_type": "all_type",
            "epr_reason_of_suspension": "all_reason",
            "epr_date_of_suspension": "all_since",
            "due_date_of_revival": "all_due",
            "next_processing_date": "all_next",
        },
        optional=("next_processing_date",),
    ),
    SuspensionClosed: closed(REVIVAL, {}),
    SuspensionsClosed: closed(
        (), dict(zip(REVIVAL, ("all_at", "all_reason", "all_officer", "all_remarks"), strict=True))
    ),
    AddressCheckSet: AuditedColumns(onod, ("notice_no", "mha_dh_check_allow")),
    OffenderCleared: AuditedColumns(
        onod, ("notice_no", "owner_driver_indicator"), {"offender_indicator": ("N",)}
    ),
    OffenderUpdated: AuditedColumns(onod, tuple(CHANGE_STATEMENTS[OffenderUpdated].columns)),
    OffendersRenamed: AuditedColumns(onod, ("notice_no", "owner_driver_indicator"), {"name": "all_name"}),
    ListedIdentityChanged: AuditedColumns(
        hst, tuple(CHANGE_STATEMENTS[ListedIdentityChanged].columns), {"invalid_addr_tag": (None,)}
    ),
    IdentityRemoved: Removed(hst),
    **{
        kind: AuditedColumns(table, tuple(CHANGE_STATEMENTS[kind].columns))
        for kind, table in (
            (NoticePutBack, von),
            (OffenderPutBack, onod),
            (AddressPutBack, t.ocms_offence_notice_owner_driver_addr),
        )
    },
    OffenderRemoved: Removed(onod),
    AddressRemoved: Removed(t.ocms_offence_notice_owner_driver_addr),
    DetailRemoved: Removed(t.ocms_furnish_detail),
}


def audited(build: object) -> Audited | None:
    """Return what an insert or upsert does to rows; None for another statement, or of an unaudited table."""
    if not isinstance(build, Inserts | Upserts) or build.table.name in UNAUDITED_TABLES:
        return None
    shared = {name: source_of(parameter) for name, parameter in build.shared.items()}
    how, newer = (UPSERT, build.newer) if isinstance(build, Upserts) else (INSERT, "")
    return AuditedColumns(build.table, tuple(build.columns), shared, how, newer=newer)


def source_of(parameter: BindParameter[Any]) -> str | tuple[Any]:
    """Return where the value of a shared parameter comes from: its name, or the value it always has."""
    return parameter.key if parameter.required else (parameter.value,)


AUDITED: Mapping[type, Audited] = {
    **{
        kind: found
        for kind, statement in CHANGE_STATEMENTS.items()
        if (found := audited(statement.build)) is not None
    },
    **UPDATES,
}
"""What is kept of each kind of change; a kind that is not here changes nothing of a case."""


def key_names(table: Table) -> tuple[str, ...]:
    """Return the names of a table's key."""
    return tuple(str(column.name) for column in table.primary_key)


def removed_columns(table: Table) -> tuple[str, ...]:
    """Return every column of a table that a removal loses: those of a case, and when its row was made."""
    names = (str(column.name) for column in table.columns if not column.primary_key)
    return tuple(name for name in names if name in CREATION or name not in UNAUDITED_COLUMNS)


def changed_rows(batches: Iterable[tuple[type, StatementBatch]], now: datetime) -> Iterator[ChangedRows]:
    """Yield what statements are about to do to rows."""
    for kind, (tuples, shared) in batches:
        if kind in AUDITED:
            yield from AUDITED[kind](tuples, shared, now)
