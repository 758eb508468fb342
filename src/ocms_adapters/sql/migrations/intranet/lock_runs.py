"""The last run of a job in the row of its lock, for the jobs that leave no row in the table of runs."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
