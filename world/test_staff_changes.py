"""Changing stages and offenders in a real browser, by the keyboard, on every width."""

from collections.abc import Sequence

import pytest

from tests.support.browsers import OfficerAtBrowser
from tests.support.offender_builders import JOHN
from tests.support.offender_rows import put_notice, put_person
from tests.support.stage_rows import in_stage

NUMBERS = ["500500701A", "500500702B"]
FURNISHED, BOTH, MOVED = "500500703C", "500500704D", "500500705E"


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


def other_officer(at_browser: OfficerAtBrowser) -> OfficerAtBrowser:
    """Return another officer at a browser window of their own, which shares nothing with the first."""
    assert at_browser.context.browser
    context = at_browser.context.browser.new_context()
    other = OfficerAtBrowser(at_browser.site, context, context.new_page())
    other.sign_in("USER02")
    return other


def send_both(officers: Sequence[OfficerAtBrowser], button: str) -> None:
    """Press the same button in all browsers, before any has its answer."""
    for each in officers:
        each.page.evaluate(
            "(text) => [...document.querySelectorAll('main button')]"
            ".find((b) => b.innerText === text).click()",
            button,
        )
    for each in officers:
        each.page.wait_for_load_state()


@pytest.mark.rule("F13")
def test_of_two_officers_at_one_notice_in_the_same_second_one_furnishes_and_the_other_goes_on(
    at_browser: OfficerAtBrowser,
) -> None:
    engine = at_browser.site.served.deployment.engine
    put_notice(engine, BOTH, last_processing_stage="ENA")
    put_person(engine, BOTH, "O", JOHN, current=True)
    officers = [at_browser, other_officer(at_browser)]
    people = {"MARY TAN": "S7654321B", "PETER LIM": "S7654322C"}
    for each, (name, id_no) in zip(officers, people.items(), strict=True):
        each.open(f"/staff/notices/{BOTH}/offenders/hirer")
        each.page.select_option("#idType", "NRIC")
        each.page.fill("#idNo", id_no)
        each.page.fill("#name", name)
        each.page.click("text=See what it does")
        each.page.wait_for_selector("text=The hirer becomes the current offender.")
    send_both(officers, "Do it")
    for each in officers:
        each.page.wait_for_selector(".message")
    said = [each.page.inner_text(".message") for each in officers]
    won = [index for index, text in enumerate(said) if text == "Hirer furnished successfully"]
    assert len(won) == 1, said
    loser = officers[1 - won[0]]
    assert said[1 - won[0]].startswith("The offenders of this notice have changed since you looked.")
    assert loser.violations() == []
    # It goes on: the page is of the notice as it is now, and leads to a change of it.
    assert loser.page.inner_text("h1") == "Update the hirer"
    loser.page.fill("#remarks", "seen")
    loser.page.click("text=See what it does")
    loser.page.click("button:has-text('Do it')")
    loser.page.wait_for_selector("text=Offender particulars updated successfully")


@pytest.mark.rule("S13")
def test_of_two_officers_at_one_notice_in_the_same_second_one_moves_it_and_the_other_is_told(
    at_browser: OfficerAtBrowser,
) -> None:
    in_stage(at_browser.site.served.deployment.engine, [MOVED])
    officers = [at_browser, other_officer(at_browser)]
    for each in officers:
        each.open("/staff/stages")
        each.page.fill("#numbers", MOVED)
        each.page.click("text=Check the changes")
        each.page.wait_for_selector("h1:has-text('Check the changes')")
    send_both(officers, "Change the stages")
    for each in officers:
        each.page.wait_for_function(
            "() => document.body.innerText.match(/were changed|was changed|changed since/)"
        )
    said = [each.page.inner_text("main") for each in officers]
    won = [index for index, text in enumerate(said) if "1 of 1 was changed" in text]
    assert len(won) == 1, said
    loser = officers[1 - won[0]]
    assert loser.violations() == []
    loser.page.click(f"main a:has-text('{MOVED}')")
    loser.page.wait_for_selector("h1:has-text('Notice')")
    assert "(DN2)" in loser.page.inner_text("main")


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
