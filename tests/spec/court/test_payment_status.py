"""API 1: the payment status of unpaid court notices."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.court.facts import NoticePaymentStatus
from ocms_core.court.payment_status import decide, with_typed_reason
from tests.support.builders import payment
from tests.support.cases import Case, parametrize_cases

StatusCase = Case[tuple[NoticePaymentStatus, ...], tuple[str, ...], tuple[NoticePaymentStatus, ...]]

CASES: tuple[StatusCase, ...] = (
    Case(
        rule="P10",
        name="notices are answered in the order asked, not the order found",
        given=(payment("A"), payment("B"), payment("C")),
        ask=("C", "A", "B"),
        says=(payment("C"), payment("A"), payment("B")),
    ),
    Case(
        rule="P10",
        name="unknown numbers are left out",
        given=(payment("A"), payment("C")),
        ask=("A", "B", "C"),
        says=(payment("A"), payment("C")),
    ),
    Case(rule="P10", name="nothing found is an answer too", given=(), ask=("A",), says=()),
    Case(
        rule="P10",
        name="a number in another case is another number",
        given=(payment("A"),),
        ask=("a",),
        says=(),
    ),
    Case(
        rule="P11",
        name="the payment allowance is the stored flag",
        given=(payment("A", payment_acceptance_allowed="N"), payment("B", payment_acceptance_allowed="Y")),
        ask=("A", "B"),
        says=(payment("A", payment_acceptance_allowed="N"), payment("B", payment_acceptance_allowed="Y")),
    ),
    Case(
        rule="P11",
        name="what is not stored stays empty",
        given=(payment("A", payment_status=None, amount_payable=None, amount_paid=None),),
        ask=("A",),
        says=(payment("A", payment_status=None, amount_payable=None, amount_paid=None),),
    ),
    Case(
        rule=("P10", "P11", "P12"),
        name="the contract's own notice is shown as the contract shows it",
        given=(payment("1234567890", suspension_type="PS", crs_reason="FP", epr_reason="WWP"),),
        ask=("1234567890",),
        says=(
            NoticePaymentStatus(
                notice_no="1234567890",
                payment_status="PP",
                amount_payable=Decimal("150.00"),
                amount_paid=Decimal("0.00"),
                payment_acceptance_allowed="Y",
                suspension_type="PS",
                crs_reason="FP",
                epr_reason="PS-WWP",
            ),
        ),
    ),
)

REASONS: tuple[Case[tuple[str | None, str | None], None, str | None], ...] = (
    Case(rule="P12", name="WWP under PS is shown with its type", given=("PS", "WWP"), says="PS-WWP"),
    Case(rule="P12", name="OTH under PS is shown with its type", given=("PS", "OTH"), says="PS-OTH"),
    Case(rule="P12", name="WWC under PS is shown with its type", given=("PS", "WWC"), says="PS-WWC"),
    Case(rule="P12", name="another reason under PS is shown as stored", given=("PS", "APP"), says="APP"),
    Case(rule="P12", name="WWF is not one of the three", given=("PS", "WWF"), says="WWF"),
    Case(rule="P12", name="WWP under TS is shown with that type", given=("TS", "WWP"), says="TS-WWP"),
    Case(rule="P12", name="WWP under no type is shown as CAS writes it", given=(None, "WWP"), says="PS-WWP"),
    Case(rule="P12", name="HST under TS is shown as stored", given=("TS", "HST"), says="HST"),
    Case(rule="P12", name="no reason under PS is none", given=("PS", None), says=None),
    Case(rule="P12", name="no suspension has no reason", given=(None, None), says=None),
)


@parametrize_cases(CASES)
def test_decide(case: StatusCase) -> None:
    found = {notice.notice_no: notice for notice in case.given}
    assert decide(case.ask, found) == case.says


@parametrize_cases(REASONS)
def test_shown(case: Case[tuple[str | None, str | None], None, str | None]) -> None:
    kind, reason = case.given
    stored = payment("A", suspension_type=kind, crs_reason="FP", epr_reason=reason)
    assert with_typed_reason(stored) == payment(
        "A", suspension_type=kind, crs_reason="FP", epr_reason=case.says
    )


NUMBERS = st.sampled_from("ABCDEF")
FOUND = st.dictionaries(
    NUMBERS,
    st.builds(
        payment,
        st.just(""),
        payment_status=st.sampled_from([None, "FP", "PP", "NP", "RE"]),
        suspension_type=st.sampled_from([None, "PS", "TS"]),
        epr_reason=st.sampled_from([None, "WWP", "OTH", "WWC", "HST"]),
    ),
)


@pytest.mark.rule("G9", "P10")
@given(st.lists(NUMBERS, unique=True), FOUND)
def test_a_batch_is_answered_as_its_items_would_be_one_by_one(
    asked: list[str], found: Mapping[str, NoticePaymentStatus]
) -> None:
    one_by_one = tuple(answer for notice_no in asked for answer in decide((notice_no,), found))
    assert decide(asked, found) == one_by_one
