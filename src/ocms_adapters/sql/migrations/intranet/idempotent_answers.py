"""The answers of calls that may be delivered twice, in place of a table that nothing used."""

from alembic import op

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring in what is missing, and take the old table out."""
    op.execute("DROP TABLE IF EXISTS ocms_request_ledger")
    bring_in_missing(INTRANET)
