"""A database that ends calls, only reads or is full is answered 503 in each family, until it works."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import Engine, text

from ocms_core.kernel.access import OPERATIONS, Operation
from tests.spec.http.conftest import emptied_of_calls
from tests.spec.http.test_repeats import CALLS, Call, deliver, name_of, prepared, rows
from tests.support.databases import postgres_databases
from tests.support.http_server import Deployment, Served, serving
from tests.support.postgres import PostgresServer

# 25P03 ends a transaction that stood still, 57P01 to 57P03 are a server that ends or starts, 53100 and
# 58030 a disk that is full or fails.
CODES = ("25P03", "57P01", "57P02", "57P03", "53100", "58030")
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = TG_ARGV[0]; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON ocms_idempotent_answer EXECUTE FUNCTION refuse('{code}');
"""
ACCEPT = "DROP TRIGGER refuse ON ocms_idempotent_answer; DROP FUNCTION refuse();"
READ_ONLY = "ALTER DATABASE {name} SET default_transaction_read_only = {on}"
END_SESSIONS = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
FAMILIES = [
    call
    for call in CALLS
    if call.operation
    in {
        Operation.UPDATE_COURT_NOTICES,
        Operation.CHANGE_STAGES,
        Operation.UPDATE_TOPPAN_STAGES,
        Operation.PLUS_CHANGE_STAGES,
        Operation.FURNISH_OFFENDER,
        Operation.APPLY_HST,
    }
]
"""A call of each contract, and of each client of contract 2 that has an envelope of its own."""


@pytest.fixture(scope="module")
def running_alone(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a running system on PostgreSQL whose database refuses what it is told to."""
    with postgres_databases(postgres) as databases:
        deployment = Deployment(databases, tmp_path_factory.mktemp("served"))
        with serving(deployment) as served:
            yield served
        deployment.engine.dispose()


@pytest.fixture
def served(running_alone: Served) -> Served:
    """Return this system with nothing in it that the calls are about."""
    emptied_of_calls(running_alone.deployment.engine)
    return running_alone


def execute(engine: Engine, statements: str) -> None:
    """Execute statements in a transaction that may write."""
    with engine.begin() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        connection.exec_driver_sql(statements)


def raising(code: str) -> Callable[[Engine], AbstractContextManager[None]]:
    """Return what makes the server raise a code at the end of what a call writes."""

    @contextmanager
    def refusing(engine: Engine) -> Iterator[None]:
        execute(engine, REFUSE.format(code=code))
        try:
            yield
        finally:
            execute(engine, ACCEPT)

    return refusing


@contextmanager
def only_reading(engine: Engine) -> Iterator[None]:
    """Let the database only be read while the block lasts, as a standby after a failover."""
    for on in ("on", "off"):
        execute(engine, READ_ONLY.format(name=engine.url.database, on=on))
        execute(engine, END_SESSIONS)
        if on == "on":
            yield


CAUSES: Mapping[str, Callable[[Engine], AbstractContextManager[None]]] = {
    **{code: raising(code) for code in CODES},
    "only reading": only_reading,
}


@pytest.mark.rule("P4", "G15", "K1")
@pytest.mark.parametrize("cause", CAUSES.values(), ids=list(CAUSES))
@pytest.mark.parametrize("call", FAMILIES, ids=name_of)
def test_a_call_that_the_database_refuses_is_503_and_its_repeat_is_done_once(
    served: Served, call: Call, cause: Callable[[Engine], AbstractContextManager[None]]
) -> None:
    headers = prepared(served, call)
    untouched = rows(served.deployment.engine)
    with cause(served.deployment.engine):
        refused = deliver(served, call, headers)
        assert refused.status_code == 503, refused.text
    assert without_print_run(rows(served.deployment.engine), call) == without_print_run(untouched, call)
    done = deliver(served, call, headers)
    assert (done.status_code, done.headers.get("Idempotency-Replayed")) == (200, None), done.text
    changed = rows(served.deployment.engine)
    assert deliver(served, call, headers).content == done.content
    assert rows(served.deployment.engine) == changed != untouched


COURT_UPDATE = next(call for call in FAMILIES if call.operation is Operation.UPDATE_COURT_NOTICES)
LIMIT = OPERATIONS[Operation.UPDATE_COURT_NOTICES].limit.calls


@pytest.mark.rule("P3", "P4")
def test_a_call_is_not_counted_while_the_database_takes_no_writes(served: Served) -> None:
    headers = prepared(served, COURT_UPDATE)
    with only_reading(served.deployment.engine):
        for _ in range(LIMIT + 1):
            assert deliver(served, COURT_UPDATE, headers).status_code == 503
    assert deliver(served, COURT_UPDATE, headers).status_code == 200


@pytest.mark.rule("P3", "P4")
def test_a_call_that_fails_after_it_was_counted_has_its_place_in_the_limit(served: Served) -> None:
    headers = prepared(served, COURT_UPDATE)
    with raising("57P01")(served.deployment.engine):
        for _ in range(LIMIT):
            assert deliver(served, COURT_UPDATE, headers).status_code == 503
        refused = deliver(served, COURT_UPDATE, headers)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600


def without_print_run(tables: dict[str, list[object]], call: Call) -> dict[str, list[object]]:
    """Return the rows of all tables; of a print run none, which is committed before its answer is (S75)."""
    return {} if call.operation is Operation.UPDATE_TOPPAN_STAGES else tables
