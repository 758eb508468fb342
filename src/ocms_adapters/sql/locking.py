"""Locks on rows, notices and identities, the same on every database (G13)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, FromClause, Select

from ocms_adapters.sql.dialects import dialect_of, mssql
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.rule_tags import rule


def lock_rows(
    statement: Select[Any],
    table: FromClause,
    *,
    of: FromClause | None = None,
    key_share: bool = False,
    skip_locked: bool = False,
    hint: str = mssql.LOCK_ROWS,
) -> Select[Any]:
    """
    Lock the rows of `table` that a statement finds, until the transaction ends.

    `of` where the statement joins other tables, whose rows stay free; with `key_share` others may still
    refer to the rows; with `skip_locked` rows that others have locked are left out. `hint` is what locks
    on SQL Server.
    """
    return statement.with_for_update(of=of, key_share=key_share, skip_locked=skip_locked).with_hint(
        table, hint, mssql.MssqlDialect.name
    )


def lock_notices(statement: Select[Any]) -> Select[Any]:
    """Lock the notice rows that a statement finds in notice order, until the transaction ends (G13)."""
    von = t.ocms_valid_offence_notice
    return lock_rows(statement.order_by(von.c.notice_no), von, of=von, key_share=True)


@rule("G13")
def lock_identities(connection: Connection, id_nos: Iterable[str]) -> None:
    """
    Lock identities until the transaction ends: first thing for who acts on one or makes it an offender.

    Taken in the order of the numbers. SQLite has one writer at a time already.
    """
    dialect_of(connection.dialect).lock_identities(connection, sorted(set(id_nos)))
