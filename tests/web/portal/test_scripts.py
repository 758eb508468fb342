"""How much script a page of the staff loads, and from where."""

import re

from tests.support.shared_staff import officer, shared_staff, staff
from tests.support.staff_pages import StaffBrowser

__all__ = ["officer", "shared_staff", "staff"]

MOST_BYTES = 150_000  # as the browser runs it: nothing of it is compressed
PAGES = (
    *("sign-in", "find", "stages", "hst", "hst/apply", "hst/answers", "dashboard", "dashboard/jobs"),
    *("reports", "sign-out", "nothing"),
)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
LOADED = re.compile(r'\b(?:src|href|action|hx-get)="([^"]*)"')


def test_a_page_loads_little_script_and_all_of_it_from_here(officer: StaffBrowser) -> None:
    for path in PAGES:
        page = officer.get(f"/staff/{path}").text
        scripts = SCRIPT.findall(page)
        addresses = [re.findall(r'src="([^"]+)"', attributes) for attributes, _ in scripts]
        assert [len(found) for found in addresses] == [1, 1], path
        assert all(not inline.strip() for _, inline in scripts)
        loaded = [officer.send("GET", found[0]) for found in addresses]
        assert all(each.status_code == 200 for each in loaded)
        assert 0 < sum(len(each.content) for each in loaded) <= MOST_BYTES
        assert all(re.match("[/#]", address) for address in LOADED.findall(page)), path
