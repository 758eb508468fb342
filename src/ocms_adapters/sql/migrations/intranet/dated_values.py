"""The tables of reference data that holds from a day on."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
