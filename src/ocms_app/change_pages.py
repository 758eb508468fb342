"""The staff pages on which officers change notices, on the stores and tables they need."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from ocms_adapters.files.tables import read_table
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.kernel.tables import TableRow
from ocms_core.stages.importing import REQUIRED_TITLES, TITLES
from ocms_web.portal.offender_change import OffenderPage
from ocms_web.portal.stage_change import StageChangePage
from ocms_web.portal.visits import Page


def change_pages(intranet: Engine) -> tuple[Page, ...]:
    """Return the pages, in the order of their list."""
    return (
        StageChangePage(SqlStageStores(intranet), read_uploaded).page(),
        OffenderPage(SqlOffenderStores(intranet)).page(),
    )


def read_uploaded(name: str, content: bytes) -> tuple[Sequence[TableRow], Sequence[str]]:
    """Return rows and notes of an uploaded table. Raise ValueError for a file that is none."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / (PurePath(name.replace("\\", "/")).name or "table")
        path.write_bytes(content)
        table = read_table(path, TITLES, REQUIRED_TITLES)
    return table.rows, table.notes
