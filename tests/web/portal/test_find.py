"""The page on which officers find notices."""

import gzip
import re

import pytest

from ocms_adapters.sql import schema as t
from tests.support.rows import put_notices, rows_of
from tests.support.staff_pages import StaffBrowser, StaffSite
from tests.support.stage_rows import put_offenders

SOMEBODY = "S1234567A"


@pytest.fixture
def notices(staff: StaffSite) -> None:
    """Put two notices that may be moved and one that may not."""
    put_notices(staff.engine, ["A1", "A2"], last_processing_stage="RD1", vehicle_no="SBA1234A")
    put_notices(staff.engine, ["B1"], last_processing_stage="WAR", vehicle_no="SBB5678B")
    put_offenders(staff.engine, ["A1", "B1"], id_no=SOMEBODY, name="<script>alert(1)</script>")


def numbers(page: str) -> list[str]:
    """Return the notices a page links to, in its order."""
    return re.findall(r'href="/staff/notices/(\w+)"', page)


@pytest.mark.rule("S1", "S2")
@pytest.mark.usefixtures("notices")
def test_what_may_be_moved_stands_apart_from_what_may_not_and_why(officer: StaffBrowser) -> None:
    page = officer.post("/staff/find", {"idNo": SOMEBODY.lower()})
    assert "2 notices found" in page.text
    assert numbers(page.text) == ["A1", "B1"]
    assert "1 may be moved" in page.text
    assert "1 may not be moved" in page.text
    assert "Notice is at court stage" in page.text or "court stage" in page.text


@pytest.mark.rule("G2")
@pytest.mark.usefixtures("notices")
def test_a_search_for_somebody_is_recorded_for_the_page_and_offered_to_nobody_again(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    officer.post("/staff/find", {"idNo": SOMEBODY})
    (record,) = rows_of(staff.engine, t.ocms_access_record)
    assert (record["operation"], record["principal"]) == ("staff page: find", "USER01")
    officer.post("/staff/find", {"vehicleNo": "SBA1234A"})
    again = officer.get("/staff/find")
    assert "vehicle number SBA1234A" in again.text
    assert SOMEBODY not in again.text


@pytest.mark.usefixtures("notices")
def test_an_identity_is_in_no_address_no_title_and_no_store(staff: StaffSite, officer: StaffBrowser) -> None:
    officer.get("/staff/find")
    page = officer.post("/staff/find", {"idNo": SOMEBODY})
    assert not [address for address in officer.addresses if SOMEBODY in address]
    assert SOMEBODY not in re.findall(r"<title>(.*)</title>", page.text)[0]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert SOMEBODY not in str(rows_of(staff.engine, t.ocms_staff_session))
    by_address = officer.get(f"/staff/find?idNo={SOMEBODY}")
    assert "found" not in by_address.text  # an address is no way to look for somebody


@pytest.mark.usefixtures("notices")
def test_a_pasted_list_shows_what_is_there_and_names_what_is_not(officer: StaffBrowser) -> None:
    page = officer.post("/staff/find", {"notice_nos": "a1, B1\nX9;a1"})
    assert numbers(page.text) == ["A1", "B1"]
    assert "1 of your list are not there: X9" in page.text


@pytest.mark.usefixtures("notices")
def test_columns_sort_up_and_down(officer: StaffBrowser) -> None:
    criteria = {"vehicleNo": "SBA1234A"}
    assert numbers(officer.post("/staff/find", criteria | {"sort": "-notice"}).text) == ["A2", "A1"]
    page = officer.post("/staff/find", criteria | {"sort": "notice"})
    assert numbers(page.text) == ["A1", "A2"]
    assert 'aria-sort="ascending"><button class="sort" type="submit" form="find"' in page.text


@pytest.mark.parametrize(
    "typed, said",
    [
        ({}, "Fill in at least one field"),
        ({"dateOfCurrentProcessingStage": "2026-02-30"}, "Entered its stage on"),
        ({"noticeNo": "12345678901"}, "Notice number"),
        ({"notice_nos": "a_1"}, "1 of these are no notice numbers"),
    ],
)
def test_a_field_that_is_wrong_says_so_beside_itself_and_keeps_what_was_typed(
    officer: StaffBrowser, typed: dict[str, str], said: str
) -> None:
    page = officer.post("/staff/find", {"vehicleNo": "SBA1" if typed else "", **typed})
    assert said in page.text
    assert 'aria-invalid="true"' in page.text
    assert all(value in page.text for value in typed.values())


def test_a_thousand_rows_are_a_hundred_kilobytes_at_most(staff: StaffSite, officer: StaffBrowser) -> None:
    many = [f"M{number:07}" for number in range(1000)]
    put_notices(staff.engine, many, last_processing_stage="RD1", vehicle_no="SBA1234A")
    put_offenders(staff.engine, many, name="TAN AH KOW OF A LONGER NAME")
    officer.get("/staff/find")
    page = officer.send(
        "POST",
        "/staff/find",
        data={"vehicleNo": "SBA1234A", "csrf": officer.token},
        headers={"Accept-Encoding": "gzip"},
    )
    assert len(numbers(page.text)) == 1000
    assert page.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(page.content, 6)) <= 100_000
    assert int(page.headers["content-length"]) <= 100_000
