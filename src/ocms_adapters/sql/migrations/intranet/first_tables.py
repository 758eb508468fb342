"""The tables of the data dictionary, OCMS's own besides, and the default reference data."""

from alembic import op

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.reference_defaults import put_in_defaults
from ocms_adapters.sql.schema import INTRANET

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring in what is missing."""
    bring_in_missing(INTRANET)
    put_in_defaults(op.get_bind())
