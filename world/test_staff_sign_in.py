"""Signing in and out in a real browser, by the keyboard."""

from tests.support.browsers import OfficerAtBrowser, ServedStaff, browser_at


def test_an_officer_signs_in_and_out_by_the_keyboard(served_staff: ServedStaff) -> None:
    with browser_at(served_staff) as at:
        at.open("/staff/sign-out")
        assert at.violations() == []
        at.tab_to("Sign in")
        at.press("Enter")
        at.page.wait_for_url("**/authorize?*")
        at.tab_to("Sign in as USER02")
        at.press("Enter")
        at.page.wait_for_url("**/staff/sign-out")
        assert "Signed in as USER02" in at.page.inner_text("header")
        assert at.violations() == []
        at.tab_to("Sign out")
        at.press("Enter")
        at.page.wait_for_url("**/staff/signed-out")
        assert at.page.inner_text("h1") == "You are signed out"


def test_a_page_that_is_none_says_so_in_the_layout(at_browser: OfficerAtBrowser) -> None:
    at_browser.open("/staff/nothing")
    assert at_browser.page.inner_text("h1") == "There is no such page"
    assert at_browser.violations() == []
