"""How one kind of change becomes one statement."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import BindParameter, Dialect, Executable, Table, bindparam, insert, literal, select

from ocms_adapters.sql.row_sets import Columns, RowSet
from ocms_adapters.sql.schema.column_types import LocalDateTime
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_core.kernel.dates import local
from ocms_core.kernel.spec import rule

MOMENT = LocalDateTime()


@frozen
class Writing:
    """How one kind of change is written: the columns of its rows, a row, and the statement over them."""

    columns: Columns
    row: Callable[[Any], tuple[Any, ...]]
    phrase: Callable[[Dialect, RowSet], Executable]


def moment(at: datetime | None) -> datetime | None:
    """Give a moment as the tables keep it, or nothing."""
    return None if at is None else local(at)


def now() -> BindParameter[datetime]:
    """Stand for the moment of the write, bound once for every statement of a batch."""
    return bindparam("now", type_=MOMENT)


@rule("G4")
def inserts(table: Table, *columns: str) -> Callable[[Dialect, RowSet], Executable]:
    """Every row OCMS adds is stamped with the moment and the audit user of its database."""

    def phrase(_dialect: Dialect, row_set: RowSet) -> Executable:
        rows = select(row_set.rows, now(), literal(AUDIT_USER))
        return insert(table).from_select([*columns, "cre_date", "cre_user_id"], rows)

    return phrase
