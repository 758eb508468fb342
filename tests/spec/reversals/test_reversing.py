"""What an officer can take back, and what that puts back (K4)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.actors import Actor
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.changes import (
    AddressPutBack,
    AddressRemoved,
    Change,
    DetailFurnished,
    DetailRemoved,
    NoticePutBack,
    OffenderHistoryKept,
    OffenderPutBack,
    OffenderRemoved,
    StageChangeRecorded,
    SuspensionClosed,
    SuspensionOpened,
)
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person, RoleHolder
from ocms_core.kernel.reference import EMPTY
from ocms_core.kernel.stage_moves import StageChange
from ocms_core.reversals.facts import (
    ADDRESSES,
    DETAILS,
    NOTICES,
    OFFENDERS,
    STAGE_CHANGES,
    SUSPENSIONS,
    ReversalFacts,
    ReversibleNotice,
    Row,
    RowKey,
    first_day,
    last_day,
)
from ocms_core.reversals.former_rows import changed_rows
from ocms_core.reversals.reversing import (
    OFFENDER_REVERSAL,
    STAGE_REVERSAL,
    ReversalKind,
    Reversed,
    decide,
)
from tests.support.builders import NOW, at
from tests.support.cases import Case, parametrize_cases

N = "N1"
MADE = at("2025-01-14T09:30:00")
SUBMIT, FURNISH = Operation.CHANGE_STAGES.value, Operation.FURNISH_OFFENDER.value
STAGE_ROW: Mapping[str, Any] = {
    "last_processing_stage": "DN1",
    "last_processing_date": local(at("2025-01-01T09:00:00")),
    "prev_processing_stage": "ROV",
    "prev_processing_date": None,
    "next_processing_stage": "DN2",
    "next_processing_date": local(at("2025-01-15T00:00:00")),
    "amount_payable": None,
    "payment_acceptance_allowed": "N",
    "suspension_type": None,
    "epr_reason_of_suspension": None,
    "epr_date_of_suspension": None,
    "due_date_of_revival": None,
}
MOVED: Mapping[str, Any] = {
    "last_processing_stage": "DN2",
    "last_processing_date": local(MADE),
    "prev_processing_stage": "DN1",
    "prev_processing_date": local(at("2025-01-01T09:00:00")),
    "next_processing_stage": "DR3",
    "next_processing_date": local(at("2025-01-28T00:00:00")),
    "amount_payable": Decimal("70.00"),
    "payment_acceptance_allowed": "Y",
}
PERSON: Mapping[str, Any] = {
    "id_type": "N",
    "id_no": "S9876543B",
    "name": "OWNER",
    "email_addr": None,
    "offender_tel_code": None,
    "offender_tel_no": None,
    "offender_indicator": "Y",
    "mha_dh_check_allow": "Y",
}
TAKER = {
    **PERSON,
    "id_no": "S1234567A",
    "name": "JOHN",
    "email_addr": "j@x.sg",
    "offender_tel_code": "65",
    "offender_tel_no": "61234567",
}
ADDRESS = {
    "blk_hse_no": "1",
    "street_name": "2",
    "bldg_name": "3",
    "floor_no": "4",
    "unit_no": "5",
    "postal_code": "6",
    "error_code": "7",
}
DETAIL: Mapping[str, Any] = {
    "relationship": "Employee",
    "rental_period_from": None,
    "rental_period_to": None,
    "remarks": None,
}

Rows = Mapping[RowKey, Row]


def change(table: str, key: Mapping[str, Any], before: Row | None, after: Row | None) -> RowChange:
    return RowChange(table, {"notice_no": N, **key}, before, after)


def group(
    operation: str, *changes: RowChange, officer: str = "OIC001", made: datetime = MADE, number: int = 1
) -> AuditRow:
    return AuditRow(number, made, Actor(officer, "oic", "client", operation), changes)


def columns(row: Row, like: Row) -> Row:
    return {name: row[name] for name in like}


MOVE = change(NOTICES, {}, columns(STAGE_ROW, MOVED), MOVED)
RECORDED = change(
    STAGE_CHANGES,
    {"date_of_change": local(MADE), "new_processing_stage": "DN2"},
    None,
    {"last_processing_stage": "DN1"},
)
SUBMITTED = group(SUBMIT, MOVE, RECORDED)
MOVED_ROWS: Rows = {(NOTICES, (N,)): {**STAGE_ROW, **MOVED}}
MOVED_NOTICE = ReversibleNotice(N, MOVED_ROWS, (SUBMITTED,))


def reverse(
    *notices: ReversibleNotice, kind: ReversalKind = STAGE_REVERSAL, asked: tuple[str, ...] = (N,)
) -> Decision[Reversed]:
    facts = ReversalFacts(EMPTY, {notice.notice_no: notice for notice in notices})
    return decide(asked, kind, facts, "OIC002", NOW)


def verdict(notice: ReversibleNotice | None, kind: ReversalKind) -> tuple[str, str]:
    (answer,) = reverse(*([notice] if notice else []), kind=kind).answers
    return answer.code.code, answer.code.text


LATER = MADE + timedelta(minutes=1)
TODAYS = "There is no stage change of today that can be taken back"
SINCE = "Something else has happened to the notice since: "
WORD = "OCMS.CPS.REVERSE."

VERDICTS: tuple[Case[ReversibleNotice | None, ReversalKind, tuple[str, str]], ...] = (
    Case(
        rule="K4",
        name="a submit of today",
        given=MOVED_NOTICE,
        ask=STAGE_REVERSAL,
        says=("OCMS-2000", "Success"),
    ),
    Case(
        rule="K4",
        name="an import of today at the console",
        given=evolve(MOVED_NOTICE, groups=(group("ocms stages import", MOVE),)),
        ask=STAGE_REVERSAL,
        says=("OCMS-2000", "Success"),
    ),
    Case(
        rule="K4",
        name="a notice that is not there",
        given=None,
        ask=STAGE_REVERSAL,
        says=("OCMS.CPS.NOT_FOUND", "VON not found"),
    ),
    Case(
        rule="K4",
        name="nothing happened to it lately",
        given=evolve(MOVED_NOTICE, groups=()),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}NOTHING", TODAYS),
    ),
    Case(
        rule="K4",
        name="only CAS has changed it",
        given=evolve(MOVED_NOTICE, groups=(group(Operation.UPDATE_COURT_NOTICES.value, MOVE),)),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}NOTHING", TODAYS),
    ),
    Case(
        rule="K4",
        name="a furnish is not taken back as a stage change",
        given=evolve(MOVED_NOTICE, groups=(group(FURNISH, MOVE),)),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}NOTHING", TODAYS),
    ),
    Case(
        rule="K4",
        name="somebody was furnished since",
        given=evolve(MOVED_NOTICE, groups=(SUBMITTED, group(FURNISH, made=LATER, number=2))),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}CHANGED_SINCE", f"{SINCE}offender-furnish"),
    ),
    Case(
        rule="K4",
        name="it was taken back already",
        given=evolve(
            MOVED_NOTICE,
            groups=(SUBMITTED, group(Operation.REVERSE_STAGES.value, made=LATER, number=2)),
        ),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}CHANGED_SINCE", f"{SINCE}reverseChangeProcessingStage"),
    ),
    Case(
        rule="K4",
        name="another program has moved it since",
        given=evolve(
            MOVED_NOTICE, rows={(NOTICES, (N,)): {**STAGE_ROW, **MOVED, "last_processing_stage": "CPC"}}
        ),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}CHANGED_SINCE", f"{SINCE}another program"),
    ),
    Case(
        rule="K4",
        name="another program has written one of its rows since, whatever it wrote",
        given=evolve(MOVED_NOTICE, touched_elsewhere=MADE),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}CHANGED_SINCE", f"{SINCE}another program"),
    ),
    Case(
        rule="K4",
        name="another program wrote one of its rows before",
        given=evolve(MOVED_NOTICE, touched_elsewhere=MADE - timedelta(microseconds=1)),
        ask=STAGE_REVERSAL,
        says=("OCMS-2000", "Success"),
    ),
    Case(
        rule="K4",
        name="a row of the change is gone",
        given=evolve(
            MOVED_NOTICE, groups=(group(SUBMIT, MOVE, change(OFFENDERS, {"role": "O"}, PERSON, TAKER)),)
        ),
        ask=STAGE_REVERSAL,
        says=(f"{WORD}CHANGED_SINCE", f"{SINCE}another program"),
    ),
    Case(
        rule="K4",
        name="the later of two submits",
        given=evolve(MOVED_NOTICE, groups=(group(SUBMIT, made=MADE - timedelta(hours=1)), SUBMITTED)),
        ask=STAGE_REVERSAL,
        says=("OCMS-2000", "Success"),
    ),
    Case(
        rule="K4",
        name="no furnish of today",
        given=MOVED_NOTICE,
        ask=OFFENDER_REVERSAL,
        says=("NOTHING_TO_REVERSE", "There is no furnish or redirect of today that can be taken back"),
    ),
)


@parametrize_cases(VERDICTS)
def test_verdict(case: Case[ReversibleNotice | None, ReversalKind, tuple[str, str]]) -> None:
    assert verdict(case.given, case.ask) == case.says


@pytest.mark.rule("K4")
def test_a_stage_change_that_is_taken_back_leaves_a_row_that_names_both_officers() -> None:
    decision = reverse(MOVED_NOTICE)
    record = StageChange(
        N,
        NOW,
        new_stage="DN1",
        last_stage="DN2",
        reason="OTH",
        officer="OIC002",
        source="OCMS",
        remarks="Reverses changeProcessingStage of 2025-01-14 09:30:00 by OIC001",
    )
    assert decision.changes == (NoticePutBack(N, STAGE_ROW), StageChangeRecorded(record, NOW))
    (answer,) = decision.answers
    assert answer.detail == Reversed(SUBMIT, "OIC001", MADE, "DN2", "DN1")


@pytest.mark.rule("K4")
def test_a_notice_that_is_refused_keeps_no_other_from_being_put_back() -> None:
    decision = reverse(MOVED_NOTICE, asked=("N0", N))
    assert [(answer.key, answer.code) for answer in decision.answers] == [
        ("N0", codes.CPS_NOT_FOUND),
        (N, codes.CPS_SUCCESS),
    ]
    assert len(decision.changes) == 2


@pytest.mark.rule("K4", "G9")
def test_a_repeated_number_is_decided_where_it_first_stands() -> None:
    decision = reverse(MOVED_NOTICE, asked=(N, N))
    assert [answer.code for answer in decision.answers] == [codes.CPS_SUCCESS, codes.CPS_REPEATED]
    assert len(decision.changes) == 2
    furnished = ReversibleNotice(N, FURNISHED_ROWS, (FURNISHED,))
    decision = reverse(furnished, asked=(N, N), kind=OFFENDER_REVERSAL)
    assert [answer.code for answer in decision.answers] == [codes.OFFENDER_REVERSED, codes.OFFENDER_REPEATED]


ROLE = {"role": "H"}
OF_MAIL = {"role": "H", "type_of_address": "furnished_mail"}
HIRER, MAIL = (OFFENDERS, (N, "H")), (ADDRESSES, (N, "H", "furnished_mail"))
OWNER = (OFFENDERS, (N, "O"))
CLEARED = change(OFFENDERS, {"role": "O"}, {"offender_indicator": "Y"}, {"offender_indicator": "N"})
FURNISHED = group(
    FURNISH,
    MOVE,
    CLEARED,
    change(OFFENDERS, ROLE, None, TAKER),
    change(ADDRESSES, OF_MAIL, None, ADDRESS),
    change(DETAILS, ROLE, None, DETAIL),
)
FURNISHED_ROWS: Rows = {
    **MOVED_ROWS,
    OWNER: {**PERSON, "offender_indicator": "N"},
    HIRER: TAKER,
    MAIL: ADDRESS,
    (DETAILS, (N, "H")): DETAIL,
}


@pytest.mark.rule("K4", "F20")
def test_whoever_was_furnished_goes_and_the_former_offender_is_current_again() -> None:
    decision = reverse(ReversibleNotice(N, FURNISHED_ROWS, (FURNISHED,)), kind=OFFENDER_REVERSAL)
    (answer,) = decision.answers
    assert answer.code == codes.OFFENDER_REVERSED
    *put_back, kept = decision.changes
    assert put_back == [
        NoticePutBack(N, STAGE_ROW),
        OffenderPutBack(N, "O", PERSON),
        OffenderRemoved(N, "H"),
        AddressRemoved(N, "H", "furnished_mail"),
        DetailRemoved(N, "H"),
    ]
    assert isinstance(kept, OffenderHistoryKept)
    assert (kept.action, kept.role, kept.officer, kept.former_current) == ("REVERSE", "H", "OIC002", "H")
    assert (kept.prev_stage, kept.new_stage) == ("DN2", "DN1")
    assert (kept.notice_no, kept.at) == (N, NOW)
    assert kept.former
    person = Person("N", "S1234567A", "JOHN", "j@x.sg", "65", "61234567")
    address = MailingAddress("1", "2", "3", "4", "5", "6")
    assert kept.former == RoleHolder("H", True, person, address, FurnishDetail(**DETAIL))


@pytest.mark.rule("K4", "F20")
def test_whoever_goes_without_a_mailing_address_and_details_is_kept_without_them() -> None:
    redirected = group(Operation.REDIRECT_NOTICE.value, change(OFFENDERS, ROLE, None, TAKER))
    rows = {key: row for key, row in FURNISHED_ROWS.items() if key not in (MAIL, (DETAILS, (N, "H")))}
    _, kept = reverse(ReversibleNotice(N, rows, (redirected,)), kind=OFFENDER_REVERSAL).changes
    assert isinstance(kept, OffenderHistoryKept)
    assert kept.former
    assert (kept.former.person.name, kept.former.address, kept.former.detail) == ("JOHN", None, None)


@pytest.mark.rule("K4", "F20")
def test_whoever_was_overwritten_stands_in_the_role_again() -> None:
    other = {**ADDRESS, "blk_hse_no": "2"}
    furnished = group(
        FURNISH,
        change(OFFENDERS, ROLE, PERSON, TAKER),
        change(ADDRESSES, OF_MAIL, other, ADDRESS),
        change(DETAILS, ROLE, {**DETAIL, "relationship": "Tenant"}, DETAIL),
    )
    decision = reverse(ReversibleNotice(N, FURNISHED_ROWS, (furnished,)), kind=OFFENDER_REVERSAL)
    offender, address, detail, _ = decision.changes
    assert offender == OffenderPutBack(N, "H", PERSON)
    assert address == AddressPutBack(N, "H", "furnished_mail", other)
    assert isinstance(detail, DetailFurnished)
    assert detail.detail.relationship == "Tenant"


RECORD_KEY = {"date_of_suspension": local(MADE), "sr_no": 3}
RECORD = {
    "suspension_source": "OCMS",
    "suspension_type": "TS",
    "reason_of_suspension": "HST",
    "officer_authorising_suspension": "OIC001",
    "due_date_of_revival": local(at("2025-02-13T09:30:00")),
    "suspension_remarks": None,
    "date_of_revival": None,
    "revival_reason": None,
}
RECORD_ROW = (SUSPENSIONS, (N, local(MADE), 3))


@pytest.mark.rule("K4", "U1")
def test_a_suspension_that_was_opened_is_closed() -> None:
    opened = group(FURNISH, change(SUSPENSIONS, RECORD_KEY, None, RECORD))
    notice = ReversibleNotice(N, {**FURNISHED_ROWS, RECORD_ROW: RECORD}, (opened,), last_sr_no=3)
    (closed,) = reverse(notice, kind=OFFENDER_REVERSAL).changes
    assert isinstance(closed, SuspensionClosed)
    assert (closed.since, closed.sr_no, closed.at) == (MADE, 3, NOW)
    assert (closed.reason, closed.officer) == ("OTH", "OIC002")
    assert closed.notice_no == N
    assert closed.remarks == "Reverses offender-furnish of 2025-01-14 09:30:00 by OIC001"


LIFTED = change(
    SUSPENSIONS,
    RECORD_KEY,
    {"date_of_revival": None, "revival_reason": None},
    {"date_of_revival": local(MADE), "revival_reason": "RDN"},
)
LIFTED_ROW = {**RECORD, "date_of_revival": local(MADE), "revival_reason": "RDN"}
CLEARED_OWNER = {OWNER: {**PERSON, "offender_indicator": "N"}}
TAKES = change(OFFENDERS, ROLE, None, TAKER)
REPLACES = change(OFFENDERS, ROLE, {"id_no": "S7654321C", "offender_indicator": "Y"}, TAKER)


@pytest.mark.rule("K4", "H10", "U7")
@pytest.mark.parametrize("path", [FURNISH, Operation.REDIRECT_NOTICE.value])
@pytest.mark.parametrize(
    "changes, record, others, offender",
    [
        ((CLEARED, TAKES, LIFTED), LIFTED_ROW, CLEARED_OWNER, "S9876543B"),
        ((REPLACES, LIFTED), LIFTED_ROW, {}, "S7654321C"),
        ((CLEARED, TAKES), RECORD, CLEARED_OWNER, "S9876543B"),
        ((TAKES, LIFTED), LIFTED_ROW, {OWNER: PERSON, (OFFENDERS, (N, "R")): TAKER}, "S9876543B"),
    ],
    ids=["lifted from another role", "lifted from the role", "both are listed", "two are current"],
)
def test_no_ts_hst_comes_back_to_somebody_who_is_not_listed_any_more(
    path: str, changes: tuple[RowChange, ...], record: Row, others: Rows, offender: str
) -> None:
    rows = {**MOVED_ROWS, HIRER: TAKER, **others, RECORD_ROW: record}
    notice = ReversibleNotice(N, rows, (group(path, *changes),), last_sr_no=3)
    for listed, code in (({"S1234567A"}, "CHANGED_SINCE"), ({offender}, "REVERSED")):
        facts = ReversalFacts(EMPTY, {N: notice}, frozenset(listed))
        decision = decide((N,), OFFENDER_REVERSAL, facts, "OIC002", NOW)
        (answer,) = decision.answers
        assert answer.code.code == code
        assert bool(decision.changes) is (code == "REVERSED")
    (answer,) = reverse(notice, kind=OFFENDER_REVERSAL).answers
    assert answer.code.text == f"{SINCE}the former offender is not on the HST list"


@pytest.mark.rule("K4", "H10")
def test_nor_to_a_notice_that_nobody_is_the_offender_of() -> None:
    rows = {**MOVED_ROWS, HIRER: TAKER, RECORD_ROW: LIFTED_ROW}
    notice = ReversibleNotice(N, rows, (group(FURNISH, TAKES, LIFTED),), last_sr_no=3)
    assert verdict(notice, OFFENDER_REVERSAL)[0] == "CHANGED_SINCE"


@pytest.mark.rule("K4", "H10")
@pytest.mark.parametrize("reason", [("TS", "UNC"), ("PS", "HST")])
def test_whatever_else_was_lifted_comes_back_to_anybody(reason: tuple[str, str]) -> None:
    kind = dict(zip(("suspension_type", "reason_of_suspension"), reason, strict=True))
    rows = {**MOVED_ROWS, HIRER: TAKER, **CLEARED_OWNER, RECORD_ROW: {**LIFTED_ROW, **kind}}
    notice = ReversibleNotice(N, rows, (group(FURNISH, CLEARED, TAKES, LIFTED),), last_sr_no=3)
    assert verdict(notice, OFFENDER_REVERSAL)[0] == "REVERSED"


@pytest.mark.rule("K4", "K2")
def test_a_row_that_one_transaction_wrote_twice_is_put_back_to_what_was_before_both() -> None:
    first = change(
        OFFENDERS,
        {"role": "O"},
        {"name": "OWNER", "offender_indicator": "Y"},
        {"name": "OWNER TAN", "offender_indicator": "N"},
    )
    second = change(
        OFFENDERS, {"role": "O"}, {"name": "OWNER TAN", "id_no": "S9876543B"}, {"name": "TAN", "id_no": "1"}
    )
    left = {**PERSON, "name": "TAN", "id_no": "1", "offender_indicator": "N"}
    notice = ReversibleNotice(N, {**FURNISHED_ROWS, OWNER: left}, (group(FURNISH, first, second),))
    assert reverse(notice, kind=OFFENDER_REVERSAL).changes == (OffenderPutBack(N, "O", PERSON),)


@pytest.mark.rule("K4", "K2")
def test_a_row_that_one_transaction_made_and_wrote_again_goes() -> None:
    written = change(OFFENDERS, ROLE, {"offender_indicator": "N"}, {"offender_indicator": "Y"})
    made_and_written = group(
        FURNISH, change(OFFENDERS, ROLE, None, {**TAKER, "offender_indicator": "N"}), written
    )
    removed, kept = reverse(
        ReversibleNotice(N, FURNISHED_ROWS, (made_and_written,)), kind=OFFENDER_REVERSAL
    ).changes
    assert removed == OffenderRemoved(N, "H")
    assert isinstance(kept, OffenderHistoryKept)


@pytest.mark.rule("K4", "K2")
def test_a_row_that_one_transaction_wrote_and_deleted_is_written_as_it_was() -> None:
    deleted = group(
        FURNISH,
        change(DETAILS, ROLE, {"remarks": "old"}, {"remarks": "new"}),
        change(DETAILS, ROLE, {**DETAIL, "remarks": "new"}, None),
    )
    rows = {key: row for key, row in FURNISHED_ROWS.items() if key[0] != DETAILS}
    (detail,) = reverse(ReversibleNotice(N, rows, (deleted,)), kind=OFFENDER_REVERSAL).changes
    assert detail == DetailFurnished(N, "H", FurnishDetail(**{**DETAIL, "remarks": "old"}))


@pytest.mark.rule("K4")
def test_the_remarks_name_the_officer_of_the_record_before_the_one_who_called() -> None:
    submitted = group(
        SUBMIT,
        MOVE,
        change(
            STAGE_CHANGES,
            {"date_of_change": local(MADE), "new_processing_stage": "DN2"},
            None,
            {"last_processing_stage": "DN1", "authorised_officer": "OIC009"},
        ),
        officer="batch",
        made=MADE + timedelta(microseconds=5),
    )
    decision = reverse(evolve(MOVED_NOTICE, groups=(submitted,)))
    (answer,) = decision.answers
    assert answer.key == N
    assert answer.detail == Reversed(SUBMIT, "OIC009", submitted.changed_at, "DN2", "DN1")
    _, recorded = decision.changes
    assert isinstance(recorded, StageChangeRecorded)
    assert recorded.record.remarks == "Reverses changeProcessingStage of 2025-01-14 09:30:00 by OIC009"


@pytest.mark.rule("K4", "G10")
def test_the_remarks_are_as_long_as_their_column_at_most() -> None:
    submitted = group(SUBMIT, MOVE, officer="O" * 200)
    for kept in reverse(evolve(MOVED_NOTICE, groups=(submitted,))).changes:
        if isinstance(kept, StageChangeRecorded):
            assert kept.record.remarks
            assert len(kept.record.remarks) == 200


@pytest.mark.rule("K4", "U1", "H10")
def test_a_suspension_that_was_lifted_is_opened_anew_as_long_as_it_was() -> None:
    revival = {"date_of_revival": local(MADE), "revival_reason": "RDN"}
    lifted = group(FURNISH, change(SUSPENSIONS, RECORD_KEY, dict.fromkeys(revival), revival))
    rows = {**FURNISHED_ROWS, RECORD_ROW: {**RECORD, **revival}}
    notice = ReversibleNotice(N, rows, (lifted,), last_sr_no=7)
    facts = ReversalFacts(EMPTY, {N: notice}, frozenset({TAKER["id_no"]}))
    (opened,) = decide((N,), OFFENDER_REVERSAL, facts, "OIC002", NOW).changes
    assert isinstance(opened, SuspensionOpened)
    record = opened.record
    assert (record.date_of_suspension, record.due) == (MADE, at("2025-02-13T09:30:00"))
    assert (record.sr_no, str(record.reason), record.officer) == (8, "TS-HST", "OIC002")


@pytest.mark.rule("K4", "G18")
@pytest.mark.parametrize("days, first, last", [(None, 14, 14), ("1", 14, 14), ("3", 12, 16), ("x", 14, 14)])
def test_how_long_a_change_can_be_taken_back(days: str | None, first: int, last: int) -> None:
    reference = evolve(EMPTY, parameters={("REVERSAL", "DAYS"): days} if days else {})
    assert first_day(NOW, reference).day == first
    assert last_day(NOW, reference).day == last


@pytest.mark.rule("K4", "G14")
def test_a_number_of_days_longer_than_the_calendar_is_taken_for_a_hundred_years() -> None:
    reference = evolve(EMPTY, parameters={("REVERSAL", "DAYS"): "999999999"})
    assert first_day(NOW, reference) == NOW.date() - timedelta(days=36_499)
    assert last_day(NOW, reference) == NOW.date() + timedelta(days=36_499)


values = st.none() | st.sampled_from(["A", "B", "C"])
TABLES: Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]] = {
    NOTICES: ({}, tuple(STAGE_ROW)),
    OFFENDERS: (ROLE, tuple(PERSON)),
    ADDRESSES: (OF_MAIL, tuple(ADDRESS)),
    DETAILS: (ROLE, tuple(DETAIL)),
}


@st.composite
def changed(draw: st.DrawFn) -> tuple[Rows, list[RowChange]]:
    """Draw the rows of a notice, and what one transaction makes of some of their columns."""
    rows: dict[RowKey, Row] = {}
    changes: list[RowChange] = []
    for table, (key, names) in TABLES.items():
        there = table == NOTICES or draw(st.booleans())
        row = {name: draw(values) for name in names} if there else None
        if row is not None:
            rows[table, (N, *key.values())] = row
        if draw(st.booleans()):
            some = names if row is None else tuple(name for name in names if draw(st.booleans()))
            after = {name: draw(values) for name in some}
            changes.append(change(table, key, row and columns(row, after), after))
    return rows, changes


def made(rows: Rows, changes: list[RowChange]) -> Rows:
    """Return rows after changes."""
    after = dict(rows)
    for each in changes:
        key = (each.table, tuple(each.key.values()))
        after[key] = {**rows.get(key, {}), **(each.after or {})}
    return after


def put_back(rows: Rows, changes: tuple[Change, ...]) -> Rows:
    """Return rows after the changes of a reversal; what it records is history."""
    after = dict(rows)
    for each in changes:
        match each:
            case NoticePutBack(notice_no=number, row=row):
                after[NOTICES, (number,)] = row
            case OffenderPutBack(notice_no=number, role=role, row=row):
                after[OFFENDERS, (number, role)] = row
            case OffenderRemoved(notice_no=number, role=role):
                del after[OFFENDERS, (number, role)]
            case AddressPutBack(notice_no=number, role=role, type_of_address=kind, row=row):
                after[ADDRESSES, (number, role, kind)] = row
            case AddressRemoved(notice_no=number, role=role, type_of_address=kind):
                del after[ADDRESSES, (number, role, kind)]
            case DetailFurnished(notice_no=number, role=role, detail=detail):
                after[DETAILS, (number, role)] = {name: getattr(detail, name) for name in DETAIL}
            case DetailRemoved(notice_no=number, role=role):
                del after[DETAILS, (number, role)]
            case _:
                assert isinstance(each, OffenderHistoryKept | StageChangeRecorded)
    return after


@pytest.mark.rule("K4")
@given(drawn=changed())
def test_a_reversal_puts_back_every_column_of_every_row(drawn: tuple[Rows, list[RowChange]]) -> None:
    before, changes = drawn
    after = made(before, changes)
    notice = ReversibleNotice(N, after, (group(FURNISH, *changes),))
    decision = reverse(notice, kind=OFFENDER_REVERSAL)
    assert decision.answers[0].detail
    assert put_back(after, decision.changes) == before


@pytest.mark.rule("K4")
@given(drawn=changed(), data=st.data())
def test_a_reversal_is_refused_once_a_column_has_changed(
    drawn: tuple[Rows, list[RowChange]], data: st.DataObject
) -> None:
    before, changes = drawn
    after = dict(made(before, changes))
    rows = [row for row in changed_rows(group(FURNISH, *changes)) if row.after]
    if not rows:
        return
    row = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from(sorted(row.after or {})))
    after[row.key] = {**after[row.key], name: "changed"}
    decision = reverse(ReversibleNotice(N, after, (group(FURNISH, *changes),)), kind=OFFENDER_REVERSAL)
    assert decision.changes == ()
    code: Code = decision.answers[0].code
    assert code.text == f"{SINCE}another program"
