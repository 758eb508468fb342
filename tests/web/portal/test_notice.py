"""The page of one notice."""

import re
from datetime import datetime

import pytest
from sqlalchemy import update

from ocms_adapters.sql import schema as t
from tests.support.rows import put_notices, put_suspension, row_of, rows_of
from tests.support.staff_pages import StaffBrowser, StaffSite
from tests.support.stage_rows import put_fees, put_offenders

NOTICE, SOMEBODY = "500500001A", "S1234567A"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def notice(staff: StaffSite) -> str:
    """Return the number of a notice at RD1 with a driver whose name is a script."""
    put_fees(staff.engine)
    put_notices(staff.engine, [NOTICE], last_processing_stage="RD1")
    put_offenders(staff.engine, [NOTICE], id_no=SOMEBODY, name=HOSTILE)
    put_suspension(staff.engine, NOTICE, suspension_remarks=f"javascript:{HOSTILE}")
    return NOTICE


@pytest.mark.rule("G2")
def test_a_notice_is_shown_with_its_people_and_the_look_is_recorded_for_the_page(
    staff: StaffSite, officer: StaffBrowser, notice: str
) -> None:
    page = officer.get(f"/staff/notices/{notice.lower()}")
    assert page.status_code == 200
    assert f"<title>Notice {notice} · OCMS</title>" in page.text
    assert SOMEBODY in page.text
    (record,) = rows_of(staff.engine, t.ocms_access_record)
    assert (record["operation"], record["principal"], record["notice_no"]) == (
        "staff page: notice",
        "USER01",
        notice,
    )


def test_a_script_in_a_name_or_a_remark_is_shown_as_text(officer: StaffBrowser, notice: str) -> None:
    page = officer.get(f"/staff/notices/{notice}")
    history = officer.get(f"/staff/notices/{notice}/history")
    assert "<dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>" in page.text
    assert "javascript:&lt;script&gt;" in history.text
    for each in (page, history):
        assert HOSTILE not in each.text
        assert 'href="javascript:' not in each.text


@pytest.mark.rule("G2")
def test_what_happened_comes_as_a_part_or_as_a_page_and_the_look_is_recorded(
    staff: StaffSite, officer: StaffBrowser, notice: str
) -> None:
    address = f"/staff/notices/{notice}/history"
    assert f'<p><a href="{address}">' in officer.get(f"/staff/notices/{notice}").text
    whole, part = officer.get(address), officer.get(address, {"HX-Request": "true"})
    for each in (whole, part):
        assert "The stages of the notice, now RD1" in each.text
        assert "Suspended PS-" in each.text
    assert "<html" in whole.text
    assert "<html" not in part.text
    records = [(row["operation"], row["notice_no"]) for row in rows_of(staff.engine, t.ocms_access_record)]
    assert records == [("staff page: notice", notice)] * 3


@pytest.mark.rule("F14")
def test_each_role_has_the_one_button_of_its_case(officer: StaffBrowser, notice: str) -> None:
    page = officer.get(f"/staff/notices/{notice}")
    shown = re.findall(r'offenders/(\w+)">([^<]+)</a>', page.text)
    assert shown == [("OWNER", "Furnish owner"), ("HIRER", "Furnish hirer"), ("DRIVER", "Update driver")]


@pytest.mark.rule("U7", "F14")
def test_of_two_current_offenders_the_first_by_role_is_shown_as_such(
    staff: StaffSite, officer: StaffBrowser, notice: str
) -> None:
    put_offenders(staff.engine, [notice], owner_driver_indicator="O", id_no="S7654321C")
    page = officer.get(f"/staff/notices/{notice}")
    assert re.findall(r'offenders/(\w+)">([^<]+)</a>', page.text)[0] == ("OWNER", "Redirect to owner")
    assert re.findall(r'<h3>(\w+) <span class="badge">current offender', page.text) == ["Driver"]


@pytest.mark.rule("F14", "F52")
def test_a_number_that_the_calls_refuse_has_no_button_and_the_answers_say_so(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    number = "N-001"
    put_notices(staff.engine, [number], last_processing_stage="RD1")
    put_offenders(staff.engine, [number], id_no=SOMEBODY, name="JOHN DOE")
    page = officer.get(f"/staff/notices/{number}")
    assert page.status_code == 200
    assert "/offenders/" not in page.text
    answers = officer.get(f"/staff/notices/{number}/answers").text
    assert answers.count("OCMS-4004 Invalid notice number format") == 3
    assert answers.count(">Invalid notice number<") == 3


def test_the_answers_name_the_rules_and_come_as_a_part_or_as_a_page(
    officer: StaffBrowser, notice: str
) -> None:
    address = f"/staff/notices/{notice}/answers"
    whole, part = officer.get(address), officer.get(address, {"HX-Request": "true"})
    assert "Change of stage" in whole.text
    assert re.search(r"<td>S\d+", whole.text)
    assert "<html" in whole.text
    assert "<html" not in part.text


@pytest.mark.rule("K4")
def test_a_change_of_today_is_taken_back_once_however_often_the_button_is_pressed(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    put_fees(staff.engine)
    put_notices(staff.engine, [NOTICE], last_processing_stage="ROV")
    put_offenders(staff.engine, [NOTICE], owner_driver_indicator="O")
    headers = officer.bearer()
    moved = officer.send(
        "POST", "/ocms/v1/change-processing-stage", json={"items": [{"noticeNo": NOTICE}]}, headers=headers
    )
    assert moved.json()["results"][0]["newStage"] == "RD1"
    page = officer.get(f"/staff/notices/{NOTICE}/answers")
    fields = dict(re.findall(r'name="(key|reversal)" value="([^"]+)"', page.text))
    token = officer.token
    once = officer.post(f"/staff/notices/{NOTICE}/take-back", fields, token=token)
    assert "It was taken back: the notice is at ROV again." in once.text
    again = officer.post(f"/staff/notices/{NOTICE}/take-back", fields, token=token)
    assert "It was taken back: the notice is at ROV again." in again.text
    assert row_of(staff.engine, t.ocms_valid_offence_notice, NOTICE)["last_processing_stage"] == "ROV"
    reversals = [row for row in rows_of(staff.engine, t.ocms_audit_row) if "reverse" in row["operation"]]
    assert len(reversals) == 1


@pytest.mark.parametrize("number", ["X9", "no-such", "a'b", "12345678901"])
def test_a_notice_that_is_not_there_is_a_page_that_says_so(officer: StaffBrowser, number: str) -> None:
    for part in ("", "/answers", "/history"):
        page = officer.get(f"/staff/notices/{number}{part}")
        assert page.status_code == 404
        assert "There is no such notice" in page.text


def test_the_sentences_say_how_it_stands(staff: StaffSite, officer: StaffBrowser, notice: str) -> None:
    columns = {
        "next_processing_stage": "RD2",
        "next_processing_date": datetime(2999, 12, 12),  # noqa: DTZ001  # columns are local
        "amount_payable": 80,
        "payment_due_date": datetime(2999, 12, 31),  # noqa: DTZ001
    }
    with staff.engine.begin() as connection:
        connection.execute(update(t.ocms_valid_offence_notice).values(columns))
    text = officer.get(f"/staff/notices/{notice}").text
    assert "Second reminder to the owner, hirer or director (RD2) is planned for 12 Dec 2999." in text
    assert "$80.00 is payable until 31 Dec 2999." in text
