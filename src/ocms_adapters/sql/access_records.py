"""The access record: who looked up whom."""

import hmac
from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen
from sqlalchemy import Engine, insert

from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.transactions import writing
from ocms_core.kernel.access import Operation, Principal
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import OcmsError, Unavailable
from ocms_core.kernel.rule_tags import rule


@frozen
class SqlAccessRecords:
    """Writes one record for each look-up; an identity number goes in as an HMAC-SHA-256 only."""

    _engine: Engine
    _key: bytes = field(repr=False)

    @rule("G2")
    def record_access(
        self,
        who: Principal,
        operation: Operation,
        id_nos: Iterable[str],
        now: datetime,
        *,
        notice_no: str | None = None,
    ) -> None:
        """Record an access, or raise `Unavailable` where that fails for whatever reason."""
        hashes = sorted({self.hashed(id_no) for id_no in id_nos})
        values = {
            "looked_up_at": local(now),
            "principal": who.name,
            "role": who.role.value,
            "operation": operation.value,
            "notice_no": notice_no,
            "identities": " ".join(hashes) or None,
            **creation_stamp(local(now)),
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(h.ocms_access_record).values(values))
        except OcmsError as fault:
            raise Unavailable("the access record") from fault

    def hashed(self, id_no: str) -> str:
        """Return the keyed hash an identity number is found by."""
        return hmac.digest(self._key, id_no.upper().encode(), "sha256").hex()
