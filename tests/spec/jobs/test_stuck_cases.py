"""A case is stuck when nothing will happen to it any more; operations are told of each once a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.jobs.runs import Run, RunResult
from ocms_core.jobs.stuck_cases import (
    GRACE,
    DueNotice,
    DueSuspension,
    StuckCase,
    StuckKind,
    WaitingCase,
    WaitingDelivery,
    WaitingEnquiry,
    described,
    report_stuck_cases,
    stuck_case,
    stuck_cases,
)
from tests.support.builders import NOW

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)

NOTICE = DueNotice(
    notice_no="500400058A",
    stage="RD1",
    moved_at=NOW - 30 * DAY,
    next_stage="RD2",
    due=NOW - 8 * DAY,
    payment_status="PP",
    suspended=False,
)
SUSPENSION = DueSuspension("500400058A", 2, "TS-HST", NOW - DAY)
DELIVERY = WaitingDelivery(7, "500400058A", "NOTICE", NOW - 2 * timedelta(hours=1), 3, "it does not answer")
ENQUIRY = WaitingEnquiry("S1234567D", NOW - 50 * DAY, NOW - 49 * DAY, None)
RUN = Run(12, "loop_hst_suspensions", "host:1:a", NOW - DAY)
# Each kind with the field that says since when, and how long it may wait by the rule.
EACH: tuple[tuple[WaitingCase, str, timedelta], ...] = (
    (NOTICE, "due", 7 * DAY),
    (SUSPENSION, "due", timedelta(0)),
    (DELIVERY, "written_at", timedelta(hours=1)),
    (ENQUIRY, "queued_at", 45 * DAY),
    (RUN, "started_at", timedelta(0)),
)


@frozen
class InMemoryCases:
    """Waiting cases by kind."""

    cases: tuple[WaitingCase, ...]
    since: list[datetime] = field(factory=list)

    @contextmanager
    def oldest(
        self, kind: StuckKind, before: datetime, most: int | None = None, skip: int = 0
    ) -> Iterator[Iterator[WaitingCase]]:
        """Open those of a kind that wait since before a moment."""
        self.since.append(before)
        end = None if most is None else skip + most
        yield iter(sorted(self._late(kind, before), key=lambda each: described(each)[2])[skip:end])

    def count(self, kind: StuckKind, before: datetime) -> int:
        """Return how many of a kind wait since before a moment."""
        return len(self._late(kind, before))

    def _late(self, kind: StuckKind, before: datetime) -> list[WaitingCase]:
        return [each for each in self.cases if described(each)[0] is kind and described(each)[2] < before]


def moved_to(waiting: Any, field: str, moment: datetime) -> WaitingCase:
    changed: WaitingCase = evolve(waiting, **{field: moment})
    return changed


def stuck(waiting: WaitingCase) -> StuckCase | None:
    return stuck_case(waiting, NOW, GRACE)


@pytest.mark.rule("K5")
@pytest.mark.parametrize("waiting, since, grace", EACH, ids=[type(each[0]).__name__ for each in EACH])
def test_a_case_is_stuck_once_its_time_is_over_and_not_before(
    waiting: WaitingCase, since: str, grace: timedelta
) -> None:
    assert stuck(moved_to(waiting, since, NOW - grace)) is None
    assert stuck(moved_to(waiting, since, NOW - grace - MICROSECOND)) is not None


@pytest.mark.rule("K5")
@pytest.mark.parametrize(
    "notice",
    [
        evolve(NOTICE, suspended=True),
        evolve(NOTICE, payment_status="FP"),
        evolve(NOTICE, moved_at=NOTICE.due + MICROSECOND),
    ],
    ids=["suspended", "paid", "moved"],
)
def test_a_notice_that_is_suspended_paid_or_moved_is_not_stuck(notice: DueNotice) -> None:
    assert stuck(notice) is None


@pytest.mark.rule("K5")
@pytest.mark.parametrize(
    "notice",
    [NOTICE, evolve(NOTICE, payment_status=None), evolve(NOTICE, moved_at=NOTICE.due)],
    ids=["partly paid", "no payment status", "moved as it fell due"],
)
def test_a_notice_that_waits_for_its_next_stage_alone_is_stuck(notice: DueNotice) -> None:
    assert stuck(notice) is not None


@pytest.mark.rule("K5")
def test_a_run_that_ended_or_holds_its_lock_is_not_stuck() -> None:
    assert stuck(evolve(RUN, result=RunResult.FAILED, ended_at=NOW)) is None
    assert stuck(evolve(RUN, holds_lock=True)) is None


@pytest.mark.rule("K5")
def test_each_says_why_and_shows_no_identity() -> None:
    said = [
        (case.kind, case.case, case.since, case.reason) for case in map(stuck, (e[0] for e in EACH)) if case
    ]
    assert said == [
        (StuckKind.NOTICE, "500400058A", NOTICE.due, f"RD1 since {(NOW - 30 * DAY).date()}; RD2 is due"),
        (StuckKind.SUSPENSION, "500400058A", SUSPENSION.due, "TS-HST, record 2, was to end and is open"),
        (
            StuckKind.DELIVERY,
            "500400058A",
            DELIVERY.written_at,
            "NOTICE not on the Internet after 3 attempts; last: it does not answer",
        ),
        (
            StuckKind.ENQUIRY,
            "*567D",
            ENQUIRY.queued_at,
            f"no answer: MHA asked {(NOW - 49 * DAY).date()}, DataHive not asked",
        ),
        (StuckKind.JOB_RUN, "loop_hst_suspensions", RUN.started_at, "run 12 on host:1:a never ended"),
    ]
    first = evolve(DELIVERY, attempts=0, last_error=None)
    assert described(first)[3] == "NOTICE not on the Internet after 0 attempts"


@pytest.mark.rule("K5")
def test_operations_are_alerted_once_a_day_of_the_oldest_of_each_kind() -> None:
    alerts: list[tuple[str, str, str]] = []
    notices = tuple(
        evolve(NOTICE, notice_no=f"N{number:09}", due=NOTICE.due - number * DAY) for number in range(12)
    )
    counts = report_stuck_cases(
        InMemoryCases((*notices, SUSPENSION)), lambda *alert: alerts.append(alert), lambda: NOW, GRACE
    )
    assert counts == {"notice": 12, "suspension": 1, "delivery": 0, "enquiry": 0, "job_run": 0}
    ((incident, subject, text),) = alerts
    assert (incident, subject) == (f"{NOW.date()}/stuck", "OCMS stuck cases: 13")
    lines = text.splitlines()
    assert lines[0] == f"notice N000000011, {(NOTICE.due - 11 * DAY).date()}: {described(NOTICE)[3]}"
    assert [line.split(",")[0] for line in lines[:10]] == [f"notice N{n:09}" for n in range(11, 1, -1)]
    assert lines[10] == "notice: 2 more"
    assert lines[11].startswith("suspension 500400058A")
    assert lines[12:] == ["`ocms stuck` lists them all."]


@pytest.mark.rule("K5")
def test_exactly_as_many_as_an_alert_names_leave_no_more() -> None:
    alerts: list[str] = []
    notices = tuple(evolve(NOTICE, notice_no=str(number)) for number in range(10))
    report_stuck_cases(InMemoryCases(notices), lambda *alert: alerts.append(alert[2]), lambda: NOW, GRACE)
    assert "more" not in alerts[0]


@pytest.mark.rule("K5")
def test_nobody_is_alerted_of_nothing() -> None:
    alerts: list[object] = []
    counts = report_stuck_cases(InMemoryCases(()), lambda *alert: alerts.append(alert), lambda: NOW, GRACE)
    assert not any(counts.values())
    assert alerts == []


@pytest.mark.rule("K5")
@given(
    days=st.lists(st.integers(0, 20), max_size=12),
    grace=st.integers(0, 20),
    most=st.none() | st.integers(0, 12),
)
def test_the_oldest_come_first_and_no_more_than_wanted(days: list[int], grace: int, most: int | None) -> None:
    notices = tuple(
        evolve(NOTICE, notice_no=str(number), due=NOW - each * DAY) for number, each in enumerate(days)
    )
    allowed = {**GRACE, StuckKind.NOTICE: grace * DAY}
    cases = InMemoryCases(notices)
    found = list(stuck_cases(cases, StuckKind.NOTICE, NOW, allowed, most))
    assert cases.since == [NOW - grace * DAY], "nothing else is read"
    late = sorted(NOW - each * DAY for each in days if each > grace)
    assert [case.since for case in found] == late[:most]
