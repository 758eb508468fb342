"""`ocms stages`: officers' bulk moves."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import track

from ocms_adapters.clock import SystemClock
from ocms_adapters.files.tables import read_table
from ocms_adapters.sql.reference import SqlReference
from ocms_adapters.sql.stages import SqlStageStores
from ocms_app.beginning import begun
from ocms_app.databases import Databases, open_databases
from ocms_app.reports import report_store
from ocms_app.settings import Settings
from ocms_core.stages import importing, service
from ocms_core.stages.importing import RowVerdict
from ocms_core.stages.manual import SOURCE
from ocms_core.stages.reports import Batch, link_hours

app = App(name="stages", help="Move notices to another processing stage in bulk.")

LONGEST_NAME = 50
TITLES = ("row", "noticeNo", "outcome", "previousStage", "newStage", "code", "message")
# What a spreadsheet would take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@app.command(name="import")
def import_file(
    file: Path,
    *,
    officer: str,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    verdicts: Path | None = None,
) -> int:
    """
    Move the notices of a CSV or Excel file by the same rules as the portal's submit.

    Its titles are those of the API: noticeNo, and where wanted newStage, reason, remark, dhMhaCheck and
    isConfirmation. Each row gets its verdict in a file of its own. The exit status is 1 when a row failed.

    Parameters
    ----------
    file
        The table.
    officer
        Who moves the notices.
    dry_run
        Only tell what would become of each row; nothing is written to the database.
    verdicts
        Where the verdicts go; beside the table by default.
    """
    if not 0 < len(officer.strip()) <= LONGEST_NAME:
        raise ValueError(f"An officer is named by 1 to {LONGEST_NAME} characters.")
    rows = list(read_table(file))
    if missing := importing.missing_titles(rows[0] if rows else ()):
        raise ValueError(f"{file.name}: has no column {', '.join(missing)}.")
    target = verdicts or file.with_name(f"{file.stem}.verdicts.csv")
    settings = begun()
    databases, now = open_databases(settings), SystemClock().now()
    stores = SqlStageStores(databases.intranet)
    try:
        decide = service.preview if dry_run else service.submit
        settle = partial(decide, officer=officer, stores=stores, now=now)
        moved = written(target, told(rows, settle))
        would = "would be " if dry_run else ""
        print(f"{moved} of {len(rows)} rows {would}moved; verdicts in {target}", file=sys.stderr)
        if moved and not dry_run:
            publish(Batch(officer, SOURCE, now, now), databases, settings)
    finally:
        databases.dispose()
    return 0 if moved == len(rows) else 1


def publish(batch: Batch, databases: Databases, settings: Settings) -> None:
    """Write the report of what was moved and print the link to it."""
    link = service.publish(
        batch,
        stores=SqlStageStores(databases.intranet),
        store=report_store(settings),
        now=batch.submitted,
        valid_hours=link_hours(SqlReference(databases.intranet)()),
    )
    print(link.url)


def told(rows: Sequence[importing.Row], settle: importing.Settle) -> Iterable[RowVerdict]:
    """Settle the rows with a progress bar on standard error."""
    return track(
        importing.verdicts(rows, settle),
        "rows",
        total=len(rows),
        console=Console(stderr=True),
        transient=True,
    )


def written(target: Path, verdicts: Iterable[RowVerdict]) -> int:
    """Write the verdicts as they come, and give how many rows were moved."""
    moved = 0
    with target.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(TITLES)
        for verdict in verdicts:
            moved += verdict.moved is not None
            lines.writerow(line(verdict))
            file.flush()
    return moved


def line(verdict: RowVerdict) -> Iterator[str]:
    """Lay a verdict out; nothing in it begins like a formula."""
    stages = (verdict.moved.previous_stage, verdict.moved.new_stage) if verdict.moved else ("", "")
    outcome = "UPDATED" if verdict.moved else "FAILED"
    cells = (verdict.row, verdict.notice_no, outcome, *stages, verdict.code.code, verdict.code.text)
    for cell in map(str, cells):
        yield f"'{cell}" if cell.startswith(FORMULA) else cell
