"""Writing the HST list, and the suspensions of many notices at once."""

from typing import Any

from sqlalchemy import (
    BindParameter,
    Dialect,
    Executable,
    Integer,
    String,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.offenders import FURNISHED_MAIL, JUST_FURNISHED
from ocms_adapters.sql.change_statements.statement import BulkStatement, RowStatement, inserts, upserts
from ocms_adapters.sql.change_statements.suspensions import KEY, close_by_key
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.moments import MOMENT, local_or_none, now
from ocms_adapters.sql.row_sets import RowSet
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.changes import (
    FurnishedAddressesWritten,
    SuspensionsClosed,
    SuspensionShownOnNotices,
    SuspensionsOpened,
)
from ocms_core.kernel.dates import local

ADDRESS: dict[str, TypeEngine[Any]] = {
    "postal_code": String(6),
    "blk_hse_no": String(10),
    "street_name": String(32),
    "floor_no": String(3),
    "unit_no": String(5),
    "bldg_name": String(65),
}


def shared(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """Return the parameter for a value that all rows of a statement share."""
    return bindparam(f"all_{name}", type_=kind)


def parts(address: RegisteredAddress) -> tuple[str, ...]:
    """Return the parts of an address in the order of its columns."""
    return (
        address.postal_code,
        address.blk_hse_no,
        address.street_name,
        address.floor_no,
        address.unit_no,
        address.bldg_name,
    )


def update_listed(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Update the name and address of listed identities."""
    hst, r = t.ocms_hst, row_set.rows
    taken = {name: r.c[name] for name in ("name", *ADDRESS, "date_of_addr_change")}
    return (
        update(hst)
        .where(hst.c.id_no == r.c.id_no)
        .values({**taken, "invalid_addr_tag": None, **change_stamp(now())})
    )


def delete_listed(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Delete identities from the list."""
    return delete(t.ocms_hst).where(t.ocms_hst.c.id_no.in_(select(row_set.rows.c.id_no)))


def show_on_notices(dialect: Dialect, row_set: RowSet) -> Executable:
    """Update notice rows to show one suspension, or none."""
    von = t.ocms_valid_offence_notice
    return (
        update(von)
        .where(dialect_of(dialect).key_in_rows(von.c.notice_no, row_set.rows, "notice_no"))
        .values(
            {
                "suspension_type": shared("type", String(2)),
                "epr_reason_of_suspension": shared("reason", String(3)),
                "epr_date_of_suspension": shared("since", MOMENT),
                "due_date_of_revival": shared("due", MOMENT),
                "next_processing_date": func.coalesce(shared("next", MOMENT), von.c.next_processing_date),
                "is_sync": literal("N"),
                **change_stamp(now()),
            }
        )
    )


def shown_on_all(change: SuspensionShownOnNotices) -> dict[str, Any]:
    """Return what the rows show."""
    shown = change.suspension
    return {
        "all_type": shown.type,
        "all_reason": shown.reason,
        "all_since": local_or_none(shown.since),
        "all_due": local_or_none(shown.due),
        "all_next": local_or_none(change.next_date),
    }


def opened_for_all(change: SuspensionsOpened) -> dict[str, Any]:
    """Return what the new records have in common."""
    return {
        "all_since": local(change.since),
        "all_source": change.source,
        "all_type": change.reason.type,
        "all_reason": change.reason.code,
        "all_officer": change.officer,
        "all_due": local(change.due),
        "all_remarks": change.remarks,
    }


def close_records_alike(dialect: Dialect, row_set: RowSet) -> Executable:
    """Close open suspension records, all for the same reason."""
    closing = {
        "date_of_revival": shared("at", MOMENT),
        "revival_reason": shared("reason", String(3)),
        "officer_authorising_revival": shared("officer", String(50)),
        "revival_remarks": shared("remarks", String(200)),
    }
    return close_by_key(dialect, row_set, closing)


def closed_alike(change: SuspensionsClosed) -> dict[str, Any]:
    """Return what the closing of records has in common."""
    return {
        "all_at": local(change.at),
        "all_reason": change.reason,
        "all_officer": change.officer,
        "all_remarks": change.remarks,
    }


def rename_offenders(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Update the name of offender rows."""
    onod, r = t.ocms_offence_notice_owner_driver, row_set.rows
    return (
        update(onod)
        .where(onod.c.notice_no == r.c.notice_no, onod.c.owner_driver_indicator == r.c.owner_driver_indicator)
        .values({"name": shared("name", String(66)), "is_sync": literal("N"), **change_stamp(now())})
    )


def furnished_to_all(change: FurnishedAddressesWritten) -> dict[str, Any]:
    """Return the address, which is the same for all; here a part that it has not is null."""
    return {f"all_{name}": part or None for name, part in zip(ADDRESS, parts(change.address), strict=True)}


OFFENDER = {"notice_no": String(10), "owner_driver_indicator": String(1)}

LISTED = RowStatement(
    {"id_no": String(12), "id_type": String(1), "name": String(66), **ADDRESS},
    lambda change: (change.id_no, change.id_type, change.name, *parts(change.address)),
    inserts(t.ocms_hst, "id_no", "id_type", "name", *ADDRESS),
)
LISTED_CHANGED = RowStatement(
    {"id_no": String(12), "name": String(66), **ADDRESS, "date_of_addr_change": MOMENT},
    lambda change: (change.id_no, change.name, *parts(change.address), change.date_of_addr_change),
    update_listed,
)
DELISTED = RowStatement({"id_no": String(12)}, lambda change: (change.id_no,), delete_listed)
SHOWN_TOGETHER = BulkStatement(
    {"notice_no": String(10)},
    lambda change: [(notice_no,) for notice_no in change.notice_nos],
    shown_on_all,
    show_on_notices,
)
OPENED_TOGETHER = BulkStatement(
    {"notice_no": String(10), "sr_no": Integer()},
    lambda change: change.numbered,
    opened_for_all,
    inserts(
        t.ocms_suspended_notice,
        "notice_no",
        "sr_no",
        date_of_suspension=shared("since", MOMENT),
        suspension_source=shared("source", String(4)),
        suspension_type=shared("type", String(2)),
        reason_of_suspension=shared("reason", String(3)),
        officer_authorising_suspension=shared("officer", String(50)),
        due_date_of_revival=shared("due", MOMENT),
        suspension_remarks=shared("remarks", String(200)),
    ),
)
CLOSED_TOGETHER = BulkStatement(
    KEY,
    lambda change: change.keys,
    closed_alike,
    close_records_alike,
)
RENAMED = BulkStatement(
    OFFENDER, lambda change: change.offenders, lambda change: {"all_name": change.name}, rename_offenders
)
FURNISHED_TOGETHER = BulkStatement(
    OFFENDER,
    lambda change: change.offenders,
    furnished_to_all,
    upserts(
        t.ocms_offence_notice_owner_driver_addr,
        ("notice_no", "owner_driver_indicator", "type_of_address"),
        *OFFENDER,
        newer="",
        user=AUDIT_USER,
        type_of_address=bindparam("all_kind", FURNISHED_MAIL),
        **{name: shared(name, kind) for name, kind in ADDRESS.items()},
        **JUST_FURNISHED,
    ),
)
