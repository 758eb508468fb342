"""The audit rows: what was changed, by whom, and what was before."""

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
