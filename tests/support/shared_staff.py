"""The staff pages wired once for all tests of a process that take it, on databases emptied before each."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import frozen
from sqlalchemy import Engine, delete

from ocms_adapters.sql.schema.intranet import (
    INTRANET,
    ocms_parameter,
    ocms_stage_map,
    ocms_suspension_reason,
)
from tests.support.databases import postgres_databases, sqlite_databases
from tests.support.staff_pages import StaffBrowser, StaffSite, staff_site

REFERENCE = (ocms_parameter, ocms_stage_map, ocms_suspension_reason)


@frozen
class SharedStaff(StaffSite):
    """The staff pages, and the folder that has their reports in it."""

    folder: Path


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_staff(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedStaff]:
    """Return the staff pages on SQLite and on PostgreSQL, the same for every test."""
    folder = tmp_path_factory.mktemp(f"shared-staff-{request.param}")
    with ExitStack() as stack:
        if request.param == "sqlite":
            databases = sqlite_databases(request.getfixturevalue("sqlite_templates"), folder)
        else:
            databases = stack.enter_context(postgres_databases(request.getfixturevalue("postgres")))
        site = stack.enter_context(staff_site(databases, folder))
        yield SharedStaff(site.app, site.provider, site.engine, site.databases, folder)


@pytest.fixture
def staff(shared_staff: SharedStaff) -> SharedStaff:
    """Return the staff pages with nothing in their database but the reference data."""
    empty(shared_staff.engine)
    return shared_staff


@pytest.fixture
def officer(staff: SharedStaff) -> StaffBrowser:
    """Return the browser of an officer who has signed in."""
    browser = StaffBrowser(staff)
    browser.sign_in(path="/staff/sign-out")
    return browser


def empty(engine: Engine) -> None:
    """Remove every row of an Intranet database but the reference data."""
    with engine.begin() as connection:
        for table in INTRANET.sorted_tables:
            if table not in REFERENCE:
                connection.execute(delete(table))
