"""The two workbooks of a month."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from ocms_core.hst.facts import CheckedIdentity, Statistics
from ocms_core.hst.outcomes import CheckOutcome, outcome_of
from ocms_core.hst.reports import (
    Figures,
    data_report,
    figures,
    month_bounds,
    month_of,
    names,
    work_items_report,
)
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.sheets import CellKind, Column
from tests.support.builders import at
from tests.support.hst_facts import ADDRESS, IDENTITY, LISTED, NOW, answer

FOUND = CheckedIdentity(answer(), LISTED)
GONE_AWAY = CheckedIdentity(answer(invalid_addr_tag="G"), LISTED)
SAME = CheckedIdentity(answer(address=ADDRESS), LISTED)
REVIVED = CheckedIdentity(answer(invalid_addr_tag="G"), None)
NOWHERE = CheckedIdentity(answer(address=RegisteredAddress()), LISTED)
NO_SUCH_NUMBER = CheckedIdentity(answer(address=RegisteredAddress(), invalid_addr_tag="N"), LISTED)
EARLIER_LISTING = CheckedIdentity(
    answer(invalid_addr_tag="G"), evolve(LISTED, listed_at=NOW + timedelta(seconds=1))
)
EVERYBODY = [FOUND, GONE_AWAY, SAME, REVIVED, NOWHERE, NO_SUCH_NUMBER, EARLIER_LISTING]


@pytest.mark.rule("H35")
def test_the_data_report_has_the_columns_and_one_row_for_each_identity() -> None:
    sheet = data_report(EVERYBODY)
    assert [column.title for column in sheet.columns] == [
        "S/N",
        "HST ID",
        "Name",
        "Old Address (HST)",
        "New Address (MHA/DataHive)",
        "Address Changed",
        "Invalid Address",
        "MHA/DataHive Response Date",
    ]
    old = "123 Example Street, #01-01, Example Building, Singapore 123456"
    new = "456 New Street, #02-02, New Building, Singapore 654321"
    assert list(sheet.rows) == [
        (1, IDENTITY, "John Tan", old, new, "Yes", "No", NOW),
        (2, IDENTITY, "John Tan", old, new, "Yes", "Yes", NOW),
        (3, IDENTITY, "John Tan", old, old, "No", "No", NOW),
        (4, IDENTITY, None, None, new, "No", "No", NOW),
        (5, IDENTITY, "John Tan", old, "", "No", "No", NOW),
        (6, IDENTITY, "John Tan", old, "", "No", "Yes", NOW),
        (7, IDENTITY, "John Tan", old, new, "No", "No", NOW),
    ]


@pytest.mark.rule("H35")
def test_the_workbooks_have_names_and_columns_as_wide_as_what_they_hold() -> None:
    data = data_report([])
    work_items = work_items_report(Figures(4, 2, 1, 3, 1), Statistics(10, 20, 5, 6, 19, 9))
    assert (data.name, work_items.name) == ("HST Data", "HST Work Items")
    assert [(column.kind, column.width) for column in data.columns] == [
        (CellKind.WHOLE, 9),
        (CellKind.TEXT, 14),
        (CellKind.TEXT, 30),
        (CellKind.TEXT, 50),
        (CellKind.TEXT, 50),
        (CellKind.TEXT, 10),
        (CellKind.TEXT, 10),
        (CellKind.MOMENT, 20),
    ]
    assert work_items.columns == (Column("Item", CellKind.TEXT, 40), Column("Count", CellKind.WHOLE, 12))


@pytest.mark.rule("H35", "H37")
def test_the_figures_count_what_the_checks_brought() -> None:
    assert figures(EVERYBODY) == Figures(checked=6, changed=2, invalid=2, valid=2, eligible=1)


@pytest.mark.rule("H35", "H37")
def test_the_figures_of_the_workbook_are_those_of_the_outcomes() -> None:
    outcomes = [outcome_of(each) for each in EVERYBODY]
    found = figures(EVERYBODY)
    assert found.checked == len(outcomes) - outcomes.count(CheckOutcome.REVIVED)
    assert found.invalid == outcomes.count(CheckOutcome.INVALID_ADDRESS)
    assert found.eligible == outcomes.count(CheckOutcome.NEW_ADDRESS)


@pytest.mark.rule("H35")
def test_the_work_items_report_lists_its_figures_in_order() -> None:
    sheet = work_items_report(Figures(4, 2, 1, 3, 1), Statistics(10, 20, 5, 6, 19, 9))
    assert list(sheet.rows) == [
        ("Total HST IDs", 10),
        ("HST IDs Checked This Month", 4),
        ("Addresses Changed", 2),
        ("Addresses Marked Invalid", 1),
        ("Addresses Now Valid", 3),
        ("Total Active TS-HST Suspensions", 20),
        ("New TS-HST Suspensions This Month", 5),
        ("TS-HST Reapplied (Looping)", 6),
        ("Total Notices Under TS-HST", 19),
        ("HST IDs Eligible for Revival", 1),
        ("HST IDs Still Suspended", 9),
    ]


@pytest.mark.rule("H35")
def test_a_month_runs_from_its_first_to_the_next_months_first() -> None:
    assert month_of(at("2025-12-31T23:59:59")) == date(2025, 12, 1)
    assert month_bounds(date(2025, 12, 1)) == (at("2025-12-01T00:00:00"), at("2026-01-01T00:00:00"))
    assert month_bounds(date(2025, 2, 1)) == (at("2025-02-01T00:00:00"), at("2025-03-01T00:00:00"))
    assert names(date(2025, 2, 1)) == (
        "hst/MonthlyHSTDataReport_202502.xlsx",
        "hst/MonthlyHSTWorkItemsReport_202502.xlsx",
    )
