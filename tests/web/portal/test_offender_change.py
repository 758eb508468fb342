"""Furnishing, redirecting and updating on the staff pages."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import Engine

from ocms_adapters.sql import schema as t
from tests.support.offender_builders import JOHN
from tests.support.offender_rows import current_roles, out_of_reach, put_notice, put_person, rows_of
from tests.support.staff_pages import StaffBrowser, StaffSite
from tests.web.portal.test_stage_change import hidden, text_of

NUMBER = "500500301A"
HIRER = f"/staff/notices/{NUMBER}/offenders/hirer"
PERSON = {"idType": "NRIC", "idNo": "S7654321B", "name": "MARY TAN", "blockNo": "12", "postalCode": "123456"}


def with_owner(engine: Engine) -> None:
    put_notice(engine, NUMBER, last_processing_stage="ENA")
    put_person(engine, NUMBER, "O", JOHN, current=True)


def send(browser: StaffBrowser, path: str, action: str, step: str, **fields: str) -> httpx.Response:
    if step == "preview":
        browser.get(path)
    return browser.post(path, {"step": step, "action": action, **fields})


def confirm(browser: StaffBrowser, path: str, shown: str) -> httpx.Response:
    """Send the form of a preview."""
    names = set(re.findall(r'type="hidden" name="(\w+)"', shown)) - {"csrf"}
    fields = {name: hidden(shown.split("<main", 1)[1], name)[0] for name in names}
    return browser.post(path, {**fields, "step": "confirm"})


@pytest.mark.rule("F14")
def test_what_is_offered_follows_from_who_is_in_the_role(staff: StaffSite, officer: StaffBrowser) -> None:
    with_owner(staff.engine)
    put_person(staff.engine, NUMBER, "D", JOHN)
    titles = {
        role: re.search(r"<h1>(.*?)</h1>", officer.get(f"/staff/notices/{NUMBER}/offenders/{role}").text)
        for role in ("owner", "hirer", "driver")
    }
    assert {role: found and found[1] for role, found in titles.items()} == {
        "owner": "Update the owner",
        "hirer": "Furnish the hirer",
        "driver": "Redirect to the driver",
    }


@pytest.mark.rule("F20", "K6", "K4")
def test_a_furnish_says_what_it_does_does_it_and_can_be_taken_back(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    with_owner(staff.engine)
    shown = send(officer, HIRER, "furnish", "preview", **PERSON)
    text = text_of(shown)
    assert "Stage OW becomes RD1." in text
    assert "The hirer becomes the current offender." in text
    assert "The owner is no longer the current offender." in text
    assert current_roles(staff.engine, NUMBER) == ["O"]
    answer = confirm(officer, HIRER, shown.text)
    assert officer.addresses[-1] == f"/staff/notices/{NUMBER}"
    assert "Hirer furnished successfully" in text_of(answer)
    assert current_roles(staff.engine, NUMBER) == ["H"]
    answers = officer.get(f"/staff/notices/{NUMBER}/answers")
    assert "Take it back" in answers.text
    fields = {"reversal": hidden(answers.text, "reversal")[0], "key": hidden(answers.text, "key")[0]}
    officer.post(f"/staff/notices/{NUMBER}/take-back", fields)
    assert current_roles(staff.engine, NUMBER) == ["O"]


@pytest.mark.rule("F60")
def test_what_the_internet_side_does_not_show_yet_is_done_all_the_same_and_the_officer_reads_so(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    with_owner(staff.engine)
    shown = send(officer, HIRER, "furnish", "preview", **PERSON)
    with out_of_reach(staff.databases):
        answer = confirm(officer, HIRER, shown.text)
    assert officer.addresses[-1] == f"/staff/notices/{NUMBER}"
    assert "The hirer is furnished. The public site does not show it yet" in text_of(answer)
    assert "Nothing was" not in text_of(answer)
    assert current_roles(staff.engine, NUMBER) == ["H"]
    answers = officer.get(f"/staff/notices/{NUMBER}/answers")
    fields = {"reversal": hidden(answers.text, "reversal")[0], "key": hidden(answers.text, "key")[0]}
    with out_of_reach(staff.databases):
        taken_back = officer.post(f"/staff/notices/{NUMBER}/take-back", fields)
    assert "It was taken back. The public site does not show it yet" in text_of(taken_back)
    assert current_roles(staff.engine, NUMBER) == ["O"]


@pytest.mark.rule("F13")
def test_what_prevents_a_furnish_is_told_before_anything_is_typed(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    put_notice(staff.engine, NUMBER, last_processing_stage="ROV")
    assert "This cannot be done now: Notice is not at furnishable stage." in text_of(officer.get(HIRER))


@pytest.mark.rule("F12", "F13")
@pytest.mark.parametrize(
    "stage, current, reason",
    [
        ("DN1", "D", ""),
        ("RD1", "H", ""),
        ("CPC", "H", "Notice is at final processing stage"),
        ("RD1", "R", "no owner, hirer or driver is its current offender"),
        ("DN1", "", "no owner, hirer or driver is its current offender"),
    ],
)
def test_what_prevents_a_redirect_is_told_and_not_what_would_prevent_a_furnish(
    staff: StaffSite, officer: StaffBrowser, stage: str, current: str, reason: str
) -> None:
    put_notice(staff.engine, NUMBER, last_processing_stage=stage)
    put_person(staff.engine, NUMBER, "O", JOHN)
    if current:
        put_person(staff.engine, NUMBER, current, JOHN, current=True)
    text = text_of(officer.get(f"/staff/notices/{NUMBER}/offenders/owner"))
    assert "Redirect to the owner" in text
    assert ("This cannot be done now" in text) is bool(reason)
    assert not reason or f"This cannot be done now: {reason}." in text


@pytest.mark.rule("F52")
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_is_kept(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    with_owner(staff.engine)
    wrong = {**PERSON, "idNo": "123", "name": "", "postalCode": "12", "email": "nobody"}
    shown = send(officer, HIRER, "furnish", "preview", **wrong)
    assert shown.status_code == 400
    for name in ("idNo", "name", "postalCode", "email"):
        assert f'id="{name}-error"' in shown.text, name
    assert 'value="123"' in shown.text
    assert current_roles(staff.engine, NUMBER) == ["O"]


@pytest.mark.rule("F51")
@pytest.mark.parametrize("name", ["JOHN\x1f", "\x1cJOHN"])
def test_a_control_character_typed_or_pasted_is_refused_like_in_the_call(
    staff: StaffSite, officer: StaffBrowser, name: str
) -> None:
    with_owner(staff.engine)
    shown = send(officer, HIRER, "furnish", "preview", **{**PERSON, "name": name})
    assert shown.status_code == 400
    assert 'id="name-error"' in shown.text


@pytest.mark.rule("F40")
def test_an_update_changes_only_what_was_typed_anew(staff: StaffSite, officer: StaffBrowser) -> None:
    with_owner(staff.engine)
    path = f"/staff/notices/{NUMBER}/offenders/owner"
    page = officer.get(path).text
    shown_fields = dict(re.findall(r'<input type="text" id="(\w+)" name="\w+" value="([^"]*)"', page))
    assert shown_fields["name"] == JOHN.name
    shown = send(officer, path, "update", "preview", **{**shown_fields, "name": "JOHN D. DOE"})
    assert "The particulars of the owner change; stage OW stays." in text_of(shown)
    confirm(officer, path, shown.text)
    (row,) = rows_of(staff.engine, t.ocms_offence_notice_owner_driver, NUMBER)
    assert (row["name"], row["email_addr"], row["offender_tel_no"]) == (
        "JOHN D. DOE",
        JOHN.email,
        JOHN.tel_no,
    )


def fields_of(page: str) -> dict[str, str]:
    """Return the fields of a form as a browser sends them back."""
    main = page.split("<main", 1)[1]
    found = re.findall(r'<input type="(?:text|hidden)"[^>]* name="(\w+)" value="([^"]*)"', main)
    return {name: html.unescape(value) for name, value in found if name != "csrf"}


@pytest.mark.rule("F40")
def test_a_form_opened_before_another_officers_update_takes_none_of_it_back(staff: StaffSite) -> None:
    with_owner(staff.engine)
    path = f"/staff/notices/{NUMBER}/offenders/owner"
    first, second = StaffBrowser(staff), StaffBrowser(staff)
    forms = {}
    for browser, name in ((first, "USER01"), (second, "USER02")):
        browser.sign_in(name)
        forms[name] = fields_of(browser.get(path).text)
    shown = first.post(path, {**forms["USER01"], "email": "new@example.com", "name": "JOHN D. DOE"})
    confirm(first, path, shown.text)
    answered = second.post(path, {**forms["USER02"], "contactNo": "61234567", "name": "JOHN DOE II"})
    assert answered.status_code == 409
    assert "have changed since you looked" in text_of(answered)
    assert "Name: now JOHN D. DOE on record." in text_of(answered), "both have changed it"
    again = fields_of(answered.text)
    assert (again["email"], again["contactNo"], again["name"]) == (
        "new@example.com",
        "61234567",
        "JOHN DOE II",
    )
    shown = second.post(path, again)
    assert shown.status_code == 200
    confirm(second, path, shown.text)
    (row,) = rows_of(staff.engine, t.ocms_offence_notice_owner_driver, NUMBER)
    assert (row["name"], row["email_addr"], row["offender_tel_no"]) == (
        "JOHN DOE II",
        "new@example.com",
        "61234567",
    )


@pytest.mark.rule("F40")
@pytest.mark.parametrize("step", ["confirm", "edit"])
def test_a_preview_of_before_another_officers_update_takes_none_of_it_back(
    staff: StaffSite, officer: StaffBrowser, step: str
) -> None:
    with_owner(staff.engine)
    path = f"/staff/notices/{NUMBER}/offenders/owner"
    form = fields_of(officer.get(path).text)
    shown = officer.post(path, {**form, "contactNo": "61234567", "name": "JOHN DOE II"})
    other = StaffBrowser(staff)
    other.sign_in("USER02")
    changed = {"email": "new@example.com", "name": "JOHN"}
    theirs = other.post(path, {**fields_of(other.get(path).text), **changed})
    confirm(other, path, theirs.text)
    answered = officer.post(path, {**fields_of(shown.text), "step": step})
    assert answered.status_code == 409
    assert "have changed since you looked" in text_of(answered)
    assert "Name: now JOHN on record." in text_of(answered), "both have changed it"
    again = fields_of(answered.text)
    assert (again["email"], again["contactNo"], again["name"]) == (
        "new@example.com",
        "61234567",
        "JOHN DOE II",
    )


def test_a_form_that_is_changed_again_holds_what_was_typed(staff: StaffSite, officer: StaffBrowser) -> None:
    with_owner(staff.engine)
    path = f"/staff/notices/{NUMBER}/offenders/owner"
    typed = {**fields_of(officer.get(path).text), "contactNo": "61234567"}
    shown = officer.post(path, typed)
    again = officer.post(path, {**fields_of(shown.text), "step": "edit"})
    assert again.status_code == 200
    assert fields_of(again.text) == typed


@pytest.mark.rule("G7")
def test_a_body_that_no_preview_carries_does_nothing(staff: StaffSite, officer: StaffBrowser) -> None:
    with_owner(staff.engine)
    shown = send(officer, HIRER, "furnish", "preview", **PERSON)
    fields = {**fields_of(shown.text), "step": "confirm"}
    body = json.dumps({**json.loads(fields["body"]), "name": "\ud800"})
    assert officer.post(HIRER, {**fields, "body": body}).status_code == 409
    assert current_roles(staff.engine, NUMBER) == ["O"]


@pytest.mark.rule("F30")
def test_a_redirect_goes_from_the_current_offender_to_the_role(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    with_owner(staff.engine)
    put_person(staff.engine, NUMBER, "D", JOHN)
    path = f"/staff/notices/{NUMBER}/offenders/driver"
    shown = send(officer, path, "redirect", "preview", **PERSON)
    assert "Who is driver now is replaced." in text_of(shown)
    confirm(officer, path, shown.text)
    assert current_roles(staff.engine, NUMBER) == ["D"]


@pytest.mark.rule("K1")
def test_of_two_officers_in_the_same_second_one_furnishes_and_the_other_is_told(staff: StaffSite) -> None:
    with_owner(staff.engine)
    browsers = [StaffBrowser(staff), StaffBrowser(staff)]
    shown = []
    for browser, name, person in zip(browsers, ("USER01", "USER02"), ("MARY TAN", "MARY LIM"), strict=True):
        browser.sign_in(name)
        shown.append(send(browser, HIRER, "furnish", "preview", **{**PERSON, "name": person}).text)
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda both: confirm(both[0], HIRER, both[1]), zip(browsers, shown, strict=True))
        )
    answered = [answer for answer in answers if "have changed since you looked" in text_of(answer)]
    assert len(answered) == 1
    (other,) = (browser for browser, answer in zip(browsers, answers, strict=True) if answer is answered[0])
    history = rows_of(staff.engine, t.ocms_offender_history, NUMBER)
    assert len(history) == 1
    again = send(other, HIRER, "update", "preview", name="MARY HO", blockNo="12", postalCode="123456")
    confirm(other, HIRER, again.text)
    rows = rows_of(staff.engine, t.ocms_offence_notice_owner_driver, NUMBER)
    assert "MARY HO" in {row["name"] for row in rows}, "the other goes on"


def test_a_change_in_between_is_told(staff: StaffSite, officer: StaffBrowser) -> None:
    with_owner(staff.engine)
    shown = send(officer, HIRER, "furnish", "preview", **PERSON)
    put_person(staff.engine, NUMBER, "H", JOHN)
    answered = confirm(officer, HIRER, shown.text)
    assert answered.status_code == 409
    assert "have changed since you looked" in text_of(answered)
    assert "Redirect to the hirer" in answered.text
    assert 'value="MARY TAN"' in answered.text, "what was typed is kept"
    assert current_roles(staff.engine, NUMBER) == ["O"]


@pytest.mark.parametrize(
    "path", [f"/staff/notices/{NUMBER}/offenders/nobody", "/staff/notices/1/offenders/owner"]
)
def test_what_is_no_notice_or_role_is_no_page(staff: StaffSite, officer: StaffBrowser, path: str) -> None:
    with_owner(staff.engine)
    assert officer.get(path).status_code == 404


def test_a_name_is_shown_as_text(staff: StaffSite, officer: StaffBrowser) -> None:
    with_owner(staff.engine)
    name = '"><script>alert(1)</script>'
    shown = send(officer, HIRER, "furnish", "preview", **{**PERSON, "name": name})
    assert name not in shown.text
    assert html.escape(name, quote=False).split("&gt;", 1)[1] in shown.text


@pytest.mark.rule("G2")
def test_every_look_at_the_people_of_a_notice_is_recorded(staff: StaffSite, officer: StaffBrowser) -> None:
    with_owner(staff.engine)
    officer.get(HIRER)
    records = rows_of(staff.engine, t.ocms_access_record)
    assert {record["operation"] for record in records} == {"staff page: offender"}
    assert JOHN.id_no not in " ".join(officer.addresses)
