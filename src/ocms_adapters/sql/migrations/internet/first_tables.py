"""The copies the public e-service reads."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTERNET

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTERNET)
