"""Statements given to the driver read and fail as SQLAlchemy's do, and are prepared where they may be."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Engine, Integer, Select, bindparam, cast, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from ocms_adapters.sql.court import CourtStatements
from ocms_adapters.sql.credentials import KEYS, SqlCredentials
from ocms_adapters.sql.driver_statements import DriverStatement
from ocms_adapters.sql.row_sets import bind_keys
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.transactions import fault, reading, writing
from ocms_core.kernel.access import Role
from ocms_core.kernel.errors import RowRejected, Unavailable
from tests.support import engines
from tests.support.builders import NOW
from tests.support.databases import Databases, postgres_databases
from tests.support.postgres import PostgresServer
from tests.support.rows import put_notices


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


@pytest.fixture
def on_server(postgres: PostgresServer) -> Iterator[Engine]:
    """Yield an engine of PostgreSQL: the other database converts any text and has no connection to lose."""
    with postgres_databases(postgres) as pair:
        engine = engines.create(pair.intranet)
        yield engine
        engine.dispose()


def test_rows_are_those_of_sqlalchemy(engine: Engine) -> None:
    put_notices(engine, ["1", "2"])
    with writing(engine) as connection:
        connection.execute(
            insert(t.ocms_court_case).values(notice_no="1", court_payment_due_date=NOW.replace(tzinfo=None))
        )
    SqlCredentials(engine).issue("CAS", Role.CAS, now=NOW, days=1)
    statements, bound = CourtStatements(engine.dialect), bind_keys(engine.dialect, ["1", "2", "3"])
    read: list[tuple[Select[tuple[object, ...]], dict[str, object]]] = [
        (statements.payment_statuses, bound),
        (statements.plus_notices, bound),
        (KEYS, {}),
    ]
    for statement, values in read:
        with reading(engine) as connection:
            usual = connection.execute(statement, values).all()
        assert [*map(tuple, DriverStatement(statement, engine.dialect).rows(engine, values))] == usual
        assert usual


def test_a_change_counts_its_rows_and_commits_by_itself(engine: Engine) -> None:
    put_notices(engine, ["1", "2"])
    von = t.ocms_valid_offence_notice
    paid = DriverStatement(update(von).values(payment_status=bindparam("status")), engine.dialect)
    assert paid.changed(engine, {"status": "FP"}) == 2
    with reading(engine) as connection:
        assert set(connection.scalars(select(von.c.payment_status))) == {"FP"}


def test_on_a_connection_a_change_is_undone_with_its_transaction(engine: Engine) -> None:
    put_notices(engine, ["1", "2"])
    von = t.ocms_valid_offence_notice
    paid = DriverStatement(update(von).values(payment_status=bindparam("status")), engine.dialect)
    status = DriverStatement(select(von.c.payment_status), engine.dialect)
    with suppress(ZeroDivisionError), writing(engine) as connection:
        assert paid.changed(connection, {"status": "FP"}) == 2
        assert [*map(tuple, status.rows(connection, {}))] == [("FP",)] * 2
        raise ZeroDivisionError
    assert [*map(tuple, status.rows(engine, {}))] == [("PP",)] * 2


def test_a_transaction_after_a_statement_by_itself_is_undone_as_ever(engine: Engine) -> None:
    put_notices(engine, ["1"])
    von = t.ocms_valid_offence_notice
    paid = DriverStatement(update(von).values(payment_status=bindparam("status")), engine.dialect)
    refused = DriverStatement(select(cast(bindparam("text"), Integer)), engine.dialect)
    paid.changed(engine, {"status": "FP"})
    with suppress(RowRejected):
        refused.rows(engine, {"text": "S1234567A"})
    with suppress(ZeroDivisionError), writing(engine) as connection:
        connection.execute(update(von).values(payment_status="PP"))
        raise ZeroDivisionError
    with reading(engine) as connection:
        assert connection.scalars(select(von.c.payment_status)).all() == ["FP"]


def test_a_refused_value_and_a_lost_connection_are_the_errors_they_always_are(on_server: Engine) -> None:
    number = DriverStatement(select(cast(bindparam("text"), Integer)), on_server.dialect)
    with pytest.raises(RowRejected):
        number.rows(on_server, {"text": "S1234567A"})
    end = DriverStatement(select(func.pg_terminate_backend(func.pg_backend_pid())), on_server.dialect)
    with pytest.raises(Unavailable):
        end.rows(on_server, {})
    assert number.rows(on_server, {"text": "1"}) == [(1,)]
    with pytest.raises(DBAPIError) as lost, on_server.begin() as connection:
        end.rows(connection, {})
    assert lost.value.connection_invalidated
    assert isinstance(fault(lost.value), Unavailable)
    assert number.rows(on_server, {"text": "1"}) == [(1,)]


def test_a_server_that_is_away_is_unavailable(on_server: Engine) -> None:
    nowhere = engines.create(on_server.url.set(database="nowhere").render_as_string(hide_password=False))
    number = DriverStatement(select(cast(bindparam("text"), Integer)), nowhere.dialect)
    with pytest.raises(Unavailable):
        number.rows(nowhere, {"text": "1"})
    nowhere.dispose()


@pytest.mark.parametrize("threshold, prepared", [(None, 0), (5, 1)], ids=["behind a pooler", "otherwise"])
def test_nothing_is_prepared_behind_a_pooler(on_server: Engine, threshold: int | None, prepared: int) -> None:
    number = DriverStatement(select(cast(bindparam("text"), Integer)), on_server.dialect)
    alone = engines.create(on_server.url.render_as_string(hide_password=False), pool_size=1)
    with reading(alone) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.prepare_threshold = threshold
    for _ in range(10):
        number.rows(alone, {"text": "1"})
    with reading(alone) as connection:
        names = connection.exec_driver_sql("SELECT name FROM pg_prepared_statements").all()
    alone.dispose()
    assert len(names) == prepared
