"""Writes court cases."""

from typing import Any

from sqlalchemy import Dialect, Executable, String, bindparam, literal, select, text, true
from sqlalchemy.dialects import postgresql, sqlite

from ocms_adapters.sql.row_sets import RowSet
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.writings.writing import MOMENT, Writing, moment, now
from ocms_core.kernel.changes import CourtDueDateRecorded


def court_case_row(change: CourtDueDateRecorded) -> tuple[Any, ...]:
    """Lay a court case's due date out."""
    return (change.notice_no, moment(change.court_payment_due_date))


def upsert_court_cases(dialect: Dialect, row_set: RowSet) -> Executable:
    """Insert court cases, or take over the due date where there is one already."""
    court_case = t.ocms_court_case
    if dialect.name == "mssql":
        return text(
            "MERGE ocms_court_case WITH (HOLDLOCK) AS target "
            "USING (SELECT notice_no, due FROM OPENJSON(:rows) "
            "WITH (notice_no varchar(10) '$[0]', due datetime2(7) '$[1]')) AS r "
            "ON target.notice_no = r.notice_no WHEN MATCHED THEN "
            "UPDATE SET court_payment_due_date = r.due, upd_date = :now, upd_user_id = :user "
            "WHEN NOT MATCHED THEN INSERT (notice_no, court_payment_due_date, cre_date, cre_user_id) "
            "VALUES (r.notice_no, r.due, :now, :user);"
        ).bindparams(bindparam("rows", type_=String), now(), user=AUDIT_USER)
    on_conflict = (postgresql if dialect.name == "postgresql" else sqlite).insert(court_case)
    # SQLite takes the ON of ON CONFLICT for a join's unless the SELECT ends in a WHERE.
    rows = select(row_set.rows, now(), literal(AUDIT_USER)).where(true())
    statement = on_conflict.from_select(
        ["notice_no", "court_payment_due_date", "cre_date", "cre_user_id"], rows
    )
    upsert: Executable = statement.on_conflict_do_update(
        index_elements=["notice_no"],
        set_={
            "court_payment_due_date": statement.excluded.court_payment_due_date,
            "upd_date": now(),
            "upd_user_id": AUDIT_USER,
        },
    )
    return upsert


COURT_CASES = Writing({"notice_no": String(10), "due": MOMENT}, court_case_row, upsert_court_cases)
