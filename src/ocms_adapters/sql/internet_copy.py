"""The copies on the Internet side: written, read back, and encrypted anew."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Executable,
    Select,
    and_,
    delete,
    not_,
    or_,
    select,
    update,
)

from ocms_adapters.encryption import MARKS, DecryptionFailed, FieldCipher
from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_statements.statement import upserts
from ocms_adapters.sql.moments import now as write_time
from ocms_adapters.sql.paging import PAGE, NoticeRange, notice_ranges, pages
from ocms_adapters.sql.row_sets import RowSet, among, bind_keys, columns_of, row_set
from ocms_adapters.sql.schema.internet import AUDIT_USER, INTERNET
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.rule_tags import rule
from ocms_core.replication.outbox_rows import OFFENDER
from ocms_core.replication.replicated_tables import (
    REPLICATED_TABLES,
    Key,
    ReplicatedTable,
    State,
    Values,
    is_encrypted,
)


@frozen
class TableStatements:
    """The statements of one copied table."""

    rows: RowSet
    upsert: Executable
    keys: RowSet
    remove: Executable
    read: Select[Any]


class CopyStatements:
    """The statements of all copied tables, by kind, and the one that writes values encrypted anew."""

    def __init__(self, dialect: Dialect) -> None:
        self.tables = {kind: copy_statements(dialect, copy) for kind, copy in REPLICATED_TABLES.items()}
        table = INTERNET.tables[REPLICATED_TABLES[OFFENDER].target]
        columns = columns_of(table, "notice_no", "owner_driver_indicator", "id_no", "name")
        self.encrypted_anew = row_set(
            dialect,
            {
                "notice_no": columns["notice_no"],
                "owner_driver_indicator": columns["owner_driver_indicator"],
                "old_id_no": columns["id_no"],
                "id_no": columns["id_no"],
                "name": columns["name"],
            },
        )
        rows = self.encrypted_anew.rows.c
        same = and_(
            table.c.notice_no == rows.notice_no,
            table.c.owner_driver_indicator == rows.owner_driver_indicator,
            table.c.id_no == rows.old_id_no,
        )
        values = {"id_no": rows.id_no, "name": rows.name}
        self.write_encrypted_anew = (
            update(table).where(same).values(values | change_stamp(write_time(), AUDIT_USER))
        )


def copy_statements(dialect: Dialect, copy: ReplicatedTable) -> TableStatements:
    """Build the statements of one copied table."""
    table = INTERNET.tables[copy.target]
    columns = columns_of(table, *copy.columns)
    rows, keys = row_set(dialect, columns), row_set(dialect, columns_of(table, *copy.keys))
    gone = select(keys.rows).where(*(table.c[name] == keys.rows.c[name] for name in copy.keys))
    return TableStatements(
        rows,
        upserts(table, copy.keys, *columns, user=AUDIT_USER)(dialect, rows),
        keys,
        delete(table).where(gone.exists()),
        select(*(table.c[name] for name in copy.columns)).where(among(dialect, table.c.notice_no)),
    )


class InternetCopy:
    """What the public e-service may see, as the Internet database holds it."""

    def __init__(self, engine: Engine, field_cipher: FieldCipher) -> None:
        self._engine = engine
        self._field_cipher = field_cipher
        self._statements = built_once(CopyStatements, engine.dialect)

    def show(self, state: State, now: datetime) -> frozenset[str]:
        """
        Write the copies of these rows; return the notices the Internet database refused.

        All in one transaction, unless a row is refused: then in halves until that row stands alone.
        Doing it twice changes nothing. `Unavailable` when the database cannot be reached.
        """
        notices = sorted({key[0] for rows in state.values() for key in rows})
        try:
            with writing(self._engine) as connection:
                self._write(connection, state, now)
        except RowRejected:
            if len(notices) == 1:
                return frozenset(notices)
            middle = len(notices) // 2
            halves = (only(state, half) for half in (notices[:middle], notices[middle:]))
            return frozenset().union(*(self.show(half, now) for half in halves))
        return frozenset()

    def _write(self, connection: Connection, state: State, now: datetime) -> None:
        for kind, statements in self._statements.tables.items():
            rows = state.get(kind, {})
            there = [
                self._encrypted(REPLICATED_TABLES[kind], rows[key])
                for key in sorted(rows)
                if rows[key] is not None
            ]
            gone = [key for key in sorted(rows) if rows[key] is None]
            if there:
                connection.execute(statements.upsert, statements.rows.bind(there) | {"now": local(now)})
            if gone:
                connection.execute(statements.remove, statements.keys.bind(gone))

    def rows(self, kind: str, notice_nos: Collection[str]) -> Mapping[Key, Values | None]:
        """Return the copies of some notices by key, decrypted; None for a row that cannot be decrypted."""
        copy = REPLICATED_TABLES[kind]
        with reading(self._engine) as connection:
            found = connection.execute(
                self._statements.tables[kind].read, bind_keys(self._engine.dialect, notice_nos)
            ).all()
        return {tuple(row[: len(copy.keys)]): self._decrypted(copy, row) for row in found}

    def notice_nos(self, kind: str, notice_range: NoticeRange) -> Iterator[Sequence[str]]:
        """Yield the numbers of the notices copied, page by page."""
        return pages(self._engine, INTERNET.tables[REPLICATED_TABLES[kind].target].c.notice_no, notice_range)

    def notice_ranges(self, kind: str, size: int) -> Sequence[NoticeRange]:
        """Return the notices copied as ranges of `size` numbers."""
        return notice_ranges(self._engine, INTERNET.tables[REPLICATED_TABLES[kind].target].c.notice_no, size)

    @rule("F62")
    def rotate(self, now: datetime) -> int:
        """
        Encrypt what an older key encrypted with the current one, page by page, readable throughout.

        Returns the number of rows. A row that a delivery writes meanwhile keeps what was delivered; one
        that cannot be decrypted is left to `reconcile`.
        """
        count = 0
        last: Key = ("", "")
        while page := self._old_rows(last):
            last = tuple(page[-1][:2])
            renewed = [row for row in map(self._renewed, page) if row]
            if renewed:
                count += self._renew(renewed, now)
        return count

    def _old_rows(self, last: Key) -> Sequence[Any]:
        copy = REPLICATED_TABLES[OFFENDER]
        table = INTERNET.tables[copy.target]
        current = or_(
            *(table.c.id_no.startswith(self._field_cipher.key_id + mark, autoescape=True) for mark in MARKS)
        )
        notice_no, role = (table.c[name] for name in copy.keys)
        after = or_(notice_no > last[0], and_(notice_no == last[0], role > last[1]))
        page = select(notice_no, role, table.c.id_no, table.c.name).where(not_(current), after)
        with reading(self._engine) as connection:
            return connection.execute(page.order_by(notice_no, role).limit(PAGE)).all()

    def _renewed(self, row: Any) -> tuple[Any, ...] | None:
        key = tuple(row[:2])
        try:
            encrypted = [
                None
                if text is None
                else self._field_cipher.encrypt(
                    self._field_cipher.decrypt(text, place(key, name)), place(key, name)
                )
                for name, text in (("id_no", row.id_no), ("name", row.name))
            ]
        except DecryptionFailed:
            return None
        return (*key, row.id_no, *encrypted)

    def _renew(self, renewed: Sequence[tuple[Any, ...]], now: datetime) -> int:
        statements = self._statements
        bound = statements.encrypted_anew.bind(renewed) | {"now": local(now)}
        with writing(self._engine) as connection:
            return int(connection.execute(statements.write_encrypted_anew, bound).rowcount)

    def _encrypted(self, copy: ReplicatedTable, row: Values | None) -> tuple[Any, ...]:
        values = row or ()
        key = tuple(map(str, values[: len(copy.keys)]))
        return tuple(
            self._field_cipher.encrypt(str(value), place(key, name))
            if is_encrypted(copy, name) and value is not None
            else value
            for name, value in zip(copy.columns, values, strict=True)
        )

    def _decrypted(self, copy: ReplicatedTable, row: Sequence[Any]) -> Values | None:
        key = tuple(row[: len(copy.keys)])
        try:
            return tuple(
                self._field_cipher.decrypt(value, place(key, name))
                if is_encrypted(copy, name) and value is not None
                else value
                for name, value in zip(copy.columns, row, strict=True)
            )
        except DecryptionFailed:
            return None


def place(key: Key, column: str) -> str:
    """Return the place an encrypted text belongs to: column, notice and role."""
    return f"{column} {' '.join(key)}"


def only(state: State, notice_nos: Collection[str]) -> State:
    """Return the rows of some notices."""
    requested = frozenset(notice_nos)
    return {
        kind: {key: row for key, row in rows.items() if key[0] in requested} for kind, rows in state.items()
    }
