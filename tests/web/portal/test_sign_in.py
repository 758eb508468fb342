"""Signing in at the staff pages and out, and what must not succeed there."""

import json
import re
from base64 import b64encode
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from sqlalchemy import update

from ocms_adapters.sql import schema as t
from ocms_app.reports import report_store
from ocms_app.settings import Settings
from ocms_app.staff_pages import pages
from ocms_demo.simulators.staff_sign_in import CHOSEN
from ocms_web.portal.sessions import COOKIE, own_path
from ocms_web.portal.sign_in import ATTEMPT_COOKIE
from ocms_web.portal.tokens import new_token
from tests.support.rows import put_notices, rows_of
from tests.support.staff_pages import BASE, StaffBrowser, StaffSite


def test_an_officer_signs_in_by_the_provider_and_sees_the_page_asked_for(staff: StaffSite) -> None:
    browser = StaffBrowser(staff)
    shown = browser.get("/staff/sign-out")
    assert shown.status_code == 200
    assert "/staff/sign-in/begin?next=/staff/sign-out" in shown.text
    page = browser.sign_in(path="/staff/sign-out")
    assert page.status_code == 200
    assert "Signed in as USER01" in page.text


def test_the_provider_is_asked_with_pkce_state_and_nonce_for_a_code(staff: StaffSite) -> None:
    browser = StaffBrowser(staff)
    begun = browser.send("GET", "/staff/sign-in/begin")
    asked = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{BASE}/staff/signed-in"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


def test_the_cookies_are_for_this_site_alone_and_hidden_from_scripts(staff: StaffSite) -> None:
    browser = StaffBrowser(staff)
    answer = browser.send("GET", browser.way_back())
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{COOKIE}=")]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=lax", "secure"}


def test_of_a_session_only_a_digest_of_its_token_is_stored(staff: StaffSite, officer: StaffBrowser) -> None:
    (row,) = rows_of(staff.engine, t.ocms_staff_session)
    token = officer.cookies[COOKIE]
    assert token not in str(row)
    assert (row["principal"], row["role"], row["credential"]) == ("USER01", "oic", "dev-staff:USER01")


def test_a_token_that_was_there_before_the_sign_in_is_not_taken_over(staff: StaffSite) -> None:
    browser, planted = StaffBrowser(staff), new_token()
    browser.cookies.set(COOKIE, planted, domain="ocms.test", path="/")
    browser.sign_in()
    assert "Signed in as USER01" in browser.page
    assert browser.cookies.get(COOKIE, domain="ocms.test") != planted
    intruder = StaffBrowser(staff)
    intruder.cookies.set(COOKIE, planted, domain="ocms.test", path="/")
    assert "Signed in as" not in intruder.get("/staff").text


def test_signing_in_anew_ends_the_session_before(staff: StaffSite, officer: StaffBrowser) -> None:
    former = officer.cookies[COOKIE]
    officer.sign_in()
    assert officer.cookies[COOKIE] != former
    assert len(rows_of(staff.engine, t.ocms_staff_session)) == 1


def with_state(address: str) -> str:
    """Return the way back with another state."""
    return re.sub(r"state=[^&]+", "state=another", address)


def with_code(address: str) -> str:
    """Return the way back with another code."""
    return re.sub(r"code=[^&]+", "code=another", address)


def without_code(address: str) -> str:
    """Return the way back of an officer who was refused."""
    return re.sub(r"code=[^&]+", "error=access_denied", address)


@pytest.mark.parametrize("change", [with_state, with_code, without_code])
def test_an_answer_of_the_provider_that_does_not_fit_signs_nobody_in(staff: StaffSite, change: Any) -> None:
    browser = StaffBrowser(staff)
    page = browser.get(change(browser.way_back()))
    assert page.status_code == 403
    assert COOKIE not in browser.cookies
    assert rows_of(staff.engine, t.ocms_staff_session) == []


@pytest.mark.rule("G7")
@pytest.mark.parametrize(
    "attempt",
    [
        b"[" * 1_500,
        b'{"state":"\\ud800","nonce":"b","verifier":"c","path":"/staff"}',
        b'{"state":["a"],"nonce":"b","verifier":"c","path":"/staff"}',
        b"5",
    ],
)
def test_an_attempt_that_was_never_begun_signs_nobody_in(staff: StaffSite, attempt: bytes) -> None:
    browser = StaffBrowser(staff)
    headers = {"cookie": f"{ATTEMPT_COOKIE}={b64encode(attempt, b'-_').decode()}"}
    answer = browser.send("GET", "/staff/signed-in?state=a&code=x", headers=headers)
    assert answer.status_code == 403
    assert "You are not signed in" in answer.text


def test_after_an_ended_session_the_address_is_opened_with_its_query(staff: StaffSite) -> None:
    path = "/staff/dashboard/changes?officer=USER01&day=2026-01-02"
    browser = StaffBrowser(staff)
    shown = browser.get(path)
    begin = unescape(re.search(r'href="(/staff/sign-in/begin[^"]*)"', shown.text)[1])  # type: ignore[index]
    begun = browser.send("GET", begin)
    query = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    chosen = httpx.get(
        f"{staff.provider.url}{CHOSEN}", params={**query, "officer": "USER01"}, trust_env=False
    )
    answer = browser.send("GET", chosen.headers["location"].removeprefix(BASE))
    assert answer.headers["location"] == path


def test_another_browsers_way_back_signs_nobody_in(staff: StaffSite) -> None:
    stolen = StaffBrowser(staff).way_back()
    victim = StaffBrowser(staff)
    assert victim.get(stolen).status_code == 403
    victim.way_back()  # an attempt of its own
    assert victim.get(stolen).status_code == 403


def test_a_way_back_counts_once(staff: StaffSite) -> None:
    browser = StaffBrowser(staff)
    back = browser.way_back()
    attempt = browser.cookies[ATTEMPT_COOKIE]
    browser.send("GET", back)
    browser.cookies.set(ATTEMPT_COOKIE, attempt, domain="ocms.test", path="/")
    assert browser.get(back).status_code == 403


def test_a_code_of_another_sign_in_is_refused_for_its_nonce_and_verifier(staff: StaffSite) -> None:
    one, other = StaffBrowser(staff), StaffBrowser(staff)
    back, stolen = one.way_back(), other.way_back()
    code = re.findall(r"code=([^&]+)", stolen)[0]
    assert one.get(re.sub(r"code=[^&]+", f"code={code}", back)).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example/",
        "//evil.example",
        "/staff//evil.example",
        "/\\evil.example",
        "/metrics",
        "javascript:1",
        "/staff/find?next=//evil",
        "/staffx",
    ],
)
def test_the_sign_in_leads_to_no_other_place(staff: StaffSite, given: str) -> None:
    browser = StaffBrowser(staff)
    begun = browser.send("GET", "/staff/sign-in/begin", params={"next": given})
    query = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    chosen = httpx.get(
        f"{staff.provider.url}{CHOSEN}", params={**query, "officer": "USER01"}, trust_env=False
    )
    back = browser.send("GET", chosen.headers["location"].removeprefix(BASE))
    assert back.headers["location"] == "/staff"
    assert own_path(given) == "/staff"


def test_signing_out_ends_the_session_here_and_leads_to_the_provider(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    token = officer.cookies[COOKIE]
    page = officer.post("/staff/sign-out", {})
    assert page.headers["refresh"].startswith(f"0; url={staff.provider.url}/end-session?")
    assert rows_of(staff.engine, t.ocms_staff_session) == []
    officer.cookies.set(COOKIE, token, domain="ocms.test", path="/")
    assert "Signed in as" not in officer.get("/staff").text


def test_a_form_without_the_token_of_this_session_does_nothing(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    other = StaffBrowser(staff)
    other.sign_in("USER02")
    officer.get("/staff/find")
    for token in ("", "x.y", other.token, officer.token[:-1]):
        page = officer.post("/staff/sign-out", {}, token=token)
        assert page.status_code == 403
        assert "This form cannot be accepted" in page.text
    forged = officer.send(
        "POST",
        "/staff/sign-out",
        data={"csrf": officer.token},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    )
    assert forged.status_code == 403
    assert len(rows_of(staff.engine, t.ocms_staff_session)) == 2


@pytest.mark.parametrize("path", ["/staff/find", "/staff/sign-in", "/staff/nothing", "/staff/signed-out"])
def test_no_page_is_framed_stored_or_lets_a_script_in(officer: StaffBrowser, path: str) -> None:
    headers = officer.send("GET", path).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


def aged(site: StaffSite, **columns: timedelta) -> None:
    """Let columns of every session lie back in time."""
    (row,) = rows_of(site.engine, t.ocms_staff_session)
    with site.engine.begin() as connection:
        values = {name: row[name] - age for name, age in columns.items()}
        connection.execute(update(t.ocms_staff_session).values(values))


@pytest.mark.parametrize(
    "columns",
    [{"used_at": timedelta(minutes=31)}, {"signed_in_at": timedelta(hours=10, minutes=1)}],
    ids=["idle", "old"],
)
def test_a_session_ends_by_itself(
    staff: StaffSite, officer: StaffBrowser, columns: dict[str, timedelta]
) -> None:
    aged(staff, **columns)
    assert "Signed in as" not in officer.get("/staff/find").text


def test_what_was_typed_when_a_session_had_ended_is_sent_after_signing_in_again(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    put_notices(staff.engine, ["A1"], last_processing_stage="RD1")
    officer.get("/staff/find")
    aged(staff, used_at=timedelta(hours=1))
    page = officer.post("/staff/find", {"noticeNo": "A1", "idNo": "", "sort": "<b>"})
    assert "what you typed is kept" in page.text
    (row,) = rows_of(staff.engine, t.ocms_staff_session)
    assert row["content"]
    assert b"noticeNo" not in row["content"]
    kept = officer.sign_in(path="/staff/find")
    assert "You were signed out while you sent a form" in kept.text
    (form,) = re.findall(r'<form method="post" action="/staff/find">(.*?)</form>', kept.text, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert fields == {"csrf": fields["csrf"], "noticeNo": "A1", "idNo": "", "sort": "&lt;b&gt;"}
    assert "1 notice found" in officer.post("/staff/find", {"noticeNo": "A1"}).text
    assert "You were signed out" not in officer.get("/staff/kept").text


def paths_of_forms(staff: StaffSite, folder: Path) -> list[str]:
    """Return the path of every page that takes a form which is kept."""
    settings = Settings(reports=str(folder))
    given = pages(settings, staff.engine, report_store(settings))
    paths = [page.path for page in given if page.act and page.keeps_form]
    return [re.sub(r"\{role:str\}", "owner", re.sub(r"\{noticeNo:str\}", "A1", path)) for path in paths]


def test_no_form_of_any_page_is_lost_with_its_session(staff: StaffSite, tmp_path: Path) -> None:
    paths = paths_of_forms(staff, tmp_path)
    assert {"/staff/find", "/staff/stages", "/staff/notices/A1/offenders/owner"} < {*paths}
    typed = {"remark": "<b>\n\u00fc", "notice": ["A1", "A2"], "empty": ""}
    for path in paths:
        officer = StaffBrowser(staff)
        officer.sign_in(path="/staff/sign-out")
        aged(staff, used_at=timedelta(hours=1))
        assert "what you typed is kept" in officer.post(path, typed).text, path
        kept = unescape(officer.sign_in(path="/staff/sign-out").text)
        assert f'<form method="post" action="{path}">' in kept
        for name, value in (("remark", "<b>\n\u00fc"), ("notice", "A1"), ("notice", "A2"), ("empty", "")):
            assert f'name="{name}" value="{value}"' in kept, path
        officer.post("/staff/sign-out", {})


def test_a_file_is_not_kept_and_the_officer_is_told_to_choose_it_again(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    officer.get("/staff/stages")
    aged(staff, used_at=timedelta(hours=1))
    officer.upload("/staff/stages", {"remark": "why"}, {"table": ("notices.csv", b"noticeNo")})
    kept = officer.sign_in().text
    assert "A file is not kept: choose notices.csv again." in kept
    assert 'name="remark" value="why"' in kept


def test_who_signs_out_of_an_ended_session_is_not_asked_to_do_it_again(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    officer.get("/staff/sign-out")
    aged(staff, used_at=timedelta(hours=1))
    assert "what you typed is kept" not in officer.post("/staff/sign-out", {}).text


def test_a_page_answers_head_without_looking_anybody_up(staff: StaffSite, officer: StaffBrowser) -> None:
    put_notices(staff.engine, ["A1"], last_processing_stage="RD1")
    for path in ("/staff/find", "/staff/notices/A1", "/staff/sign-in", "/staff/dashboard", "/staff/hst"):
        head = officer.send("HEAD", path)
        assert head.status_code in (200, 303), path
        assert head.content == b""
        assert "frame-ancestors 'none'" in head.headers["content-security-policy"]
    assert rows_of(staff.engine, t.ocms_access_record) == []
    stranger = StaffBrowser(staff).send("HEAD", "/staff/find")
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/staff/sign-in?next=/staff/find")
    browser = StaffBrowser(staff)
    back = browser.way_back()
    assert browser.send("HEAD", back).status_code == 405
    assert "Signed in as USER01" in browser.get(back).text


def test_what_was_typed_is_shown_to_nobody_else(staff: StaffSite, officer: StaffBrowser) -> None:
    officer.get("/staff/find")
    aged(staff, used_at=timedelta(hours=1))
    officer.post("/staff/find", {"noticeNo": "SECRET1"})
    page = officer.sign_in("USER02")
    assert "Signed in as USER02" in page.text
    assert "SECRET1" not in officer.get("/staff/kept").text


def test_a_form_that_others_send_to_an_ended_session_is_not_kept(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    aged(staff, used_at=timedelta(hours=1))
    officer.post("/staff/find", {"noticeNo": "PLANTED"}, token="x.y")
    (row,) = rows_of(staff.engine, t.ocms_staff_session)
    assert row["content"] is None
    assert "PLANTED" not in officer.sign_in().text


def test_a_part_of_a_page_takes_its_page_to_the_sign_in(staff: StaffSite, officer: StaffBrowser) -> None:
    aged(staff, used_at=timedelta(hours=1))
    answer = officer.send("GET", "/staff/notices/A1/answers", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/staff/sign-in?next=/staff")


def test_the_pages_know_no_wrong_method_and_no_other_address(officer: StaffBrowser) -> None:
    assert officer.get("/staff/notices").status_code == 404
    assert officer.get("/staff/a/b/c").status_code == 404
    assert json.loads(officer.send("GET", "/nothing").text)  # an address of the API answers as the API does
