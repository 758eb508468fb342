"""`ocms db check --suspensions`: notices whose row and suspension records contradict each other."""

import csv
import sys
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.suspension_check import SqlSuspensionStores
from ocms_app.databases import Databases
from ocms_core.kernel.changes import Change, NoticeChanged, SuspensionClosed, SuspensionOpened
from ocms_core.kernel.dates import local
from ocms_core.kernel.suspensions import OpenSuspension, ShownSuspension
from ocms_core.suspensions import service
from ocms_core.suspensions.service import CheckedNotice, Outcome

TITLES = ("noticeNo", "rules", "outcome", "wrong", "rowShows", "openRecords", "changes")


def check_suspensions(databases: Databases, officer: str | None) -> int:
    """
    Print a line for each notice that contradicts itself, and with an officer put it right.

    Returns how many still do.
    """
    lines, found, repaired = csv.writer(sys.stdout, lineterminator="\n"), 0, 0
    lines.writerow(TITLES)
    for notice in checked_notices(databases, officer):
        lines.writerow(line(notice))
        found += 1
        repaired += notice.outcome is Outcome.REPAIRED
    sys.stdout.flush()
    print(f"suspensions: {found} notices contradict themselves, {repaired} repaired", file=sys.stderr)
    return found - repaired


def checked_notices(databases: Databases, officer: str | None) -> Iterator[CheckedNotice]:
    """Yield the notices that contradict themselves, with the progress on standard error."""
    stores, now = SqlSuspensionStores(databases.intranet), SystemClock().now()
    columns = (SpinnerColumn(), TextColumn("{task.completed} suspended notices looked at"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)

        def progress(looked_at: int) -> None:
            shown.update(task, completed=looked_at)

        if officer is None:
            yield from service.check(stores=stores, now=now, progress=progress)
        else:
            yield from service.repair(officer=officer, stores=stores, now=now, progress=progress)


def line(notice: CheckedNotice) -> Iterator[str]:
    """Yield the cells of a notice: number, rules, outcome, what is wrong, row, records, changes."""
    found = notice.contradiction
    suspensions = found.notice.suspensions
    yield found.notice.notice_no
    yield " ".join(found.rules)
    yield notice.outcome.value
    yield joined(each.text for each in found.corrections)
    yield row_text(suspensions.shown)
    yield joined(map(record_text, suspensions.open_records))
    yield joined(map(change_text, found.changes))


def joined(texts: Iterable[str]) -> str:
    """Return several texts as one cell."""
    return "; ".join(texts)


def row_text(shown: ShownSuspension) -> str:
    """Return what a row shows in words."""
    words = ["-".join(filter(None, (shown.type, shown.reason))) or "nothing"]
    if shown.since:
        words.append(f"since {local(shown.since)}")
    if shown.due:
        words.append(f"until {local(shown.due)}")
    return " ".join(words)


def record_text(record: OpenSuspension) -> str:
    """Return an open record in words, with its number."""
    until = f" until {local(record.due)}" if record.due else ""
    return f"{record.sr_no}: {record.reason} since {local(record.since)}{until}"


def change_text(change: Change) -> str:
    """Return a change in words."""
    match change:
        case SuspensionClosed():
            return f"close {change.sr_no} ({change.reason})"
        case SuspensionOpened(record=record):
            opened = OpenSuspension(record.reason, record.date_of_suspension, record.sr_no, record.due)
            return f"open {record_text(opened)}"
        case NoticeChanged(suspension=ShownSuspension() as shown):
            return f"row shows {row_text(shown)}"
        case _:
            raise TypeError(change)
