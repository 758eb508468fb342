"""Writing notice rows."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Executable, Integer, String, case, func, literal, update
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.statement import JointStatement, RowStatement
from ocms_adapters.sql.moments import MOMENT, now
from ocms_adapters.sql.row_sets import RowSet, columns_of
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.column_types import Money
from ocms_core.kernel.changes import NoticeChanged, NoticesChanged, NoticesMoved


def notice_row(change: NoticeChanged) -> tuple[Any, ...]:
    """Convert a changed notice to its row; a part that stays has its marker 0."""
    move, following, shown = change.move, change.next, change.suspension
    return (
        change.notice_no,
        int(move is not None),
        move and move.stage,
        move and move.date,
        move and move.prev_stage,
        move and move.prev_date,
        int(following is not None),
        following and following.stage,
        following and following.date,
        change.amount_payable,
        change.payment_acceptance_allowed,
        int(shown is not None),
        shown and shown.type,
        shown and shown.reason,
        shown and shown.since,
        shown and shown.due,
        int(not change.only_touched),
    )


def changed_rows(change: NoticesChanged) -> Iterator[tuple[Any, ...]]:
    """Yield the row of each notice of those that change alike."""
    row = notice_row(change.change)
    until, after = row[1:PREV_DATE], row[PREV_DATE + 1 :]
    moves = change.change.move is not None
    for notice_no, since in change.since:
        yield (notice_no, *until, since if moves else None, *after)


def update_notices(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Update notice rows part by part; a part that stays keeps what the row has."""
    von, r = t.ocms_valid_offence_notice, row_set.rows
    parts: dict[str, dict[str, ColumnElement[Any]]] = {
        "moves": {
            "last_processing_stage": r.c.stage,
            "last_processing_date": r.c.stage_date,
            "prev_processing_stage": r.c.prev_stage,
            "prev_processing_date": r.c.prev_date,
        },
        "plans": {"next_processing_stage": r.c.next_stage, "next_processing_date": r.c.next_date},
        "suspends": {
            "suspension_type": r.c.suspension_type,
            "epr_reason_of_suspension": r.c.epr_reason,
            "epr_date_of_suspension": r.c.epr_date,
            "due_date_of_revival": r.c.due,
        },
        "shows": {"is_sync": literal("N")},
    }
    return (
        update(von)
        .where(von.c.notice_no == r.c.notice_no)
        .values(
            {
                column: case((r.c[part] == 1, new), else_=von.c[column])
                for part, columns in parts.items()
                for column, new in columns.items()
            }
            | {
                "amount_payable": func.coalesce(r.c.amount_payable, von.c.amount_payable),
                "payment_acceptance_allowed": func.coalesce(r.c.allowed, von.c.payment_acceptance_allowed),
            }
            | change_stamp(now())
        )
    )


CHANGED_COLUMNS: dict[str, TypeEngine[Any]] = {
    "notice_no": String(10),
    "moves": Integer(),
    "stage": String(3),
    "stage_date": MOMENT,
    "prev_stage": String(3),
    "prev_date": MOMENT,
    "plans": Integer(),
    "next_stage": String(3),
    "next_date": MOMENT,
    "amount_payable": Money(),
    "allowed": String(1),
    "suspends": Integer(),
    "suspension_type": String(2),
    "epr_reason": String(3),
    "epr_date": MOMENT,
    "due": MOMENT,
    "shows": Integer(),
}
PREV_DATE = list(CHANGED_COLUMNS).index("prev_date")
NOTICES = RowStatement(CHANGED_COLUMNS, notice_row, update_notices)
NOTICES_TOGETHER = JointStatement(CHANGED_COLUMNS, changed_rows, update_notices)


def moved_rows(change: NoticesMoved) -> Iterator[tuple[Any, ...]]:
    """Yield the row of each notice that moves."""
    entered = (change.stage, change.date, change.prev_stage)
    following = (
        change.next.stage,
        change.next.date,
        change.amount_payable,
        change.payment_acceptance_allowed,
    )
    for notice_no, since in change.since:
        yield (notice_no, *entered, since, *following)


def move_notices(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Update the rows of notices that move; an amount or acceptance that is null keeps what the row has."""
    von, r = t.ocms_valid_offence_notice, row_set.rows
    kept = ("amount_payable", "payment_acceptance_allowed")
    return (
        update(von)
        .where(von.c.notice_no == r.c.notice_no)
        .values(
            {
                **{name: r.c[name] for name in MOVED_COLUMNS if name not in ("notice_no", *kept)},
                **{name: func.coalesce(r.c[name], von.c[name]) for name in kept},
                "is_sync": literal("N"),
                **change_stamp(now()),
            }
        )
    )


MOVED_COLUMNS = columns_of(
    t.ocms_valid_offence_notice,
    "notice_no",
    "last_processing_stage",
    "last_processing_date",
    "prev_processing_stage",
    "prev_processing_date",
    "next_processing_stage",
    "next_processing_date",
    "amount_payable",
    "payment_acceptance_allowed",
)
MOVED = JointStatement(MOVED_COLUMNS, moved_rows, move_notices)
