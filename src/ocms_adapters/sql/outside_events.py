"""What the row of a notice tells of other programs: who put it in, and its payment (K2)."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from ocms_adapters.sql.schema import ocms_valid_offence_notice as table
from ocms_core.kernel.audit_story import OutsideEvent
from ocms_core.kernel.dates import singapore

OF_NOTICE = select(
    table.c.cre_date,
    table.c.cre_user_id,
    table.c.crs_date_of_suspension,
    table.c.payment_status,
    table.c.amount_paid,
)


def outside_events(connection: Connection, notice_no: str) -> Sequence[OutsideEvent]:
    """Return the creation of a notice and its payment, as far as there are any."""
    row = connection.execute(OF_NOTICE.where(table.c.notice_no == notice_no)).first()
    if row is None:
        return ()
    created = OutsideEvent(singapore(row.cre_date), f"{row.cre_user_id}: notice added")
    if row.crs_date_of_suspension is None:
        return (created,)
    paid = f"payment: status {row.payment_status or 'not stated'}, amount paid ${row.amount_paid or 0}"
    return (created, OutsideEvent(singapore(row.crs_date_of_suspension), paid))
