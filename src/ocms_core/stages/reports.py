"""Reports of stage changes: their names, their columns and the list of days."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.report_store import LONGEST_LINK
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.sheets import CellKind, Column, Sheet
from ocms_core.kernel.value_objects import value_object

KIND = "change-stage"
SHOWN_BELOW = "reports/"
NOT_IN_A_NAME = re.compile(r"[^0-9A-Za-z._-]")
DAILY = re.compile(r"ChangeStageReport_([0-9]{8})_(.+)\.xlsx")

COLUMNS: tuple[Column, ...] = (
    Column("S/N", CellKind.WHOLE, 9),
    Column("Notice Number"),
    Column("Offence Type", width=12),
    Column("Offence Date & Time", CellKind.MOMENT, 18),
    Column("Vehicle No", width=12),
    Column("Offender ID"),
    Column("Offender Name", width=30),
    Column("Previous Processing Stage", width=12),
    Column("Previous Processing Date", CellKind.DAY, 14),
    Column("Current Processing Stage", width=12),
    Column("Current Processing Date", CellKind.DAY, 14),
    Column("Reason for Change", width=12),
    Column("Remarks", width=40),
    Column("Authorised Officer", width=20),
    Column("Submitted Date", CellKind.MOMENT, 18),
    Column("Source", width=10),
)


@value_object
class ReportBatch:
    """
    The change rows of one submit or one PLUS call.

    They share the moment of change, the moment of the call, their officer and their source. Two calls may
    have the same moment of change, when both follow one date (G20).
    """

    officer: str
    source: str
    date_of_change: datetime
    submitted: datetime


@value_object
class ReportEntry:
    """A report in the registry; it is in the store when `is_stored`, and can be built again when not."""

    name: str
    batch: ReportBatch
    is_stored: bool = False


@value_object
class OfficerDay:
    """How many changes one officer made on one day."""

    day: date
    officer: str
    changes: int


@value_object
class DailyReport:
    """One line of the report list."""

    day: date
    officers: tuple[str, ...]
    changes: int

    @property
    def name(self) -> str:
        """The name it is downloaded by."""
        return daily_name(self.day, self.officers[0])


def daily_name(day: date, officer: str) -> str:
    """Return the name of a day's report while this officer is its first."""
    return file_name(f"{day:%Y%m%d}_{officer}")


def file_name(what: str) -> str:
    """Return a report's file name; what a name cannot hold becomes a hyphen."""
    return f"ChangeStageReport_{NOT_IN_A_NAME.sub('-', what)}.xlsx"


@rule("S50")
def names(officer: str, batch: ReportBatch) -> tuple[str, str]:
    """
    Name a batch's report by its second and its officer; the second name serves a further batch (S50).

    An import has several batches of one moment, each with a moment of change of its own (G20).
    """
    at, changed = singapore(batch.submitted), singapore(batch.date_of_change)
    usual = f"{at:%Y%m%d_%H%M%S}_{officer}"
    exact = f"{at:%f}" if changed == at else f"{at:%f}-{changed:%Y%m%d%H%M%S%f}"
    return file_name(usual), file_name(f"{usual}-{exact}")


@rule("S50")
def sheet(rows: Iterable[tuple[object, ...]]) -> Sheet:
    """Draw up a report of sixteen columns, numbered in notice order; a row has all but the number (S50)."""
    return Sheet("Change Stage Report", COLUMNS, ((place, *row) for place, row in enumerate(rows, start=1)))


@rule("S51")
def daily_reports(days: Iterable[OfficerDay]) -> tuple[DailyReport, ...]:
    """List a line for each day with changes, the newest first, its officers in order (S51)."""
    by_day = sorted(days, key=lambda each: (each.day, each.officer))
    lines = [
        DailyReport(day, tuple(each.officer for each in group), sum(each.changes for each in group))
        for day, group in ((day, list(found)) for day, found in groupby(by_day, key=lambda each: each.day))
    ]
    return tuple(reversed(lines))


@rule("S52")
def day_of_name(name: str) -> date | None:
    """Return the day of a daily report, which is known by its name alone: the day and an officer of it."""
    found = DAILY.fullmatch(name)
    if not found:
        return None
    digits = found[1]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


@rule("S52")
def names_of_day(days: Iterable[OfficerDay]) -> frozenset[str]:
    """Return every name a day's report has had, one for whichever officer was its first (S52)."""
    return frozenset(daily_name(each.day, each.officer) for each in days)


@rule("G14")
def link_hours(reference: Reference) -> int:
    """Return how many hours a link opens: as the parameter says, 31 days at most, else a day (G14)."""
    return min(reference.whole_number("REPORT_LINK", "HOURS", 24), LONGEST_LINK.days * 24)


def stored_name(name: str) -> str:
    """Return the name a report has in the store."""
    return f"{KIND}/{name}"


def total_changes(reports: Sequence[DailyReport]) -> int:
    """Count the changes of a list."""
    return sum(report.changes for report in reports)
