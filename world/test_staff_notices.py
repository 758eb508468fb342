"""Finding and reading a notice in a real browser, by the keyboard alone."""

from collections.abc import Iterator

import pytest

from ocms_adapters.sql import schema as t
from tests.support.browsers import OfficerAtBrowser
from tests.support.rows import put_notices, put_suspension, row_of
from tests.support.staff_pages import emptied_of_pages
from tests.support.stage_rows import put_fees, put_offenders

NOTICE, SOMEBODY = "500500001A", "S1234567A"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def at_notices(at_browser: OfficerAtBrowser) -> Iterator[OfficerAtBrowser]:
    """Return an officer at a browser, with a notice that may be moved and one that may not."""
    engine = at_browser.site.served.deployment.engine
    emptied_of_pages(engine)
    put_fees(engine)
    put_notices(engine, [NOTICE], last_processing_stage="ROV")
    put_notices(engine, ["B1"], last_processing_stage="WAR")
    put_offenders(engine, [NOTICE, "B1"], id_no=SOMEBODY, name=HOSTILE, owner_driver_indicator="O")
    put_suspension(engine, NOTICE, suspension_type="TS", suspension_remarks=HOSTILE)
    at_browser.sign_in()
    yield at_browser
    emptied_of_pages(engine)


def test_an_officer_finds_a_notice_reads_it_and_takes_a_change_back(at_notices: OfficerAtBrowser) -> None:
    page = at_notices.page
    at_notices.open("/staff")
    at_notices.tab_to("Skip to the content")
    at_notices.press("Enter")
    at_notices.tab_to("Identity number")
    page.keyboard.type(SOMEBODY.lower())
    at_notices.press("Enter")
    page.wait_for_selector("#result")
    assert page.inner_text("#found") == "2 notices found"
    assert SOMEBODY not in page.url
    assert SOMEBODY not in page.title()
    assert at_notices.violations() == []
    at_notices.tab_to("Stage", "button")
    at_notices.press("Enter")
    page.wait_for_selector("th[aria-sort=ascending] >> text=Stage")
    moved = at_notices.site.served.http.post(
        "/ocms/v1/change-processing-stage",
        json={"items": [{"noticeNo": NOTICE}]},
        headers=at_notices.bearer(),
    )
    assert moved.json()["results"][0].get("newStage") == "RD1", moved.text
    at_notices.tab_to(NOTICE, "a")
    at_notices.press("Enter")
    page.wait_for_selector("#answers table")
    page.wait_for_selector("#history svg")
    assert page.inner_text("h1") == f"Notice {NOTICE}"
    assert "First reminder to the owner (RD1)" in page.inner_text(".state")
    assert page.locator("img").count() == 0
    assert at_notices.violations() == []
    at_notices.tab_to("Take it back")
    at_notices.press("Enter")
    page.wait_for_selector(".message")
    assert page.inner_text(".message") == "It was taken back: the notice is at ROV again."
    engine = at_notices.site.served.deployment.engine
    assert row_of(engine, t.ocms_valid_offence_notice, NOTICE)["last_processing_stage"] == "ROV"
    log = at_notices.site.served.log_file.read_text()
    assert SOMEBODY not in log
    assert NOTICE not in log


def test_the_pages_are_read_without_scripts(at_notices: OfficerAtBrowser) -> None:
    quiet = at_notices.context.browser
    assert quiet
    context = quiet.new_context(java_script_enabled=False)
    context.add_cookies(at_notices.context.cookies())  # type: ignore[arg-type]  # as they were given
    page = context.new_page()
    page.goto(f"{at_notices.site.base}/staff/notices/{NOTICE}")
    page.click("#history a")
    assert "The stages of the notice" in page.content()
    page.go_back()
    page.click("#answers a")
    assert "What each call would answer now" in page.content()
    page.goto(f"{at_notices.site.base}/staff/find")
    page.fill("#idNo", SOMEBODY)
    page.click("#find button[type=submit]")
    assert "2 notices found" in page.content()
