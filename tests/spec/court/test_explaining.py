"""What the court and payment operations would answer for a notice now."""

from typing import TypeAlias

import pytest

from ocms_core.court.explaining import explain
from tests.support.builders import (
    DUE,
    HST,
    WWP,
    court_facts,
    notice,
    payment,
    plus_notice,
    plus_notices,
    shown,
)
from tests.support.cases import Case, parametrize_cases
from tests.support.in_memory_stores import InMemoryCourtStores, Tables

# The answers of APIs 1, 2 and 4, each with the rules it is explained by.
Explained: TypeAlias = Case[Tables, str, tuple[tuple[str, tuple[str, ...]], ...]]

CASES: tuple[Explained, ...] = (
    Case(
        rule=("P12", "P22", "P31"),
        name="a notice in court is explained by what each operation would show",
        given=Tables(
            court=court_facts(notice("A")),
            payments={"A": payment("A", suspension_type="PS", epr_reason="WWP")},
            plus=plus_notices([plus_notice("A")]),
        ),
        ask="A",
        says=(
            ("payment PP, payable 150.00, paid 0.00, allowed Y, suspension PS PS-WWP", ("P12",)),
            ("OCMS-2000 Success", ("P22",)),
            ("allowed Y, payable 150.00, due 2025-02-14T00:00:00+08:00", ("P31",)),
        ),
    ),
    Case(
        rule=("P21", "P22"),
        name="a reason of CAS on the notice refuses the other type without a reason",
        given=Tables(
            court=court_facts(notice("A", suspension=shown("PS", "WWP"), open_suspensions=[WWP])),
            payments={"A": payment("A", suspension_type="PS", epr_reason="WWP")},
            plus=plus_notices([plus_notice("A")]),
        ),
        ask="A",
        says=(
            ("payment PP, payable 150.00, paid 0.00, allowed Y, suspension PS PS-WWP", ("P12",)),
            (
                "OCMS-2000 Success; TS without a reason OCMS-4005 Invalid suspension type",
                ("P22", "P21", "U2"),
            ),
            ("allowed Y, payable 150.00, due 2025-02-14T00:00:00+08:00", ("P31",)),
        ),
    ),
    Case(
        rule=("P21", "P22"),
        name="a notice under TS-HST is refused PS without a reason, which no table has",
        given=Tables(
            court=court_facts(
                notice("A", suspension=shown("TS", "HST", due=DUE), open_suspensions=[HST], stage="CSD")
            ),
            payments={"A": payment("A", suspension_type="TS", epr_reason="HST")},
            plus=plus_notices([plus_notice("A")]),
        ),
        ask="A",
        says=(
            ("payment PP, payable 150.00, paid 0.00, allowed Y, suspension TS HST", ("P12",)),
            (
                "OCMS-2000 Success; PS without a reason OCMS-4005 Invalid suspension type",
                ("P22", "P21", "U2"),
            ),
            ("allowed Y, payable 150.00, due 2025-02-14T00:00:00+08:00", ("P31",)),
        ),
    ),
    Case(
        rule=("P12", "P22", "P23", "P31"),
        name="a notice before court is explained, without what is not stored",
        given=Tables(
            court=court_facts(notice("A", stage="RD1")),
            payments={"A": payment("A", payment_status=None)},
            plus=plus_notices([plus_notice("A", payment_due_date=None, payment_acceptance_allowed="N")]),
        ),
        ask="A",
        says=(
            ("payment unknown, payable 150.00, paid 0.00, allowed Y, suspension none", ("P12",)),
            ("OCMS-4008 Notice does not exist or is not a court notice", ("P22", "P23")),
            ("allowed N, payable 150.00, due never", ("P31",)),
        ),
    ),
    Case(
        rule=("P10", "P23", "P30"),
        name="a notice that does not exist is explained by what refuses it",
        given=Tables(),
        ask="A",
        says=(
            ("left out: no such notice", ("P10", "P11")),
            ("OCMS-4008 Notice does not exist or is not a court notice", ("P23",)),
            ("OCMS-4008 One or more notices not found", ("P30",)),
        ),
    ),
)


@parametrize_cases(CASES)
def test_explain(case: Explained) -> None:
    stores = InMemoryCourtStores(case.given)
    explanations = explain(case.ask, stores=stores, now=DUE)
    assert (
        tuple((parametrize_cases.answer, parametrize_cases.rules) for parametrize_cases in explanations)
        == case.says
    )
    assert [parametrize_cases.operation for parametrize_cases in explanations] == [
        "cas-getPaymentStatus",
        "cas-updateCourtNotices",
        "plus-queryNoticeInfo",
    ]
    assert stores.opened == ["reading"]


@pytest.mark.rule("P1")
def test_a_number_with_a_hyphen_is_none_to_the_calls_of_cas_and_plus_though_the_notice_is_there() -> None:
    stores = InMemoryCourtStores(
        Tables(court=court_facts(notice("N-001")), payments={"N-001": payment("N-001")})
    )
    said = [each.answer for each in explain("N-001", stores=stores, now=DUE)]
    assert said == ["OCMS-4004 Invalid notice number format"] * 3
