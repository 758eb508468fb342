"""The staff pages, and a signed-in officer, on both databases: without a browser, and with a real one."""

from tests.support.browsers import at_browser, chromium, served_staff
from tests.support.staff_pages import officer, running_staff, staff

__all__ = ["at_browser", "chromium", "officer", "running_staff", "served_staff", "staff"]
