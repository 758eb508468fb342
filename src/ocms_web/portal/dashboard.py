"""The dashboard: how cases stand, each figure beside its picture and leading to its list."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from attrs import field, frozen

from ocms_core.hst import service as hst
from ocms_core.hst.outcomes import CheckOutcome, MonthOfChecks
from ocms_core.hst.ports import HstStores
from ocms_core.jobs.ports import JobOverview
from ocms_core.jobs.runs import Run
from ocms_core.jobs.stuck_cases import StuckCase, StuckKind, WaitingCases, stuck_cases
from ocms_core.kernel.access import Operation
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.dates import calendar_day, singapore
from ocms_core.kernel.stages import STAGES
from ocms_core.stages import ageing
from ocms_core.stages.ageing import AGE_BANDS, MOST_SHOWN, AgeingStores, StageAges
from ocms_core.stages.ports import StageStores
from ocms_core.stages.reports import OfficerDay
from ocms_web.portal.kept_figures import KeptFigure
from ocms_web.portal.pictures import Bar, bar_chart
from ocms_web.portal.visits import NOT_FOUND, Answer, Page, View, Visit

DASHBOARD = "/staff/dashboard"
NOTICES, CHANGES = f"{DASHBOARD}/notices", f"{DASHBOARD}/changes"
STUCK, JOBS = f"{DASHBOARD}/stuck", f"{DASHBOARD}/jobs"
ANSWERS = "/staff/hst/answers"

DAYS_OF_CHANGES = 14
MONTHS_OF_CHECKS = 6
MOST_OFFICERS = 4
RUNS_COUNTED = 100
OTHERS = "others"

KINDS: Mapping[StuckKind, str] = {
    StuckKind.NOTICE: "Notices past the day of their next stage",
    StuckKind.SUSPENSION: "Suspensions past their last day",
    StuckKind.DELIVERY: "Changes the Internet database does not have",
    StuckKind.ENQUIRY: "Identities without an answer of MHA or DataHive",
    StuckKind.JOB_RUN: "Runs of jobs that never ended",
}
OUTCOMES: Mapping[CheckOutcome, str] = {
    CheckOutcome.NEW_ADDRESS: "new address",
    CheckOutcome.LISTED_ADDRESS: "listed address",
    CheckOutcome.INVALID_ADDRESS: "invalid address",
    CheckOutcome.NO_ADDRESS: "no address",
    CheckOutcome.REVIVED: "revived since",
}
RUN_STATES = ("done", "running", "failed", "lost", "never ended")


@frozen
class DashboardPages:
    """The dashboard and the lists behind its figures; `grace` is how long a case may wait."""

    stages: StageStores
    ageing: AgeingStores
    hst: HstStores
    waiting: WaitingCases
    grace: Mapping[StuckKind, timedelta]
    jobs: JobOverview
    _ages_of_now: KeptFigure[Sequence[StageAges]] = field(init=False)
    _stuck_of_now: KeptFigure[Mapping[StuckKind, int]] = field(init=False)

    @_ages_of_now.default
    def _counted_ages(self) -> KeptFigure[Sequence[StageAges]]:
        return KeptFigure(lambda now: list(ageing.count_ages(stores=self.ageing, now=now)))

    @_stuck_of_now.default
    def _counted_stuck(self) -> KeptFigure[Mapping[StuckKind, int]]:
        return KeptFigure(lambda now: {kind: len(self._stuck_of(kind, now)) for kind in StuckKind})

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        rows = (
            (DASHBOARD, "Dashboard", "dashboard.html", self.dashboard, "Dashboard"),
            (NOTICES, "Open notices", "dashboard_notices.html", self.open_notices, ""),
            (CHANGES, "Stage changes", "dashboard_changes.html", self.changes, ""),
            (STUCK, "Stuck cases", "dashboard_stuck.html", self.stuck, ""),
            (JOBS, "Runs of jobs", "dashboard_jobs.html", self.runs, ""),
        )
        return tuple(
            Page(
                path,
                title,
                template,
                StaffPage.DASHBOARD,
                show=show,
                operations=(Operation.SEARCH_STAGES, Operation.HST_LIST),
                navigation=navigation,
            )
            for path, title, template, show, navigation in rows
        )

    def dashboard(self, visit: Visit) -> Answer:
        """Show every figure; what is shown says nothing of a person."""
        return View(
            {
                "as_of": visit.now,
                **self._ages(visit.now),
                **self._changes(visit.now),
                **self._stuck_counts(visit.now),
                **self._checks(visit.now),
                **self._jobs(visit.now),
            }
        )

    def open_notices(self, visit: Visit) -> Answer:
        """List the open notices of a stage and band of ages, those of longest standing first."""
        stage, place = visit.query.get("stage", ""), visit.query.get("age", "")
        if place not in map(str, range(len(AGE_BANDS))):
            raise NOT_FOUND
        band = AGE_BANDS[int(place)]
        found = ageing.notices_of_age(stage, band, stores=self.ageing, now=visit.now)
        return View(
            {
                "stage": stage,
                "meaning": STAGES.get(stage, ""),
                "band": str(band),
                "notices": found,
                "is_cut": len(found) == MOST_SHOWN,
            }
        )

    def changes(self, visit: Visit) -> Answer:
        """List the stage changes of an officer and a day, the latest first."""
        officer, day = visit.query.get("officer", ""), calendar_day(visit.query.get("day", ""))
        if day is None:
            raise NOT_FOUND
        found = ageing.changes_of_day(officer, day, stores=self.ageing)
        return View(
            {"officer_shown": officer, "day": day, "changes": found, "is_cut": len(found) == MOST_SHOWN}
        )

    def stuck(self, visit: Visit) -> Answer:
        """List the stuck cases of a kind, the oldest first; of an identity its last characters alone."""
        kind = next((each for each in StuckKind if each.value == visit.query.get("kind")), None)
        if kind is None:
            raise NOT_FOUND
        found = self._stuck_of(kind, visit.now)
        return View(
            {
                "kind": KINDS[kind],
                "is_notice": kind in (StuckKind.NOTICE, StuckKind.SUSPENSION, StuckKind.DELIVERY),
                "cases": found[:MOST_SHOWN],
                "is_cut": len(found) > MOST_SHOWN,
            }
        )

    def runs(self, visit: Visit) -> Answer:
        """List the last runs of a job, or of all, the newest first."""
        name = visit.query.get("job") or None
        return View({"job": name, "runs": self.jobs.runs(name, RUNS_COUNTED)})

    def _ages(self, now: datetime) -> dict[str, Any]:
        counted = self._ages_of_now.at(now)
        found = counted.value
        series = [str(band) for band in AGE_BANDS]
        bars = [Bar(each.stage, each.notices) for each in found]
        return {
            "ages_picture": bar_chart("ages", "Open notices by stage and days in it", series, bars),
            "age_bands": series,
            "ages_at": counted.at,
            "ages": [age_row(each) for each in found],
        }

    def _changes(self, now: datetime) -> dict[str, Any]:
        last = singapore(now).date()
        first = last - timedelta(days=DAYS_OF_CHANGES - 1)
        with self.stages.reading() as reader:
            found = sorted(reader.days(first, last), key=lambda each: (each.day, each.officer))
        series, bars = change_bars(found)
        return {
            "changes_picture": bar_chart("changes", "Stage changes by day and officer", series, bars),
            "change_rows": [change_row(each) for each in reversed(found)],
            "days_of_changes": DAYS_OF_CHANGES,
        }

    def _stuck_counts(self, now: datetime) -> dict[str, Any]:
        counted = self._stuck_of_now.at(now)
        counts = counted.value
        bars = [
            Bar(kind.value.replace("_", " "), (min(count, MOST_SHOWN),)) for kind, count in counts.items()
        ]
        return {
            "stuck_picture": bar_chart("stuck", "Stuck cases by kind", ["cases"], bars),
            "stuck_at": counted.at,
            "stuck": [
                {
                    "kind": KINDS[kind],
                    "cases": f"more than {MOST_SHOWN}" if count > MOST_SHOWN else count,
                    "href": f"{STUCK}?{urlencode({'kind': kind.value})}" if count else "",
                }
                for kind, count in counts.items()
            ],
        }

    def _stuck_of(self, kind: StuckKind, now: datetime) -> Sequence[StuckCase]:
        return list(stuck_cases(self.waiting, kind, now, self.grace, MOST_SHOWN + 1))

    def _checks(self, now: datetime) -> dict[str, Any]:
        found = hst.count_outcomes(months=MONTHS_OF_CHECKS, stores=self.hst, now=now)
        bars = [Bar(f"{each.month:%b %Y}", each.identities) for each in found]
        series = list(OUTCOMES.values())
        return {
            "checks_picture": bar_chart("checks", "Identities by their last address check", series, bars),
            "outcomes": series,
            "checks": [check_row(each) for each in reversed(found)],
        }

    def _jobs(self, now: datetime) -> dict[str, Any]:
        states, runs = self.jobs.jobs(now), self.jobs.runs(None, RUNS_COUNTED)
        return {
            "jobs_picture": bar_chart("jobs", "The last runs by how they ended", RUN_STATES, run_bars(runs)),
            "jobs": [
                {"state": state, "href": f"{JOBS}?{urlencode({'job': state.name})}"} for state in states
            ],
            "runs_counted": RUNS_COUNTED,
        }


def age_row(ages: StageAges) -> dict[str, object]:
    """Return the line of a stage: each figure with its list, and their sum."""
    return {
        "stage": ages.stage,
        "meaning": STAGES.get(ages.stage, ""),
        "figures": [
            {
                "count": count,
                "href": f"{NOTICES}?{urlencode({'stage': ages.stage, 'age': place})}" if count else "",
            }
            for place, count in enumerate(ages.notices)
        ],
        "total": sum(ages.notices),
    }


def change_bars(found: Sequence[OfficerDay]) -> tuple[list[str], list[Bar]]:
    """Return the officers with most changes, the others as one, and a bar for each day with changes."""
    totals: dict[str, int] = {}
    for each in found:
        totals[each.officer] = totals.get(each.officer, 0) + each.changes
    first = sorted(totals, key=lambda officer: (-totals[officer], officer))[:MOST_OFFICERS]
    series = first if len(totals) == len(first) else [*first, OTHERS]
    bars = []
    for day in sorted({each.day for each in found}):
        of_day = {each.officer: each.changes for each in found if each.day == day}
        parts = [of_day.pop(officer, 0) for officer in first]
        bars.append(Bar(f"{day:%d %b}", (*parts, *([sum(of_day.values())] if OTHERS in series else []))))
    return series, bars


def change_row(counted: OfficerDay) -> dict[str, object]:
    """Return the line of an officer and a day."""
    query = urlencode({"officer": counted.officer, "day": counted.day.isoformat()})
    return {
        "day": counted.day,
        "officer": counted.officer,
        "count": counted.changes,
        "href": f"{CHANGES}?{query}",
    }


def check_row(month: MonthOfChecks) -> dict[str, object]:
    """Return the line of a month of address checks."""
    return {
        "month": f"{month.month:%B %Y}",
        "figures": [
            {"count": count, "href": answers_address(month, outcome) if count else ""}
            for outcome, count in zip(CheckOutcome, month.identities, strict=True)
        ],
    }


def answers_address(month: MonthOfChecks, outcome: CheckOutcome) -> str:
    """Return where the answers of a month with an outcome are listed."""
    return f"{ANSWERS}?{urlencode({'month': f'{month.month:%Y-%m}', 'outcome': outcome.value})}"


def run_bars(runs: Sequence[Run]) -> list[Bar]:
    """Return a bar for each job with the number of its runs by state."""
    names = sorted({run.job for run in runs})
    return [
        Bar(
            name.replace("_", " "),
            tuple(sum(1 for run in runs if (run.job, run.state) == (name, state)) for state in RUN_STATES),
        )
        for name in names
    ]
