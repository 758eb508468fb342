"""The dashboard: each figure is the length of the list it leads to."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import AddressAnswered
from ocms_core.kernel.dates import local
from ocms_core.stages.reports import OfficerDay
from ocms_web.portal.dashboard import change_bars
from ocms_web.portal.pictures import Bar
from tests.support.hst_facts import answer
from tests.support.hst_rows import HstDatabase, notice
from tests.support.rows import notice_numbers
from tests.support.shared_staff import officer, shared_staff, staff
from tests.support.staff_pages import StaffBrowser, StaffSite
from tests.support.statements import recorded

__all__ = ["officer", "shared_staff", "staff"]

NOW = SystemClock().now()
TODAY = NOW.date()
FIGURE = re.compile(r'<td class="number"><a href="([^"]+)">([0-9,]+)</a></td>')


def put_cases(staff: StaffSite, many: int = 3) -> None:
    """Put in so many notices of each of two ages and stages, their changes, and as many HST identities."""
    held = HstDatabase(staff.engine, SqlHstStores(staff.engine))
    # By hours before now that no midnight parts from the day they are to be in.
    moments = {"RD1": local(NOW) - timedelta(days=2), "DN1": local(NOW) - timedelta(days=40)}
    notices: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for stage, moment in moments.items():
        for number in notice_numbers(many):
            ends = {"last_processing_stage": stage, "last_processing_date": moment}
            notices.append(notice(number) | ends | {"next_processing_date": moment + timedelta(days=14)})
            changes.append(
                {
                    "notice_no": number,
                    "date_of_change": moment,
                    "new_processing_stage": stage,
                    "last_processing_stage": "NPA",
                    "authorised_officer": "OIC.TAN",
                    "source": "PORTAL",
                    "remarks": "<script>alert(1)</script>",
                }
            )
    held.put(t.ocms_valid_offence_notice, notices)
    held.put(t.ocms_change_of_processing, changes)
    for place in range(many):
        id_no = f"S{place:07}Z"
        held.put(
            t.ocms_hst,
            [
                {
                    "id_no": id_no,
                    "id_type": "N",
                    "name": "Somebody",
                    "postal_code": "123456",
                    "blk_hse_no": "1",
                    "street_name": "A",
                    "floor_no": "",
                    "unit_no": "",
                    "bldg_name": "",
                    "cre_date": local(NOW) - timedelta(days=1),
                    "cre_user_id": "x",
                }
            ],
        )
        with held.stores.writing() as store:
            store.record([AddressAnswered(answer(id_no=id_no, answered_at=NOW))], NOW, isolate=False)


@pytest.mark.rule("K5")
def test_each_figure_is_the_length_of_its_list(staff: StaffSite, officer: StaffBrowser) -> None:
    put_cases(staff)
    shown = officer.get("/staff/dashboard")
    assert shown.status_code == 200
    figures = [(unescape(href), int(count.replace(",", ""))) for href, count in FIGURE.findall(shown.text)]
    kinds = {href.partition("?")[0] for href, _ in figures}
    assert kinds == {
        *(f"/staff/dashboard/{kind}" for kind in ("notices", "changes", "stuck")),
        "/staff/hst/answers",
    }
    for href, count in figures:
        listed = officer.get(href)
        assert listed.status_code == 200
        lines = re.findall(r'<th scope="row"><a href="/staff/notices/', listed.text)
        sections = re.findall(r'<section class="card"', listed.text)
        assert len(lines) + len(sections) == count, href
        assert "<script>alert" not in listed.text


def test_pictures_say_what_their_tables_say(staff: StaffSite, officer: StaffBrowser) -> None:
    put_cases(staff)
    shown = officer.get("/staff/dashboard").text
    assert shown.count('<svg xmlns="http://www.w3.org/2000/svg" role="img"') == 5
    assert "RD1: 3 (3 0 to 14 days). DN1: 3 (3 31 to 90 days)" in shown
    assert " style=" not in shown
    assert "<style" not in shown


@pytest.mark.rule("G7")
def test_the_lists_of_nothing_and_of_what_there_is_not(officer: StaffBrowser) -> None:
    assert "There are none." in officer.get("/staff/dashboard/notices?stage=XXX&age=0").text
    assert "There are none." in officer.get("/staff/dashboard/changes?officer=X&day=2025-01-01").text
    assert "There are none." in officer.get("/staff/dashboard/changes?officer=X&day=9999-12-31").text
    assert "There are none." in officer.get("/staff/dashboard/stuck?kind=job_run").text
    assert "There are none." in officer.get("/staff/dashboard/jobs?job=other").text
    for address in (
        *("notices?stage=RD1&age=4", "notices?stage=RD1&age=-1", "notices?stage=RD1"),
        *("changes?officer=X&day=2025-02-30", "changes", "stuck", "stuck?kind=other"),
        f"notices?stage=RD1&age={'9' * 5_000}",
        *("notices?stage=%00&age=0", "changes?officer=%00&day=2025-01-01", "jobs?job=%00"),
    ):
        assert officer.get(f"/staff/dashboard/{address}").status_code == 404
    for month in ("9999-12", "2025-13", "%00"):
        assert officer.get(f"/staff/hst/answers?month={month}").status_code == 404


def test_what_is_shown_of_no_person_leaves_no_record(staff: StaffSite, officer: StaffBrowser) -> None:
    put_cases(staff)
    records = select(func.count()).select_from(t.INTRANET.tables["ocms_access_record"])
    with staff.engine.connect() as connection:
        before = connection.execute(records).scalar_one()
    officer.get("/staff/dashboard")
    officer.get("/staff/dashboard/notices?stage=RD1&age=0")
    with staff.engine.connect() as connection:
        assert connection.execute(records).scalar_one() == before


def test_the_dashboard_takes_as_many_statements_for_many_cases_as_for_one(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    counts = []
    for many in (1, 30):
        put_cases(staff, many) if many == 1 else put_more(staff, many)
        with recorded(staff.engine) as statements:
            officer.get("/staff/dashboard")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def put_more(staff: StaffSite, many: int) -> None:
    held = HstDatabase(staff.engine, SqlHstStores(staff.engine))
    held.put(t.ocms_valid_offence_notice, [notice(number) for number in notice_numbers(many)])
    for place in range(100, 100 + many):
        with held.stores.writing() as store:
            store.record(
                [AddressAnswered(answer(id_no=f"S{place:07}Z", answered_at=NOW))], NOW, isolate=False
            )


@pytest.mark.rule("S51")
def test_officers_with_most_changes_have_a_part_of_their_own_and_the_rest_one_together() -> None:
    before = TODAY - timedelta(days=1)
    counts = {"A": 1, "B": 9, "C": 8, "D": 7, "E": 6, "F": 2}
    found = [OfficerDay(TODAY, officer, changes) for officer, changes in counts.items()]
    series, bars = change_bars([OfficerDay(before, "F", 1), *found])
    assert series == ["B", "C", "D", "E", "others"]
    assert bars == [
        Bar(f"{before:%d %b}", (0, 0, 0, 0, 1)),
        Bar(f"{TODAY:%d %b}", (9, 8, 7, 6, 3)),
    ]
    assert change_bars([]) == ([], [])
    assert change_bars([OfficerDay(TODAY, "A", 1)])[0] == ["A"]
