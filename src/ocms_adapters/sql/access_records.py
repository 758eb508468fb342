"""The access record: who looked up whom."""

import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from attrs import field, frozen
from sqlalchemy import Connection, Engine, bindparam, insert, select

from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.driver_statements import DriverStatement
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.transactions import streaming
from ocms_core.kernel.access import Operation, Principal
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.audit_story import Look
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.errors import OcmsError, Unavailable
from ocms_core.kernel.rule_tags import rule

HASH_BYTES = 5
PART = 10_000
KEPT = ("looked_up_at", "principal", "role", "operation", "notice_no", "identity_set", *creation_stamp(None))
ADD = partial(
    DriverStatement, insert(h.ocms_access_record).values({name: bindparam(name) for name in KEPT}).inline()
)


@frozen
class Access:
    """One look at somebody: when, who, by which operation, and the notice where the call named one."""

    looked_up_at: datetime
    principal: str
    role: str
    operation: str
    notice_no: str | None


@frozen
class SqlAccessRecords:
    """
    Writes one record for each look-up; an identity number goes in as the beginning of an HMAC-SHA-256.

    So a record of 200 people has a kilobyte, and names somebody else by chance once in 5,000,000,000.
    """

    _engine: Engine
    _key: bytes = field(repr=False)

    @rule("G2")
    def record_access(
        self,
        who: Principal,
        operation: Operation | StaffPage,
        id_nos: Iterable[str],
        now: datetime,
        *,
        notice_no: str | None = None,
    ) -> None:
        """Record an access, or raise `Unavailable` where that fails for whatever reason."""
        values = {
            "looked_up_at": local(now),
            "principal": who.name,
            "role": who.role.value,
            "operation": operation.value,
            "notice_no": notice_no,
            "identity_set": b"".join(sorted({self.hashed(id_no) for id_no in id_nos})) or None,
            **creation_stamp(local(now)),
        }
        try:
            built_once(ADD, self._engine.dialect).changed(self._engine, values)
        except OcmsError as fault:
            raise Unavailable("the access record") from fault

    @rule("G2")
    def accesses_to(self, id_no: str, since: datetime, until: datetime) -> Iterator[Access]:
        """Yield who looked an identity up from one moment until before another, the oldest first."""
        table, wanted = h.ocms_access_record.c, self.hashed(id_no)
        rows = (
            select(table.looked_up_at, table.principal, table.role, table.operation, table.notice_no)
            .add_columns(table.identity_set, table.identities)
            .where(table.looked_up_at >= local(since), table.looked_up_at < local(until))
            .order_by(table.looked_up_at, table.id)
        )
        with streaming(self._engine) as connection:
            for *shown, packed, whole in connection.execute(rows, execution_options={"yield_per": PART}):
                if wanted in hashes_in(packed, whole):
                    looked_up_at, *others = shown
                    yield Access(singapore(looked_up_at), *others)

    def hashed(self, id_no: str) -> bytes:
        """Return the keyed hash an identity number is found by."""
        return hmac.digest(self._key, id_no.upper().encode(), "sha256")[:HASH_BYTES]


def looks_at_notice(connection: Connection, notice_no: str) -> list[Look]:
    """Return the looks that named a notice, the oldest first."""
    table = h.ocms_access_record.c
    rows = (
        select(table.looked_up_at, table.principal, table.role, table.operation)
        .where(table.notice_no == notice_no)
        .order_by(table.looked_up_at, table.id)
    )
    return [Look(singapore(at), *others) for at, *others in connection.execute(rows)]


def hashes_in(identity_set: bytes | None, identities: str | None) -> set[bytes]:
    """Return the hashes of a record: packed one after another or, in one of version 0.1, whole and in hex."""
    packed = identity_set or b""
    hashes = {packed[start : start + HASH_BYTES] for start in range(0, len(packed), HASH_BYTES)}
    return hashes | {bytes.fromhex(each)[:HASH_BYTES] for each in (identities or "").split()}
