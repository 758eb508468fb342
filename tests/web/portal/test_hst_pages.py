"""The HST pages: list, look up, preview, list, correct, revive; identities stand in no address."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import AddressAnswered
from tests.support.hst_facts import ADDRESS, IDENTITY, NEW_ADDRESS, answer
from tests.support.hst_rows import HstDatabase
from tests.support.shared_staff import SharedStaff, officer, shared_staff, staff
from tests.support.staff_pages import StaffBrowser, StaffSite

__all__ = ["officer", "shared_staff", "staff"]

FIELDS = {
    "idNo": IDENTITY,
    "idType": "N",
    "name": "John Tan",
    "postalCode": "123456",
    "blkHseNo": "123",
    "streetName": "Example Street",
    "floorNo": "01",
    "unitNo": "01",
    "bldgName": "Example Building",
}


def database(staff: StaffSite) -> HstDatabase:
    return HstDatabase(staff.engine, SqlHstStores(staff.engine))


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def looks(staff: StaffSite) -> list[tuple[str, str]]:
    """Return who looked, and as what."""
    with staff.engine.connect() as connection:
        table = t.INTRANET.tables["ocms_access_record"]
        rows = connection.execute(table.select().order_by(table.c.id))
        return [(row.principal, row.operation) for row in rows]


def list_identity(officer: StaffBrowser) -> str:
    """List the identity of the tests by the steps of the page; return the page that follows."""
    officer.get("/staff/hst/apply")
    officer.post("/staff/hst/apply", {"idNo": IDENTITY, "idType": "N", "step": "look-up"})
    shown = officer.post("/staff/hst/apply", {**FIELDS, "step": "preview"})
    return officer.post(
        "/staff/hst/apply", {**FIELDS, "step": "apply", "key": value_of(shown.text, "key")}
    ).text


def test_an_identity_is_looked_up_previewed_and_listed(staff: StaffSite, officer: StaffBrowser) -> None:
    held = database(staff)
    held.notices(["500500001A", "500500002B"])
    begun = officer.get("/staff/hst/apply")
    assert begun.status_code == 200
    found = officer.post("/staff/hst/apply", {"idNo": IDENTITY.lower(), "idType": "N", "step": "look-up"})
    assert "current offender of 2 notices" in found.text
    assert value_of(found.text, "name") == "John Tan"
    previewed = officer.post("/staff/hst/apply", {**FIELDS, "step": "preview"})
    assert "would suspend 2 notices" in previewed.text
    assert "500500001A" in previewed.text
    assert held.listed() == []
    assert held.held() == []
    key = value_of(previewed.text, "key")
    done = officer.post("/staff/hst/apply", {**FIELDS, "step": "apply", "key": key})
    assert "Notices suspended: 500500001A, 500500002B." in done.text
    assert held.listed() == [IDENTITY]
    assert held.held() == ["500500001A", "500500002B"]
    assert IDENTITY in done.text
    again = officer.post("/staff/hst/apply", {**FIELDS, "step": "apply", "key": key})
    assert "Notices suspended: 500500001A, 500500002B." in again.text
    assert len(held.rows(t.ocms_suspended_notice, "notice_no")) == 2


def test_what_was_typed_stays_with_each_error_at_its_field(officer: StaffBrowser) -> None:
    officer.get("/staff/hst/apply")
    wrong = {**FIELDS, "name": "", "postalCode": "12", "streetName": "<script>alert(1)</script>"}
    shown = officer.post("/staff/hst/apply", {**wrong, "step": "preview"}).text
    assert '<p class="error" id="name-error">Name is required</p>' in shown
    assert '<p class="error" id="postalCode-error">Postal code is invalid</p>' in shown
    assert value_of(shown, "streetName") == wrong["streetName"]
    assert "<script>alert" not in shown
    assert value_of(shown, "bldgName") == FIELDS["bldgName"]


@pytest.mark.parametrize("step", ["look-up", "preview", "apply"])
def test_an_identity_that_is_no_number_is_refused(officer: StaffBrowser, step: str) -> None:
    officer.get("/staff/hst/apply")
    shown = officer.post("/staff/hst/apply", {**FIELDS, "idNo": "S1234567-A", "step": step})
    assert "dentity number is invalid" in shown.text or "idNo is invalid" in shown.text


def test_a_listed_identity_is_not_listed_again(staff: StaffSite, officer: StaffBrowser) -> None:
    list_identity(officer)
    officer.get("/staff/hst/apply")
    found = officer.post("/staff/hst/apply", {"idNo": IDENTITY, "idType": "N", "step": "look-up"})
    assert "is on the list already" in found.text
    refused = officer.post("/staff/hst/apply", {**FIELDS, "step": "preview"})
    assert "HST ID already exists" in refused.text
    assert database(staff).listed() == [IDENTITY]


def test_a_listed_identity_is_corrected(staff: StaffSite, officer: StaffBrowser) -> None:
    held = database(staff)
    held.notices(["500500003C"])
    list_identity(officer)
    shown = officer.post("/staff/hst/identity", {"idNo": IDENTITY})
    assert value_of(shown.text, "streetName") == "Example Street"
    assert "Neither MHA nor DataHive has answered" in shown.text
    fields = {name: value for name, value in FIELDS.items() if name != "idType"}
    wrong = officer.post("/staff/hst/identity", {**fields, "postalCode": "", "step": "update"})
    assert "Postal code is required" in wrong.text
    hidden = {name: value_of(wrong.text, name) for name in ("key", "seen")}
    done = officer.post(
        "/staff/hst/identity", {**fields, "streetName": "New Street", "step": "update", **hidden}
    )
    assert "corrected, on the list and on 1 notice." in done.text
    assert value_of(done.text, "streetName") == "New Street"
    assert held.rows(t.ocms_hst, "street_name") == [("New Street",)]


def test_what_another_officer_has_corrected_meanwhile_is_not_overwritten(
    staff: SharedStaff, officer: StaffBrowser
) -> None:
    list_identity(officer)
    other = StaffBrowser(staff)
    other.sign_in("USER02", "/staff/sign-out")
    fields = {name: value for name, value in FIELDS.items() if name != "idType"}
    seen = value_of(officer.post("/staff/hst/identity", {"idNo": IDENTITY}).text, "seen")
    assert value_of(other.post("/staff/hst/identity", {"idNo": IDENTITY}).text, "seen") == seen
    first = {**fields, "streetName": "First Street", "step": "update", "key": "a", "seen": seen}
    second = {**fields, "streetName": "Second Street", "step": "update", "key": "b", "seen": seen}
    assert "are corrected" in other.post("/staff/hst/identity", first).text
    refused = officer.post("/staff/hst/identity", second).text
    assert "Somebody has corrected this identity since you opened it." in refused
    assert "First Street" in refused
    assert value_of(refused, "streetName") == "Second Street"
    assert database(staff).rows(t.ocms_hst, "street_name") == [("First Street",)]
    again = {**second, "key": "c", "seen": value_of(refused, "seen")}
    assert "are corrected" in officer.post("/staff/hst/identity", again).text
    assert database(staff).rows(t.ocms_hst, "street_name") == [("Second Street",)]


@pytest.mark.rule("K1")
def test_a_correction_sent_twice_is_answered_twice_alike(staff: SharedStaff, officer: StaffBrowser) -> None:
    list_identity(officer)
    shown = officer.post("/staff/hst/identity", {"idNo": IDENTITY}).text
    fields = {name: value for name, value in FIELDS.items() if name != "idType"}
    hidden = {name: value_of(shown, name) for name in ("key", "seen")}
    sent = {**fields, "streetName": "New Street", "step": "update", **hidden}
    for _ in range(2):
        answer = officer.post("/staff/hst/identity", sent).text
        assert "Name and address are corrected" in answer
        assert "Somebody has corrected" not in answer
    assert database(staff).rows(t.ocms_hst, "street_name") == [("New Street",)]


def test_of_many_notices_the_message_names_the_first(staff: SharedStaff, officer: StaffBrowser) -> None:
    database(staff).notices([f"5006{place:05}A" for place in range(25)])
    assert "500600019A and 5 more." in list_identity(officer)


def test_an_identity_is_revived_once_what_that_does_has_been_shown(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    held = database(staff)
    held.notices(["500500004D"])
    list_identity(officer)
    officer.post("/staff/hst/identity", {"idNo": IDENTITY})
    silent = officer.post("/staff/hst/identity", {"idNo": IDENTITY, "revivalReason": "", "step": "preview"})
    assert "Reason is required" in silent.text
    reason = {"idNo": IDENTITY, "revivalReason": "Found", "remarks": "by letter"}
    shown = officer.post("/staff/hst/identity", {**reason, "step": "preview"})
    assert "1 notice would be revived" in shown.text
    assert held.listed() == [IDENTITY]
    assert value_of(shown.text, "revivalReason") == "Found"
    key = value_of(shown.text, "key")
    done = officer.post("/staff/hst/identity", {**reason, "step": "revive", "key": key})
    assert "Notices revived: 500500004D." in done.text
    assert held.listed() == []
    gone = officer.post("/staff/hst/identity", {"idNo": IDENTITY})
    assert "This identity is not on the list." in gone.text


@pytest.mark.rule("K4")
def test_a_listing_is_taken_back_once_what_that_does_has_been_shown(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    held = database(staff)
    held.notices(["500500005E"])
    assert "Listed by USER01" in list_identity(officer)
    opened = officer.post("/staff/hst/identity", {"idNo": IDENTITY}).text
    assert "it can be taken back until the end of" in opened
    shown = officer.post("/staff/hst/take-back", {"idNo": IDENTITY.lower()})
    assert f"The identity {IDENTITY} would leave the list, and 1 notice would be as before." in shown.text
    assert re.search(r"500500005E</a></th><td>ACTIVE</td>", shown.text)
    assert held.listed() == [IDENTITY]
    confirmed = {"idNo": IDENTITY, "step": "confirm", "key": value_of(shown.text, "key")}
    for _ in range(2):  # pressed twice it is done once (K1)
        done = officer.post("/staff/hst/take-back", confirmed)
        assert "It was taken back: the identity is not on the list any more." in done.text
    assert (held.listed(), held.held()) == ([], [])
    assert all(IDENTITY not in address for address in officer.addresses)


@pytest.mark.rule("K4")
def test_somebody_revived_today_is_found_by_number_and_put_back_on_the_list(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    held = database(staff)
    held.notices(["500500006F"])
    list_identity(officer)
    reason = {"idNo": IDENTITY, "revivalReason": "Found"}
    key = value_of(officer.post("/staff/hst/identity", {**reason, "step": "preview"}).text, "key")
    revived = officer.post("/staff/hst/identity", {**reason, "step": "revive", "key": key})
    assert "Revived by USER01" in revived.text
    before = len(looks(staff))
    found = officer.post("/staff/hst", {"idNo": IDENTITY})
    assert "Nobody on the list matches." in found.text
    assert "Revived by USER01" in found.text
    assert len(looks(staff)) > before
    shown = officer.post("/staff/hst/take-back", {"idNo": IDENTITY})
    assert "would be on the list again" in shown.text
    key = value_of(shown.text, "key")
    done = officer.post("/staff/hst/take-back", {"idNo": IDENTITY, "step": "confirm", "key": key})
    assert "It was taken back: the identity is on the list again." in done.text
    assert (held.listed(), held.held()) == ([IDENTITY], ["500500006F"])


@pytest.mark.rule("K4")
def test_what_can_no_longer_be_taken_back_is_not_offered_and_is_refused(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    list_identity(officer)
    opened = officer.post("/staff/hst/identity", {"idNo": IDENTITY}).text
    fields = {name: value for name, value in FIELDS.items() if name != "idType"}
    hidden = {name: value_of(opened, name) for name in ("key", "seen")}
    corrected = officer.post(
        "/staff/hst/identity", {**fields, "streetName": "New Street", "step": "update", **hidden}
    )
    assert "can be taken back" not in corrected.text
    for step in ("", "confirm"):
        refused = officer.post("/staff/hst/take-back", {"idNo": IDENTITY, "step": step, "key": "k"})
        assert "Nothing was taken back: Something else has happened since: update-hst" in refused.text
    assert "That is no identity number." in officer.post("/staff/hst/take-back", {"idNo": "?"}).text
    assert database(staff).listed() == [IDENTITY]


def test_the_list_is_filtered_and_paged(staff: StaffSite, officer: StaffBrowser) -> None:
    list_identity(officer)
    listed = datetime(2024, 1, 1, 9)  # noqa: DTZ001  # columns are local
    row = {
        "id_type": "N",
        "name": "Somebody",
        "postal_code": "123456",
        "blk_hse_no": "1",
        "street_name": "A Street",
        "floor_no": "",
        "unit_no": "",
        "bldg_name": "",
        "cre_user_id": "x",
    }
    rows = [
        {**row, "id_no": f"S{place:07}B", "cre_date": listed - timedelta(days=place)} for place in range(60)
    ]
    database(staff).put(t.ocms_hst, rows)
    first = officer.get("/staff/hst")
    assert "61 identities, the newest first; page 1 of 2" in first.text
    assert IDENTITY in first.text
    second = officer.post("/staff/hst", {"page": "2"})
    assert IDENTITY not in second.text
    assert "S0000059B" in second.text
    assert "S0000059B" not in first.text
    one = officer.post("/staff/hst", {"idNo": "S0000007B"})
    assert "1 identity, the" in one.text
    of_days = officer.get("/staff/hst?dateFrom=2024-01-01&dateTo=2024-01-01")
    assert "1 identity, the" in of_days.text
    assert "S0000000B" in of_days.text
    wrong = officer.post("/staff/hst", {"idNo": "?", "dateFrom": "2024-02-01"})
    assert "Identity number is invalid" in wrong.text
    assert value_of(wrong.text, "dateFrom") == "2024-02-01"
    backwards = officer.get("/staff/hst?dateFrom=2024-02-01&dateTo=2024-01-01")
    assert "Listed to is invalid" in backwards.text


def test_answers_stand_beside_the_listed_address_with_what_differs_marked(
    staff: StaffSite, officer: StaffBrowser
) -> None:
    list_identity(officer)
    now = SystemClock().now()
    with database(staff).stores.writing() as store:
        store.record([AddressAnswered(answer(answered_at=now))], now, isolate=False)
    shown = officer.get("/staff/hst/answers").text
    assert "1 identity has its last answer in" in shown
    for listed, answered in (
        (ADDRESS.street_name, NEW_ADDRESS.street_name),
        (ADDRESS.postal_code, NEW_ADDRESS.postal_code),
    ):
        assert f"<td><del>{listed}</del></td><td><ins>{answered}</ins></td>" in shown
    assert "<strong>differs</strong>" in shown
    assert "<strong>new address</strong>" in officer.post("/staff/hst/identity", {"idNo": IDENTITY}).text
    other = officer.get(f"/staff/hst/answers?month={now:%Y-%m}&outcome=no-address").text
    assert "0 identities have their" in other
    assert officer.get("/staff/hst/answers?month=2025-13").status_code == 404


def test_a_workbook_is_there_once_it_was_written(staff: SharedStaff, officer: StaffBrowser) -> None:
    shown = officer.get("/staff/hst").text
    address, *others = re.findall(r'href="(/staff/hst/workbooks/[^"]+)"', shown)
    assert len(others) == 23
    assert officer.get(address).status_code == 404
    assert officer.get("/staff/hst/workbooks/other.xlsx").status_code == 404
    before = len(looks(staff))
    file = staff.folder / "reports/hst" / address.rpartition("/")[2]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"a workbook")
    found = officer.get(address)
    file.unlink()
    assert found.content == b"a workbook"
    assert found.headers["content-disposition"] == f'attachment; filename="{file.name}"'
    assert looks(staff)[before:] == [("USER01", "staff page: HST")]


def test_every_look_is_recorded_with_the_page_as_its_purpose(staff: StaffSite, officer: StaffBrowser) -> None:
    before = len(looks(staff))
    list_identity(officer)
    officer.post("/staff/hst/identity", {"idNo": IDENTITY})
    officer.get("/staff/hst/answers")
    officer.get("/staff/hst")
    made = looks(staff)[before:]
    assert set(made) == {("USER01", "staff page: HST")}
    assert len(made) >= 6
    assert all(IDENTITY not in address for address in officer.addresses)
