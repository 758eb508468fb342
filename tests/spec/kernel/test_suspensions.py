"""Suspensions and when they end by themselves."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.suspensions import (
    NOT_SUSPENDED,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    Suspensions,
    due_of_revival,
    shown_suspension,
)
from tests.support.builders import HST, NOW, OTH, SINCE, SUSPENSION_REASONS, WWP, at, shown
from tests.support.cases import Case, parametrize_cases

Due = Case[dict[SuspensionReason, int], SuspensionReason, datetime | None]

CASES: tuple[Due, ...] = (
    Case(
        rule=("P24", "G14"),
        name="a suspension is due after the days of its reason, to the minute",
        given={HST: 30},
        ask=HST,
        says=at("2025-02-13T11:00:00"),
    ),
    Case(rule=("P24", "G14"), name="a reason without days has no end", given={HST: 30}, ask=WWP, says=None),
    Case(
        rule=("P24", "G14"),
        name="days of the same code under the other type do not count",
        given={SuspensionReason("TS", "OTH"): 7},
        ask=SuspensionReason("PS", "OTH"),
        says=None,
    ),
    Case(
        rule=("P24", "G14"),
        name="days beyond the calendar are a hundred years",
        given={HST: 999_999_999},
        ask=HST,
        says=NOW + timedelta(days=36_500),
    ),
    Case(rule=("P24", "G14"), name="no days at all is an end at once", given={HST: 0}, ask=HST, says=NOW),
)


@parametrize_cases(CASES)
def test_due_of_revival(case: Due) -> None:
    assert due_of_revival(case.ask, NOW, case.given) == case.says


@pytest.mark.rule("P12")
def test_type_and_reason_are_written_as_one_word() -> None:
    assert str(WWP) == "PS-WWP"


UNC = SuspensionReason("TS", "UNC")
EARLIER, LATER = at("2025-02-01T00:00:00"), at("2025-03-01T00:00:00")


def record(
    reason: SuspensionReason, sr_no: int = 1, due: datetime | None = None, since: datetime = SINCE
) -> OpenSuspension:
    return OpenSuspension(reason, since, sr_no, due)


def held(
    *records: OpenSuspension, row: ShownSuspension = NOT_SUSPENDED, crs_reason: str | None = None
) -> Suspensions:
    return Suspensions(row, records, 9, crs_reason)


ALONE = ShownSuspension(type="TS", reason=None, since=None, due=None)
PERMANENT_ALONE = ShownSuspension(type="PS", reason=None, since=None, due=None)
Showing = Case[Suspensions, None, ShownSuspension]

SHOWING: tuple[Showing, ...] = (
    Case(rule=("U1", "H5"), name="none open, none shown", given=held(), says=NOT_SUSPENDED),
    Case(
        rule=("U1", "H5"),
        name="of temporary suspensions the one due last is shown",
        given=held(record(UNC, 1, LATER), record(HST, 2, EARLIER)),
        says=shown("TS", "UNC", due=LATER),
    ),
    Case(
        rule=("U1", "H5"),
        name="one without an end outlasts all",
        given=held(record(UNC, 1, None), record(HST, 2, LATER)),
        says=shown("TS", "UNC"),
    ),
    Case(
        rule=("U1", "H5"),
        name="of two due together the later record is shown",
        given=held(record(UNC, 1, LATER), record(HST, 2, LATER)),
        says=shown("TS", "HST", due=LATER),
    ),
    Case(
        rule="U1",
        name="a permanent suspension is shown before a temporary one",
        given=held(record(WWP, 1), record(HST, 2, LATER), row=shown("TS", "HST", due=LATER)),
        says=shown("PS", "WWP"),
    ),
    Case(
        rule="U1",
        name="of permanent suspensions the newest is shown",
        given=held(record(WWP, 2, since=NOW), record(OTH, 3)),
        says=shown("PS", "WWP", NOW),
    ),
    Case(
        rule="U1",
        name="of two permanent suspensions of one moment the later record is shown",
        given=held(record(OTH, 2), record(WWP, 1)),
        says=shown("PS", "OTH"),
    ),
    Case(
        rule="U1",
        name="a temporary type without a reason that has a day gives way to a record too",
        given=held(record(HST, 1, EARLIER), row=shown("TS", None, due=LATER)),
        says=shown("TS", "HST", due=EARLIER),
    ),
    Case(
        rule="U1",
        name="a type CAS gave without a reason shows alone",
        given=held(row=ALONE),
        says=ALONE,
    ),
    Case(
        rule="U1",
        name="a permanent type without a reason holds over temporary records",
        given=held(record(HST, 1, LATER), row=PERMANENT_ALONE),
        says=PERMANENT_ALONE,
    ),
    Case(
        rule="U1",
        name="a temporary type without a reason gives way to a record",
        given=held(record(HST, 1, LATER), row=ALONE),
        says=shown("TS", "HST", due=LATER),
    ),
    Case(
        rule="U1",
        name="a payment shows PS whatever the records say, and leaves the reason on the row alone",
        given=held(record(HST, 1, LATER), row=shown("PS", "HST", NOW), crs_reason="FP"),
        says=shown("PS", "HST", NOW),
    ),
    Case(
        rule="U1",
        name="a row that shows a temporary suspension after a payment shows PS",
        given=held(record(HST, 1, LATER), row=shown("TS", "HST", due=LATER), crs_reason="FP"),
        says=PERMANENT_ALONE,
    ),
    Case(
        rule="U1",
        name="nor does it need a record for that",
        given=held(row=NOT_SUSPENDED, crs_reason="FP"),
        says=PERMANENT_ALONE,
    ),
    Case(
        rule="U1",
        name="a permanent record shows its reason beside the payment's",
        given=held(record(WWP, 1), row=PERMANENT_ALONE, crs_reason="FP"),
        says=shown("PS", "WWP"),
    ),
    Case(
        rule=("U1", "H5"),
        name="a suspension that another system wrote on the row alone counts: due last, it stays",
        given=held(record(HST, 1, EARLIER), row=shown("TS", "UNC", due=LATER)),
        says=shown("TS", "UNC", due=LATER),
    ),
    Case(
        rule=("U1", "H5"),
        name="on the row alone and due earlier it gives way",
        given=held(record(HST, 1, LATER), row=shown("TS", "UNC", due=EARLIER)),
        says=shown("TS", "HST", due=LATER),
    ),
    Case(
        rule="U1",
        name="a row that has a record shows the record's own days",
        given=held(record(UNC, 1, EARLIER), row=shown("TS", "UNC", NOW, LATER)),
        says=shown("TS", "UNC", due=EARLIER),
    ),
    Case(
        rule="U1",
        name="a permanent suspension on the row alone holds over temporary records",
        given=held(record(UNC, 1, EARLIER), row=shown("PS", "WWP")),
        says=shown("PS", "WWP"),
    ),
    Case(
        rule="U1",
        name="a permanent suspension on the row alone that is newer than the permanent records stays",
        given=held(record(OTH, 1), record(HST, 2, LATER), row=shown("PS", "WWP", NOW)),
        says=shown("PS", "WWP", NOW),
    ),
    Case(
        rule="U1",
        name="one on the row alone that is older gives way to the permanent record",
        given=held(record(OTH, 1, since=NOW), row=shown("PS", "WWP")),
        says=shown("PS", "OTH", NOW),
    ),
)


@parametrize_cases(SHOWING)
def test_shown_suspension(case: Showing) -> None:
    assert shown_suspension(case.given) == case.says


@pytest.mark.rule("U1", "U3")
def test_a_record_opened_beside_a_payment_leaves_it_permanent() -> None:
    paid = held(row=PERMANENT_ALONE, crs_reason="FP")
    assert paid.beside(record(HST, 10)) == Suspensions(PERMANENT_ALONE, (record(HST, 10),), 10, "FP")


REASONS = st.sampled_from(sorted(SUSPENSION_REASONS, key=str))
MOMENTS = st.sampled_from([SINCE, NOW, EARLIER, LATER])
RECORDS = st.lists(st.builds(OpenSuspension, REASONS, MOMENTS, st.integers(1, 9), MOMENTS), max_size=4).map(
    tuple
)
ROWS = st.builds(
    shown, st.sampled_from([None, "PS", "TS"]), st.sampled_from([None, "HST", "WWP", "APP"]), MOMENTS
)
HELD = st.builds(Suspensions, ROWS, RECORDS, st.just(9), st.sampled_from([None, "FP"]))


@pytest.mark.rule("U1", "U3")
@given(HELD)
def test_any_sign_of_a_permanent_suspension_is_one_and_nothing_else_is(found: Suspensions) -> None:
    signs = (
        found.shown.type == "PS",
        found.crs_reason is not None,
        any(each.reason.type == "PS" for each in found.open_records),
    )
    assert found.permanent == any(signs)


@pytest.mark.rule("U1")
@given(HELD)
def test_what_is_shown_is_a_record_or_the_row_and_showing_it_changes_nothing_more(found: Suspensions) -> None:
    answer = shown_suspension(found)
    recorded = {(each.reason.type, each.reason.code) for each in found.open_records}
    assert (answer.type, answer.reason) in recorded or answer in (found.shown, PERMANENT_ALONE)
    written = Suspensions(answer, found.open_records, found.last_sr_no, found.crs_reason)
    assert shown_suspension(written) == answer
