"""What an administrator keeps in tables is read in one statement, and seen soon after it changes."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.dialects import mssql

from ocms_adapters.sql import engines
from ocms_adapters.sql.reference import EVERYTHING, SqlReference, days_until_revival, read_reference
from ocms_core.kernel.batch_limits import BatchCap, batch_cap
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.reference_defaults import STAGE_MAP, SUSPENSION_REASONS
from ocms_core.kernel.suspensions import SuspensionReason
from tests.support.databases import Databases
from tests.support.rows import AUDIT, Row, put
from tests.support.statements import recorded

CAP: Row = {
    "parameter_id": "BATCH_CAP",
    "code": "PAYMENT_STATUS",
    "description": "Notices of API 1",
    "value": "7",
    **AUDIT,
}


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


def say(engine: Engine, statement: str) -> None:
    """Run a statement as an administrator's tool would."""
    with engine.begin() as connection:
        connection.execute(text(statement))


def read(engine: Engine) -> Reference:
    """Read the reference data as it stands."""
    with engine.connect() as connection:
        return read_reference(connection)


@pytest.mark.rule("G14")
def test_an_empty_database_has_the_documented_defaults(engine: Engine) -> None:
    found = read(engine)
    assert found.stage_map == {(stage, target) for stage, targets in STAGE_MAP.items() for target in targets}
    assert found.days_of_suspension == {
        SuspensionReason(kind, reason): days
        for (kind, reason), days in SUSPENSION_REASONS.items()
        if days is not None
    }
    assert found.whole_number("STAGEDAYS", "RD1", default=0) == 14


def test_everything_is_read_in_one_statement(engine: Engine) -> None:
    with recorded(engine) as statements:
        read(engine)
    assert len(statements) == 1


@pytest.mark.rule("G14")
@pytest.mark.parametrize("listed", ["AAA,BBB,CCC", "AAA BBB CCC", " AAA , BBB,\tCCC ,", "AAA\nBBB\nCCC"])
def test_a_row_that_holds_a_list_of_stages_is_several_moves(engine: Engine, listed: str) -> None:
    say(engine, "DELETE FROM ocms_stage_map")
    row = {"last_processing_stage": "ZZZ", "next_processing_stage": listed, **AUDIT}
    put(engine, "ocms_stage_map", [row])
    assert read(engine).stage_map == {("ZZZ", target) for target in ("AAA", "BBB", "CCC")}


def days_of(days: int | None) -> str | None:
    """Return days as rows take them."""
    return None if days is None else str(days)


@pytest.mark.rule("H20")
@pytest.mark.parametrize(
    "days_of_sources, days",
    [
        ({"AAA": 60, "OCMS": 30, "PLUS": 10}, 30),
        ({"AAA": 10, "OCMS": 30, "PLUS": 60}, 30),
        ({"AAA": 10, "OCMS": None, "PLUS": 60}, None),
        ({"AAA": 10, "CAS": 60, "PLUS": 20}, 60),
        ({"AAA": 60, "PLUS": None}, 60),
        ({"PLUS": None}, None),
        ({}, None),
    ],
)
def test_of_several_sources_the_days_of_ocms_count_or_else_the_most(
    engine: Engine, days_of_sources: Mapping[str, int | None], days: int | None
) -> None:
    """Read with everything, and by itself for a furnish."""
    say(engine, "DELETE FROM ocms_suspension_reason")
    hst = {"reason_of_suspension": "HST", "suspension_type": "TS", "description": "HST", "status": "A"}
    for source, own_days in days_of_sources.items():
        row: Row = {**hst, "suspension_source": source, "no_of_days_for_revival": days_of(own_days), **AUDIT}
        put(engine, "ocms_suspension_reason", [row])
    reason = SuspensionReason("TS", "HST")
    assert read(engine).days_of_suspension.get(reason) == days
    with engine.connect() as connection:
        assert connection.execute(select(days_until_revival(reason))).scalar_one() == days


def test_a_reason_no_longer_in_use_has_no_days(engine: Engine) -> None:
    say(engine, "UPDATE ocms_suspension_reason SET status = 'D' WHERE reason_of_suspension = 'HST'")
    assert SuspensionReason("TS", "HST") not in read(engine).days_of_suspension


def test_without_any_rows_there_is_no_reference(engine: Engine) -> None:
    for table in ("ocms_stage_map", "ocms_parameter", "ocms_suspension_reason"):
        say(engine, f"DELETE FROM {table}")
    assert read(engine) == Reference(frozenset(), {}, {})


@pytest.mark.rule("G14")
def test_a_snapshot_serves_until_it_is_too_old(engine: Engine) -> None:
    lasting, momentary = SqlReference(engine, seconds=600), SqlReference(engine, seconds=0)
    caps = [batch_cap(BatchCap.PAYMENT_STATUS, reference()) for reference in (lasting, momentary)]
    put(engine, "ocms_parameter", [CAP])
    with recorded(engine) as statements:
        caps += [batch_cap(BatchCap.PAYMENT_STATUS, reference()) for reference in (lasting, momentary)]
    assert caps == [500, 500, 500, 7]
    assert len(statements) == 1


def test_many_threads_read_one_snapshot_once(engine: Engine) -> None:
    reference = SqlReference(engine, seconds=600)
    with recorded(engine) as statements, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: reference(), range(50)))
    assert all(each is found[0] for each in found)
    assert len(statements) == 1


@pytest.mark.rule("P4")
def test_without_its_database_there_is_none() -> None:
    engine = engines.create("postgresql://ocms@127.0.0.1:1/none")
    with pytest.raises(Unavailable):
        SqlReference(engine)()
    engine.dispose()


def test_the_statement_compiles_for_sql_server() -> None:
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    assert "UNION ALL" in str(EVERYTHING.compile(dialect=dialect))
