"""`ocms stages`: officers' bulk moves."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import track

from ocms_adapters.clock import SystemClock
from ocms_adapters.files.tables import read_table
from ocms_adapters.sql.reference import SqlReference
from ocms_adapters.sql.stages import SqlStageStores
from ocms_app.cli.people import check_officer
from ocms_app.databases import Databases, open_databases
from ocms_app.repeated_imports import StageImport
from ocms_app.reports import report_store
from ocms_app.settings import Settings
from ocms_app.startup import startup
from ocms_core.kernel import codes
from ocms_core.kernel.dates import today
from ocms_core.kernel.dry_runs import DryRunStores
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.tables import TableRow
from ocms_core.stages import importing, service
from ocms_core.stages.importing import RowVerdict
from ocms_core.stages.ports import WritingStageStores
from ocms_core.stages.reports import ReportBatch, link_hours

app = App(name="stages", help="Move notices to another processing stage in bulk.")

NOTHING_WRITTEN = "Dry run: nothing was written"
TITLES = ("row", "noticeNo", "outcome", "previousStage", "newStage", "code", "message")
# What a spreadsheet would take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@app.command(name="import")
def import_file(
    file: Path,
    *,
    officer: str,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    again: Annotated[bool, Parameter(negative="")] = False,
    verdicts: Path | None = None,
) -> int:
    """
    Move the notices of a CSV or Excel file by the same rules as the portal's submit.

    Its titles are those of the API: noticeNo, and where wanted newStage, reason, remark, dhMhaCheck and
    isConfirmation; another title refuses the table. A cell counts as the spreadsheet shows it. Each row gets
    its verdict in a file of its own. The exit status is 1 when a row failed.
    After an interruption the file can be imported again: what was moved is not moved a second time.
    The report of what was moved is linked, also where the table could not be finished.

    Parameters
    ----------
    file
        The table.
    officer
        Who moves the notices.
    dry_run
        Only show what would become of each row; nothing is written to the database.
    again
        Move also what an earlier import of the same rows has moved within a day.
    verdicts
        Where the verdicts go; beside the table by default, in place of those of an earlier import.
    """
    check_officer(officer)
    table = read_table(file, importing.TITLES, importing.REQUIRED_TITLES)
    rows = table.rows
    target = verdicts or file.with_name(f"{file.stem}.verdicts.csv")
    check_can_write(target, file)
    settings = startup()
    databases = open_databases(settings)
    stores = SqlStageStores(databases.intranet)
    writing: WritingStageStores = DryRunStores(stores) if dry_run else stores
    made = StageImport(officer, writing, SystemClock().now, again)
    moved: list[RowVerdict] = []
    try:
        write(target, with_progress(rows, made.decide), moved, dry_run=dry_run)
    finally:
        for note in table.notes:
            print(f"{file.name}: {note}", file=sys.stderr)
        would = "would be " if dry_run else ""
        print(f"{len(moved)} of {len(rows)} rows {would}moved; verdicts in {target}", file=sys.stderr)
        if made.repeated:
            print(
                f"{len(made.repeated)} of them were moved by an earlier import of the same rows",
                file=sys.stderr,
            )
        for batch in [] if dry_run else made.reports:
            publish(batch, databases, settings)
        databases.dispose()
    return 0 if len(moved) == len(rows) else 1


def check_can_write(target: Path, table: Path) -> None:
    """Raise ValueError for a file of verdicts that cannot be written, before anything is moved."""
    remedy = "name another file with --verdicts."
    try:
        target.open("a").close()
    except OSError as problem:
        raise ValueError(f"{target} cannot be written ({problem.strerror}); {remedy}") from None
    if target.samefile(table):
        raise ValueError(f"{target} is the table itself; {remedy}")


@rule("S23")
def publish(batch: ReportBatch, databases: Databases, settings: Settings) -> None:
    """Publish the report and print its link; a failure is a warning, for the rows are committed (S23)."""
    try:
        link = service.publish(
            batch,
            stores=SqlStageStores(databases.intranet),
            store=report_store(settings),
            now=batch.submitted,
            valid_hours=link_hours(SqlReference(databases.intranet)().on(today(batch.submitted))),
        )
        print(link.url)
    except Exception as fault:  # noqa: BLE001  # nothing a report does may fail rows that are committed
        print(f"No report yet ({fault}); the report list has the day's all the same.", file=sys.stderr)


def with_progress(rows: Sequence[TableRow], execute: importing.ExecuteItems) -> Iterable[RowVerdict]:
    """Yield the verdicts of the rows, with a progress bar on standard error."""
    return track(
        importing.verdicts(rows, execute),
        "rows",
        total=len(rows),
        console=Console(stderr=True),
        transient=True,
    )


def write(target: Path, verdicts: Iterable[RowVerdict], moved: list[RowVerdict], *, dry_run: bool) -> None:
    """Write the verdicts as they come; those of rows that were moved are added to `moved`."""
    with target.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(TITLES)
        file.flush()  # a full disk is found here, before anything is moved
        for verdict in verdicts:
            if verdict.transition:
                moved.append(verdict)
            lines.writerow(line(verdict, dry_run=dry_run))
            file.flush()


def line(verdict: RowVerdict, *, dry_run: bool) -> Iterator[str]:
    """Yield the cells of a verdict, in a dry run what it would be; none begins like a formula."""
    moved = verdict.transition
    stages = (moved.previous_stage, moved.new_stage) if moved else ("", "")
    outcome, message = "UPDATED" if moved else "FAILED", verdict.code.text
    if dry_run and verdict.code == codes.CPS_SUCCESS:
        outcome, message = "WOULD UPDATE", NOTHING_WRITTEN
    cells = (verdict.row, verdict.notice_no, outcome, *stages, verdict.code.code, message)
    for cell in map(str, cells):
        yield f"'{cell}" if cell.startswith(FORMULA) else cell
