"""The page of stage-change reports: the days of a range, and the workbook of each."""

import re
from datetime import timedelta

import pytest

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.dates import local
from tests.support.hst_rows import HstDatabase, notice
from tests.support.shared_staff import officer, shared_staff, staff
from tests.support.staff_pages import StaffBrowser, StaffSite

__all__ = ["officer", "shared_staff", "staff"]


def put_change(staff: StaffSite) -> None:
    held = HstDatabase(staff.engine, SqlHstStores(staff.engine))
    held.put(t.ocms_valid_offence_notice, [notice("500500001A")])
    change = {
        "notice_no": "500500001A",
        "date_of_change": local(SystemClock().now()) - timedelta(days=1),
        "new_processing_stage": "RD2",
        "last_processing_stage": "RD1",
        "authorised_officer": "USER01",
        "source": "PORTAL",
    }
    held.put(t.ocms_change_of_processing, [change])


def test_the_reports_of_a_range_are_listed_and_downloaded(staff: StaffSite, officer: StaffBrowser) -> None:
    put_change(staff)
    shown = officer.get("/staff/reports")
    assert "1 day with 1 change," in shown.text
    (address,) = re.findall(r'href="(/staff/reports/[^"]+)"', shown.text)
    file = officer.get(address)
    assert file.status_code == 200
    assert file.content.startswith(b"PK")
    assert file.headers["content-disposition"].startswith('attachment; filename="ChangeStageReport_')
    assert file.headers["content-disposition"].endswith('.xlsx"')
    assert file.headers["cache-control"] == "no-store"
    with staff.engine.connect() as connection:
        table = t.INTRANET.tables["ocms_access_record"]
        *_, row = connection.execute(table.select().order_by(table.c.id))
    assert (row.principal, row.operation) == ("USER01", "staff page: reports")


def test_a_range_without_changes_says_so(staff: StaffSite, officer: StaffBrowser) -> None:
    put_change(staff)
    shown = officer.get("/staff/reports?startDate=2020-01-01&endDate=2020-01-31")
    assert "No notice was moved in this time." in shown.text


def test_a_range_that_is_none_says_what_is_wrong_and_keeps_what_was_typed(officer: StaffBrowser) -> None:
    shown = officer.get("/staff/reports?startDate=2025-02-01&endDate=2025-01-01")
    assert shown.status_code == 400
    assert 'role="alert"' in shown.text
    assert 'value="2025-02-01"' in shown.text


def test_a_report_there_is_not_is_a_page_that_says_so(officer: StaffBrowser) -> None:
    for name in ("ChangeStageReport_20250101_USER01.xlsx", "other"):
        shown = officer.get(f"/staff/reports/{name}")
        assert shown.status_code == 404
        assert "There is no such page" in shown.text


@pytest.mark.rule("S53")
def test_a_signed_link_is_logged_under_its_path(
    officer: StaffBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    assert officer.send("GET", "/reports/change-stage/x.xlsx").status_code == 403
    assert "path=/reports/{kind}/{name}" in capsys.readouterr().out
