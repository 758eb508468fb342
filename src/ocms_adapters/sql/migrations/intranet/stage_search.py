"""The indexes of a search by stage, by day, and by both, in place of one that served the last alone."""

from alembic import op

from ocms_adapters.sql.migrations.missing import bring_in_missing
from ocms_adapters.sql.schema import INTRANET

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring in what is missing, and take the old index out."""
    op.drop_index("ix_ocms_valid_offence_notice_stage", "ocms_valid_offence_notice", if_exists=True)
    bring_in_missing(INTRANET)
