"""Rows of notices and their offenders in a real database, for tests of the HST capability."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import Engine, Table, insert, select

from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.schema import intranet as t
from ocms_core.hst.request_checks import HstApplication
from tests.support import engines
from tests.support.databases import Databases
from tests.support.hst_facts import APPLICATION, IDENTITY

OFFENCE_AT = datetime.fromisoformat("2024-12-01T09:00")


@frozen
class HstDatabase:
    """The Intranet database of a test with the HST stores on it."""

    engine: Engine
    stores: SqlHstStores

    def rows(self, table: Table, *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of every row of a table, in the order of its key."""
        with self.engine.connect() as connection:
            asked = select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
            return [tuple(row) for row in connection.execute(asked)]

    def put(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows."""
        if rows:
            with self.engine.begin() as connection:
                connection.execute(insert(table), list(rows))

    def notices(self, numbers: Iterable[str], *, id_no: str = IDENTITY, **columns: Any) -> None:
        """Put notices in, each with its current offender as owner."""
        numbers = list(numbers)
        self.put(t.ocms_valid_offence_notice, [notice(number) | columns for number in numbers])
        self.put(t.ocms_offence_notice_owner_driver, [offender(number, id_no) for number in numbers])

    def shown(self) -> dict[str, tuple[Any, ...]]:
        """Return what every notice row shows: type, reason, since, due, next date."""
        rows = self.rows(
            t.ocms_valid_offence_notice,
            *("notice_no", "suspension_type", "epr_reason_of_suspension", "epr_date_of_suspension"),
            *("due_date_of_revival", "next_processing_date"),
        )
        return {row[0]: row[1:] for row in rows}

    def held(self) -> list[str]:
        """Return the notices with an open TS-HST record, once for each."""
        rows = self.rows(
            t.ocms_suspended_notice,
            *("notice_no", "suspension_type", "reason_of_suspension", "date_of_revival"),
        )
        return [row[0] for row in rows if row[1:] == ("TS", "HST", None)]

    def listed(self) -> list[str]:
        """Return the identities on the list."""
        return [row[0] for row in self.rows(t.ocms_hst, "id_no")]


def hst_database(databases: Databases, pool_size: int = 10) -> HstDatabase:
    """Open the Intranet database of a test."""
    engine = engines.create(databases.intranet, pool_size=pool_size)
    return HstDatabase(engine, SqlHstStores(engine))


def notice(number: str) -> dict[str, Any]:
    """Return the columns of a plain unpaid notice at ROV."""
    return {
        "notice_no": number,
        "vehicle_no": "SGX1234A",
        "offence_notice_type": "O",
        "notice_date_and_time": OFFENCE_AT,
        "computer_rule_code": 10,
        "vehicle_category": "C",
        "pp_code": "PP001",
        "composition_amount": 70,
        "last_processing_stage": "ROV",
        "last_processing_date": OFFENCE_AT,
        "next_processing_stage": "RD1",
        "next_processing_date": OFFENCE_AT,
        "is_sync": "Y",
    }


def offender(number: str, id_no: str = IDENTITY, indicator: str = "O", **columns: Any) -> dict[str, Any]:
    """Return the columns of a current offender."""
    return {
        "notice_no": number,
        "owner_driver_indicator": indicator,
        "id_type": "N",
        "id_no": id_no,
        "name": "John Tan",
        "offender_indicator": "Y",
        "is_sync": "Y",
    } | columns


def application(id_no: str = IDENTITY) -> HstApplication:
    """Return an application for an identity."""
    return evolve(APPLICATION, id_no=id_no)
