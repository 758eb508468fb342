"""Lifting TS-HST when the owner was reached."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.request_checks import HstRevival
from ocms_core.hst.reviving import decide
from ocms_core.kernel.changes import (
    EnquiryWithdrawn,
    IdentityRemoved,
    NoticeChanged,
    SuspensionsClosed,
    SuspensionShownOnNotices,
)
from ocms_core.kernel.codes import HST_ID_NOT_FOUND, HST_SUCCESS
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.suspensions import NOT_SUSPENDED, ShownSuspension
from tests.spec.hst.test_applying import NOTICES
from tests.support.builders import HST, WWP
from tests.support.cases import Case, parametrize_cases, written
from tests.support.hst_facts import (
    EARLIER,
    IDENTITY,
    LATER,
    LISTED,
    NOW,
    OFFICER,
    SINCE,
    UNC,
    facts,
    notice,
    record,
    suspended,
)

REMARKS = "New address confirmed valid: Offender contacted successfully"
DELISTED = (IdentityRemoved(IDENTITY), EnquiryWithdrawn(IDENTITY))
IN_TWO_DAYS = NOW + timedelta(days=2)


def closed(*keys: tuple[str, datetime, int]) -> SuspensionsClosed:
    return SuspensionsClosed(keys, NOW, "HAV", OFFICER, REMARKS)


Reviving = Case[IdentityFacts, None, Sequence[tuple[str, str | None]] | Refusal]

CASES: tuple[Reviving, ...] = (
    Case(
        rule="H7",
        name="open TS-HST is closed, the notices go on in two days, the identity leaves list and queue",
        given=facts(suspended("A", record()), suspended("B", record()), listed=[LISTED]),
        says=(("A", "ACTIVE"), ("B", "ACTIVE")),
        writes=(
            closed(("A", SINCE, 1), ("B", SINCE, 1)),
            SuspensionShownOnNotices(("A", "B"), NOT_SUSPENDED, IN_TWO_DAYS),
            *DELISTED,
        ),
    ),
    Case(
        rule="H7",
        name="an identity that is not listed is refused",
        given=facts(suspended("A", record())),
        says=Refusal(HST_ID_NOT_FOUND),
    ),
    Case(
        rule="H7",
        name="a listed identity without notices leaves the list",
        given=facts(listed=[LISTED]),
        says=(),
        writes=DELISTED,
    ),
    Case(
        rule="H7",
        name="a notice that is not under TS-HST is left alone",
        given=facts(notice("A"), suspended("B", record(UNC)), listed=[LISTED]),
        says=(),
        writes=DELISTED,
    ),
    Case(
        rule="H7",
        name="a notice with another temporary suspension shows that one, and goes nowhere",
        given=facts(suspended("A", record(UNC, 1, EARLIER), record(HST, 2, LATER)), listed=[LISTED]),
        says=(("A", "TS-UNC"),),
        writes=(
            closed(("A", SINCE, 2)),
            NoticeChanged("A", suspension=ShownSuspension("TS", "UNC", SINCE, EARLIER)),
            *DELISTED,
        ),
    ),
    Case(
        rule=("H7", "H5"),
        name="a row that shows another temporary suspension goes on showing it",
        given=facts(suspended("A", record(HST, 1, EARLIER), record(UNC, 2, LATER)), listed=[LISTED]),
        says=(("A", "TS-UNC"),),
        writes=(closed(("A", SINCE, 1)), *DELISTED),
    ),
    Case(
        rule=("H7", "H9"),
        name="a paid notice has its record closed and keeps its permanent suspension",
        given=facts(
            notice(
                "A",
                shown=ShownSuspension("PS", "HST", NOW, None),
                crs_reason="FP",
                open_records=(record(),),
                last_sr_no=1,
                payment_status="FP",
            ),
            listed=[LISTED],
        ),
        says=(("A", "PS-FP"),),
        writes=(closed(("A", SINCE, 1)), *DELISTED),
    ),
    Case(
        rule=("H7", "U1"),
        name="the row of a paid notice that shows TS-HST shows the permanent suspension again",
        given=facts(suspended("A", record(), crs_reason="FP", payment_status="FP"), listed=[LISTED]),
        says=(("A", "PS-FP"),),
        writes=(
            closed(("A", SINCE, 1)),
            NoticeChanged("A", suspension=ShownSuspension("PS", None, None, None)),
            *DELISTED,
        ),
    ),
    Case(
        rule=("H7", "U1"),
        name="a row that shows TS-HST without a record shows nothing",
        given=facts(notice("A", shown=ShownSuspension("TS", "HST", SINCE, EARLIER)), listed=[LISTED]),
        says=(("A", "ACTIVE"),),
        writes=(SuspensionShownOnNotices(("A",), NOT_SUSPENDED, IN_TWO_DAYS), *DELISTED),
    ),
    Case(
        rule=("H7", "H5", "U1"),
        name="a suspension another system wrote on the row alone stays when TS-HST beneath it is lifted",
        given=facts(
            notice("A", shown=ShownSuspension("TS", "UNC", SINCE, LATER), open_records=(record(),)),
            listed=[LISTED],
        ),
        says=(("A", "TS-UNC"),),
        writes=(closed(("A", SINCE, 1)), *DELISTED),
    ),
    Case(
        rule=("H7", "U1"),
        name="a permanent record that the row does not show is shown instead of TS-HST",
        given=facts(suspended("A", record(WWP, 1, None), record(HST, 2)), listed=[LISTED]),
        says=(("A", "PS-WWP"),),
        writes=(
            closed(("A", SINCE, 2)),
            NoticeChanged("A", suspension=ShownSuspension("PS", "WWP", SINCE, None)),
            *DELISTED,
        ),
    ),
    Case(
        rule=("H7", "U1"),
        name="a permanent suspension without a reason, on the row alone, is told by its type",
        given=facts(
            notice("A", shown=ShownSuspension("PS", None, SINCE, None), open_records=(record(),)),
            listed=[LISTED],
        ),
        says=(("A", "PS"),),
        writes=(closed(("A", SINCE, 1)), *DELISTED),
    ),
    Case(
        rule="H7",
        name="every open TS-HST record of a notice is closed",
        given=facts(suspended("A", record(HST, 1), record(HST, 2)), listed=[LISTED]),
        says=(("A", "ACTIVE"),),
        writes=(
            closed(("A", SINCE, 1), ("A", SINCE, 2)),
            SuspensionShownOnNotices(("A",), NOT_SUSPENDED, IN_TWO_DAYS),
            *DELISTED,
        ),
    ),
)


@parametrize_cases(CASES)
def test_decide(case: Reviving) -> None:
    verdict = decide(HstRevival(IDENTITY, REMARKS), case.given, OFFICER, NOW)
    said = (
        verdict
        if isinstance(verdict, Refusal)
        else tuple((answer.key, answer.detail) for answer in verdict.answers)
    )
    assert said == case.says
    assert isinstance(verdict, Refusal) or {answer.code for answer in verdict.answers} <= {HST_SUCCESS}
    assert written(verdict) == case.writes


@pytest.mark.rule("H7", "U1")
@given(NOTICES)
def test_many_notices_are_revived_as_each_would_be_alone(notices: list[HstNotice]) -> None:
    whole = revived(*notices)
    alone = [revived(each) for each in notices]
    assert whole.answers == tuple(answer for each in alone for answer in each.answers)
    for kind, part in PARTS.items():
        together, apart = (
            [item for change in changes if isinstance(change, kind) for item in part(change)]
            for changes in (whole.changes, [change for each in alone for change in each.changes])
        )
        assert together == apart


def revived(*notices: HstNotice) -> Decision[str]:
    verdict = decide(HstRevival(IDENTITY, REMARKS), facts(*notices, listed=[LISTED]), OFFICER, NOW)
    assert isinstance(verdict, Decision)
    return verdict


PARTS: Mapping[type, Callable[[Any], Iterable[object]]] = {
    SuspensionsClosed: lambda change: change.keys,
    SuspensionShownOnNotices: lambda change: change.notice_nos,
    NoticeChanged: lambda change: [change],
}
"""What each kind of change says of single notices."""
