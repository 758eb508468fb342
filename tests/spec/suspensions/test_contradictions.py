"""Rows and suspension records that contradict each other, and what puts them right."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.changes import Change, NoticeChanged, SuspensionClosed, SuspensionOpened
from ocms_core.kernel.codes import SUCCESS
from ocms_core.kernel.suspensions import (
    NOT_SUSPENDED,
    PAID,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    SuspensionRecord,
    Suspensions,
    shown_suspension,
)
from ocms_core.suspensions.contradictions import Contradiction, contradiction, decide
from ocms_core.suspensions.facts import NoticeSuspensions, SuspensionFacts
from tests.support.builders import HST, NOW, OTH, SINCE, WWP
from tests.support.cases import Case, parametrize_cases
from tests.support.offender_builders import JOHN, OWNER
from tests.support.stored_notice import REASONS
from tests.support.walked_notice import WalkedNotice

OIC = "OIC9"
DUE, LATER = SINCE + timedelta(days=30), SINCE + timedelta(days=60)
OUT, UNC = SuspensionReason("TS", "OUT"), SuspensionReason("TS", "UNC")
APP, TS_APP = SuspensionReason("PS", "APP"), SuspensionReason("TS", "APP")
PS_HST, PS_OUT, TS_WWP = (
    SuspensionReason("PS", "HST"),
    SuspensionReason("PS", "OUT"),
    SuspensionReason("TS", "WWP"),
)
UNKNOWN = SuspensionReason("PS", "XYZ")
TABLE = {**REASONS, SuspensionReason("TS", "LSS"): None}
PAIRS = frozenset(TABLE)
DAYS = {reason: days for reason, days in TABLE.items() if days is not None}


def open_record(
    reason: SuspensionReason, sr_no: int = 1, since: datetime = SINCE, due: datetime | None = None
) -> OpenSuspension:
    return OpenSuspension(reason, since, sr_no, due)


def row(
    reason: SuspensionReason, since: datetime | None = SINCE, due: datetime | None = None
) -> ShownSuspension:
    return ShownSuspension(reason.type, reason.code, since, due)


def found(
    shown: ShownSuspension = NOT_SUSPENDED,
    *records: OpenSuspension,
    crs_reason: str | None = None,
    listed: bool = False,
    ended: bool = False,
) -> NoticeSuspensions:
    last = max((each.sr_no for each in records), default=0)
    return NoticeSuspensions("1", Suspensions(shown, records, last, crs_reason), listed, ended)


def closed(sr_no: int, reason: str, remark: str, since: datetime = SINCE) -> SuspensionClosed:
    return SuspensionClosed("1", since, sr_no, NOW, reason, OIC, f"Check of suspensions: {remark}")


def opened(
    reason: SuspensionReason,
    sr_no: int,
    remark: str,
    due: datetime | None = None,
    since: datetime = SINCE,
) -> SuspensionOpened:
    remark = f"Check of suspensions: {remark}"
    return SuspensionOpened(SuspensionRecord("1", since, sr_no, "OCMS", reason, OIC, due, remark))


def shows(shown: ShownSuspension) -> NoticeChanged:
    return NoticeChanged("1", suspension=shown)


def facts(*notices: NoticeSuspensions) -> SuspensionFacts:
    return SuspensionFacts(notices, PAIRS, DAYS)


PS_FP = SuspensionReason("PS", "FP")

REPAIRED: tuple[Case[NoticeSuspensions, None, tuple[str, ...]], ...] = (
    Case(
        rule="U1",
        name="a row shows TS while a permanent record is open",
        given=found(row(HST, due=DUE), open_record(HST, due=DUE), open_record(WWP, 2), listed=True),
        says=("U1",),
        writes=(shows(row(WWP)),),
    ),
    Case(
        rule="U1",
        name="of two permanent records the row shows the older one",
        given=found(row(WWP), open_record(WWP), open_record(OTH, 2, NOW)),
        says=("U1",),
        writes=(shows(row(OTH, NOW)),),
    ),
    Case(
        rule="U1",
        name="of two temporary records the row shows the one that ends first",
        given=found(row(OUT, due=DUE), open_record(OUT, due=DUE), open_record(UNC, 2, due=LATER)),
        says=("U1",),
        writes=(shows(row(UNC, due=LATER)),),
    ),
    Case(
        rule="U1",
        name="a row shows nothing over an open record",
        given=found(NOT_SUSPENDED, open_record(WWP)),
        says=("U1",),
        writes=(shows(row(WWP)),),
    ),
    Case(
        rule="U1",
        name="a row gives another end than its record",
        given=found(row(OUT, due=DUE), open_record(OUT, due=LATER)),
        says=("U1",),
        writes=(shows(row(OUT, due=LATER)),),
    ),
    Case(
        rule="U1",
        name="a row has a reason and a day left, and no type",
        given=found(ShownSuspension(None, "OUT", SINCE, DUE)),
        says=("U1",),
        writes=(shows(NOT_SUSPENDED),),
    ),
    Case(
        rule=("U1", "P21"),
        name="TS of CAS without a reason hides a temporary record",
        given=found(ShownSuspension("TS", None, None, None), open_record(OUT, due=DUE)),
        says=("U1",),
        writes=(shows(row(OUT, due=DUE)),),
    ),
    Case(
        rule=("U1", "P21"),
        name="a paid notice to which CAS sent TS shows PS again",
        given=found(row(OUT, due=DUE), open_record(OUT, due=DUE), crs_reason="FP"),
        says=("U1",),
        writes=(shows(PAID),),
    ),
    Case(
        rule="U1",
        name="a permanent suspension on the row alone gets its record",
        given=found(row(OTH)),
        says=("U1",),
        writes=(opened(OTH, 1, "no record of the PS-OTH that the row shows (U1)"),),
    ),
    Case(
        rule=("U1", "U2"),
        name="a temporary one on the row alone gets its record, with the end of its reason where it has none",
        given=found(row(UNC), open_record(OUT, 4, due=DUE)),
        says=("U1",),
        writes=(
            opened(UNC, 5, "no record of the TS-UNC that the row shows (U1)", SINCE + timedelta(days=21)),
            shows(row(OUT, due=DUE)),
        ),
    ),
    Case(
        rule=("U1", "H20"),
        name="TS-HST of a listed identity on the row alone gets its record",
        given=found(row(HST, due=DUE), listed=True),
        says=("U1",),
        writes=(opened(HST, 1, "no record of the TS-HST that the row shows (U1)", DUE),),
    ),
    Case(
        rule=("U1", "U5", "H10"),
        name="TS-HST on the row alone of somebody who is not listed is shown no more",
        given=found(row(HST, due=DUE)),
        says=("U1", "U5", "H10"),
        writes=(shows(NOT_SUSPENDED),),
    ),
    Case(
        rule="U1",
        name="a row shows what has ended",
        given=found(row(OTH), ended=True),
        says=("U1",),
        writes=(shows(NOT_SUSPENDED),),
    ),
    Case(
        rule=("U1", "P21"),
        name="a row has the reason of an open record under the other type",
        given=found(row(TS_WWP), open_record(WWP)),
        says=("U1", "P21"),
        writes=(shows(row(WWP)),),
    ),
    Case(
        rule=("U1", "U2", "P21"),
        name="a row alone has a reason under a type that it does not have",
        given=found(row(TS_WWP)),
        says=("U1", "U2", "P21"),
        writes=(
            opened(WWP, 1, "no record of the TS-WWP that the row shows (U1, U2, P21)"),
            shows(row(WWP)),
        ),
    ),
    Case(
        rule=("U2", "P21"),
        name="PS-HST over TS-HST is closed, and TS-HST shown again",
        given=found(row(PS_HST, NOW), open_record(HST, due=DUE), open_record(PS_HST, 2, NOW), listed=True),
        says=("U2", "P21"),
        writes=(
            closed(2, "CSR", "PS-HST is no pair of the reason table (U2, P21)", NOW),
            shows(row(HST, due=DUE)),
        ),
    ),
    Case(
        rule=("U2", "P21", "H9"),
        name="PS-HST that a revival has left is closed, and TS-HST is not opened",
        given=found(NOT_SUSPENDED, open_record(PS_HST)),
        says=("U2", "P21"),
        writes=(closed(1, "CSR", "PS-HST is no pair of the reason table (U2, P21)"),),
    ),
    Case(
        rule=("U2", "P21"),
        name="PS-OUT over TS-OUT is closed",
        given=found(row(PS_OUT), open_record(OUT, due=DUE), open_record(PS_OUT, 2)),
        says=("U2", "P21"),
        writes=(
            closed(2, "CSR", "PS-OUT is no pair of the reason table (U2, P21)"),
            shows(row(OUT, due=DUE)),
        ),
    ),
    Case(
        rule=("U2", "P21"),
        name="PS-OUT alone becomes TS-OUT with the end of its reason",
        given=found(row(PS_OUT), open_record(PS_OUT)),
        says=("U2", "P21"),
        writes=(
            closed(1, "CSR", "PS-OUT is no pair of the reason table (U2, P21)"),
            opened(OUT, 2, "PS-OUT is no pair of the reason table (U2, P21)", SINCE + timedelta(days=21)),
            shows(row(OUT, due=SINCE + timedelta(days=21))),
        ),
    ),
    Case(
        rule=("U2", "P21"),
        name="TS-WWP without an end becomes PS-WWP",
        given=found(row(TS_WWP), open_record(TS_WWP)),
        says=("U2", "P21"),
        writes=(
            closed(1, "CSR", "TS-WWP is no pair of the reason table (U2, P21)"),
            opened(WWP, 2, "TS-WWP is no pair of the reason table (U2, P21)"),
            shows(row(WWP)),
        ),
    ),
    Case(
        rule=("U2", "P21"),
        name="of two TS-WWP one becomes PS-WWP",
        given=found(row(TS_WWP, NOW), open_record(TS_WWP), open_record(TS_WWP, 2, NOW)),
        says=("U2", "P21"),
        writes=(
            closed(1, "CSR", "TS-WWP is no pair of the reason table (U2, P21)"),
            opened(WWP, 3, "TS-WWP is no pair of the reason table (U2, P21)"),
            closed(2, "CSR", "TS-WWP is no pair of the reason table (U2, P21)", NOW),
            shows(row(WWP)),
        ),
    ),
    Case(
        rule="U2",
        name="a temporary record without an end gets that of its reason",
        given=found(row(OUT), open_record(OUT)),
        says=("U2",),
        writes=(
            closed(1, "CSR", "TS-OUT has no end (U2)"),
            opened(OUT, 2, "TS-OUT has no end (U2)", SINCE + timedelta(days=21)),
            shows(row(OUT, due=SINCE + timedelta(days=21))),
        ),
    ),
    Case(
        rule=("U2", "U5", "H31"),
        name="TS-HST of a listed identity without an end gets one, so that the renewal finds it",
        given=found(row(HST), open_record(HST), listed=True),
        says=("U2",),
        writes=(
            closed(1, "CSR", "TS-HST has no end (U2)"),
            opened(HST, 2, "TS-HST has no end (U2)", SINCE + timedelta(days=30)),
            shows(row(HST, due=SINCE + timedelta(days=30))),
        ),
    ),
    Case(
        rule=("U5", "H10"),
        name="TS-HST of somebody who is not listed is closed",
        given=found(row(HST, due=DUE), open_record(HST, due=DUE)),
        says=("U5", "H10"),
        writes=(
            closed(1, "RDN", "TS-HST, and the offender is not on the HST list (U5, H10)"),
            shows(NOT_SUSPENDED),
        ),
    ),
    Case(
        rule=("U5", "H10", "U1"),
        name="under the PS of a payment TS-HST of somebody who is not listed is closed too",
        given=found(row(PS_HST, due=DUE), open_record(HST, due=DUE), crs_reason="FP"),
        says=("U5", "H10"),
        writes=(closed(1, "RDN", "TS-HST, and the offender is not on the HST list (U5, H10)"),),
    ),
    Case(
        rule=("U2", "P21", "U1"),
        name="a payment shows PS alone where the row repeated a record of no pair",
        given=found(row(PS_HST), open_record(PS_HST), crs_reason="FP"),
        says=("U2", "P21"),
        writes=(closed(1, "CSR", "PS-HST is no pair of the reason table (U2, P21)"), shows(PAID)),
    ),
    Case(
        rule=("U5", "H10", "U1"),
        name="and what is open beside it is shown",
        given=found(row(HST, due=LATER), open_record(HST, due=LATER), open_record(UNC, 2, due=DUE)),
        says=("U5", "H10"),
        writes=(
            closed(1, "RDN", "TS-HST, and the offender is not on the HST list (U5, H10)"),
            shows(row(UNC, due=DUE)),
        ),
    ),
)

NO_PERSON_KNOWS: tuple[Case[NoticeSuspensions, None, tuple[str, ...]], ...] = (
    Case(
        rule="U2",
        name="a record has a reason that the table does not have",
        given=found(row(UNKNOWN), open_record(UNKNOWN)),
        says=("PS-XYZ is no pair of the reason table",),
    ),
    Case(
        rule="U2",
        name="a temporary record has no end, and its reason no days",
        given=found(row(SuspensionReason("TS", "LSS")), open_record(SuspensionReason("TS", "LSS"))),
        says=("TS-LSS has no end and no days",),
    ),
    Case(
        rule=("U2", "P21"),
        name="a record should be a temporary one whose reason has no days",
        given=found(row(SuspensionReason("PS", "LSS")), open_record(SuspensionReason("PS", "LSS"))),
        says=("PS-LSS is no pair of the reason table, and TS-LSS has no days",),
    ),
    Case(
        rule="U1",
        name="the row alone shows a reason that the table does not have",
        given=found(row(UNKNOWN)),
        says=("no record of the PS-XYZ that the row shows",),
    ),
    Case(
        rule="U1",
        name="the row alone shows a suspension of no day",
        given=found(row(OTH, since=None)),
        says=("no record of the PS-OTH that the row shows",),
    ),
    Case(
        rule=("U2", "U5"),
        name="what else is wrong with such a notice is left alone too",
        given=found(NOT_SUSPENDED, open_record(UNKNOWN), open_record(HST, 2, due=DUE)),
        says=(
            "PS-XYZ is no pair of the reason table",
            "TS-HST, and the offender is not on the HST list",
        ),
    ),
)

SOUND: tuple[Case[NoticeSuspensions, None, None], ...] = (
    Case(rule="U1", name="nothing is shown and nothing open", given=found(), says=None),
    Case(
        rule="U1",
        name="the row repeats its one record",
        given=found(row(WWP), open_record(WWP)),
        says=None,
    ),
    Case(
        rule=("U1", "H5"),
        name="of two temporary records the row shows the one due last",
        given=found(
            row(HST, due=LATER), open_record(HST, due=LATER), open_record(OUT, 2, due=DUE), listed=True
        ),
        says=None,
    ),
    *(
        Case(
            rule=("U1", "P21"),
            name=f"{kind} without a reason stands alone",
            given=found(ShownSuspension(kind, None, SINCE, None)),
            says=None,
        )
        for kind in ("PS", "TS")
    ),
    Case(
        rule=("U1", "P21"),
        name="PS without a reason stands before a temporary record",
        given=found(ShownSuspension("PS", None, SINCE, None), open_record(OUT, due=DUE)),
        says=None,
    ),
    Case(rule="U1", name="a payment shows PS", given=found(PAID, crs_reason="FP"), says=None),
    Case(
        rule="U1",
        name="a payment shows PS without the reason of its record",
        given=found(PAID, open_record(PS_FP, since=NOW), crs_reason="FP"),
        says=None,
    ),
    Case(
        rule="U1",
        name="a payment shows PS with the reason of an older record",
        given=found(
            row(WWP),
            open_record(WWP),
            open_record(PS_FP, 2, NOW),
            crs_reason="FP",
        ),
        says=None,
    ),
    Case(
        rule=("U1", "H9"),
        name="a payment shows PS over TS-HST, with what the row had of it",
        given=found(row(PS_HST, due=DUE), open_record(HST, due=DUE), crs_reason="FP", listed=True),
        says=None,
    ),
    Case(
        rule="U1",
        name="a payment shows PS with a reason and without a record",
        given=found(row(OTH), crs_reason="FP"),
        says=None,
    ),
    Case(
        rule=("U2", "H31"),
        name="a temporary suspension is over, and nobody has closed it yet",
        given=found(row(OUT, due=SINCE), open_record(OUT, due=SINCE)),
        says=None,
    ),
)


@parametrize_cases(REPAIRED)
def test_what_contradicts_itself_is_put_right(case: Case[NoticeSuspensions, None, tuple[str, ...]]) -> None:
    verdict = contradiction(case.given, facts(), OIC, NOW)
    assert verdict is not None
    assert (verdict.rules, verdict.unclear, verdict.changes) == (case.says, False, case.writes)
    assert contradiction(repaired(case.given, verdict.changes), facts(), OIC, NOW) is None


@parametrize_cases(NO_PERSON_KNOWS)
def test_what_no_rule_decides_is_left_to_a_person(
    case: Case[NoticeSuspensions, None, tuple[str, ...]],
) -> None:
    verdict = contradiction(case.given, facts(), OIC, NOW)
    assert verdict is not None
    assert (tuple(each.text for each in verdict.corrections), verdict.unclear) == (case.says, True)
    assert set(case.rules) <= set(verdict.rules)
    assert verdict.changes == ()


@parametrize_cases(SOUND)
def test_what_is_sound_is_left_as_it_is(case: Case[NoticeSuspensions, None, None]) -> None:
    assert contradiction(case.given, facts(), OIC, NOW) is None


@pytest.mark.rule("U2", "H20")
def test_ts_hst_without_an_end_ends_after_thirty_days_where_the_table_gives_none() -> None:
    verdict = contradiction(
        found(row(HST), open_record(HST), listed=True), SuspensionFacts((), PAIRS, {}), OIC, NOW
    )
    assert verdict is not None
    assert NoticeChanged("1", suspension=row(HST, due=SINCE + timedelta(days=30))) in verdict.changes


@pytest.mark.rule("U1", "P21")
@pytest.mark.parametrize(
    "given, text",
    [
        (found(NOT_SUSPENDED, open_record(WWP)), "the row does not show what is open"),
        (
            found(ShownSuspension(None, "WWP", None, None)),
            "the row has a reason or a day, and no type",
        ),
        (
            found(row(PS_HST), open_record(HST, due=DUE), listed=True),
            "no record of the PS-HST that the row shows, but of its reason",
        ),
        (found(row(WWP), ended=True), "PS-WWP has ended, and the row shows it"),
        (found(row(HST, due=DUE)), "no record of the TS-HST that the row shows"),
    ],
)
def test_what_is_wrong_is_said_in_words(given: NoticeSuspensions, text: str) -> None:
    verdict = contradiction(given, facts(), OIC, NOW)
    assert verdict is not None
    assert [each.text for each in verdict.corrections] == [text]


@pytest.mark.rule("U1", "U2", "P21")
def test_a_row_with_the_wrong_type_shows_its_reason_with_the_one_type_it_has() -> None:
    verdict = contradiction(found(row(SuspensionReason("PS", "OUT"), due=DUE)), facts(), OIC, NOW)
    assert verdict is not None
    assert verdict.rules == ("U1", "U2", "P21")
    assert verdict.changes == (
        opened(OUT, 1, "no record of the PS-OUT that the row shows (U1, U2, P21)", due=DUE),
        shows(row(OUT, due=DUE)),
    )


@pytest.mark.rule("U1", "P21")
def test_a_row_whose_reason_the_table_has_under_both_types_keeps_its_type() -> None:
    both = SuspensionFacts((), PAIRS | {PS_OUT}, DAYS)
    verdict = contradiction(found(row(OUT, due=DUE)), both, OIC, NOW)
    assert verdict is not None
    assert verdict.changes == (opened(OUT, 1, "no record of the TS-OUT that the row shows (U1)", due=DUE),)


@pytest.mark.rule("U1")
def test_a_batch_is_decided_notice_by_notice() -> None:
    sound = found(row(WWP), open_record(WWP))
    broken = evolve(found(NOT_SUSPENDED, open_record(WWP)), notice_no="2")
    unclear = evolve(found(row(UNKNOWN)), notice_no="3")
    unlisted = evolve(found(row(WWP), open_record(WWP), open_record(HST, 2, due=DUE)), notice_no="4")
    decision = decide(facts(sound, broken, unclear, unlisted), OIC, NOW)
    assert [(answer.key, answer.code) for answer in decision.answers] == [(each, SUCCESS) for each in "234"]
    remark = "Check of suspensions: TS-HST, and the offender is not on the HST list (U5, H10)"
    assert decision.changes == (
        NoticeChanged("2", suspension=row(WWP)),
        SuspensionClosed("4", SINCE, 2, NOW, "RDN", OIC, remark),
    )


def repaired(notice: NoticeSuspensions, changes: Iterable[Change]) -> NoticeSuspensions:
    """Return a notice with changes made."""
    before = notice.suspensions
    records, shown = list(before.open_records), before.shown
    for change in changes:
        match change:
            case SuspensionClosed(since=since, sr_no=sr_no):
                (gone,) = (each for each in records if (each.since, each.sr_no) == (since, sr_no))
                records.remove(gone)
            case SuspensionOpened(record=record):
                records.append(
                    OpenSuspension(record.reason, record.date_of_suspension, record.sr_no, record.due)
                )
            case NoticeChanged(suspension=ShownSuspension() as shown):
                pass
            case _:
                raise AssertionError(change)
    last = max((before.last_sr_no, *(each.sr_no for each in records)))
    assert len({each.sr_no for each in records}) == len(records)
    return evolve(notice, suspensions=Suspensions(shown, tuple(records), last, before.crs_reason))


REASON = st.sampled_from((HST, OUT, UNC, WWP, OTH, APP, TS_APP, PS_HST, PS_OUT, TS_WWP, UNKNOWN))
MOMENT = st.sampled_from((SINCE, DUE, LATER))
ROW = st.one_of(
    st.just(NOT_SUSPENDED),
    st.builds(
        ShownSuspension,
        st.sampled_from((None, "PS", "TS")),
        st.sampled_from((None, "HST", "OUT", "UNC", "WWP", "OTH", "APP", "XYZ")),
        st.none() | MOMENT,
        st.none() | MOMENT,
    ),
)
RECORDS = st.lists(st.tuples(REASON, MOMENT, st.none() | MOMENT), max_size=4).map(
    lambda given: tuple(
        OpenSuspension(reason, since, number, due) for number, (reason, since, due) in enumerate(given, 1)
    )
)
NOTICE = st.builds(
    lambda shown, records, crs_reason, listed, ended: found(
        shown, *records, crs_reason=crs_reason, listed=listed, ended=ended
    ),
    ROW,
    RECORDS,
    st.sampled_from((None, "FP")),
    st.booleans(),
    st.booleans(),
)


@pytest.mark.rule("U1", "U2", "U5")
@given(NOTICE)
def test_after_a_repair_nothing_contradicts_itself_but_what_needs_a_person(notice: NoticeSuspensions) -> None:
    verdict = contradiction(notice, facts(), OIC, NOW)
    if verdict is None:
        assert_sound(notice)
    elif not verdict.unclear:
        assert_repaired(notice, verdict)


def assert_repaired(notice: NoticeSuspensions, verdict: Contradiction) -> None:
    """Check that a repair changes something, leaves nothing to repair, and keeps payments and suspensions."""
    assert verdict.changes
    after = repaired(notice, verdict.changes)
    assert contradiction(after, facts(), OIC, NOW) is None
    assert_sound(after)
    kept = [each for each in notice.suspensions.open_records if each.reason in PAIRS and each.reason != HST]
    assert {each.reason for each in kept} <= {each.reason for each in after.suspensions.open_records}


def assert_sound(notice: NoticeSuspensions) -> None:
    """Check what the rules ask of row and records."""
    suspensions = notice.suspensions
    if suspensions.crs_reason:
        assert suspensions.shown.type == "PS"
    else:
        assert suspensions.shown == shown_suspension(suspensions)
    for record in suspensions.open_records:
        assert record.reason in PAIRS
        assert record.reason.type == "PS" or record.due
        assert record.reason != HST or notice.offender_listed
    if suspensions.shown.reason and not suspensions.crs_reason:
        shown = suspensions.shown
        assert (shown.type, shown.reason) in {
            (each.reason.type, each.reason.code) for each in suspensions.open_records
        }


CALLS: tuple[Callable[[WalkedNotice], object], ...] = (
    *(
        partial(WalkedNotice.cas, kind=kind, epr_reason=reason, stage=stage)
        for kind in (None, "PS", "TS")
        for reason in (None, "WWP", "OTH")
        for stage in (None, "CPC", "RD1", "CSD")
    ),
    *(
        partial(call, role=role, id_no=id_no)
        for call in (WalkedNotice.furnish, WalkedNotice.redirect)
        for role in ("O", "H", "D")
        for id_no in (OWNER.id_no, JOHN.id_no)
    ),
    *(
        partial(call, id_no=id_no)
        for call in (WalkedNotice.apply_hst, WalkedNotice.revive)
        for id_no in (OWNER.id_no, JOHN.id_no)
    ),
    partial(WalkedNotice.officer, target="RD1"),
    WalkedNotice.job_for_new_notices,
    WalkedNotice.renewal,
    WalkedNotice.pay,
)


@pytest.mark.rule("U1", "U2", "U5")
@given(st.sampled_from(("CPC", "RD1", "CSD")), st.lists(st.sampled_from(CALLS), max_size=12))
def test_whatever_is_called_in_whatever_order_leaves_a_notice_sound(
    stage: str, calls: Sequence[Callable[[WalkedNotice], object]]
) -> None:
    walked = WalkedNotice(stage=stage)
    for call in calls:
        call(walked)
        left = NoticeSuspensions("1", walked.suspensions, offender_listed=walked.offender in walked.listed)
        assert contradiction(left, facts(), OIC, NOW) is None
