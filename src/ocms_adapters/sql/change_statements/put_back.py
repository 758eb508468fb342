"""Writing rows back to what they were before a change that is taken back (K4)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Dialect, Executable, Table, and_, delete, literal, select, update

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.statement import CHANGE, CREATION, RowStatement, inserts
from ocms_adapters.sql.moments import now
from ocms_adapters.sql.row_sets import RowSet, columns_of
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import (
    AddressPutBack,
    AddressRemoved,
    DetailRemoved,
    IdentityPutBack,
    NoticePutBack,
    OffenderPutBack,
    OffenderRemoved,
)

# What OCMS changes of a notice; of the other tables it is every column that is no stamp and no mark.
NOTICE_COLUMNS = (
    "last_processing_stage",
    "last_processing_date",
    "prev_processing_stage",
    "prev_processing_date",
    "next_processing_stage",
    "next_processing_date",
    "amount_payable",
    "payment_acceptance_allowed",
    "suspension_type",
    "epr_reason_of_suspension",
    "epr_date_of_suspension",
    "due_date_of_revival",
)
MARKS = frozenset({"is_sync", *CREATION, *CHANGE})
NOT_IN_SYNC = {"is_sync": literal("N")}


def own_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of a table that say something of their own: no key, no stamp, no mark."""
    names = (str(each.name) for each in table.columns if not each.primary_key)
    return tuple(name for name in names if name not in MARKS)


def key_of(table: Table) -> tuple[str, ...]:
    """Return the names of the columns of a table's key."""
    return tuple(str(each.name) for each in table.primary_key)


def puts_back(table: Table, columns: Iterable[str], **shared: Any) -> RowStatement:
    """Return the update of rows by their key, every column as it was; those in `shared` the same in all."""
    key, names = key_of(table), tuple(columns)

    def build(_dialect: Dialect, row_set: RowSet) -> Executable:
        values = {name: row_set.rows.c[name] for name in names}
        return (
            update(table).where(same_row(table, row_set)).values({**values, **shared, **change_stamp(now())})
        )

    return RowStatement(
        columns_of(table, *key, *names),
        lambda change: (*key_values(change, key), *(change.row[name] for name in names)),
        build,
    )


def removes(table: Table) -> RowStatement:
    """Return the removal of rows by their key."""
    key = key_of(table)

    def build(_dialect: Dialect, row_set: RowSet) -> Executable:
        gone = select(row_set.rows).where(same_row(table, row_set))
        return delete(table).where(gone.exists())

    return RowStatement(columns_of(table, *key), lambda change: key_values(change, key), build)


def same_row(table: Table, row_set: RowSet) -> Any:
    """Return the condition that finds the row of a key."""
    return and_(*(table.c[name] == row_set.rows.c[name] for name in key_of(table)))


ATTRIBUTES = {
    "notice_no": "notice_no",
    "owner_driver_indicator": "role",
    "type_of_address": "type_of_address",
}
"""What a change calls the columns of a key."""


def key_values(change: Any, key: Iterable[str]) -> tuple[Any, ...]:
    """Return the values of a key."""
    return tuple(getattr(change, ATTRIBUTES[name]) for name in key)


onod, addr = t.ocms_offence_notice_owner_driver, t.ocms_offence_notice_owner_driver_addr

# An identity was listed when its row was made (H8).
IDENTITY = (*own_columns(t.ocms_hst), *CREATION)

PUT_BACK: dict[type, RowStatement] = {
    NoticePutBack: puts_back(t.ocms_valid_offence_notice, NOTICE_COLUMNS, **NOT_IN_SYNC),
    OffenderPutBack: puts_back(onod, own_columns(onod), **NOT_IN_SYNC),
    AddressPutBack: puts_back(addr, own_columns(addr)),
    AddressRemoved: removes(addr),
    DetailRemoved: removes(t.ocms_furnish_detail),
    OffenderRemoved: removes(onod),
    IdentityPutBack: RowStatement(
        columns_of(t.ocms_hst, "id_no", *IDENTITY),
        lambda change: (change.id_no, *(change.row[name] for name in IDENTITY)),
        inserts(t.ocms_hst, "id_no", *IDENTITY),
    ),
}
