"""Sessions are found by their token alone, and what they keep is read with it alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.staff_sessions import SqlStaffSessions, digest
from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.staff_sessions import StaffSession
from tests.support.builders import NOW
from tests.support.databases import Databases
from tests.support.rows import rows_of

OFFICER = Principal("USER01", Role.OIC, "staff:USER01")


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """Yield an engine of an Intranet database."""
    opened = engines.create(databases.intranet)
    yield opened
    opened.dispose()


def test_a_session_is_kept_used_and_closed(engine: Engine) -> None:
    sessions = SqlStaffSessions(engine)
    assert sessions.find("token") is None
    begun = StaffSession(OFFICER, NOW, NOW, "kept")
    sessions.open("token", begun)
    sessions.open("other", StaffSession(OFFICER, NOW, NOW))
    assert sessions.find("token") == begun
    later = NOW + timedelta(minutes=5)
    sessions.record_use("token", later)
    sessions.keep("token", None)
    assert sessions.find("token") == StaffSession(OFFICER, NOW, later)
    assert sessions.find("other") == StaffSession(OFFICER, NOW, NOW)
    sessions.close("token")
    sessions.close("token")
    assert sessions.find("token") is None
    assert len(rows_of(engine, t.ocms_staff_session)) == 1


def test_a_session_is_opened_in_place_of_the_former_one(engine: Engine) -> None:
    sessions = SqlStaffSessions(engine)
    sessions.open("former", StaffSession(OFFICER, NOW, NOW, "kept"))
    sessions.open("other", StaffSession(OFFICER, NOW, NOW))
    sessions.open("token", StaffSession(OFFICER, NOW, NOW), "former")
    assert sessions.find("former") is None
    assert sessions.find("token") == sessions.find("other") == StaffSession(OFFICER, NOW, NOW)


def test_the_former_session_stays_where_the_new_one_is_refused(engine: Engine) -> None:
    sessions = SqlStaffSessions(engine)
    former = StaffSession(OFFICER, NOW, NOW, "kept")
    sessions.open("former", former)
    sessions.open("token", StaffSession(OFFICER, NOW, NOW))
    with pytest.raises(RowRejected):
        sessions.open("token", StaffSession(OFFICER, NOW, NOW), "former")
    assert sessions.find("former") == former


def test_the_table_shows_neither_token_nor_content(engine: Engine) -> None:
    SqlStaffSessions(engine).open("token", StaffSession(OFFICER, NOW, NOW, "S1234567A"))
    (row,) = rows_of(engine, t.ocms_staff_session)
    assert row["token_digest"] == digest("token") != "token"
    assert b"S1234567A" not in row["content"]


def test_content_of_another_session_is_not_read(engine: Engine) -> None:
    sessions = SqlStaffSessions(engine)
    sessions.open("token", StaffSession(OFFICER, NOW, NOW, "kept"))
    sessions.open("other", StaffSession(OFFICER, NOW, NOW, "other"))
    rows = {row["token_digest"]: row["content"] for row in rows_of(engine, t.ocms_staff_session)}
    with engine.begin() as connection:
        table = t.ocms_staff_session
        statement = update(table).where(table.c.token_digest == digest("token"))
        connection.execute(statement.values(content=rows[digest("other")]))
    found = sessions.find("token")
    assert found is not None
    assert found.content is None
