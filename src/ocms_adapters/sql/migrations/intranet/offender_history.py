"""What officers did to offenders, who looked somebody up, and the index a relay claims by."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
