"""Connections wait for each other where they must, nowhere else, and give no values away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from ocms_adapters.sql import engines
from tests.support.databases import Databases
from tests.support.postgres import PostgresServer, running_server

SECRET = "S1234567A"


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """Yield a SQLite file with one table."""
    engine = engines.create(f"sqlite:///{tmp_path / 'a' / 'folder' / 'ocms.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counter (value int NOT NULL)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(postgres: PostgresServer) -> Iterator[Engine]:
    """Yield a connection to the shared server."""
    engine = engines.create(postgres.url())
    yield engine
    engine.dispose()


def test_a_sqlite_file_is_made_with_its_folder_and_opened_for_several_at_once(sqlite: Engine) -> None:
    with sqlite.begin() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }

    assert settings == {"journal_mode": "wal", "busy_timeout": 30_000, "foreign_keys": 1, "synchronous": 2}


def test_a_new_sqlite_file_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    together = Barrier(4)

    def open_new(path: Path) -> str:
        engine = engines.create(f"sqlite:///{path}")
        together.wait()
        with engine.begin() as connection:
            mode: str = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        engine.dispose()
        return mode

    with ThreadPoolExecutor(4) as threads:
        for number in range(50):
            assert set(threads.map(open_new, [tmp_path / f"{number}.sqlite"] * 4)) == {"wal"}


@pytest.mark.rule("G13")
def test_no_increment_is_lost_among_many_writers_that_read_first(sqlite: Engine) -> None:
    def increment() -> None:
        for _ in range(20):
            with sqlite.begin() as connection:
                value = connection.execute(text("SELECT value FROM counter")).scalar_one()
                connection.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    writers = [Thread(target=increment) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    with sqlite.begin() as connection:
        assert connection.execute(text("SELECT value FROM counter")).scalar_one() == 160


def test_a_reader_neither_waits_for_a_writer_nor_sees_half_of_its_work(sqlite: Engine) -> None:
    with sqlite.begin() as writer:
        writer.execute(text("UPDATE counter SET value = 1"))
        with sqlite.connect().execution_options(ocms_read_only=True) as reader:
            assert reader.execute(text("SELECT value FROM counter")).scalar_one() == 0


def test_table_making_is_undone_with_its_transaction(sqlite: Engine) -> None:
    with sqlite.connect() as connection:
        connection.execute(text("CREATE TABLE other (value int)"))
        connection.rollback()
        made = text("SELECT count(*) FROM sqlite_master WHERE name = 'other'")
        assert connection.execute(made).scalar() == 0


@pytest.mark.rule("G5")
def test_a_postgresql_session_keeps_singapore_time_and_read_committed(postgresql: Engine) -> None:
    with postgresql.connect() as connection:
        assert connection.execute(text("SHOW TimeZone")).scalar() == "Asia/Singapore"
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"


def test_reading_postgresql_needs_no_transaction_and_leaves_the_next_one_alone(postgresql: Engine) -> None:
    with postgresql.connect().execution_options(ocms_read_only=True) as connection:
        first, second = (connection.execute(text("SELECT now()")).scalar_one() for _ in range(2))
        assert first != second
    with postgresql.connect() as connection:
        first, second = (connection.execute(text("SELECT now()")).scalar_one() for _ in range(2))
        assert first == second


def test_a_restarted_database_is_picked_up_without_an_error() -> None:
    with running_server() as server:
        engine = engines.create(server.url())
        held, continue_always = Event(), Event()

        def hold_another() -> None:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                held.set()
                continue_always.wait()

        other = Thread(target=hold_another)
        other.start()
        held.wait()
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            continue_always.set()
            other.join()

        server.restart()

        for _ in range(3):
            with engine.begin() as first, engine.begin() as second:
                assert first.execute(text("SELECT 1")).scalar() == second.execute(text("SELECT 1")).scalar()
        server.stop()
        with pytest.raises(OperationalError), engine.connect():
            pass
        server.start()
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
        engine.dispose()


def test_no_value_shows_in_an_error(databases: Databases, caplog: pytest.LogCaptureFixture) -> None:
    engine = engines.create(databases.intranet, echo=True)

    with engine.begin() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("INSERT INTO no_such_table (id_no) VALUES (:id_no)"), {"id_no": SECRET})
    engine.dispose()

    assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_sqlite_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="needs a file"):
        engines.create(url)


def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="one of sqlite, postgresql, mssql, not mysql"):
        engines.create("mysql://host/ocms")


def test_sql_server_is_reached_through_its_own_driver() -> None:

    engine = engines.create("mssql://user:secret@host/ocms")

    assert (engine.name, engine.driver) == ("mssql", "mssqlpython")
    assert engine.hide_parameters
