"""Changing stages and offenders in a real browser, by the keyboard, on every width."""

import pytest

from tests.support.browsers import OfficerAtBrowser
from tests.support.offender_builders import JOHN
from tests.support.offender_rows import put_notice, put_person
from tests.support.stage_rows import in_stage

NUMBERS = ["500500701A", "500500702B"]
FURNISHED = "500500703C"


def test_stages_are_changed_and_put_back_by_the_keyboard(at_browser: OfficerAtBrowser) -> None:
    in_stage(at_browser.site.served.deployment.engine, NUMBERS)
    page = at_browser.page
    at_browser.open("/staff/stages")
    assert at_browser.violations() == []
    at_browser.tab_to("Notice numbers")
    page.keyboard.type(" ".join(NUMBERS))
    at_browser.tab_to("Check the changes")
    at_browser.press("Enter")
    page.wait_for_selector("h1:has-text('Check the changes')")
    assert at_browser.violations() == []
    at_browser.tab_to("Change the stages")
    at_browser.press("Enter")
    page.wait_for_selector("h1:has-text('What was done')")
    assert "2 of 2 were changed by USER01" in page.inner_text("main")
    assert at_browser.violations() == []
    at_browser.tab_to("Take it back")
    at_browser.press("Enter")
    page.wait_for_selector("h1:has-text('What was taken back')")
    assert at_browser.violations() == []


@pytest.mark.rule("F52")
def test_an_offender_is_furnished_by_the_keyboard(at_browser: OfficerAtBrowser) -> None:
    engine = at_browser.site.served.deployment.engine
    put_notice(engine, FURNISHED, last_processing_stage="ENA")
    put_person(engine, FURNISHED, "O", JOHN, current=True)
    page = at_browser.page
    at_browser.open(f"/staff/notices/{FURNISHED}")
    at_browser.tab_to("Furnish hirer")
    at_browser.press("Enter")
    page.wait_for_selector("h1:has-text('Furnish the hirer')")
    assert at_browser.violations() == []
    at_browser.tab_to("Kind of identity")
    page.keyboard.type("NRIC")
    at_browser.tab_to("Identity number")
    page.keyboard.type("123")
    at_browser.tab_to("Name")
    page.keyboard.type("MARY TAN")
    at_browser.tab_to("See what it does")
    at_browser.press("Enter")
    page.wait_for_selector("#idNo-error")
    assert at_browser.violations() == []
    page.locator("#idNo").focus()
    at_browser.press("Control+a")
    page.keyboard.type("S7654321B")
    at_browser.tab_to("See what it does")
    at_browser.press("Enter")
    page.wait_for_selector("text=The hirer becomes the current offender.")
    assert at_browser.violations() == []
    at_browser.tab_to("Do it")
    at_browser.press("Enter")
    page.wait_for_url(f"**/staff/notices/{FURNISHED}")
    assert "Hirer furnished successfully" in page.inner_text("main")
