"""Writing whether addresses may be asked for."""

from sqlalchemy import Dialect, Executable, String, update

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.statement import RowStatement
from ocms_adapters.sql.moments import now
from ocms_adapters.sql.row_sets import RowSet
from ocms_adapters.sql.schema import intranet as t


def set_address_checks(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Set the flag of everyone of a notice; a row that has it already is not touched."""
    onod, r = t.ocms_offence_notice_owner_driver, row_set.rows
    return (
        update(onod)
        .where(onod.c.notice_no == r.c.notice_no, onod.c.mha_dh_check_allow != r.c.allow)
        .values(mha_dh_check_allow=r.c.allow, **change_stamp(now()))
    )


ADDRESS_CHECKS = RowStatement(
    {"notice_no": String(10), "allow": String(1)},
    lambda change: (change.notice_no, change.allow),
    set_address_checks,
)
