"""PostgreSQL: keys and rows travel as one array for each column."""

from collections.abc import Iterable, Sequence
from math import ceil
from operator import itemgetter
from select import POLLIN, poll
from typing import Any, TextIO, cast

from sqlalchemy import (
    ARRAY,
    URL,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    FromClause,
    String,
    Table,
    Text,
    any_,
    bindparam,
    column,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine.characteristics import ConnectionCharacteristic
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.dialects.database_dialect import (
    USUAL_PATIENCE,
    Columns,
    Converter,
    DatabaseDialect,
    plain,
)
from ocms_adapters.sql.dialects.upsert import Upsert, upsert_on_conflict

CONNECT_SECONDS = 5
# What a pooler such as PgBouncer keeps for each client: the time zone. It refuses the start-up parameter
# `options`, and whatever else a session is set to would stay with the next client of its connection.
SET_UP_SESSION = "SELECT pg_backend_pid(), set_config('TimeZone', 'Asia/Singapore', false)"
POOLED = "ocms_pooled"
# A server that is gone without a word is noticed within half a minute.
NETWORK = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
LOCK_IDENTITIES = text(
    "SELECT count(pg_advisory_xact_lock(hashtextextended('ocms_identity ' || id_no, 0))) "
    "FROM (SELECT id_no FROM unnest(CAST(:keys AS varchar[])) AS identities (id_no) "
    "ORDER BY id_no) AS in_order"
)
TRY_LOCK_CALL = text("SELECT pg_try_advisory_xact_lock(hashtextextended('ocms_call ' || :name, 0))")
LOCK_SCHEMA = text("SELECT pg_advisory_xact_lock(hashtext('ocms_schema'))")
LIMIT_IDLE_TIME = text("SELECT set_config('idle_in_transaction_session_timeout', :milliseconds, true)")
# Room to join a million rows in memory, for this one transaction.
JOIN_MEMORY = text("SET LOCAL work_mem = '96MB'")
# Keys that rise are merged with the table's key in half the time of hashing, and to see that they are
# sorted takes half the time of building an index for them; the planner cannot know.
MERGE_JOIN = text("SET LOCAL enable_hashjoin = off")
BLOCK = 1024 * 1024


class WithoutTransaction(ConnectionCharacteristic):
    """
    Reading PostgreSQL without a transaction: one round trip in place of three.

    READ COMMITTED shows each statement its own state anyway, so nothing else changes.
    """

    transactional = True

    def set_characteristic(self, dialect: Dialect, dbapi_conn: Any, value: bool) -> None:  # noqa: ARG002, FBT001
        """Begin no transaction from here on, or begin them again."""
        dbapi_conn.autocommit = value

    def get_characteristic(self, dialect: Dialect, dbapi_conn: Any) -> bool:  # noqa: ARG002
        """Return whether each statement is a transaction of its own."""
        return bool(dbapi_conn.autocommit)

    def reset_characteristic(self, dialect: Dialect, dbapi_conn: Any) -> None:  # noqa: ARG002
        """Leave the connection as the next user expects it."""
        dbapi_conn.autocommit = False


class PostgresqlDialect(DatabaseDialect):
    """PostgreSQL through psycopg."""

    name = "postgresql"
    utc_now = text("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
    local_now = "(now() AT TIME ZONE 'Asia/Singapore')"
    loads_csv = True
    keeps_session = False
    merges_sorted_rows = True
    driver_has_all_types = True

    def open(self, url: URL, options: dict[str, Any], patience: float) -> Engine:
        """Return an engine whose connections outlive a restart of the server."""
        network, connect_seconds = NETWORK, CONNECT_SECONDS
        milliseconds = int(patience * 1000) if patience < USUAL_PATIENCE else None
        if milliseconds:
            network = network | {"tcp_user_timeout": milliseconds}
            connect_seconds = min(CONNECT_SECONDS, ceil(patience))
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": connect_seconds, **network},
            **options,
        )
        dialect = cast("DefaultDialect", engine.dialect)
        dialect.connection_characteristics = dialect.connection_characteristics.union(
            {"ocms_read_only": WithoutTransaction()}
        )

        @event.listens_for(engine, "connect")
        def set_up(connection: Any, record: ConnectionPoolEntry) -> None:
            connection.autocommit = True
            backend, _ = connection.execute(SET_UP_SESSION).fetchone()
            # A pooler gives each client a number of its own, and each transaction any of its connections.
            record.info[POOLED] = pooled = backend != connection.info.backend_pid
            if pooled:
                # Prepared statements have the same names in all processes: a call would be answered by
                # another's statement without an error.
                connection.prepare_threshold = None
            elif milliseconds:
                connection.execute(f"SET statement_timeout = {milliseconds}")
            connection.autocommit = False

        if milliseconds:

            @event.listens_for(engine, "begin")
            def limit_statements(connection: Connection) -> None:
                if connection.info[POOLED] and not connection.get_execution_options().get("ocms_read_only"):
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")

        @event.listens_for(engine, "checkout")
        def still_connected(connection: Any, _record: object, _proxy: object) -> None:
            # An idle connection on which there is something to read is one the server has closed. Looking
            # costs a few microseconds, a ping as long as a query.
            socket = poll()
            socket.register(connection.fileno(), POLLIN)
            if socket.poll(0):
                raise InvalidatePoolError("the server has closed the connection")

        @event.listens_for(engine, "reset")
        def begin_transactions(connection: Any, _record: object, _state: object) -> None:
            # The next user expects it, whatever has become of a statement that was a transaction of its own.
            if connection.autocommit:
                connection.autocommit = False

        return engine

    def moment_type(self) -> TypeEngine[Any]:
        """Return `timestamp(6)`."""
        from sqlalchemy.dialects.postgresql import TIMESTAMP  # noqa: PLC0415  # only where it is in use

        return TIMESTAMP(timezone=False, precision=6)

    def row_table(self, dialect: Dialect, columns: Columns) -> FromClause:
        """Return `unnest` over one array for each column."""
        del dialect
        arrays = [
            sql_cast(bindparam(f"rows_{name}"), ARRAY(unbounded(kind))) for name, kind in columns.items()
        ]
        names = [column(name, kind) for name, kind in columns.items()]
        return func.unnest(*arrays).table_valued(*names).render_derived(name="r")

    def bind_rows(
        self, columns: Columns, processors: Sequence[Converter | None], rows: Sequence[tuple[Any, ...]]
    ) -> dict[str, Any]:
        """Return one array for each column."""
        del processors
        return {
            f"rows_{name}": array(list(map(itemgetter(place), rows))) for place, name in enumerate(columns)
        }

    def key_among(self, dialect: Dialect, key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return `= ANY` of an array."""
        del dialect
        keys: BindParameter[Any] = bindparam("keys")
        return key == any_(sql_cast(keys, ARRAY(unbounded(key.type))))

    def bind_keys(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return one array."""
        return {"keys": array(list(keys))}

    def key_in_rows(self, key: ColumnElement[Any], rows: FromClause, name: str) -> ColumnElement[bool]:
        """Return `= ANY` of the column's array: a join would put the whole table into a hash."""
        del rows
        return key == any_(sql_cast(bindparam(f"rows_{name}"), ARRAY(unbounded(key.type))))

    def upsert(self, dialect: Dialect, upsert: Upsert, rows: FromClause) -> Executable:
        """Return `INSERT ... ON CONFLICT`."""
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415  # only where it is in use

        del dialect
        return upsert_on_conflict(insert, upsert, rows)

    def rows_as_json(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
        """Return `json_agg`: half the time of taking each row and value over."""
        return sql_cast(func.json_agg(func.json_build_array(*columns)), Text())

    def lock_identities(self, connection: Connection, id_nos: Sequence[str]) -> None:
        """Take advisory locks."""
        connection.execute(LOCK_IDENTITIES, self.bind_keys(id_nos))

    def try_lock_call(self, connection: Connection, name: str) -> bool:
        """Take an advisory lock that lasts as long as the transaction, where it is free."""
        return bool(connection.execute(TRY_LOCK_CALL, {"name": name}).scalar_one())

    def lock_table(self, connection: Connection, table: Table) -> None:
        """Lock against every writer, no reader."""
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")

    def lock_schema(self, connection: Connection) -> None:
        """Take an advisory lock."""
        connection.execute(LOCK_SCHEMA)

    def limit_lock_waits(self, connection: Connection, seconds: float) -> None:
        """Set `lock_timeout`."""
        connection.execute(text(f"SET LOCAL lock_timeout = {int(seconds * 1000)}"))

    def limit_idle_time(self, connection: Connection, seconds: float) -> None:
        """Set `idle_in_transaction_session_timeout`."""
        connection.execute(LIMIT_IDLE_TIME, {"milliseconds": str(ceil(seconds * 1000))})

    def load_csv(
        self, connection: Connection, lines: TextIO, table: str, columns: Sequence[str], nullable: str
    ) -> int:
        """Load a CSV file by COPY, as fast as the server takes it."""
        del columns
        driver: Any = connection.connection.driver_connection
        errors = connection.dialect.loaded_dbapi.Error
        try:
            with driver.cursor() as cursor:
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, FORCE_NULL ({nullable}))") as stream:
                    while block := lines.buffer.read(BLOCK):
                        stream.write(block)
                return int(cursor.rowcount)
        except errors as error:  # fails as a statement does
            raise DBAPIError.instance(None, None, error, errors, dialect=connection.dialect) from None

    def prepare_large_join(self, connection: Connection, *, merge: bool) -> None:
        """Set more memory, and a merge in place of a hash."""
        connection.execute(JOIN_MEMORY)
        if merge:
            connection.execute(MERGE_JOIN)


def array(values: Sequence[object]) -> str:
    """
    Return values as the text of a PostgreSQL array.

    The driver can do so too, but takes each element through a regular expression: a fifth of the time of
    a large update, where most of what a column holds is the same anyway.
    """
    texts = {value: element(value) for value in set(values)}
    return "{" + ",".join([texts[value] for value in values]) + "}"


def element(value: object) -> str:
    """Return one value of a PostgreSQL array; in quotes every text is taken as it is."""
    if value is None:
        return "NULL"
    word = value if isinstance(value, str) else str(plain(value))
    if "\\" in word or '"' in word:
        word = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"'


def unbounded(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type of array elements: a cast to a bounded text would cut it without a word (G10)."""
    return String() if isinstance(kind, String) else kind
