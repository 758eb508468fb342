"""Each kind of statement is built once in a process, however many engines, services and jobs use it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql import built_statements, engines
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.court import CourtStatements
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.hst_queries import Queries
from ocms_adapters.sql.internet_copy import CopyStatements, InternetCopy
from ocms_adapters.sql.reconciliation import ReconciliationStatements, SqlReconciler
from ocms_adapters.sql.replication import ReplicationStatements
from ocms_adapters.sql.stages import StageStatements
from tests.support.databases import Databases
from tests.support.http_calls import calling

WEB = (ChangeWriter, CourtStatements, StageStatements, Queries, ReplicationStatements, CopyStatements)

POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Counter[type]:
    """Count what is built from here on, in a process that has built nothing yet."""
    counts: Counter[type] = Counter()
    monkeypatch.setattr(built_statements, "BUILT", {})
    for kind in (*WEB, ReconciliationStatements):
        monkeypatch.setattr(kind, "__init__", counting(kind, counts))
    return counts


def counting(kind: Any, counts: Counter[type]) -> Any:
    build = kind.__init__

    def counted(self: Any, dialect: Dialect) -> None:
        counts[kind] += 1
        build(self, dialect)

    return counted


def test_wiring_the_web_application_builds_each_kind_of_statement_once(
    databases: Databases, tmp_path: Path, built: Counter[type]
) -> None:
    with calling(databases, tmp_path):
        assert built == dict.fromkeys(WEB, 1)
    with calling(databases, tmp_path):
        assert built == dict.fromkeys(WEB, 1)


def test_runs_of_jobs_build_each_kind_of_statement_once(databases: Databases, built: Counter[type]) -> None:
    for _ in range(3):
        intranet, internet = engines.create(databases.intranet), engines.create(databases.internet)
        SqlHstStores(intranet, lambda _: None)
        SqlReconciler(intranet, InternetCopy(internet, FieldCipher({"k1": b"k" * 32})))
        intranet.dispose()
        internet.dispose()
    used = (ChangeWriter, Queries, CopyStatements, ReconciliationStatements, ReplicationStatements)
    assert built == dict.fromkeys(used, 1)


def test_another_kind_of_database_has_statements_of_its_own(built: Counter[type]) -> None:
    dialect = sqlite.dialect()
    assert built_once(ChangeWriter, dialect) is built_once(ChangeWriter, sqlite.dialect())
    assert built_once(ChangeWriter, POSTGRESQL) is not built_once(ChangeWriter, dialect)
    assert built == {ChangeWriter: 2}


def test_the_statement_of_a_kind_of_change_is_built_at_the_first_change_of_that_kind() -> None:
    writer = ChangeWriter(POSTGRESQL)
    kind = next(iter(CHANGE_STATEMENTS))
    assert not writer._statements
    assert writer.statement(kind) is writer.statement(kind)
    assert list(writer._statements) == [kind]
