"""Rows that stage changes need, inserted the way another system does."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Engine, delete

from ocms_adapters.sql import schema as t
from tests.support.rows import AUDIT, Row, put, put_notices

OFFENDER: Row = {
    "owner_driver_indicator": "D",
    "id_type": "N",
    "id_no": "S1234567A",
    "name": "John Doe",
    "offender_indicator": "Y",
    "lta_entity_type": None,
    "mha_dh_check_allow": "Y",
    "is_sync": "Y",
    **AUDIT,
}
CHANGE: Row = {
    "new_processing_stage": "DN1",
    "last_processing_stage": "NPA",
    "reason_of_change": "SUP",
    "authorised_officer": "USER01",
    "source": "OCMS",
    "remarks": None,
    **AUDIT,
}
FEES = {"ADMIN_FEE": "10.00", "SURCHARGE": "40.00"}

TOUCHED = (t.ocms_change_of_processing, t.ocms_offence_notice_owner_driver, t.ocms_report)


def in_stage(engine: Engine, numbers: Sequence[str], stage: str = "DN1", **columns: str | None) -> None:
    """Insert a driver's notice in a stage for each number; columns are those of `NOTICE` or as given."""
    put_notices(engine, numbers, last_processing_stage=stage, **columns)
    put_offenders(engine, numbers)


def put_offenders(engine: Engine, numbers: Iterable[str], **columns: str | None) -> None:
    """Insert a current offender for each number; each column is that of `OFFENDER` or as given."""
    rows = [{"notice_no": number, **OFFENDER, **columns} for number in numbers]
    for start in range(0, len(rows), 1000):
        put(engine, "ocms_offence_notice_owner_driver", rows[start : start + 1000])


def put_changes(engine: Engine, numbers: Iterable[str], date_of_change: str, **columns: str | None) -> None:
    """Insert a change row for each number; each column is that of `CHANGE` or as given."""
    rows = [
        {"notice_no": number, "date_of_change": date_of_change, **CHANGE, **columns} for number in numbers
    ]
    for start in range(0, len(rows), 1000):
        put(engine, "ocms_change_of_processing", rows[start : start + 1000])


def put_fees(engine: Engine) -> None:
    """Set both fees."""
    with engine.begin() as connection:
        connection.execute(delete(t.ocms_parameter).where(t.ocms_parameter.c.parameter_id.in_(FEES)))
    rows = [
        {"parameter_id": fee, "code": "AMOUNT", "description": fee, "value": amount, **AUDIT}
        for fee, amount in FEES.items()
    ]
    put(engine, "ocms_parameter", rows)


def emptied_of_changes(engine: Engine) -> None:
    """Take out whatever calls of contract 2 have left behind, besides what those of contract 1 do."""
    with engine.begin() as connection:
        for table in TOUCHED:
            connection.execute(delete(table))
