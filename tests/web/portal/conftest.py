"""The staff pages, and a signed-in officer, on both databases."""

from tests.support.staff_pages import officer, running_staff, staff

__all__ = ["officer", "running_staff", "staff"]
