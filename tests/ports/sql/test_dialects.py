"""What databases differ in stands in a module for each, and nowhere else."""

import io
import re
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import Factory, frozen
from sqlalchemy import Connection, Executable, MetaData
from sqlalchemy.dialects import mssql

import ocms_adapters
from ocms_adapters.sql import schema
from ocms_adapters.sql.dialects import DIALECTS, dialect_of
from ocms_adapters.sql.dialects.database_dialect import DatabaseDialect
from ocms_core.kernel.errors import Unavailable
from tests.support.builders import NOW

ADAPTERS = Path(ocms_adapters.__file__).parent
SQL_SERVER = DIALECTS["mssql"]
COMPARED = re.compile(r"(dialect|engine)\.name\s*(==|!=|in\b|not in\b)")


@frozen
class Recording:
    """Takes what is executed and sends it nowhere."""

    executed: list[tuple[str, Any]] = Factory(list)

    def execute(self, statement: Executable, bound: Any = None) -> None:
        self.executed.append((str(statement), bound))

    @property
    def connection(self) -> Connection:
        return cast("Connection", self)


def test_no_module_but_those_of_the_dialects_compares_the_name_of_a_database() -> None:
    found = [
        f"{path.relative_to(ADAPTERS)}: {line.strip()}"
        for path in ADAPTERS.rglob("*.py")
        if "dialects" not in path.parts
        for line in path.read_text().splitlines()
        if COMPARED.search(line)
    ]
    assert found == []


def test_a_database_is_found_by_sqlalchemys_name_for_it() -> None:
    assert dialect_of(mssql.dialect()) is SQL_SERVER  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    assert {name: each.name for name, each in DIALECTS.items()} == {name: name for name in DIALECTS}


def test_no_name_of_an_error_has_two_meanings() -> None:
    meanings: dict[str, set[str]] = {}
    for each in DIALECTS.values():
        for meaning in ("unavailable_errors", "conflict_errors", "refused_row_errors"):
            for name in getattr(each, meaning):
                meanings.setdefault(name, set()).add(meaning)
    assert [name for name, those in meanings.items() if len(those) > 1] == []


@pytest.mark.rule("G13")
def test_the_locks_of_sql_server() -> None:
    recording = Recording()
    SQL_SERVER.lock_identities(recording.connection, ["A", "B"])
    SQL_SERVER.lock_schema(recording.connection)
    SQL_SERVER.limit_lock_waits(recording.connection, 2.0)
    identity = "EXEC sp_getapplock @Resource = :key, @LockMode = 'Exclusive', @LockOwner = 'Transaction'"
    assert recording.executed == [
        (identity, {"key": "ocms_identity A"}),
        (identity, {"key": "ocms_identity B"}),
        ("EXEC sp_getapplock @Resource = 'ocms_schema', @LockMode = 'Exclusive'", None),
        ("SET LOCK_TIMEOUT 2000", None),
    ]


@pytest.mark.parametrize("database", [SQL_SERVER, DIALECTS["sqlite"]], ids=lambda each: each.name)
def test_what_a_database_does_not_need_executes_nothing(database: DatabaseDialect) -> None:
    recording = Recording()
    database.lock_table(recording.connection, schema.ocms_hst)
    database.limit_idle_time(recording.connection, 1.0)
    database.prepare_large_join(recording.connection, merge=True)
    database.complete_schema(recording.connection, MetaData())
    assert recording.executed == []


@pytest.mark.rule("P41")
def test_sql_server_loads_no_csv_file() -> None:
    assert not SQL_SERVER.loads_csv
    with pytest.raises(Unavailable):
        SQL_SERVER.load_csv(Recording().connection, io.StringIO(), "vip_list", ("vehicle_no",), "vehicle_no")


def test_a_moment_in_a_statement_of_plain_text_is_bound_as_the_tables_keep_it() -> None:
    naive = NOW.replace(tzinfo=None)
    bound = {name: each.bound_moment(NOW) for name, each in DIALECTS.items()}
    assert bound == {"sqlite": naive.isoformat(" "), "postgresql": naive, "mssql": naive}
