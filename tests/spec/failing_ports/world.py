"""A database with what is around it, what of it is compared, and a use case that runs on it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import define, field, frozen
from sqlalchemy import Engine, Table

from ocms_adapters.sql import schema
from ocms_core.kernel.errors import Conflict, OcmsError, RowRejected, Unavailable
from ocms_core.replication.replicated_tables import State
from tests.support.in_memory_hst import Outbox
from tests.support.in_memory_jobs import ScriptedSender
from tests.support.in_memory_stages import InMemoryReports

Port = TypeVar("Port")
ERRORS: tuple[type[OcmsError], ...] = (Unavailable, Conflict, RowRejected)
Wrap = Callable[[Port], Port]


# What a second attempt may leave otherwise: how often something was tried, and when it was done.
OF_ATTEMPTS = frozenset({"attempts", "last_error", "next_attempt_at", "upd_date", "upd_user_id"})
# Numbers are given in the order of writing; secrets, and what is encrypted, are never the same twice.
NOT_COMPARED = {
    "ocms_outbox": OF_ATTEMPTS | {"id"},
    "ocms_audit_row": OF_ATTEMPTS | {"id", "content"},
    "ocms_alert": OF_ATTEMPTS | {"id"},
    "ocms_staff_session": OF_ATTEMPTS | {"token_digest"},
    "ocms_api_credential": OF_ATTEMPTS | {"key_id", "secret_hash"},
}
MOMENTS = frozenset({"delivered_at", "sent_at"})
ENCRYPTED = frozenset({"content"})


class Copies:
    """The Internet copies in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, Any]] = {}

    def show(self, state: State, now: datetime) -> frozenset[str]:
        """Write the copies."""
        del now
        for kind, rows in state.items():
            self.rows.setdefault(kind, {}).update(rows)
        return frozenset()


class Mailer:
    """A mail server that takes everything."""

    def send(self, subject: str, text: str, attachments: Mapping[str, bytes]) -> None:
        """Take a message."""
        del subject, text, attachments


@define
class World:
    """
    One database with cases of every kind, and what is around it.

    `connection` is one of the driver, which reads and restores everything; each statement is for itself.
    """

    engine: Engine
    connection: Any
    tables: Mapping[str, Sequence[str]]
    exchange: Outbox = field(factory=Outbox)
    reports: InMemoryReports = field(factory=InMemoryReports)
    copies: Copies = field(factory=Copies)
    sender: ScriptedSender = field(factory=lambda: ScriptedSender([]))

    def state(self) -> dict[str, Any]:
        """Return everything that is stored, but for how often something was tried."""
        found: dict[str, Any] = {}
        for table, columns in self.tables.items():
            shown = [f"{name} IS NOT NULL" if name in MOMENTS | ENCRYPTED else name for name in columns]
            found[table] = self.connection.execute(
                f"SELECT {', '.join(shown)} FROM {table} ORDER BY {', '.join(shown)}"
            ).fetchall()
        return found | {
            "files": dict(self.exchange.files),
            "reports": dict(self.reports.kept),
            "copies": {kind: dict(rows) for kind, rows in self.copies.rows.items()},
        }

    def snapshot(self) -> Any:
        """Return a copy of everything in the database."""
        copy = sqlite3.connect(":memory:")
        self.connection.backup(copy)
        return copy

    def restore_rows(self, snapshot: Any) -> None:
        """Put everything in the database back as it was."""
        snapshot.backup(self.connection)

    def restore(self, snapshot: Any, files: Mapping[str, bytes]) -> None:
        """Put everything back as it was."""
        self.restore_rows(snapshot)
        self.exchange.files.clear()
        self.exchange.files.update(files)
        self.reports.kept.clear()
        self.copies.rows.clear()


@define
class PostgresWorld(World):
    """A world on PostgreSQL; copies of its tables are temporary tables of `connection`."""

    copied: int = 0

    def snapshot(self) -> Mapping[str, str]:
        """Return the name of a copy for each table that has rows."""
        self.copied += 1
        found = {}
        for table in self.tables:
            if self.connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                found[table] = f"copy_{self.copied}_of_{table}"
                self.connection.execute(f"CREATE TEMPORARY TABLE {found[table]} AS TABLE {table}")
        return found

    def restore_rows(self, snapshot: Mapping[str, str]) -> None:
        """Put everything in the database back as it was, but for the next numbers of its sequences."""
        deletes = [f"DELETE FROM {table}" for table in self.tables]
        inserts = [
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {copy}" for table, copy in snapshot.items()
        ]
        self.connection.execute("; ".join(["SET session_replication_role = replica", *deletes, *inserts]))


@frozen
class UseCase:
    """
    A use case: how it is run with its ports wrapped, and what is there before.

    `repeat` is what finishes it where that is another call, `writes` whether it changes anything. A use case
    that `gives_secret` gives another one when it is repeated: where nobody learnt of a commit, the secret of
    that one is lost, and what it opens stays until it is revoked or expires.
    """

    name: str
    run: Callable[[World, Wrap[Any]], object]
    prepare: Callable[[World], object] = lambda _: None
    repeat: Callable[[World], object] | None = None
    errors: tuple[type[OcmsError], ...] = ERRORS
    writes: bool = True
    by_item: bool = False
    gives_secret: bool = False


def compared(table: Table) -> list[str]:
    """Return the columns of a table that a second attempt leaves as one alone would."""
    left_out = NOT_COMPARED.get(table.name, OF_ATTEMPTS)
    return [column.name for column in table.columns if column.name not in left_out]


def items(state: Mapping[str, Any]) -> dict[tuple[str, object], list[Any]]:
    """Divide a state into what belongs to each notice or identity; the rest is left out."""
    found: dict[tuple[str, object], list[Any]] = {}
    for table in schema.INTRANET.sorted_tables:
        columns = compared(table)
        key = next((name for name in ("notice_no", "id_no", "incident") if name in columns), "")
        for row in state[table.name] if key else ():
            if whose := row[columns.index(key)]:  # an audit row of several notices is nobody's alone
                found.setdefault((key, whose), []).append((table.name, row))
    return found


def whole(found: Mapping[Any, Any], parts: Sequence[Mapping[Any, Any]]) -> bool:
    """Return whether each notice and identity is as it was at some moment of the undisturbed run."""
    return all(rows in [state.get(key) for state in parts] for key, rows in found.items())
