"""Audit rows: what the changes of a transaction were, written with them and read again (K2)."""

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec
from attrs import frozen
from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    RowMapping,
    Select,
    String,
    Table,
    and_,
    cast,
    insert,
    or_,
    select,
)

from ocms_adapters.encryption import DecryptionFailed, FieldCipher
from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.audit_contents import Column, columns_of, row_changes
from ocms_adapters.sql.audited_changes import ChangedRows, Values, key_names
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.found_rows import Found
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema.column_types import Money
from ocms_core.kernel.actors import Actor, present_actor
from ocms_core.kernel.audit import AuditRow
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.lengths import cut
from ocms_core.kernel.rule_tags import rule

CIPHER = "ocms_audit_cipher"
FASTEST = 1
FIRST = itemgetter(0)
table = h.ocms_audit_row
ADD = insert(table).inline()
IN_CLEAR = ("principal", "role", "credential", "operation", "request_id", "notice_no", "notice_nos")


@frozen
class Before:
    """
    The rows of each table before the changes.

    Of those `read` the names of their values, and the rows or their JSON; of those `found` under their locks
    the names and the columns.
    """

    read: Mapping[str, tuple[tuple[str, ...], msgspec.Raw | Sequence[Values]]]
    found: Mapping[str, tuple[tuple[str, ...], list[Column]]]


NOTHING_BEFORE = Before({}, {})


TableColumns: TypeAlias = tuple[tuple[Table, tuple[str, ...]], ...]
"""Tables whose keys begin alike, with the columns to read of each, its key first."""


def with_cipher(engine: Engine, cipher: Callable[[], FieldCipher]) -> Engine:
    """Return the engine with what encrypts its audit rows; it is asked for when the first one is written."""
    engine.update_execution_options(**{CIPHER: cache(cipher)})
    return engine


def cipher_of(connection: Connection) -> FieldCipher:
    """Return what encrypts the audit rows of a connection. Raise TypeError for an engine without."""
    cipher: Callable[[], FieldCipher] | None = connection.get_execution_options().get(CIPHER)
    if cipher is None:
        raise TypeError("this engine has no cipher for audit rows, so nothing can be changed with it")
    return cipher()


class AuditWriter:
    """Writes the audit row of the changes of a transaction, on a connection of its dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._statements: dict[TableColumns, Select[Any]] = {}

    @rule("K2")
    def read_before(self, connection: Connection, changed: Sequence[ChangedRows], found: Found) -> Before:
        """
        Return the rows of each table as they are before the changes (K2).

        Of rows that the transaction has found under its locks, what it found; the others in one statement for
        all tables of notices, and one for those of identities. A database that makes no JSON is asked for
        each table.
        """
        wanted: dict[str, dict[Table, dict[str, None]]] = {}
        keys: dict[str, set[str]] = {}
        for each in changed:
            if columns := each.read_columns:
                key = key_names(each.table)
                of_table = wanted.setdefault(key[0], {}).setdefault(each.table, dict.fromkeys(key))
                of_table.update(dict.fromkeys(columns))
                keys.setdefault(key[0], set()).update(map(FIRST, each.rows))
        read: dict[str, tuple[tuple[str, ...], msgspec.Raw | Sequence[Values]]] = {}
        known: dict[str, tuple[tuple[str, ...], list[Column]]] = {}
        for key_name, tables in wanted.items():
            to_read: list[tuple[Table, tuple[str, ...]]] = []
            for of, of_table in tables.items():
                names, rows = tuple(of_table), found.get(of)
                if rows and rows.has(keys[key_name], names):
                    known[str(of.name)] = (names, rows.columns(keys[key_name], names))
                else:
                    to_read.append((of, names))
            if to_read:
                bound = bind_keys(self._dialect, sorted(keys[key_name]))
                read |= self._read(connection, tuple(to_read), bound)
        return Before(read, known)

    def _read(
        self, connection: Connection, wanted: TableColumns, bound: Mapping[str, Any]
    ) -> dict[str, tuple[tuple[str, ...], msgspec.Raw | Sequence[Values]]]:
        as_json = makes_json(self._dialect)
        rows: list[msgspec.Raw | Sequence[Values]] = []
        for together in [wanted] if as_json else [(each,) for each in wanted]:
            found = connection.execute(self._statement(together), bound).all()
            if as_json:
                rows += [msgspec.Raw((text or "[]").encode()) for text in found[0]]
            else:
                rows.append(list(map(tuple, found)))
        return {str(of.name): (names, each) for (of, names), each in zip(wanted, rows, strict=True)}

    def _statement(self, wanted: TableColumns) -> Select[Any]:
        statement = self._statements.get(wanted)
        if statement is None:
            statement = self._statements[wanted] = rows_before(self._dialect, wanted)
        return statement

    @rule("K2")
    def write(
        self, connection: Connection, changed: Sequence[ChangedRows], before: Before, now: datetime
    ) -> None:
        """Insert the audit row of changes, with what was before; none where nothing has changed (K2)."""
        if changed:
            numbers = (map(FIRST, each.rows) for each in changed if "notice_no" in each.names)
            notices = set(chain.from_iterable(numbers))
            add_row(connection, notices, changed, before, now)


def makes_json(dialect: Dialect) -> bool:
    """Return whether a database makes one JSON text of rows."""
    return dialect_of(dialect).rows_as_json([]) is not None


def rows_before(dialect: Dialect, wanted: TableColumns) -> Select[Any]:
    """
    Select the rows of tables that some keys begin: those of each table as one JSON text.

    Not as a union of tables, for which PostgreSQL starts processes of its own: five milliseconds of eight. A
    database that makes no JSON is given one table.
    """
    parts = []
    for of, names in wanted:
        columns = [
            cast(of.columns[name], String) if isinstance(of.columns[name].type, Money) else of.columns[name]
            for name in names
        ]
        as_json = dialect_of(dialect).rows_as_json(columns)
        chosen = columns if as_json is None else [as_json]
        parts.append(select(*chosen).where(among(dialect, of.columns[names[0]])))
    return select(*(each.scalar_subquery() for each in parts)) if len(parts) > 1 else parts[0]


def add_row(
    connection: Connection,
    notices: Collection[str],
    changed: Sequence[ChangedRows],
    before: Before,
    now: datetime,
) -> None:
    """Insert one audit row; its content is encrypted for whatever else it says, and fits no other row."""
    actor = present_actor()
    several = " ".join(sorted(notices)) if len(notices) > 1 else None
    at = local(now)
    changes = [
        (str(each.table.name), each.how, each.names, columns, each.shared, each.optional, each.newer)
        for each in changed
        for columns in [columns_of(each.rows, range(len(each.names)))]
    ]
    content = zlib.compress(msgspec.json.encode((before.read, changes, before.found)), FASTEST)
    row = {
        "changed_at": at,
        "principal": cut(actor.name, 50),
        "role": actor.role,
        "credential": actor.credential[:64],
        "operation": actor.operation[:64],
        "request_id": actor.request_id and actor.request_id[:128],
        "notice_no": None if several else next(iter(notices), None),
        "notice_nos": several,
    }
    encrypted = cipher_of(connection).encrypt_bytes(content, place(row))
    connection.execute(ADD, {**row, "content": encrypted, **creation_stamp(at)})


def place(row: Mapping[str, Any]) -> str:
    """Return the place the content of a row is encrypted for: all else that the row says."""
    return "\n".join([row["changed_at"].isoformat(), *(str(row[name]) for name in IN_CLEAR)])


def rows_of_notice(connection: Connection, notice_no: str, since: datetime | None = None) -> list[AuditRow]:
    """
    Return the audit rows of a notice from a moment on, the oldest first, each with the notice's changes.

    Raises `DecryptionFailed` for a row that was altered or whose key is not there.
    """
    mine = or_(
        table.c.notice_no == notice_no,
        and_(table.c.notice_nos.is_not(None), table.c.notice_nos.contains(notice_no, autoescape=True)),
    )
    period = [] if since is None else [table.c.changed_at >= local(since)]
    found = connection.execute(select(table).where(mine, *period).order_by(table.c.changed_at, table.c.id))
    cipher = cipher_of(connection)
    rows = (audit_row(row, cipher, notice_no) for row in found.mappings())
    return [row for row in rows if row.changes]


def audit_row(row: RowMapping, cipher: FieldCipher, notice_no: str | None = None) -> AuditRow:
    """Return an audit row with its changes, or only those of one notice."""
    try:
        content = cipher.decrypt_bytes(row["content"] or b"", place(dict(row)))
    except DecryptionFailed as failed:
        raise DecryptionFailed(f"audit row {row['id']}: {failed}") from None
    changes = row_changes(*msgspec.json.decode(zlib.decompress(content)))
    kept = tuple(each for each in changes if notice_no is None or each.notice_no == notice_no)
    actor = Actor(row["principal"], row["role"], row["credential"], row["operation"], row["request_id"])
    return AuditRow(row["id"], singapore(row["changed_at"]), actor, kept)
