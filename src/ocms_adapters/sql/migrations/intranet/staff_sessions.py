"""The table of the sessions of officers at the staff pages."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
