"""What a notice takes over from a new offender who is on the HST list."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from ocms_core.kernel.changes import Change, NoticeChanged, SuspensionOpened
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.hst_suspension import Suspensions
from ocms_core.kernel.suspensions import OpenSuspension, ShownSuspension, SuspensionReason, SuspensionRecord
from ocms_core.offenders import furnishing, redirecting
from ocms_core.offenders.effects import RoleAssigned
from ocms_core.offenders.facts import AssigneeOnHstList, OffenderNotice
from tests.support.builders import HST, NOW, SINCE, WWP
from tests.support.cases import Case, parametrize_cases, written
from tests.support.offender_builders import NUMBER, OFFICER, assignment, notice, stands

UNC = SuspensionReason("TS", "UNC")
IN_THIRTY_DAYS = NOW + timedelta(days=30)
EARLIER, LATER = NOW + timedelta(days=9), NOW + timedelta(days=31)
SHOWN = ShownSuspension("TS", "HST", NOW, IN_THIRTY_DAYS)


def opened(sr_no: int = 1, due: datetime = IN_THIRTY_DAYS) -> SuspensionOpened:
    remark = "HST Suspension - Address invalid"
    return SuspensionOpened(SuspensionRecord(NUMBER, NOW, sr_no, "OCMS", HST, OFFICER, due, remark))


def shown(reason: SuspensionReason, due: datetime | None) -> ShownSuspension:
    return ShownSuspension(reason.type, reason.code, SINCE, due)


def under(reason: SuspensionReason, due: datetime | None, *, on_row: bool = True) -> Suspensions:
    """Give a notice's only suspension, its third."""
    row = {"shown": shown(reason, due)} if on_row else {}
    return Suspensions(**row, open_records=(OpenSuspension(reason, SINCE, 3, due),), last_sr_no=3)


def to_a_listed_taker(suspensions: Suspensions, days: int | None = 30) -> OffenderNotice:
    listed = AssigneeOnHstList(suspensions, {} if days is None else {HST: days})
    return evolve(notice(stands("O", current=True)), assignee_on_hst_list=listed)


Suspending = Case[OffenderNotice, None, ShownSuspension | None]

CASES: tuple[Suspending, ...] = (
    Case(
        rule=("F20", "H4", "H20"),
        name="a notice nothing suspends goes under TS-HST and shows it",
        given=to_a_listed_taker(Suspensions()),
        says=SHOWN,
        writes=(opened(),),
    ),
    Case(
        rule=("F20", "H20"),
        name="its record has the next number, and thirty days where the reason table gives none",
        given=to_a_listed_taker(Suspensions(last_sr_no=7), days=None),
        says=SHOWN,
        writes=(opened(8),),
    ),
    Case(
        rule=("F20", "H20"),
        name="the days are those of the reason table",
        given=to_a_listed_taker(Suspensions(), days=9),
        says=ShownSuspension("TS", "HST", NOW, EARLIER),
        writes=(opened(due=EARLIER),),
    ),
    Case(
        rule=("F20", "H5"),
        name="another temporary suspension due earlier gives way on the row",
        given=to_a_listed_taker(under(UNC, EARLIER)),
        says=SHOWN,
        writes=(opened(4),),
    ),
    Case(
        rule=("F20", "H5"),
        name="another temporary suspension due later goes on being shown",
        given=to_a_listed_taker(under(UNC, LATER)),
        says=shown(UNC, LATER),
        writes=(opened(4),),
    ),
    Case(
        rule=("F20", "H4"),
        name="a notice under TS-HST already keeps the record it has",
        given=to_a_listed_taker(under(HST, LATER)),
        says=None,
    ),
    Case(
        rule=("F20", "H4"),
        name="a notice with an open permanent record is left alone",
        given=to_a_listed_taker(under(WWP, None, on_row=False)),
        says=None,
    ),
    Case(
        rule=("F20", "H9"),
        name="somebody who is not listed takes the notice with whatever suspends it",
        given=notice(stands("O", current=True), suspension_type="TS"),
        says=None,
    ),
)


@parametrize_cases(CASES)
def test_what_a_listed_taker_brings(case: Suspending) -> None:
    changed, *others = written(furnishing.decide(assignment(), case.given, NOW))
    assert isinstance(changed, NoticeChanged)
    assert changed.suspension == case.says
    assert (
        tuple(
            parametrize_cases
            for parametrize_cases in others
            if isinstance(parametrize_cases, SuspensionOpened)
        )
        == case.writes
    )


Deciding = Callable[[str, OffenderNotice], Decision[RoleAssigned] | Refusal]


def furnished(role: str, found: OffenderNotice) -> Decision[RoleAssigned] | Refusal:
    return furnishing.decide(assignment(role), found, NOW)


def redirected(role: str, found: OffenderNotice) -> Decision[RoleAssigned] | Refusal:
    assert found.current
    return redirecting.decide(found.current.role, assignment(role), found, NOW)


@pytest.mark.rule("F20", "F31", "H4", "H20")
@pytest.mark.parametrize("decide", [furnished, redirected])
@pytest.mark.parametrize("role", "OHD")
def test_whatever_the_role_furnishing_and_redirecting_suspend_alike(decide: Deciding, role: str) -> None:
    listed = AssigneeOnHstList(Suspensions(), {HST: 30})
    before = evolve(notice(stands("D" if role == "O" else "O", current=True)), assignee_on_hst_list=listed)
    whole, plain = (
        written(decide(role, before)),
        written(decide(role, evolve(before, assignee_on_hst_list=None))),
    )
    changed = whole[0]
    assert isinstance(changed, NoticeChanged)
    assert changed.suspension == SHOWN
    assert whole[1] == opened()
    # All else is written as for anybody.
    others: tuple[Change, ...] = (evolve(changed, suspension=None), *whole[2:])
    assert others == plain
