"""The names, the columns and the list of reports."""

from datetime import date

import pytest
from attrs import evolve

from ocms_core.kernel.decision_moments import AN_INSTANT
from ocms_core.kernel.reference import EMPTY
from ocms_core.kernel.sheets import CellKind
from ocms_core.stages.reports import (
    COLUMNS,
    SHOWN_BELOW,
    DailyReport,
    OfficerDay,
    ReportBatch,
    daily_reports,
    day_of_name,
    link_hours,
    names,
    names_of_day,
    sheet,
    stored_name,
    total_changes,
)
from tests.support.builders import NOW

FIFTEENTH, TENTH = date(2025, 1, 15), date(2025, 1, 10)


@pytest.mark.rule("S50")
def test_the_sixteen_columns() -> None:
    assert [column.title for column in COLUMNS] == [
        "S/N",
        "Notice Number",
        "Offence Type",
        "Offence Date & Time",
        "Vehicle No",
        "Offender ID",
        "Offender Name",
        "Previous Processing Stage",
        "Previous Processing Date",
        "Current Processing Stage",
        "Current Processing Date",
        "Reason for Change",
        "Remarks",
        "Authorised Officer",
        "Submitted Date",
        "Source",
    ]
    times = {column.title: column.kind for column in COLUMNS if column.kind is not CellKind.TEXT}
    assert times == {
        "S/N": CellKind.WHOLE,
        "Offence Date & Time": CellKind.MOMENT,
        "Previous Processing Date": CellKind.DAY,
        "Current Processing Date": CellKind.DAY,
        "Submitted Date": CellKind.MOMENT,
    }


@pytest.mark.rule("S50")
def test_the_columns_are_as_wide_as_what_they_hold() -> None:
    assert [column.width for column in COLUMNS] == [
        *(9, 16, 12, 18, 12, 16, 30, 12, 14, 12, 14, 12, 40, 20, 18, 10)
    ]
    assert (sheet([]).name, sheet([]).columns) == ("Change Stage Report", COLUMNS)


@pytest.mark.rule("G14", "S23")
def test_a_link_opens_for_a_day_unless_the_parameter_says_otherwise() -> None:
    assert link_hours(EMPTY) == 24
    assert link_hours(evolve(EMPTY, parameters={("REPORT_LINK", "HOURS"): "2"})) == 2
    assert link_hours(evolve(EMPTY, parameters={("REPORT_LINK", "HOURS"): "745"})) == 744, "31 days"


@pytest.mark.rule("S50")
def test_rows_are_numbered_from_one() -> None:
    assert list(sheet([("A",), ("B",)]).rows) == [(1, "A"), (2, "B")]


@pytest.mark.rule("S50")
@pytest.mark.parametrize(
    "officer, word",
    [("USER01", "USER01"), ("PLUS_SYSTEM", "PLUS_SYSTEM"), ("../j. doe@\u00e9", "..-j.-doe--")],
)
def test_a_batch_is_named_by_its_second_and_its_officer(officer: str, word: str) -> None:
    usual = f"ChangeStageReport_20250114_110000_{word}"
    batch = ReportBatch(officer, "OCMS", NOW, NOW)
    assert names(officer, batch) == (f"{usual}.xlsx", f"{usual}-000000.xlsx")
    after = evolve(batch, date_of_change=NOW + AN_INSTANT)
    assert names(officer, after) == (f"{usual}.xlsx", f"{usual}-000000-20250114110000000001.xlsx")


@pytest.mark.rule("S51")
def test_one_line_a_day_the_newest_first_its_officers_in_order() -> None:
    days = [
        OfficerDay(FIFTEENTH, "USER02", 5),
        OfficerDay(TENTH, "USER03", 10),
        OfficerDay(FIFTEENTH, "USER01", 20),
    ]
    listed = daily_reports(days)
    assert listed == (
        DailyReport(FIFTEENTH, ("USER01", "USER02"), 25),
        DailyReport(TENTH, ("USER03",), 10),
    )
    assert total_changes(listed) == 35
    assert SHOWN_BELOW + stored_name(listed[1].name) == (
        "reports/change-stage/ChangeStageReport_20250110_USER03.xlsx"
    )
    assert [line.name for line in listed] == [
        "ChangeStageReport_20250115_USER01.xlsx",
        "ChangeStageReport_20250110_USER03.xlsx",
    ]


@pytest.mark.rule("S52")
def test_a_day_keeps_the_name_of_each_of_its_officers() -> None:
    days = [OfficerDay(FIFTEENTH, "USER02", 5), OfficerDay(FIFTEENTH, "j. doe", 1)]
    assert names_of_day(days) == {
        "ChangeStageReport_20250115_USER02.xlsx",
        "ChangeStageReport_20250115_j.-doe.xlsx",
    }


@pytest.mark.rule("S52")
@pytest.mark.parametrize(
    "name, day",
    [
        ("ChangeStageReport_20250115_USER01.xlsx", FIFTEENTH),
        ("ChangeStageReport_20250115_143022_USER01.xlsx", FIFTEENTH),
        ("ChangeStageReport_20251231_USER01.xlsx", date(2025, 12, 31)),
        ("ChangeStageReport_20251345_USER01.xlsx", None),
        ("ChangeStageReport_٢025011_USER01.xlsx", None),
        ("ChangeStageReport_20250115.xlsx", None),
        ("Report.xlsx", None),
    ],
)
def test_a_daily_name_tells_its_day(name: str, day: date | None) -> None:
    assert day_of_name(name) == day
