"""API 2: CAS updates court notices with a new stage or suspension."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.court.court_notices import UpdateOutcome, decide, update_outcome
from ocms_core.court.facts import CourtFacts, CourtNotice
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.changes import NoticeChanged, SuspensionClosed, SuspensionOpened, notice_of
from ocms_core.kernel.codes import (
    DUPLICATE_NOTICE_NO,
    INTERNAL_ERROR,
    INVALID_EPR_REASON,
    INVALID_STAGE,
    INVALID_SUSPENSION_TYPE,
    NOT_A_COURT_NOTICE,
    SUCCESS,
    Code,
)
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import OpenSuspension, SuspensionReason, SuspensionRecord, shown_suspension
from tests.support.builders import (
    DUE,
    HST,
    LATER,
    NOW,
    OTH,
    SINCE,
    STAGE_MAP,
    SUSPENSION_REASONS,
    WWP,
    at,
    court_facts,
    notice,
    reference,
    shown,
)
from tests.support.cases import Case, outcome, parametrize_cases, written
from tests.support.in_memory_stores import Tables, apply

IN_14_DAYS = at("2025-01-28T00:00:00")
APP = SuspensionReason("PS", "APP")
TS_APP = SuspensionReason("TS", "APP")
OUT = SuspensionReason("TS", "OUT")

Update: TypeAlias = Case[
    tuple[CourtNotice, ...], tuple[CourtUpdate, ...], tuple[tuple[str, Code], ...] | Refusal
]


def moved(notice_no: str, stage: str, from_stage: str = "CPC", since: datetime = SINCE) -> NoticeChanged:
    """Give the change of a notice that moves now."""
    move = StageMove(prev_stage=from_stage, prev_date=since, stage=stage, date=NOW)
    return NoticeChanged(notice_no, move=move, next=NextStage(None, IN_14_DAYS))


def closed(notice_no: str, sr_no: int = 1) -> SuspensionClosed:
    """Build the closing of the record of a suspension by CAS now."""
    return SuspensionClosed(notice_no, SINCE, sr_no, NOW, "CSR", "CAS")


def opened(
    notice_no: str, reason: SuspensionReason, sr_no: int = 1, due: datetime | None = None
) -> SuspensionOpened:
    """Give the record of a suspension CAS makes now."""
    return SuspensionOpened(
        SuspensionRecord(
            notice_no=notice_no,
            date_of_suspension=NOW,
            sr_no=sr_no,
            source="CAS",
            reason=reason,
            officer="CAS",
            due=due,
        )
    )


COURT: tuple[Update, ...] = (
    *(
        Case(
            rule="P22",
            name=f"a notice in {stage} with the day-end flag is a court notice",
            given=(notice("A", stage=stage, dayend=True),),
            ask=(CourtUpdate("A"),),
            says=(("A", SUCCESS),),
            writes=(NoticeChanged("A"),),
        )
        for stage in ("NPA", "RR3", "CPC", "CWT")
    ),
    *(
        Case(
            rule="P22",
            name=f"a notice in {stage} without it is none",
            given=(notice("A", stage=stage, dayend=False),),
            ask=(CourtUpdate("A"),),
            says=(("A", NOT_A_COURT_NOTICE),),
        )
        for stage in ("NPA", "RR3", "CPC", "CWT")
    ),
    *(
        Case(
            rule="P22",
            name=f"a notice in {stage} is not yet in court",
            given=(notice("A", stage=stage),),
            ask=(CourtUpdate("A"),),
            says=(("A", NOT_A_COURT_NOTICE),),
        )
        for stage in ("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3")
    ),
    *(
        Case(
            rule="P22",
            name=f"a notice in {stage} is a court notice",
            given=(notice("A", stage=stage),),
            ask=(CourtUpdate("A"),),
            says=(("A", SUCCESS),),
            writes=(NoticeChanged("A"),),
        )
        for stage in ("CPC", "CFC", "CSD", "CSR", "WAR", "CWT")
    ),
    Case(
        rule="P22",
        name="a notice in a stage nobody has named is a court notice",
        given=(notice("A", stage="XYZ"),),
        ask=(CourtUpdate("A"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A"),),
    ),
)

ITEMS: tuple[Update, ...] = (
    Case(
        rule="P23",
        name="a notice that does not exist fails as one that is not in court",
        given=(),
        ask=(CourtUpdate("A", processing_stage="WAR"),),
        says=(("A", NOT_A_COURT_NOTICE),),
    ),
    Case(
        rule=("P23", "G9"),
        name="good items are not lost to bad ones, and the order is the call's",
        given=(notice("D"), notice("B", stage="RD1"), notice("A")),
        ask=tuple(CourtUpdate(number, processing_stage="WAR") for number in "DCBA"),
        says=(
            ("D", SUCCESS),
            ("C", NOT_A_COURT_NOTICE),
            ("B", NOT_A_COURT_NOTICE),
            ("A", SUCCESS),
        ),
        writes=(moved("D", "WAR"), moved("A", "WAR")),
    ),
    Case(
        rule=("P26", "G9"),
        name="of a repeated number the first is processed and each further one fails",
        given=(notice("A"), notice("B")),
        ask=(
            CourtUpdate("A", processing_stage="WAR"),
            CourtUpdate("B"),
            CourtUpdate("A", processing_stage="CSD"),
            CourtUpdate("A"),
        ),
        says=(("A", SUCCESS), ("B", SUCCESS), ("A", DUPLICATE_NOTICE_NO), ("A", DUPLICATE_NOTICE_NO)),
        writes=(moved("A", "WAR"), NoticeChanged("B")),
    ),
    Case(
        rule=("P26", "G9"),
        name="a repeated number is a duplicate even where its first was refused",
        given=(),
        ask=(CourtUpdate("A"), CourtUpdate("A")),
        says=(("A", NOT_A_COURT_NOTICE), ("A", DUPLICATE_NOTICE_NO)),
    ),
)

STAGES: tuple[Update, ...] = (
    *(
        Case(
            rule="P20",
            name=f"a stage the map names only {side} is known",
            given=(notice("A"),),
            ask=(CourtUpdate("A", processing_stage=stage),),
            says=(("A", SUCCESS),),
            writes=(moved("A", stage),),
        )
        for side, stage in {"to move from": "NPA", "to move to": "CWT"}.items()
    ),
    *(
        Case(
            rule=("P20", "G7"),
            name=f"a stage that is {kind} refuses the whole call",
            given=(notice("A"), notice("B")),
            ask=(CourtUpdate("A", processing_stage="WAR"), CourtUpdate("B", processing_stage=stage)),
            says=Refusal(INVALID_STAGE),
        )
        for kind, stage in {
            "unknown": "XYZ",
            "known in capitals only": "war",
            "an empty text": "",
            "a number": 7,
            "false": False,
            "a list": ["WAR"],
            "an object": {"WAR": "WAR"},
        }.items()
    ),
    Case(
        rule=("P20", "G8"),
        name="a stage nobody knows refuses the call even on an item that fails anyway",
        given=(notice("A"),),
        ask=(CourtUpdate("A"), CourtUpdate("C", processing_stage="XYZ")),
        says=Refusal(INVALID_STAGE),
    ),
    Case(
        rule="P24",
        name="a move keeps the stage and date it leaves, stamps the new one now, and replaces the plan",
        given=(notice("A", stage="CSR", stage_date=at("2024-11-30T08:00:00")),),
        ask=(CourtUpdate("A", processing_stage="WAR"),),
        says=(("A", SUCCESS),),
        writes=(moved("A", "WAR", "CSR", at("2024-11-30T08:00:00")),),
    ),
    Case(
        rule="P24",
        name="a move to where the notice stands moves nothing",
        given=(notice("A", stage="WAR"),),
        ask=(CourtUpdate("A", processing_stage="WAR"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A"),),
    ),
    Case(
        rule="P24",
        name="an item that asks for nothing touches only the audit columns",
        given=(notice("A", suspension=shown("PS", "OTH"), open_suspensions={OTH}, last_sr_no=1),),
        ask=(CourtUpdate("A"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", move=None, suspension=None),),
    ),
)

SUSPENSIONS: tuple[Update, ...] = (
    Case(
        rule=("P21", "P24"),
        name="a new suspension is stamped now with its three letters and gets its record after it",
        given=(notice("A"),),
        ask=(CourtUpdate("A", "PS", "WWP"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", suspension=shown("PS", "WWP", NOW)), opened("A", WWP)),
    ),
    Case(
        rule="P24",
        name="stage and suspension are changed together",
        given=(notice("A"),),
        ask=(CourtUpdate("A", "PS", "WWP", "WAR"),),
        says=(("A", SUCCESS),),
        writes=(
            evolve(moved("A", "WAR"), suspension=shown("PS", "WWP", NOW)),
            opened("A", WWP),
        ),
    ),
    Case(
        rule="P24",
        name="a suspension the notice shows already is not stamped again",
        given=(notice("A", suspension=shown("PS", "WWP"), open_suspensions={WWP}, last_sr_no=1),),
        ask=(CourtUpdate("A", "PS", "WWP"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A"),),
    ),
    Case(
        rule=("P24", "U1"),
        name="a suspension whose record is open already gets no second one; what was shown is closed",
        given=(notice("A", suspension=shown("PS", "OTH"), open_suspensions=(WWP, OTH), last_sr_no=2),),
        ask=(CourtUpdate("A", "PS", "WWP"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", suspension=shown("PS", "WWP")), closed("A", 2)),
    ),
    Case(
        rule=("P24", "U1"),
        name="a further suspension is numbered after the last, and replaces the record that was shown",
        given=(
            notice(
                "A",
                suspension=shown("PS", "OTH"),
                open_suspensions=(OpenSuspension(OTH, SINCE, 3, None),),
                last_sr_no=4,
            ),
        ),
        ask=(CourtUpdate("A", "PS", "WWP"),),
        says=(("A", SUCCESS),),
        writes=(
            NoticeChanged("A", suspension=shown("PS", "WWP", NOW)),
            closed("A", 3),
            opened("A", WWP, sr_no=5),
        ),
    ),
    Case(
        rule=("P21", "P24"),
        name="a reason alone is PS",
        given=(notice("A"),),
        ask=(CourtUpdate("A", epr_reason="WWP"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", suspension=shown("PS", "WWP", NOW)), opened("A", WWP)),
    ),
    Case(
        rule=("P21", "P24", "U1"),
        name="a reason alone is PS over a temporary suspension too, whose record it closes",
        given=(notice("A", suspension=shown("TS", "OUT", due=DUE), open_suspensions=(OUT,), last_sr_no=1),),
        ask=(CourtUpdate("A", epr_reason="WWP"),),
        says=(("A", SUCCESS),),
        writes=(
            NoticeChanged("A", suspension=shown("PS", "WWP", NOW)),
            closed("A"),
            opened("A", WWP, sr_no=2),
        ),
    ),
    Case(
        rule=("P21", "P24", "G14"),
        name="a type alone keeps the reason shown where the table has the pair; the record is replaced",
        given=(notice("A", suspension=shown("PS", "APP"), open_suspensions=(APP,), last_sr_no=1),),
        ask=(CourtUpdate("A", "TS"),),
        says=(("A", SUCCESS),),
        writes=(
            NoticeChanged("A", suspension=shown("TS", "APP", NOW, due=None)),
            closed("A"),
            opened("A", TS_APP, sr_no=2),
        ),
    ),
    *(
        Case(
            rule=("P21", "U2"),
            name=f"{kind} alone over {reason} fails: the table has no {kind}-{reason.code}",
            given=(notice("A", suspension=shown(reason.type, reason.code), open_suspensions=(reason,)),),
            ask=(CourtUpdate("A", kind),),
            says=(("A", INVALID_SUSPENSION_TYPE),),
        )
        for kind, reason in (("PS", HST), ("PS", OUT), ("TS", WWP), ("TS", OTH))
    ),
    Case(
        rule=("P21", "U1", "U3"),
        name="a type alone is held against the open record, not against the row",
        given=(notice("A", open_suspensions=(WWP,), last_sr_no=1),),
        ask=(CourtUpdate("A", "TS"),),
        says=(("A", INVALID_SUSPENSION_TYPE),),
    ),
    Case(
        rule="P21",
        name="the type the notice shows, asked for alone, changes nothing",
        given=(notice("A", suspension=shown("PS", "OTH")),),
        ask=(CourtUpdate("A", "PS"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A"),),
    ),
    Case(
        rule=("P24", "U1"),
        name="a type without a reason has no end, whatever end the row had with the other type",
        given=(notice("A", suspension=shown("TS", None, since=None, due=DUE)),),
        ask=(CourtUpdate("A", "PS"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", suspension=shown("PS", None, since=None)),),
    ),
    *(
        Case(
            rule=("P21", "U1"),
            name=f"{kind} alone on a notice that shows no suspension stands alone, without a record",
            given=(notice("A"),),
            ask=(CourtUpdate("A", kind),),
            says=(("A", SUCCESS),),
            writes=(NoticeChanged("A", suspension=shown(kind, None, since=None)),),
        )
        for kind in ("PS", "TS")
    ),
    Case(
        rule=("P21", "U2"),
        name="TS with a reason of PS fails that item alone, on whatever notice",
        given=(notice("A"), notice("B")),
        ask=(CourtUpdate("A", "TS", "WWP"), CourtUpdate("B", "PS", "WWP"), CourtUpdate("C", "TS", "OTH")),
        says=(("A", INVALID_EPR_REASON), ("B", SUCCESS), ("C", INVALID_EPR_REASON)),
        writes=(NoticeChanged("B", suspension=shown("PS", "WWP", NOW)), opened("B", WWP)),
    ),
    *(
        Case(
            rule=("P21", "U1"),
            name=f"TS for a paid notice fails, {how}",
            given=(notice("A", suspension=row, crs_reason="FP"),),
            ask=(CourtUpdate("A", "TS"),),
            says=(("A", INVALID_SUSPENSION_TYPE),),
        )
        for how, row in {
            "whatever reason the row has kept": shown("PS", "APP"),
            "also where it has none": shown("PS", None, None),
            "also where the row shows nothing": shown(None, None, None),
        }.items()
    ),
    Case(
        rule=("P21", "U1"),
        name="a paid notice shows PS already",
        given=(notice("A", suspension=shown("PS", None, None), crs_reason="FP"),),
        ask=(CourtUpdate("A", "PS"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A"),),
    ),
    Case(
        rule="U1",
        name="a row that does not show its permanent record is put right by an update of the suspension",
        given=(notice("A", suspension=shown("TS", None, None), open_suspensions=(WWP,), last_sr_no=1),),
        ask=(CourtUpdate("A", "PS", "WWP"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", suspension=shown("PS", "WWP")),),
    ),
    Case(
        rule=("U1", "P24"),
        name="and by a move, but not by an item that asks for nothing",
        given=(
            notice("A", open_suspensions=(WWP,), last_sr_no=1),
            notice("B", open_suspensions=(WWP,), last_sr_no=1),
        ),
        ask=(CourtUpdate("A", processing_stage="WAR"), CourtUpdate("B")),
        says=(("A", SUCCESS), ("B", SUCCESS)),
        writes=(evolve(moved("A", "WAR"), suspension=shown("PS", "WWP")), NoticeChanged("B")),
    ),
    Case(
        rule=("P24", "H9"),
        name="TS-HST is not closed by what replaces it on the row",
        given=(notice("A", suspension=shown("TS", "HST", due=DUE), open_suspensions=(HST,), last_sr_no=1),),
        ask=(CourtUpdate("A", "PS", "OTH"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", suspension=shown("PS", "OTH", NOW)), opened("A", OTH, sr_no=2)),
    ),
    Case(
        rule="H9",
        name="nor is it opened by a type beside a reason that stands on the row alone",
        given=(notice("A", suspension=shown(None, "HST")),),
        ask=(CourtUpdate("A", "TS"),),
        says=(("A", SUCCESS),),
        writes=(NoticeChanged("A", suspension=shown("TS", "HST")),),
    ),
    Case(
        rule="P24",
        name="a permanent suspension over a temporary one has no revival to wait for",
        given=(notice("A", suspension=shown("TS", "HST", due=DUE), open_suspensions={HST}, last_sr_no=1),),
        ask=(CourtUpdate("A", "PS", "WWP"),),
        says=(("A", SUCCESS),),
        writes=(
            NoticeChanged("A", suspension=shown("PS", "WWP", NOW, due=None)),
            opened("A", WWP, sr_no=2),
        ),
    ),
)


@parametrize_cases(COURT + ITEMS + STAGES + SUSPENSIONS)
def test_decide(case: Update) -> None:
    verdict = decide(case.ask, court_facts(*case.given), NOW)
    assert outcome(verdict) == case.says
    assert written(verdict) == case.writes


@pytest.mark.rule("P24", "G14")
def test_a_temporary_suspension_is_due_after_the_days_of_its_reason() -> None:
    found = notice("A", suspension=shown("PS", "APP"), open_suspensions=(APP,), last_sr_no=1)
    facts = court_facts(found, reference_data=reference(days_of_suspension={TS_APP: 21}))
    due = at("2025-02-04T11:00:00")
    assert decision([CourtUpdate("A", "TS")], facts).changes == (
        NoticeChanged("A", suspension=shown("TS", "APP", NOW, due)),
        closed("A"),
        opened("A", TS_APP, sr_no=2, due=due),
    )


@pytest.mark.rule("P24", "S22")
def test_a_move_plans_what_follows_as_every_move_does() -> None:
    plan = {("NEXT_STAGE", "CSD"): "CSR", ("STAGEDAYS", "CSD"): "3"}
    facts = court_facts(notice("A"), reference_data=reference(parameters=plan))
    (change,) = decision([CourtUpdate("A", processing_stage="CSD")], facts).changes
    assert change == evolve(moved("A", "CSD"), next=NextStage("CSR", at("2025-01-17T00:00:00")))


@pytest.mark.rule("P24")
def test_a_permanent_suspension_has_no_revival_whatever_days_are_set_for_its_reason() -> None:
    facts = court_facts(notice("A"), reference_data=reference(days_of_suspension={WWP: 7}))
    assert decision([CourtUpdate("A", "PS", "WWP")], facts).changes == (
        NoticeChanged("A", suspension=shown("PS", "WWP", NOW, due=None)),
        opened("A", WWP),
    )


@pytest.mark.rule("P23")
def test_what_is_said_of_an_updated_notice_is_its_payment() -> None:
    found = notice("A", amount_payable=None, payment_acceptance_allowed="N", payment_due_date=None)
    (answer,) = decision([CourtUpdate("A", "PS", "WWP", "WAR")], court_facts(found)).answers
    assert answer == Answer("A", SUCCESS, found)


@pytest.mark.rule("P23")
def test_the_updated_are_listed_and_the_failed_are_named() -> None:
    verdict: Decision[CourtNotice] = Decision(
        answers=(
            Answer("A", SUCCESS, notice("A")),
            Answer("B", NOT_A_COURT_NOTICE),
            Answer("A", DUPLICATE_NOTICE_NO),
            Answer("C", INTERNAL_ERROR),
            Answer("D", SUCCESS, notice("D")),
        ),
        changes=(),
    )
    assert update_outcome(verdict) == UpdateOutcome(
        updated=(notice("A"), notice("D")),
        failed=(
            Answer("B", NOT_A_COURT_NOTICE),
            Answer("A", DUPLICATE_NOTICE_NO),
            Answer("C", INTERNAL_ERROR),
        ),
    )


KINDS = st.sampled_from([None, "PS", "TS"])
REASONS = st.sampled_from([None, "WWP", "OTH", "WWC"])
KNOWN_STAGES = st.sampled_from(sorted({stage for move in STAGE_MAP for stage in move}))
DATES = st.sampled_from([SINCE, at("2024-12-24T18:00:00")])
OPEN = st.lists(
    st.builds(
        OpenSuspension, st.sampled_from([WWP, OTH, APP, TS_APP, OUT, HST]), DATES, st.integers(1, 9), DATES
    ),
    max_size=3,
    unique_by=lambda each: each.sr_no,
)

# PS-HST is no pair of the reason table, so no row shows it (U2).
SHOWN = st.builds(shown, KINDS, REASONS | st.just("HST"), st.none() | DATES, st.none() | DATES).filter(
    lambda row: (row.type, row.reason) != ("PS", "HST")
)
NOTICES = st.builds(
    notice,
    st.just(""),
    stage=KNOWN_STAGES,
    stage_date=DATES,
    suspension=SHOWN,
    open_suspensions=OPEN,
    last_sr_no=st.just(9),
    crs_reason=st.none() | st.just("FP"),
)
DAYS = st.dictionaries(
    st.sampled_from([SuspensionReason("TS", code) for code in ("WWP", "OTH", "HST")]), st.integers(1, 180)
)
NUMBERS = st.sampled_from("ABCDEF")


def facts_of(notices: Mapping[str, CourtNotice], days: Mapping[SuspensionReason, int]) -> CourtFacts:
    named = [evolve(found, notice_no=notice_no) for notice_no, found in notices.items()]
    return court_facts(*named, reference_data=reference(days_of_suspension=days))


FACTS = st.builds(facts_of, st.dictionaries(NUMBERS, NOTICES), DAYS)
UPDATES = st.lists(st.builds(CourtUpdate, NUMBERS, KINDS, REASONS, st.none() | KNOWN_STAGES), max_size=8)
DISTINCT = UPDATES.map(lambda updates: list({update.notice_no: update for update in updates}.values()))


def decision(updates: Sequence[CourtUpdate], facts: CourtFacts, now: datetime = NOW) -> Decision[CourtNotice]:
    verdict = decide(updates, facts, now)
    assert isinstance(verdict, Decision)
    return evolve(verdict, changes=written(verdict))


@pytest.mark.rule("G9", "P23")
@given(DISTINCT, FACTS)
def test_a_batch_of_distinct_numbers_is_decided_as_its_items_would_be_one_by_one(
    updates: list[CourtUpdate], facts: CourtFacts
) -> None:
    whole = decision(updates, facts)
    one_by_one = [decision([update], facts) for update in updates]
    assert whole.answers == tuple(answer for one in one_by_one for answer in one.answers)
    assert Counter(whole.changes) == Counter(change for one in one_by_one for change in one.changes)


@pytest.mark.rule("G9")
@given(UPDATES, FACTS)
def test_every_item_is_answered_in_the_order_asked(updates: list[CourtUpdate], facts: CourtFacts) -> None:
    answers = decision(updates, facts).answers
    assert [answer.key for answer in answers] == [update.notice_no for update in updates]


@pytest.mark.rule("P26")
@given(UPDATES, FACTS)
def test_a_duplicate_never_writes(updates: list[CourtUpdate], facts: CourtFacts) -> None:
    firsts: dict[str, CourtUpdate] = {}
    for update in updates:
        firsts.setdefault(update.notice_no, update)
    assert decision(updates, facts).changes == decision(list(firsts.values()), facts).changes


@pytest.mark.rule("P24")
@given(UPDATES, FACTS)
def test_an_update_repeated_on_what_it_left_changes_nothing_more(
    updates: list[CourtUpdate], facts: CourtFacts
) -> None:
    left = apply(decision(updates, facts).changes, Tables(court=facts)).court
    for change in decision(updates, left, LATER).changes:
        assert change == NoticeChanged(notice_of(change)), "the audit columns alone"


@pytest.mark.rule("P24")
@given(UPDATES, FACTS)
def test_no_suspension_gets_a_number_that_was_given_before(
    updates: list[CourtUpdate], facts: CourtFacts
) -> None:
    for change in decision(updates, facts).changes:
        if isinstance(change, SuspensionOpened):
            before = facts.notices[change.notice_no]
            assert change.record.sr_no == before.suspensions.last_sr_no + 1
            assert not before.suspensions.records_of(change.record.reason)


@pytest.mark.rule("U1", "U2")
@given(UPDATES, FACTS)
def test_an_update_leaves_rows_that_show_an_open_record_of_the_table_or_stand_alone(
    updates: list[CourtUpdate], facts: CourtFacts
) -> None:
    changes = decision(updates, facts).changes
    left = apply(changes, Tables(court=facts)).court
    for change in changes:
        if isinstance(change, SuspensionOpened):
            assert change.record.reason in SUSPENSION_REASONS
        if isinstance(change, NoticeChanged) and not change.only_touched:
            suspensions = left.notices[change.notice_no].suspensions
            assert suspensions.shown == shown_suspension(suspensions)


@pytest.mark.rule("P24", "H9")
@given(UPDATES, FACTS)
def test_the_court_never_closes_ts_hst(updates: list[CourtUpdate], facts: CourtFacts) -> None:
    left = apply(decision(updates, facts).changes, Tables(court=facts)).court
    for notice_no, found in facts.notices.items():
        assert left.notices[notice_no].suspensions.hst_records == found.suspensions.hst_records
