"""What becomes of the suspensions of a notice with its new offender, on the HST list or not."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from ocms_core.kernel.changes import Change, NoticeChanged, SuspensionClosed, SuspensionOpened
from ocms_core.kernel.codes import PERMANENT_SUSPENSION
from ocms_core.kernel.dated_values import DatedValue, ReasonTerms
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.suspensions import (
    NOT_SUSPENDED,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    SuspensionRecord,
    Suspensions,
)
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


def under(
    reason: SuspensionReason, due: datetime | None, *others: OpenSuspension, on_row: bool = True
) -> Suspensions:
    """Build what suspends a notice: its third record, which its row shows, and others."""
    return Suspensions(
        shown(reason, due) if on_row else NOT_SUSPENDED,
        (OpenSuspension(reason, SINCE, 3, due), *others),
        3,
    )


def closed(sr_no: int = 3) -> SuspensionClosed:
    return SuspensionClosed(NUMBER, SINCE, sr_no, NOW, "RDN", OFFICER)


def to_a_listed_taker(suspensions: Suspensions, days: int | None = 30) -> OffenderNotice:
    listed = AssigneeOnHstList({} if days is None else {HST: days})
    return evolve(to_anybody(suspensions), assignee_on_hst_list=listed)


def to_anybody(suspensions: Suspensions) -> OffenderNotice:
    return notice(stands("O", current=True), suspensions=suspensions)


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
        name="another temporary suspension due later stays on the row",
        given=to_a_listed_taker(under(UNC, LATER)),
        says=None,
        writes=(opened(4),),
    ),
    Case(
        rule=("F20", "H4"),
        name="a notice under TS-HST already keeps the record it has",
        given=to_a_listed_taker(under(HST, LATER)),
        says=None,
    ),
    Case(
        rule=("F20", "H4", "U1"),
        name="its row is put right when it does not show TS-HST",
        given=to_a_listed_taker(under(HST, LATER, on_row=False)),
        says=shown(HST, LATER),
    ),
    Case(
        rule="H10",
        name="somebody who is not listed takes it out of TS-HST: the record is closed, the row shows nothing",
        given=to_anybody(under(HST, LATER)),
        says=NOT_SUSPENDED,
        writes=(closed(),),
    ),
    Case(
        rule=("H10", "U1"),
        name="the row then shows what else suspends the notice",
        given=to_anybody(under(HST, LATER, OpenSuspension(UNC, SINCE, 2, EARLIER))),
        says=shown(UNC, EARLIER),
        writes=(closed(),),
    ),
    Case(
        rule=("H10", "U1"),
        name="TS-HST beneath another suspension is closed too, and the row stays",
        given=to_anybody(
            Suspensions(
                shown(UNC, LATER),
                (OpenSuspension(HST, SINCE, 1, EARLIER), OpenSuspension(UNC, SINCE, 2, LATER)),
                2,
            )
        ),
        says=None,
        writes=(closed(1),),
    ),
    Case(
        rule="H10",
        name="TS-HST that stands on the row alone leaves the row",
        given=to_anybody(Suspensions(shown(HST, LATER))),
        says=NOT_SUSPENDED,
    ),
    Case(
        rule=("H10", "H9"),
        name="another temporary suspension is nothing of the HST list's, and stays",
        given=to_anybody(under(UNC, LATER)),
        says=None,
    ),
    Case(
        rule="U1",
        name="a row that does not show what its records say is put right",
        given=to_anybody(under(UNC, LATER, on_row=False)),
        says=shown(UNC, LATER),
    ),
)


@parametrize_cases(CASES)
def test_what_becomes_of_the_suspensions(case: Suspending) -> None:
    changed, *others = written(furnishing.decide(assignment(), case.given, NOW))
    assert isinstance(changed, NoticeChanged)
    assert changed.suspension == case.says
    assert (
        tuple(each for each in others if isinstance(each, SuspensionClosed | SuspensionOpened)) == case.writes
    )


@pytest.mark.rule("G18", "H20")
def test_the_days_of_ts_hst_are_those_of_the_day_in_singapore_on_which_it_begins() -> None:
    from_february = DatedValue(HST, ReasonTerms(in_use=True, days=45), date(2026, 2, 1))
    listed = AssigneeOnHstList({HST: 30}, (from_february,))
    midnight = datetime(2026, 1, 31, 16, tzinfo=UTC)
    moments = (midnight - timedelta(microseconds=1), midnight)
    assert [listed.days_on(moment)[HST] for moment in moments] == [30, 45]


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
    listed = AssigneeOnHstList({HST: 30})
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


@pytest.mark.rule("F10", "U3")
@pytest.mark.parametrize("decide", [furnished, redirected])
def test_an_open_permanent_record_refuses_whatever_the_row_shows(decide: Deciding) -> None:
    found = to_anybody(
        Suspensions(
            shown(UNC, LATER), (OpenSuspension(WWP, SINCE, 1, None), OpenSuspension(UNC, SINCE, 2, LATER))
        )
    )
    assert decide("H", found) == Refusal(PERMANENT_SUSPENSION)
