"""Signing in at the staff pages, and out."""

from tests.support.staff_pages import StaffBrowser, StaffSite


def test_an_officer_signs_in_by_the_provider_and_sees_the_page_asked_for(staff: StaffSite) -> None:
    browser = StaffBrowser(staff)
    shown = browser.get("/staff/sign-out")
    assert shown.status_code == 200
    assert "/staff/sign-in/begin?next=/staff/sign-out" in shown.text
    page = browser.sign_in(path="/staff/sign-out")
    assert page.status_code == 200
    assert "Signed in as USER01" in page.text
