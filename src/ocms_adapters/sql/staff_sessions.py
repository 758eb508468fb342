"""The sessions of signed-in officers in the Intranet database."""

import hmac
from datetime import datetime
from hashlib import sha256

from attrs import frozen
from sqlalchemy import Engine, bindparam, delete, insert, select, update

from ocms_adapters.encryption import DecryptionFailed, FieldCipher
from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.schema import ocms_staff_session as table
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.staff_sessions import StaffSession

KEY_ID = "s"
PLACE = "staff session"

BY_DIGEST = select(table).where(table.c.token_digest == bindparam("wanted"))
CLOSING = delete(table).where(table.c.token_digest == bindparam("wanted"))
USE = update(table).where(table.c.token_digest == bindparam("wanted")).values(used_at=bindparam("seen"))
KEEPING = update(table).where(table.c.token_digest == bindparam("wanted")).values(content=bindparam("kept"))


@frozen
class SqlStaffSessions:
    """
    One row for each session, found by the SHA-256 of its token.

    What it keeps is encrypted with a key made of the token, which only the officer's browser holds.
    """

    _engine: Engine

    def open(self, token: str, session: StaffSession, former: str | None = None) -> None:
        """Store a new session, and remove that of the former token: both or neither."""
        values = {
            "token_digest": digest(token),
            "principal": session.principal.name,
            "role": session.principal.role.value,
            "credential": session.principal.credential,
            "signed_in_at": local(session.signed_in_at),
            "used_at": local(session.used_at),
            "content": encrypted(token, session.content),
            **creation_stamp(local(session.signed_in_at)),
        }
        with writing(self._engine) as connection:
            if former is not None:
                connection.execute(CLOSING, {"wanted": digest(former)})
            connection.execute(insert(table), values)

    def find(self, token: str) -> StaffSession | None:
        """Return the session of a token, live or not; None when there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(BY_DIGEST, {"wanted": digest(token)}).mappings().one_or_none()
        if row is None:
            return None
        return StaffSession(
            Principal(row["principal"], Role(row["role"]), row["credential"]),
            signed_in_at=singapore(row["signed_in_at"]),
            used_at=singapore(row["used_at"]),
            content=decrypted(token, row["content"]),
        )

    def record_use(self, token: str, now: datetime) -> None:
        """Record that a session was used."""
        with writing(self._engine) as connection:
            connection.execute(USE, {"wanted": digest(token), "seen": local(now)})

    def keep(self, token: str, content: str | None) -> None:
        """Replace what a session keeps, readable only with the token."""
        with writing(self._engine) as connection:
            connection.execute(KEEPING, {"wanted": digest(token), "kept": encrypted(token, content)})

    def close(self, token: str) -> None:
        """Remove a session, if it is there."""
        with writing(self._engine) as connection:
            connection.execute(CLOSING, {"wanted": digest(token)})


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hex, by which its session is found."""
    return sha256(token.encode()).hexdigest()


def cipher(token: str) -> FieldCipher:
    """Return the cipher of what the session of a token keeps."""
    return FieldCipher({KEY_ID: hmac.digest(token.encode(), PLACE.encode(), "sha256")})


def encrypted(token: str, content: str | None) -> bytes | None:
    """Return the content of a session as it is stored."""
    return None if content is None else cipher(token).encrypt_bytes(content.encode(), PLACE)


def decrypted(token: str, content: bytes | None) -> str | None:
    """Return the content of a session; None for one that cannot be read."""
    if content is None:
        return None
    try:
        return cipher(token).decrypt_bytes(content, PLACE).decode()
    except DecryptionFailed:
        return None
