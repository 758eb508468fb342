"""Error codes of real servers: unavailable, a conflict that passes on a repeat, or a refused row."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ocms_adapters.sql.dialects import DIALECTS
from ocms_adapters.sql.transactions import DatabaseError, writing
from ocms_core.kernel.errors import Conflict, OcmsError, RowRejected, Unavailable
from tests.support import engines
from tests.support.databases import Databases, postgres_databases, sqlite_databases
from tests.support.postgres import PostgresServer

RAISE = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"
WRITE = text("UPDATE ocms_parameter SET value = value")

CODES = (
    *(
        (code, Unavailable)
        for code in ("08006", "53300", "57P01", "57P02", "57P03", "58030", "25006", "25P03")
    ),
    *((code, Conflict) for code in ("40001", "40P01", "55P03", "57014", "26000", "42P05")),
    *(
        (code, RowRejected)
        for code in ("09000", "22001", "22003", "23502", "23505", "23514", "27000", "44000", "P0001")
    ),
    *((code, DatabaseError) for code in ("42P01", "42501", "0A000", "XX000")),
)


def run(engine: Engine, *statements: str, pause: float = 0) -> None:
    """Run statements in one transaction, with a pause after each."""
    with writing(engine) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
            time.sleep(pause)


@pytest.fixture
def on_postgresql(postgres: PostgresServer) -> Iterator[Engine]:
    """Return an engine of the Intranet database on PostgreSQL."""
    with postgres_databases(postgres) as databases:
        engine = engines.create(databases.intranet)
        yield engine
        engine.dispose()


@pytest.mark.rule("P4")
@pytest.mark.parametrize("code, error", CODES)
def test_a_code_raised_by_the_server_has_its_class(
    on_postgresql: Engine, code: str, error: type[OcmsError]
) -> None:
    with pytest.raises(error) as raised, writing(on_postgresql) as connection:
        connection.execute(text(RAISE.format(code=code)))
    assert type(raised.value) is error
    if isinstance(raised.value, Unavailable):
        assert raised.value.code == code


@pytest.mark.rule("P4")
def test_every_class_of_codes_is_raised_by_the_server_here() -> None:
    table = DIALECTS["postgresql"]
    for error, classes in (
        (Unavailable, table.unavailable_errors),
        (Conflict, table.conflict_errors),
        (RowRejected, table.refused_row_errors),
    ):
        codes = [code for code, raised in CODES if raised is error]
        assert [each for each in classes if not any(code.startswith(each) for code in codes)] == []


@pytest.mark.rule("P4")
def test_a_server_that_only_reads_is_unavailable_and_recovers(on_postgresql: Engine) -> None:
    with pytest.raises(Unavailable):
        run(on_postgresql, "SET TRANSACTION READ ONLY", str(WRITE))
    with writing(on_postgresql) as connection:
        connection.execute(WRITE)


@pytest.mark.rule("P4")
def test_a_statement_beyond_the_servers_time_out_is_a_conflict(on_postgresql: Engine) -> None:
    with pytest.raises(Conflict):
        run(on_postgresql, "SET statement_timeout = 20", "SELECT pg_sleep(5)")


@pytest.mark.rule("P4")
def test_a_transaction_the_server_has_ended_is_unavailable_and_the_next_one_works(
    on_postgresql: Engine,
) -> None:
    with pytest.raises(Unavailable):
        run(on_postgresql, "SET idle_in_transaction_session_timeout = 50", str(WRITE), pause=0.3)
    with writing(on_postgresql) as connection:
        connection.execute(WRITE)


@pytest.mark.rule("P4")
@pytest.mark.parametrize("statement", ["EXECUTE nobody", "PREPARE twice AS SELECT 1"])
def test_a_prepared_statement_that_is_not_there_or_there_twice_is_a_conflict(
    on_postgresql: Engine, statement: str
) -> None:
    with pytest.raises(Conflict):
        run(on_postgresql, statement, statement)


@pytest.mark.rule("P4")
@pytest.mark.parametrize("statement", ["SELECT 1 FROM nowhere", "SELECT color FROM ocms_parameter"])
def test_a_table_or_column_that_is_not_there_is_an_error_that_says_what_to_do(
    databases: Databases, statement: str
) -> None:
    engine = engines.create(databases.intranet)
    with pytest.raises(DatabaseError, match=r"lacks a table or column .* `ocms db upgrade`"):
        run(engine, statement)
    engine.dispose()


@pytest.mark.rule("P4")
def test_a_sqlite_file_that_only_reads_is_unavailable(sqlite_templates: Path, tmp_path: Path) -> None:
    databases: Databases = sqlite_databases(sqlite_templates, tmp_path)
    engine = engines.create(databases.intranet)
    with pytest.raises(Unavailable) as raised:
        run(engine, "PRAGMA query_only = 1", str(WRITE))
    assert raised.value.code == "SQLITE_READONLY"
    engine.dispose()
