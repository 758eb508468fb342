"""The journal of job runs and the alerts."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "jobs_0001"
down_revision = "0001"


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
