"""The staff pages on which officers change notices, on the stores and tables they need."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from ocms_adapters.files.sheet_content import UnreadableTable
from ocms_adapters.files.tables import TABLES, read_table
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
    given = PurePath(name.replace("\\", "/"))
    # Whatever name a browser sends, the file on this disk has one of ours.
    kind = given.suffix.lower() if given.suffix.lower() in TABLES else ""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"uploaded{kind}"
        path.write_bytes(content)
        try:
            table = read_table(path, TITLES, REQUIRED_TITLES)
        except UnreadableTable as problem:
            raise ValueError(str(problem).replace(path.name, given.name, 1)) from problem
    return table.rows, table.notes
