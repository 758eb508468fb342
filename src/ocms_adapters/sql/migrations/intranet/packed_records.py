"""The rows of a rate limit become one, and an access record keeps its identities as a set of bytes."""

from datetime import datetime
from itertools import groupby

from alembic import op
from sqlalchemy import delete, insert, select

from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.rate_limits import digits
from ocms_adapters.sql.schema import INTRANET
from ocms_adapters.sql.schema import ocms_rate_counter as table
from ocms_core.kernel.dates import singapore

revision = "0008"
down_revision = "0007"

# What 0.1 dated a slot that no call had taken yet.
NEVER_USED = datetime(1970, 1, 1)  # noqa: DTZ001  # columns are local


def upgrade() -> None:
    """Bring in what is missing and keep what slots have counted; access records stay as they are."""
    bring_in_missing(INTRANET)
    connection = op.get_bind()
    caller = (table.c.operation, table.c.credential)
    slots = select(*caller, table.c.used_at).where(table.c.uses.is_(None)).order_by(*caller, table.c.used_at)
    rows = [
        {
            "operation": operation,
            "credential": credential,
            "slot": 0,
            "used_at": (moments := [slot.used_at for slot in group])[-1],
            "uses": "".join(digits(singapore(used)) for used in moments if used > NEVER_USED),
            **creation_stamp(moments[-1]),
        }
        for (operation, credential), group in groupby(
            connection.execute(slots, execution_options={"yield_per": 10_000}), key=lambda slot: slot[:2]
        )
    ]
    connection.execute(delete(table).where(table.c.uses.is_(None)))
    if rows:
        connection.execute(insert(table), rows)
