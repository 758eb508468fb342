"""The job runs and the alerts."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
