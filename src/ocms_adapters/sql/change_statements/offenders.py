"""Writing the offenders of a notice: their rows, addresses, furnished details and history."""

from typing import Any

from sqlalchemy import BindParameter, Dialect, Executable, String, and_, bindparam, literal, update

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.statement import RowStatement, inserts, upserts
from ocms_adapters.sql.moments import now
from ocms_adapters.sql.row_sets import Columns, RowSet, columns_of
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_core.kernel.changes import (
    AddressFurnished,
    CurrentOffenderSet,
    DetailFurnished,
    OffenderCleared,
    OffenderHistoryKept,
    OffenderUpdated,
)
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person

FURNISHED_MAIL = "furnished_mail"
KEY = ("notice_no", "owner_driver_indicator")

# An address just furnished is the newest there is, and no mark of the one before holds for it.
JUST_FURNISHED: dict[str, BindParameter[Any]] = {
    "invalid_addr_tag": bindparam("all_untagged", None, type_=String(1)),
    "error_code": bindparam("all_faultless", None, type_=String(10)),
    "effective_date": now(),
    "processing_date_time": now(),
}

onod = t.ocms_offence_notice_owner_driver


def person_row(person: Person) -> tuple[Any, ...]:
    """Convert a person to columns."""
    return (person.id_type, person.id_no, person.name, person.email, person.tel_code, person.tel_no)


def address_row(address: MailingAddress) -> tuple[Any, ...]:
    """Convert an address to columns."""
    return (
        address.block_no,
        address.street_name,
        address.building_name,
        address.floor_no,
        address.unit_no,
        address.postal_code,
    )


def detail_row(detail: FurnishDetail) -> tuple[Any, ...]:
    """Convert furnished details to columns."""
    return (detail.relationship, detail.rental_period_from, detail.rental_period_to, detail.remarks)


PERSON = ("id_type", "id_no", "name", "email_addr", "offender_tel_code", "offender_tel_no")
ADDRESS = ("blk_hse_no", "street_name", "bldg_name", "floor_no", "unit_no", "postal_code")
DETAIL = ("relationship", "rental_period_from", "rental_period_to", "remarks")

# What was known of the former holder alone does not pass to the new one.
OF_THE_FORMER: dict[str, str | None] = {
    "lta_entity_type": None,
    "life_status": None,
    "date_of_birth": None,
    "date_of_death": None,
    "passport_place_of_issue": None,
    "mha_dh_check_allow": "Y",
}
SET_COLUMNS = columns_of(onod, *KEY, *PERSON, "offender_indicator", "is_sync", *OF_THE_FORMER)


def set_row(change: CurrentOffenderSet) -> tuple[Any, ...]:
    """Convert a new current offender to its row, which is not in sync with the Internet side yet."""
    return (
        change.notice_no, change.role, *person_row(change.person), "Y", "N", *OF_THE_FORMER.values()
    )  # fmt: skip


def of_role(row_set: RowSet) -> Any:
    """Return the condition that finds the row of a role."""
    return and_(
        onod.c.notice_no == row_set.rows.c.notice_no,
        onod.c.owner_driver_indicator == row_set.rows.c.owner_driver_indicator,
    )


def clear(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Clear the current-offender indicator of roles."""
    stamp = {"is_sync": literal("N"), **change_stamp(now())}
    return update(onod).where(of_role(row_set)).values({"offender_indicator": "N"} | stamp)


CONTACT = ("name", "email_addr", "offender_tel_code", "offender_tel_no")


def change_contact(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Update name and contact of roles."""
    stamp = {"is_sync": literal("N"), **change_stamp(now())}
    values = {name: row_set.rows.c[name] for name in CONTACT}
    return update(onod).where(of_role(row_set)).values(values | stamp)


def history_row(change: OffenderHistoryKept) -> tuple[Any, ...]:
    """Convert an action to its row, with who held the role before."""
    former = change.former
    return (
        change.notice_no,
        change.role,
        change.action,
        change.officer,
        change.at,
        change.former_current,
        change.prev_stage,
        change.new_stage,
        former and ("Y" if former.is_current else "N"),
        *(person_row(former.person) if former else (None,) * len(PERSON)),
        *address_row((former and former.address) or MailingAddress()),
        *detail_row((former and former.detail) or FurnishDetail()),
    )


HISTORY = (
    *KEY,
    "action",
    "officer",
    "changed_at",
    "former_current_indicator",
    "prev_processing_stage",
    "new_processing_stage",
    "former_offender_indicator",
    *(f"former_{name.removeprefix('offender_')}" for name in PERSON),
    *(f"former_{name}" for name in ADDRESS),
    *(f"former_{name}" for name in DETAIL),
)

ROLE: Columns = columns_of(onod, *KEY)
ADDRESS_COLUMNS: Columns = columns_of(
    t.ocms_offence_notice_owner_driver_addr, *KEY, "type_of_address", *ADDRESS
)
DETAIL_COLUMNS: Columns = columns_of(t.ocms_furnish_detail, *KEY, *DETAIL)

CLEARED = RowStatement(ROLE, lambda change: (change.notice_no, change.role), clear)
SET = RowStatement(SET_COLUMNS, set_row, upserts(onod, KEY, *SET_COLUMNS))
UPDATED = RowStatement(
    columns_of(onod, *KEY, *CONTACT),
    lambda change: (change.notice_no, change.role, *person_row(change.person)[2:]),
    change_contact,
)
ADDRESSES = RowStatement(
    ADDRESS_COLUMNS,
    lambda change: (change.notice_no, change.role, FURNISHED_MAIL, *address_row(change.address)),
    upserts(
        t.ocms_offence_notice_owner_driver_addr,
        (*KEY, "type_of_address"),
        *ADDRESS_COLUMNS,
        newer="",
        user=AUDIT_USER,
        **JUST_FURNISHED,
    ),
)
DETAILS = RowStatement(
    DETAIL_COLUMNS,
    lambda change: (change.notice_no, change.role, *detail_row(change.detail)),
    upserts(t.ocms_furnish_detail, KEY, *DETAIL_COLUMNS),
)
HISTORIES = RowStatement(
    columns_of(h.ocms_offender_history, *HISTORY), history_row, inserts(h.ocms_offender_history, *HISTORY)
)

OFFENDERS: dict[type, RowStatement] = {
    OffenderCleared: CLEARED,
    CurrentOffenderSet: SET,
    OffenderUpdated: UPDATED,
    AddressFurnished: ADDRESSES,
    DetailFurnished: DETAILS,
    OffenderHistoryKept: HISTORIES,
}
