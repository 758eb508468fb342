"""Every statement for SQL Server, which no test can run, is read by two grammars of T-SQL not ours."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeGuard, cast

import attrs
import pytest
import sqlglot
from sqlalchemy import ClauseElement, Dialect, Engine, SelectBase, TextClause, UpdateBase
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp

import ocms_adapters.sql
from ocms_adapters.encryption import FieldCipher
from ocms_adapters.signing import Ed25519Checker, Ed25519Signer
from ocms_adapters.sql import audit_of_notices, stage_reports, stage_search
from ocms_adapters.sql.access_records import SqlAccessRecords, looks_at_notice
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.audit_check import AuditCheck
from ocms_adapters.sql.audit_rows import rows_of_notice
from ocms_adapters.sql.audit_tree import SqlAuditTree, heads_of, leaves_of, rows_of
from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.court import CourtStatements
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.current_offenders import notices_with_several
from ocms_adapters.sql.dialects import DIALECTS
from ocms_adapters.sql.hst_queries import Queries
from ocms_adapters.sql.internet_copy import CopyStatements, InternetCopy
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.locks import SqlJobStore
from ocms_adapters.sql.old_rows import SqlOldRows
from ocms_adapters.sql.paging import NoticeRange
from ocms_adapters.sql.rate_limits import SqlRateLimits, digits
from ocms_adapters.sql.reconciliation import ReconciliationStatements, SqlReconciler
from ocms_adapters.sql.reference_defaults import put_in_defaults
from ocms_adapters.sql.replication import ReplicationStatements
from ocms_adapters.sql.reversals import ReversalStatements
from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_adapters.sql.staff_sessions import SqlStaffSessions
from ocms_adapters.sql.stage_ageing import SqlAgeingStores
from ocms_adapters.sql.stages import SqlStageStores, StageStatements
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_adapters.sql.suspension_check import SqlSuspensionStores
from ocms_adapters.sql.transactions import writing
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.ports import PendingAlert
from ocms_core.jobs.retention import RowKind
from ocms_core.jobs.runs import LockLease, LockRequest, RunResult
from ocms_core.jobs.stuck_cases import StuckKind
from ocms_core.kernel.access import Limit, Operation, Principal, Role
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.audit_heads import Leaf, RecordKind
from ocms_core.kernel.changes import CourtDueDateRecorded, NoticeChanged
from ocms_core.kernel.merkle import HashTree
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.staff_sessions import StaffSession
from ocms_core.kernel.stage_moves import NextStage
from ocms_core.replication.replicated_tables import REPLICATED_TABLES
from ocms_core.stages.reports import ReportBatch, ReportEntry
from ocms_core.stages.request_checks import Criteria
from tests.support.absent_sql_server import ADAPTERS, RecordedStatement, recording_engine
from tests.support.builders import NOW

MOST_VALUES = 2_100
POSTCOMPILED = re.compile(r"__\[POSTCOMPILE_\w+\]")
COLLECTIONS = (
    ChangeWriter, CourtStatements, StageStatements, Queries,
    ReplicationStatements, CopyStatements, ReconciliationStatements, ReversalStatements,
)  # fmt: skip
# The refresh of the VIP list and the queue of chunks, which SQL Server has not.
NOT_THERE = ("vip_vehicles", "dialects/sqlite", "dialects/postgresql")
# What it keeps has been built for the databases of other tests.
CACHE = "built_statements"
HOUR = timedelta(hours=1)
DATABASE_NOW = datetime(2025, 1, 14, 3)  # noqa: DTZ001  # what SYSUTCDATETIME answers
LOCKED = LockRequest("send_alerts", "worker", HOUR, slot=NOW, once_a_day=True)


def executables(value: object) -> Iterator[ClauseElement]:
    """Yield the statements in an attribute: itself, or those of a table or class of statements."""
    if isinstance(value, SelectBase | UpdateBase | TextClause):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from executables(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from executables(each)
    elif type(value).__module__.startswith("ocms_adapters.sql") and hasattr(value, "__dict__"):
        yield from executables(vars(value))
    elif attrs.has(type(value)):
        yield from executables(
            [getattr(value, name) for name in attrs.fields_dict(cast("type[Any]", type(value)))]
        )


def constants() -> Iterator[ClauseElement]:
    """Yield the statements that are constants of a module."""
    for found in pkgutil.walk_packages(ocms_adapters.sql.__path__, "ocms_adapters.sql."):
        left_out = (*NOT_THERE, CACHE, ".migrations")
        if not any(part.replace("/", ".") in found.name for part in left_out):
            yield from executables(
                [value for name, value in vars(importlib.import_module(found.name)).items() if name.isupper()]
            )


def jobs(engine: Engine) -> None:
    locks, store = JobLocks(SqlJobStore(engine)), SqlJobStore(engine)
    runs = SqlJobRuns(engine)
    for log_only in (False, True):
        lease = locks.take(LockRequest("job", "worker", HOUR, slot=NOW, once_a_day=True, log_only=log_only))
        assert isinstance(lease, LockLease)
        locks.extend(lease)
        locks.end(lease, RunResult.DONE, {}, None)
    store.held_locks()
    runs.history()
    runs.history("job")
    runs.latest()
    runs.later_than(1, "job")


def alerts(engine: Engine) -> None:
    kept, pending = SqlAlerts(engine), PendingAlert(1, 0, Alert("a", "b", "c"), NOW)
    kept.keep(pending.alert, NOW)
    kept._is_known("a")
    kept.pending(NOW)
    kept.unsent()
    kept.mark_sent(pending, NOW)
    kept.mark_failed(pending, "error", NOW, next_attempt=NOW + HOUR)


def credentials(engine: Engine) -> None:
    kept = SqlCredentials(engine)
    kept.issue("CAS", Role.CAS, now=NOW, days=30)
    kept.find("0" * 16)
    kept.list()
    kept.revoke("0" * 16, now=NOW)
    kept.record_use("0" * 16, NOW)
    records = SqlAccessRecords(engine, b"k" * 32)
    caller = Principal("USER01", Role.OIC, "key")
    records.record_access(caller, Operation.FURNISH_OFFENDER, ["S1234567A"], NOW)
    list(records.accesses_to("S1234567A", NOW, NOW))


def rate_limits(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    limits.take(Operation.QUERY_NOTICE_INFO, Limit(10, 60), "key", NOW)
    limits._date_as_now({"for_operation": "a", "for_credential": "b"})


def replication(engine: Engine) -> None:
    copy = InternetCopy(engine, FieldCipher({"k1": b"k" * 32}))
    reconciler = SqlReconciler(engine, copy)
    reconciler.outbox_status()
    for chunk in reconciler.chunks(100):
        list(reconciler._numbers(chunk))
    for kind in REPLICATED_TABLES:
        list(copy.notice_nos(kind, NoticeRange("A", "B")))
    copy.rotate(NOW)


def reports(engine: Engine) -> None:
    batch, day = ReportBatch("USER01", "OCMS", NOW, NOW), NOW.date()
    with writing(engine) as connection:
        list(stage_reports.batch_rows(connection, batch))
        list(stage_reports.day_rows(connection, day))
        list(stage_reports.days(connection, day, day))
        stage_reports.register(connection, ReportEntry("a.xlsx", batch))
        stage_reports.note_stored(connection, "a.xlsx", StoredReport(1, "0" * 64), NOW)
        stage_reports.find(connection, "a.xlsx")
        put_in_defaults(connection)
    notices_with_several(engine)


def searches(engine: Engine) -> None:
    everything: dict[str, Any] = {
        "notice_no": "A1",
        "id_no": "S1234567A",
        "vehicle_no": "SBA1234A",
        "stage": "ROV",
        "day": NOW.date(),
    }
    with writing(engine) as connection:
        for criteria in (everything, *({name: value} for name, value in everything.items())):
            stage_search.search(connection, Criteria(**criteria), 1)
            stage_search.counted(connection, stage_search.bound_by(Criteria(**criteria)))
        stage_search.listed(connection, ["A1"])
    with SqlStageStores(engine).reading() as reader:
        reader.details(["A1"])


def ageing(engine: Engine) -> None:
    with SqlAgeingStores(engine).reading() as reader:
        reader.counts([NOW.date()])
        reader.open_notices("RD1", NOW.date(), NOW.date(), 1)
        reader.changes("USER01", NOW.date(), 1)


def suspensions(engine: Engine) -> None:
    stores = SqlSuspensionStores(engine)
    with stores.reading() as reader:
        reader.suspended("", 1)
        reader.facts(["A1"])
    with stores.writing() as store:
        store.locked_facts(["A1"])


def stuck(engine: Engine) -> None:
    for kind in StuckKind:
        cases = SqlWaitingCases(engine)
        cases.count(kind, NOW)
        for skip in (0, 1):
            with cases.oldest(kind, NOW, 1, skip) as waiting:
                list(waiting)


def locks_of_the_database(engine: Engine) -> None:
    with writing(engine) as connection:
        DIALECTS["mssql"].lock_identities(connection, ["S1234567A"])
        DIALECTS["mssql"].lock_schema(connection)
        DIALECTS["mssql"].limit_lock_waits(connection, 2)


def audit(engine: Engine) -> None:
    signer = Ed25519Signer(b"1" * 32)
    changes = (NoticeChanged("A1", next=NextStage("DN2", NOW)), CourtDueDateRecorded("A1", NOW))
    with writing(engine) as connection:
        ChangeWriter(engine.dialect).record(connection, changes, NOW, isolate=False)
        audit_of_notices.rows_of_notices(connection, ["A1"], NOW)
        audit_of_notices.rows_of_identity(connection, "S1234567A", NOW)
        rows_of_notice(connection, "A1", NOW)
        looks_at_notice(connection, "A1")
        list(heads_of(connection))
        list(leaves_of(connection, 1, 1))
        rows_of(connection, RecordKind.ACCESS_RECORD, range(1000))
        AuditCheck(Ed25519Checker.of([signer.public_key])).report(connection)
        leaf = Leaf(0, RecordKind.AUDIT_ROW, 1, DATABASE_NOW, "0" * 64)
        SqlAuditTree(engine, signer)._write(connection, [leaf], HashTree(), dict.fromkeys(RecordKind, 0), NOW)
    SqlAuditTree(engine, signer).extend(NOW, 1)


def staff_sessions(engine: Engine) -> None:
    sessions = SqlStaffSessions(engine)
    sessions.open("token", StaffSession(Principal("USER01", Role.OIC, "staff:USER01"), NOW, NOW, "kept"))
    sessions.open("newer", StaffSession(Principal("USER01", Role.OIC, "staff:USER01"), NOW, NOW), "former")
    sessions.find("token")
    sessions.record_use("token", NOW)
    sessions.keep("token", None)
    sessions.close("token")


def old_rows(engine: Engine) -> None:
    SqlOldRows(engine, frequent_jobs=("send_alerts",)).remove(RowKind.FREQUENT_RUNS, NOW, 1)


FLOWS: tuple[Callable[[Engine], None], ...] = (
    audit, jobs, alerts, credentials, rate_limits, replication, reports, searches, ageing,
    suspensions, staff_sessions, old_rows,
    stuck, locks_of_the_database,
)  # fmt: skip


@cache
def recorded() -> tuple[RecordedStatement, ...]:
    """Return what the adapters send when each of their functions is called."""
    with recording_engine() as (engine, recorder):
        recorder.answers = {
            "SYSUTCDATETIME": [(DATABASE_NOW,)],
            "OUTPUT inserted.id": [(7,)],
            "ocms_shedlock.run_no = ?": [()],
            "count(": [(0,)],
            "coalesce(ocms_rate_counter.uses, ?) AS": [(digits(NOW + timedelta(days=400)),)],
        }
        for flow in FLOWS:
            flow(engine)
        return tuple(recorder.sent)


@cache
def statements() -> tuple[str, ...]:
    """Return the text of every statement for SQL Server, once each."""
    with recording_engine() as (engine, _):
        dialect = engine.dialect
        writer = ChangeWriter(dialect)
        writings = executables([writer.statement(kind) for kind in CHANGE_STATEMENTS])
        built = [each for kind in COLLECTIONS for each in executables(vars(kind(dialect)))]
        tables = [table for metadata in (INTRANET, INTERNET) for table in metadata.sorted_tables]
        indexes = [CreateIndex(index) for table in tables for index in table.indexes]
        every: list[ClauseElement] = [*built, *writings, *constants(), *map(CreateTable, tables), *indexes]
        compiled = [as_sent(each, dialect) for each in every]
    return tuple(dict.fromkeys([*compiled, *(each.text for each in recorded())]))


def as_sent(statement: ClauseElement, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect)).strip()


def test_every_statement_is_read_by_sqlglot() -> None:
    assert len(statements()) > 150
    for statement in statements():
        for tree in sqlglot.parse(with_names(statement), dialect="tsql"):
            # What sqlglot does not know it takes over as an opaque command; only EXEC and SET may be that.
            assert tree is not None
            assert not isinstance(tree, exp.Command) or statement.startswith(("EXEC ", "SET ")), statement


def test_every_statement_is_read_by_sqlfluff() -> None:
    linter = Linter(config=FluffConfig(overrides={"dialect": "tsql"}))
    for statement in statements():
        parsed = linter.parse_string(with_names(statement))
        assert not parsed.violations, (statement, parsed.violations)


def with_names(statement: str) -> str:
    """Return a statement with variables of T-SQL in the place of what the driver and SQLAlchemy fill in."""
    statement = POSTCOMPILED.sub("?", statement)
    for place in range(statement.count("?")):
        statement = statement.replace("?", f"@P{place + 1}", 1)
    return statement


def test_no_statement_binds_more_values_than_sql_server_takes() -> None:
    assert max(each.values for each in recorded()) < MOST_VALUES


def call_sites() -> Iterator[tuple[str, ast.Call]]:
    """Yield where the adapters execute a statement that is neither a constant nor of a collection."""
    for path in (ADAPTERS / "sql").rglob("*.py"):
        name = str(path.relative_to(ADAPTERS))
        if any(part in name for part in (*NOT_THERE, "migrations")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if is_execution(node):
                yield name, node


def is_execution(node: ast.AST) -> TypeGuard[ast.Call]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return False
    return node.func.attr in {"execute", "scalar"} and not known(node.args[0])


def known(argument: ast.expr) -> bool:
    """Return whether what is executed is a constant, or from a collection of statements."""
    text = ast.unparse(argument)
    return re.match(r"[A-Z_]+\b", text) is not None or any(
        word in text for word in ("_statements.", "_queries.", "_delivery.", "statements.")
    )


# Each executes a statement of a collection that its caller has chosen.
CHOSEN_BY_THE_CALLER = {
    "sql/change_writer.py", "sql/court.py", "sql/driver_statements.py", "sql/hst.py", "sql/offenders.py",
    "sql/reconciliation.py", "sql/replication.py", "sql/stages.py",
}  # fmt: skip


def test_every_statement_built_where_it_is_executed_was_recorded() -> None:
    reached = {caller for each in recorded() for caller in each.callers}
    missed = [
        f"{name}:{call.lineno}: {ast.unparse(call)[:80]}"
        for name, call in call_sites()
        if name not in CHOSEN_BY_THE_CALLER
        and not any((name, line) in reached for line in range(call.lineno, (call.end_lineno or 0) + 1))
    ]
    assert missed == []


def test_an_upsert_keeps_others_from_the_range_it_looks_in() -> None:
    merges = [each for each in statements() if each.startswith("MERGE ")]
    assert len(merges) >= 5
    for statement in merges:
        assert " WITH (HOLDLOCK) AS target " in statement
        assert statement.endswith(";"), "MERGE is the one statement that must end in a semicolon"


PREDICATES = (exp.Predicate, exp.Connector, exp.Not, exp.In, exp.Exists, exp.Between)


def refused_by_the_server(tree: exp.Expr) -> Iterator[str]:
    """Yield what both grammars read and SQL Server refuses all the same."""
    for select in tree.find_all(exp.Select):
        for each in select.expressions:
            if isinstance(each.unalias(), PREDICATES):
                yield f"a truth value as a column: {each}"
        inside = select.parent is not None and not isinstance(select.parent, exp.Insert)
        if (
            inside
            and select.args.get("order")
            and not (select.args.get("limit") or select.args.get("offset"))
        ):
            yield f"an order without TOP in a query within another: {select}"
    for each in tree.find_all(exp.AggFunc):
        if each.find(exp.Select, exp.Exists):
            yield f"an aggregate of a query: {each}"
    for each in tree.find_all(exp.In):
        if isinstance(each.this, exp.Tuple):
            yield f"several columns among rows: {each}"
    for each in tree.find_all(exp.Boolean, exp.DPipe, exp.NullSafeEQ, exp.NullSafeNEQ, exp.ILike, exp.Array):
        yield f"what T-SQL has not: {each}"


def test_no_statement_has_what_the_grammars_let_pass_and_sql_server_refuses() -> None:
    found = {
        complaint
        for statement in statements()
        for tree in sqlglot.parse(with_names(statement), dialect="tsql")
        if tree is not None
        for complaint in refused_by_the_server(tree)
    }
    assert found == set()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a = 1 AS b, c IN (1, 2) FROM t",
        "SELECT * FROM (SELECT a FROM t ORDER BY a) AS x",
        "SELECT max(CASE WHEN EXISTS (SELECT 1 FROM u) THEN 1 END) FROM t",
        "SELECT a FROM t WHERE (a, b) IN (SELECT c, d FROM u)",
        "SELECT a FROM t WHERE b = TRUE",
    ],
)
def test_what_sql_server_refuses_is_found(statement: str) -> None:
    (tree,) = sqlglot.parse(statement, dialect="tsql")
    assert tree is not None
    assert list(refused_by_the_server(tree))
