"""Rows as another program writes and reads them: inserted with plain SQL, read back column by column."""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from sqlalchemy import Engine, Table, delete, select, text

from ocms_adapters.sql import schema as t

Row = Mapping[str, str | None]

AUDIT = {"cre_date": "2024-11-01 08:00:00", "cre_user_id": "other_app"}
NOTICE: Row = {
    "vehicle_no": "SBA1234A",
    "offence_notice_type": "O",
    "notice_date_and_time": "2024-11-01 07:45:00",
    "computer_rule_code": "10300",
    "vehicle_category": "C",
    "pp_code": "A0001",
    "composition_amount": "70.00",
    "amount_payable": "150.00",
    "amount_paid": "0.00",
    "payment_status": "PP",
    "payment_acceptance_allowed": "Y",
    "payment_due_date": "2025-02-14 00:00:00",
    "last_processing_stage": "CPC",
    "last_processing_date": "2024-12-01 09:00:00",
    "is_sync": "Y",
    **AUDIT,
}
SUSPENDED: Row = {
    "date_of_suspension": "2024-12-05 10:00:00",
    "sr_no": "1",
    "suspension_source": "OCMS",
    "suspension_type": "PS",
    "reason_of_suspension": "WWP",
    "officer_authorising_suspension": "OFFICER1",
    **AUDIT,
}
COURT_CASE: Row = {"court_payment_due_date": "2025-02-14 00:00:00", **AUDIT}

# What calls of contract 1 leave behind.
TOUCHED = (
    t.ocms_valid_offence_notice,
    t.ocms_suspended_notice,
    t.ocms_court_case,
    t.ocms_outbox,
    t.ocms_rate_counter,
    # A reversal looks at all that was done to its notice, also by the test before, at a date to come.
    t.ocms_audit_row,
)
NUMBERS = count(1)


def notice_numbers(many: int) -> list[str]:
    """Return the given number of notice numbers that no test of this process has used."""
    return [f"{next(NUMBERS):010}" for _ in range(many)]


def put(engine: Engine, table: str, rows: Iterable[Row]) -> None:
    """Insert rows, every value as text, the way a script of another system does."""
    listed = list(rows)
    names = list(listed[0])
    marks = ", ".join(f"({', '.join(f':{name}_{place}' for name in names)})" for place in range(len(listed)))
    values = {f"{name}_{place}": row[name] for place, row in enumerate(listed) for name in names}
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES {marks}"), values)


def put_notices(engine: Engine, numbers: Iterable[str], **columns: str | None) -> None:
    """Insert a notice row for each number; each column is that of `NOTICE` or as given."""
    rows = [{"notice_no": number, **NOTICE, **columns} for number in numbers]
    for start in range(0, len(rows), 1000):
        put(engine, "ocms_valid_offence_notice", rows[start : start + 1000])


def put_suspension(engine: Engine, number: str, **columns: str | None) -> None:
    """Insert a suspension record of a notice."""
    put(engine, "ocms_suspended_notice", [{"notice_no": number, **SUSPENDED, **columns}])


def put_court_case(engine: Engine, number: str, **columns: str | None) -> None:
    """Insert the court case of a notice."""
    put(engine, "ocms_court_case", [{"notice_no": number, **COURT_CASE, **columns}])


def rows_of(engine: Engine, table: Table, *numbers: str) -> list[dict[str, Any]]:
    """Return all columns of the rows of a table, or of those of some notices, in the order of the key."""
    question = select(table).order_by(*table.primary_key)
    if numbers:
        question = question.where(table.c.notice_no.in_(numbers))
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(question).mappings()]


def row_of(engine: Engine, table: Table, number: str) -> dict[str, Any]:
    """Return all columns of the one row a notice has in a table."""
    (row,) = rows_of(engine, table, number)
    return row


def emptied(engine: Engine) -> None:
    """Take out whatever calls of contract 1 have left behind."""
    with engine.begin() as connection:
        for table in TOUCHED:
            connection.execute(delete(table))
