"""API keys in the Intranet database: issued, looked up, listed and revoked."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Engine, bindparam, insert, or_, select, update

from ocms_adapters.sql.audit import change_stamp, creation_stamp
from ocms_adapters.sql.audit_rows import NOTHING_BEFORE, add_row
from ocms_adapters.sql.audited_changes import CLOSE, INSERT, ChangedRows
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.dialects import dialect_of, mssql
from ocms_adapters.sql.driver_statements import DriverStatement
from ocms_adapters.sql.moments import singapore_or_none
from ocms_adapters.sql.schema import ocms_api_credential as table
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.access import Role
from ocms_core.kernel.credentials import (
    CLIENT_ROLES,
    KEY_ID_BYTES,
    LIVE_KEYS_PER_CLIENT,
    SECRET_BYTES,
    ApiCredential,
    TooManyKeys,
    format_key,
    hash_of,
)
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.lengths import length_of

KEYS = select(
    table.c.key_id,
    table.c.client,
    table.c.role,
    table.c.secret_hash,
    table.c.issued_at,
    table.c.expires_at,
    table.c.revoked_at,
    table.c.last_used_at,
)
NAMES = tuple(KEYS.selected_columns.keys())
FIND = partial(DriverStatement, KEYS.where(table.c.key_id == bindparam("wanted")))
CLIENT_LENGTH = 50
LONGEST_DAYS = 3660


@frozen
class SqlCredentials:
    """The API keys of client systems; of a key itself only the hash is ever stored."""

    _engine: Engine

    def issue(self, client: str, role: Role, *, now: datetime, days: int) -> str:
        """
        Issue a new key for a client system and return it in its printed form, this once.

        TooManyKeys when the client has two live keys; ValueError for a name, role or number of days
        that cannot be.
        """
        if not (client.isprintable() and client.strip() and length_of(client) <= CLIENT_LENGTH):
            raise ValueError(f"A client's name has 1 to {CLIENT_LENGTH} printable characters.")
        if role not in CLIENT_ROLES:
            raise ValueError(f"Role {role.value} comes with a staff token; API keys are for client systems.")
        if not 1 <= days <= LONGEST_DAYS:
            raise ValueError(f"A key counts for 1 to {LONGEST_DAYS} days.")
        key_id, secret = secrets.token_hex(KEY_ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        shown = {
            "client": client,
            "role": role.value,
            "issued_at": local(now),
            "expires_at": local(now + timedelta(days=days)),
        }
        with writing(self._engine) as connection:
            _refuse_third_key(connection, client, now)
            connection.execute(
                insert(table).values(
                    key_id=key_id, **shown, secret_hash=hash_of(secret), **creation_stamp(local(now))
                )
            )
            _add_audit_row(connection, INSERT, key_id, shown, now)
        return format_key(key_id, secret)

    def find(self, key_id: str) -> ApiCredential | None:
        """Return the key of this id, live or not; one statement."""
        rows = built_once(FIND, self._engine.dialect).rows(self._engine, {"wanted": key_id})
        return _credential(dict(zip(NAMES, rows[0], strict=True))) if rows else None

    def list(self) -> list[ApiCredential]:
        """Return every key ever issued, by client and age."""
        with reading(self._engine) as connection:
            rows = connection.execute(KEYS.order_by(table.c.client, table.c.issued_at, table.c.key_id))
            return [_credential(dict(row)) for row in rows.mappings()]

    def revoke(self, key_id: str, *, now: datetime) -> bool:
        """Revoke a key at once; False when there is no such key or it was revoked before."""
        revocation = {"revoked_at": local(now)}
        with writing(self._engine) as connection:
            revoked = _change(connection, key_id, now, revocation)
            if revoked:
                _add_audit_row(connection, CLOSE, key_id, revocation, now)
        return revoked

    def record_use(self, key_id: str, now: datetime) -> None:
        """Record when a key was last used, so that an administrator sees which one is safe to revoke."""
        with writing(self._engine) as connection:
            _change(connection, key_id, now, {"last_used_at": local(now)})


def _change(connection: Connection, key_id: str, now: datetime, values: Mapping[str, datetime]) -> bool:
    statement = (
        update(table)
        .where(table.c.key_id == key_id, table.c.revoked_at.is_(None))
        .values(**values, **change_stamp(local(now)))
    )
    return connection.execute(statement).rowcount == 1


def _add_audit_row(
    connection: Connection, how: str, key_id: str, values: Mapping[str, Any], now: datetime
) -> None:
    """Insert the audit row of a key; its secret is kept nowhere."""
    changed = ChangedRows(table, how, ("key_id", *values), [(key_id, *values.values())])
    add_row(connection, (), [changed], NOTHING_BEFORE, now)


def _refuse_third_key(connection: Connection, client: str, now: datetime) -> None:
    """Raise TooManyKeys for a third key, also of two administrators at once."""
    # Issuing waits for issuing, never for callers.
    dialect_of(connection.dialect).lock_table(connection, table)
    live_keys = (
        select(table.c.key_id)
        .where(table.c.client == client, table.c.revoked_at.is_(None))
        .where(or_(table.c.expires_at.is_(None), table.c.expires_at > local(now)))
        .order_by(table.c.issued_at)
        .with_hint(table, mssql.LOCK_TABLE, mssql.MssqlDialect.name)
    )
    live = connection.execute(live_keys).scalars().all()
    if len(live) >= LIVE_KEYS_PER_CLIENT:
        raise TooManyKeys(
            f"{client} has {len(live)} live keys: {', '.join(live)}. "
            "Revoke the one that is no longer used, then issue a new one."
        )


def _credential(row: Mapping[str, Any]) -> ApiCredential:
    return ApiCredential(
        key_id=row["key_id"],
        client=row["client"],
        role=Role(row["role"]),
        secret_hash=row["secret_hash"],
        issued_at=singapore(row["issued_at"]),
        expires_at=singapore_or_none(row["expires_at"]),
        revoked_at=singapore_or_none(row["revoked_at"]),
        last_used_at=singapore_or_none(row["last_used_at"]),
    )
