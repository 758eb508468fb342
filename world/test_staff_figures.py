"""The dashboard, the reports and the HST pages in a real browser, by the keyboard."""

from datetime import timedelta

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import AddressAnswered
from ocms_core.kernel.dates import local
from tests.support.browsers import OfficerAtBrowser, ServedStaff
from tests.support.hst_facts import answer
from tests.support.hst_rows import HstDatabase

NUMBERS = ("500700001A", "500700002B", "500700003C")
ID_NO, OTHER_ID_NO, TAKEN_BACK = "S7000001A", "S7000002B", "500700004D"
PARTICULARS = {
    "Name": "Mary Lim",
    "Postal code": "123456",
    "Block or house number": "12",
    "Street": "Bedok Road",
}


def put_cases(site: ServedStaff) -> HstDatabase:
    """Put in notices of an identity, which an officer moved yesterday."""
    engine = site.served.deployment.engine
    held = HstDatabase(engine, SqlHstStores(engine))
    moved = local(SystemClock().now()) - timedelta(days=1)
    held.notices(NUMBERS, id_no=ID_NO)
    held.put(
        t.ocms_change_of_processing,
        [
            {
                "notice_no": number,
                "date_of_change": moved,
                "new_processing_stage": "ROV",
                "last_processing_stage": "NPA",
                "authorised_officer": "USER01",
                "source": "PORTAL",
            }
            for number in NUMBERS
        ],
    )
    return held


def go_to(at: OfficerAtBrowser, name: str, *tags: str) -> None:
    """Go by Tab to an element of a kind; a table that can be scrolled is called by all that is in it."""
    at.tab_to(name)
    while at.page.evaluate("document.activeElement.tagName") not in tags:
        at.tab_to(name)


def type_into(at: OfficerAtBrowser, label: str, text: str) -> None:
    """Go to a field by Tab, and type a text in place of what is there."""
    go_to(at, label, "INPUT")
    at.press("Control+a")
    at.page.keyboard.type(text)


def choose(at: OfficerAtBrowser, name: str) -> None:
    """Go to a link or button by Tab, and follow it to the page it leads to."""
    go_to(at, name, "A", "BUTTON")
    with at.page.expect_navigation():
        at.press("Enter")


def test_the_pages_of_figures_reports_and_hst_by_the_keyboard(at_browser: OfficerAtBrowser) -> None:
    at, page = at_browser, at_browser.page
    held = put_cases(at.site)

    at.open("/staff/dashboard")
    assert page.locator("svg[role=img]").count() == 5
    assert at.violations() == []
    at.tab_to("Stage changes by day and officer")
    choose(at, "3")
    assert page.inner_text("h1").startswith("Stage changes of USER01")
    assert page.locator("tbody tr").count() == 3
    assert at.violations() == []

    choose(at, "Reports")
    assert at.violations() == []
    go_to(at, "Workbook of", "A")
    with page.expect_download() as download:
        at.press("Enter")
    assert download.value.suggested_filename.startswith("ChangeStageReport_")

    choose(at, "HST")
    choose(at, "List an identity")
    type_into(at, "Identity number", ID_NO)
    choose(at, "Look up")
    assert "current offender of 3 notices" in page.inner_text("main")
    for label, text in PARTICULARS.items():
        type_into(at, label, text if label != "Postal code" else "12")
    choose(at, "Show what listing would do")
    assert page.locator("#postalCode-error").inner_text() == "Postal code is invalid"
    assert page.input_value("#streetName") == "Bedok Road"
    assert at.violations() == []
    type_into(at, "Postal code", "123456")
    choose(at, "Show what listing would do")
    assert page.locator("tbody tr").count() == 3
    assert held.listed() == []
    assert at.violations() == []
    choose(at, "List the identity")
    assert all(number in page.inner_text(".message") for number in NUMBERS)
    assert at.violations() == []
    choose(at, "Back to the list")

    now = SystemClock().now()
    with held.stores.writing() as store:
        store.record([AddressAnswered(answer(id_no=ID_NO, answered_at=now))], now, isolate=False)
    choose(at, "Answers of MHA and DataHive")
    # Every part of the answer is another; floor, unit and building are not on the list.
    assert (page.locator("del").count(), page.locator("ins").count()) == (3, 6)
    assert at.violations() == []
    choose(at, f"Open {ID_NO}")
    assert at.violations() == []
    type_into(at, "Reason", "Found at the new address")
    choose(at, "Show what reviving would do")
    assert at.violations() == []
    choose(at, "Revive the identity")
    assert "The identity is off the list" in page.inner_text(".message")
    assert held.listed() == []
    assert ID_NO not in page.url


def test_a_listing_is_taken_back_by_the_keyboard(at_browser: OfficerAtBrowser) -> None:
    at, page = at_browser, at_browser.page
    engine = at.site.served.deployment.engine
    held = HstDatabase(engine, SqlHstStores(engine))
    held.notices([TAKEN_BACK], id_no=OTHER_ID_NO)
    at.open("/staff/hst/apply")
    type_into(at, "Identity number", OTHER_ID_NO)
    choose(at, "Look up")
    for label, text in PARTICULARS.items():
        type_into(at, label, text)
    choose(at, "Show what listing would do")
    choose(at, "List the identity")
    assert page.inner_text("h1") == "The identity is listed"
    choose(at, "Show what taking it back would do")
    assert "would leave the list, and 1 notice would be as before" in page.inner_text("main")
    assert at.violations() == []
    choose(at, "Take it back")
    assert "It was taken back" in page.inner_text(".message")
    assert OTHER_ID_NO not in held.listed()
    assert OTHER_ID_NO not in page.url
