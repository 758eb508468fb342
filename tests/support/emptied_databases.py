"""
One pair of PostgreSQL databases for test after test, as its templates are again after each.

To copy a template takes PostgreSQL ten times as long as to empty its tables, and that was a good part of the
whole run's time.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, LiteralString

import psycopg
from attrs import define, field, frozen

from ocms_adapters.sql.migrations import Side
from tests.support.databases import SIDES, Databases, migrate
from tests.support.postgres import PostgresServer

# What a test leaves that emptying tables does not undo: another schema, a grant, statistics of the planner.
DEFINITIONS: LiteralString = """
SELECT md5(string_agg(entry, ',' ORDER BY entry)) FROM (
    SELECT 'class', oid, xmin FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT 'attribute', attrelid, xmin FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT 'default', oid, xmin FROM pg_attrdef
    UNION ALL SELECT 'constraint', oid, xmin FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT 'trigger', oid, xmin FROM pg_trigger
    UNION ALL SELECT 'event trigger', oid, xmin FROM pg_event_trigger
    UNION ALL SELECT 'function', oid, xmin FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT 'type', oid, xmin FROM pg_type WHERE oid >= 16384
    UNION ALL SELECT 'namespace', oid, xmin FROM pg_namespace
    UNION ALL SELECT 'policy', oid, xmin FROM pg_policy
    UNION ALL SELECT 'default privileges', oid, xmin FROM pg_default_acl
    UNION ALL SELECT 'setting', setrole, xmin FROM pg_db_role_setting
    UNION ALL SELECT 'database', oid, xmin FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'statistics', starelid, xmin FROM pg_statistic WHERE starelid >= 16384
) AS found (kind, oid, made), concat_ws(' ', kind, oid, made) AS entry
"""
SIZE: LiteralString = "SELECT pg_database_size(current_database())"
LARGEST_GROWTH = 4 * 1024 * 1024
TABLES: LiteralString = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""
SEQUENCES: LiteralString = "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences"
OTHERS_END: LiteralString = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

Connection = psycopg.Connection[tuple[Any, ...]]


@frozen
class Content:
    """What a database holds when it is new: rows as COPY writes them, sequences and definitions."""

    definitions: str
    size: int
    rows: Mapping[str, bytes]
    sequences: Mapping[str, int | None]


@define
class EmptiedDatabases:
    """The pair of one process of tests."""

    server: PostgresServer
    _names: dict[Side, str] = field(factory=dict)
    _contents: dict[Side, Content] = field(factory=dict)

    @contextmanager
    def pair(self) -> Iterator[Databases]:
        """Yield the pair, new or as if it were; afterwards put back what it held, or give it up."""
        for side in SIDES:
            if side not in self._names:
                self._clone(side)
        try:
            yield Databases(**{side: self.server.url(name) for side, name in self._names.items()})
        finally:
            for side in SIDES:
                if not self._is_put_back(side):
                    self.server.drop(self._names.pop(side))

    def _clone(self, side: Side) -> None:
        self._names[side] = self.server.clone(self.server.template(side, partial(migrate, side)))
        with self._connected(side) as connection:
            self._contents[side] = content_of(connection)

    def _is_put_back(self, side: Side) -> bool:
        try:
            with self._connected(side) as connection:
                return put_back(connection, self._contents[side])
        except psycopg.Error:
            return False

    def _connected(self, side: Side) -> Connection:
        return psycopg.connect(self.server.url(self._names[side]).replace("+psycopg", ""), autocommit=True)


def content_of(connection: Connection) -> Content:
    """Return what a database holds."""
    tables = [table for (table,) in connection.execute(TABLES)]
    return Content(
        definitions=value_of(connection, DEFINITIONS),
        size=value_of(connection, SIZE),
        rows={table: rows_of(connection, table) for table in tables},
        sequences=dict(connection.execute(SEQUENCES).fetchall()),
    )


def put_back(connection: Connection, content: Content) -> bool:
    """Put back what a database held, and end what still uses it; return False where that cannot be done."""
    connection.execute(OTHERS_END)
    if value_of(connection, DEFINITIONS) != content.definitions:
        return False
    if value_of(connection, SIZE) > content.size + LARGEST_GROWTH:
        return False
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '5s'")
        connection.execute("SET LOCAL session_replication_role = replica")  # no trigger and no foreign key
        connection.execute("; ".join(f"DELETE FROM {table}" for table in content.rows).encode())
        for table, rows in content.rows.items():
            if rows:
                with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(rows)
        for sequence, last in content.sequences.items():
            connection.execute("SELECT setval(%s::regclass, %s, %s)", (sequence, last or 1, last is not None))
    return True


def rows_of(connection: Connection, table: str) -> bytes:
    """Return the rows of a table as COPY writes them."""
    with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return b"".join(map(bytes, copy))


def value_of(connection: Connection, question: LiteralString) -> Any:
    """Return the one value of a question."""
    found = connection.execute(question).fetchone()
    assert found
    return found[0]
