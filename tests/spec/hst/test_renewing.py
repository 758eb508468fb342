"""TS-HST that falls due goes round or ends."""

from datetime import timedelta

import pytest
from attrs import evolve

from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.renewing import decide
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.changes import Change, SuspensionsClosed, SuspensionShownOnNotices, SuspensionsOpened
from ocms_core.kernel.codes import HST_SUCCESS
from ocms_core.kernel.decisions import Answer
from ocms_core.kernel.suspensions import NOT_SUSPENDED, ShownSuspension
from tests.support.builders import HST, WWP, at
from tests.support.cases import Case, parametrize_cases, written
from tests.support.hst_facts import (
    ADDRESS,
    LISTED,
    NEW_ADDRESS,
    SINCE,
    UNC,
    answer,
    facts,
    notice,
    record,
    suspended,
)

TWO_O_CLOCK = at("2025-02-13T02:00:00")
ON_THE_DAY = at("2025-02-13T11:00:00")
DAY_AFTER = at("2025-02-14T00:00:00")
AGAIN = TWO_O_CLOCK + timedelta(days=30)

DUE_NOTICE = suspended("A", record(due=ON_THE_DAY))
CLOSED = SuspensionsClosed((("A", SINCE, 1),), TWO_O_CLOCK, "SPO", "ocmsiz_app_conn")
ROUND: tuple[Change, ...] = (
    CLOSED,
    SuspensionsOpened(
        (("A", 2),), TWO_O_CLOCK, "OCMS", HST, "ocmsiz_app_conn", AGAIN, "HST Suspension - Address invalid"
    ),
    SuspensionShownOnNotices(("A",), ShownSuspension("TS", "HST", TWO_O_CLOCK, AGAIN)),
)
OVER: tuple[Change, ...] = (
    CLOSED,
    SuspensionShownOnNotices(("A",), NOT_SUSPENDED, TWO_O_CLOCK + timedelta(days=2)),
)


def listed(found: HstNotice, *answers: object) -> IdentityFacts:
    return facts(found, listed=[LISTED], answers=answers)  # type: ignore[arg-type]  # answers only


Looping = Case[IdentityFacts, None, tuple[Change, ...]]

CASES: tuple[Looping, ...] = (
    Case(
        rule="H31",
        name="on its due day TS-HST of a listed identity goes round, whatever the hour",
        given=listed(DUE_NOTICE),
        says=ROUND,
    ),
    Case(
        rule="H31",
        name="a day early nothing happens",
        given=listed(suspended("A", record(due=DAY_AFTER))),
        says=(),
    ),
    Case(
        rule="H31",
        name="of an identity that is no longer listed it expires",
        given=facts(DUE_NOTICE),
        says=OVER,
    ),
    Case(
        rule="H31",
        name="a check that found a valid new address ends the loop",
        given=listed(DUE_NOTICE, answer()),
        says=OVER,
    ),
    *(
        Case(
            rule=("H31", "H37"),
            name=f"a check that found the listed address, {how}, does not",
            given=facts(
                DUE_NOTICE,
                listed=[evolve(LISTED, address=evolve(ADDRESS, bldg_name="B" * 41))],
                answers=[answer(address=evolve(ADDRESS, bldg_name=building))],
            ),
            says=ROUND,
        )
        for how, building in (("its building cut by MHA's record", "B" * 30), ("without its building", ""))
    ),
    Case(
        rule=("H31", "H37"),
        name="a check that found an invalid address does not",
        given=listed(DUE_NOTICE, answer(invalid_addr_tag="G")),
        says=ROUND,
    ),
    Case(
        rule=("H31", "H37"),
        name="a check that found the address the list has does not",
        given=listed(DUE_NOTICE, answer(address=ADDRESS)),
        says=ROUND,
    ),
    Case(
        rule="H31",
        name="a check that found no address at all does not",
        given=listed(DUE_NOTICE, answer(address=RegisteredAddress())),
        says=ROUND,
    ),
    Case(
        rule="H31",
        name="a check that found a valid new address before the identity was listed does not",
        given=listed(DUE_NOTICE, answer(answered_at=SINCE - timedelta(seconds=1))),
        says=ROUND,
    ),
    Case(
        rule=("H31", "H6"),
        name="nor does an officer who gives the list the address that was found keep the loop going",
        given=facts(
            DUE_NOTICE,
            listed=[evolve(LISTED, address=NEW_ADDRESS, address_changed_at=TWO_O_CLOCK)],
            answers=[answer()],
        ),
        says=OVER,
    ),
    Case(
        rule=("H31", "H9"),
        name="a paid notice is skipped",
        given=listed(
            notice(
                "A",
                shown=ShownSuspension("PS", "FP", SINCE, None),
                open_records=(record(due=ON_THE_DAY),),
                last_sr_no=1,
            )
        ),
        says=(),
    ),
    Case(
        rule="H31",
        name="a notice that is paid but not yet suspended for it is skipped too",
        given=listed(suspended("A", record(due=ON_THE_DAY), payment_status="FP")),
        says=(),
    ),
    Case(
        rule=("H10", "U5"),
        name="of an identity that is not listed, also TS-HST of a paid notice ends on its day",
        given=facts(
            suspended(
                "A",
                record(due=ON_THE_DAY),
                shown=ShownSuspension("PS", "HST", SINCE, None),
                crs_reason="FP",
                payment_status="FP",
            )
        ),
        says=(CLOSED,),
    ),
    Case(
        rule=("H10", "U5", "U1"),
        name="and so does that beneath a permanent suspension, which the row goes on showing",
        given=facts(
            suspended(
                "A",
                record(due=ON_THE_DAY),
                record(WWP, 2, due=None),
            )
        ),
        says=(CLOSED,),
    ),
    Case(
        rule=("H31", "U3"),
        name="a permanent record that the row does not show is passed over while the identity is listed",
        given=listed(suspended("A", record(WWP, 2, due=None), record(due=ON_THE_DAY))),
        says=(),
    ),
    Case(
        rule="H31",
        name="another temporary suspension that is due is not this job's",
        given=listed(suspended("A", record(UNC, due=ON_THE_DAY))),
        says=(),
    ),
)


@parametrize_cases(CASES)
def test_decide(case: Looping) -> None:
    assert written(decide(case.given, TWO_O_CLOCK)) == case.says


@pytest.mark.rule("H31")
@pytest.mark.parametrize(
    "given, became",
    [(listed(DUE_NOTICE), "TS-HST"), (facts(DUE_NOTICE), "EXPIRED")],
    ids=["listed", "not listed"],
)
def test_the_answer_says_what_becomes_of_a_notice(given: IdentityFacts, became: str) -> None:
    assert decide(given, TWO_O_CLOCK).answers == (Answer("A", HST_SUCCESS, became),)
