"""What one run of a test of the specification asked, was answered and left in the rows."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import httpx
from attrs import define, field, frozen
from sqlalchemy import Engine, select

from ocms_adapters.sql import schema

# The tables of the Intranet database that are the system's own, not one product's.
TABLES = {
    table.name: table
    for table in (
        schema.ocms_valid_offence_notice,
        schema.ocms_offence_notice_owner_driver,
        schema.ocms_offence_notice_owner_driver_addr,
        schema.ocms_furnish_detail,
        schema.ocms_suspended_notice,
        schema.ocms_suspension_reason,
        schema.ocms_change_of_processing,
        schema.ocms_stage_map,
        schema.ocms_parameter,
        schema.ocms_dated_parameter,
        schema.ocms_dated_stage_move,
        schema.ocms_dated_suspension_reason,
        schema.ocms_hst,
        schema.ocms_temp_unc_hst_addr,
        schema.ocms_adhoc_nro_queue,
        schema.ocms_vip_vehicle,
        schema.ocms_court_case,
    )
}
# Headers that an answer has or has not by what became of the call: that one is missing may be looked at too.
OF_SOME_ANSWERS = ("idempotency-replayed", "ocms-dry-run")
# Headers of an answer that a case may be about; the others are a server's habit.
KEPT_HEADERS = (
    *("content-type", "cache-control", "www-authenticate", "retry-after", "content-disposition"),
    *OF_SOME_ANSWERS,
)

IDEMPOTENCY_KEY = "idempotency-key"

# What stands for the method where no request is made but a job is run; its name stands for the path.
RUN = "run"

Key: TypeAlias = tuple[Any, ...]
Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = dict[str, dict[Key, Row]]


def plain(value: Any) -> Any:
    """Return a column's value as JSON has it: sums as text, moments as ISO text of Singapore time."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def snapshot(engine: Engine) -> Rows:
    """Return every row of the tables by its key."""
    with engine.connect() as connection:
        return {
            name: {
                tuple(plain(row[column.name]) for column in table.primary_key): {
                    column: plain(value) for column, value in row.items()
                }
                for row in connection.execute(select(table)).mappings()
            }
            for name, table in TABLES.items()
        }


@frozen
class RowChange:
    """One row that differs: its table and key, what it was and what it is, None for no row."""

    table: str
    key: Key
    before: Row | None
    after: Row | None

    @property
    def columns(self) -> dict[str, Any]:
        """The values that are new."""
        before, after = self.before or {}, self.after or {}
        return {name: value for name, value in after.items() if self.before is None or before[name] != value}


def differences(before: Rows, after: Rows) -> list[RowChange]:
    """Return the rows that differ, in the order of tables and keys."""
    found = []
    for table in TABLES:
        old, new = before[table], after[table]
        keys = [*old, *(key for key in new if key not in old)]
        found += [
            RowChange(table, key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)
        ]
    return found


@frozen
class Credential:
    """
    Whose credential a request carries: a role's API key or bearer token, as a person or not.

    `altered` says how it differs from the one issued.
    """

    role: str
    kind: str
    name: str
    altered: str | None = None


@define
class Exchange:
    """One request of a test and its answer, with the rows put before it and those it changed."""

    given: list[RowChange]
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    credential: Credential | None
    status: int
    answered: dict[str, str]
    content: bytes
    leaves: list[RowChange]
    now: datetime

    def asked_for(self, name: str) -> bool:
        """Return whether a request has what may bring a header of `OF_SOME_ANSWERS` about."""
        asked = {"idempotency-replayed": (IDEMPOTENCY_KEY, "requestId"), "ocms-dry-run": ("ocms-dry-run",)}
        return any(each in self.headers or each.encode() in self.body for each in asked[name])


@define
class Recording:
    """All exchanges of one run of a test, and the rows after the last."""

    rows: Rows
    exchanges: list[Exchange] = field(factory=list)


def kept_headers(headers: httpx.Headers, names: Iterable[str] = KEPT_HEADERS) -> dict[str, str]:
    """Return the headers of an answer that a case may be about."""
    return {name: headers[name] for name in names if name in headers}
