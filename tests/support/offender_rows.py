"""Rows of notices and their people, put into real databases and read back."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Engine, Table, delete, insert, make_url, select

from ocms_adapters.sql import schema
from ocms_core.kernel.offender_details import Person
from tests.support import engines
from tests.support.databases import Databases

MADE = {"cre_date": datetime(2024, 11, 1, 8), "cre_user_id": "other_app"}  # noqa: DTZ001  # columns are local
NOTICE: dict[str, Any] = {
    "vehicle_no": "SNC7392R",
    "offence_notice_type": "O",
    "notice_date_and_time": datetime(2024, 11, 1, 7, 45),  # noqa: DTZ001  # see MADE
    "computer_rule_code": 10300,
    "vehicle_category": "C",
    "pp_code": "A0001",
    "composition_amount": 70,
    "amount_payable": 150,
    "last_processing_stage": "RD1",
    "last_processing_date": datetime(2024, 12, 1, 9),  # noqa: DTZ001  # see MADE
    "is_sync": "Y",
    **MADE,
}
TABLES = (
    schema.ocms_valid_offence_notice,
    schema.ocms_offence_notice_owner_driver,
    schema.ocms_offence_notice_owner_driver_addr,
    schema.ocms_furnish_detail,
    schema.ocms_offender_history,
    schema.ocms_access_record,
    schema.ocms_outbox,
)


class Undelivered:
    """A delivery nobody waits for: what is written is looked at here, not on the Internet side."""

    def try_now(self, notice_nos: object, now: object) -> bool:
        """Leave it to the relay."""
        del notice_nos, now
        return True


def put(engine: Engine, table: Table, *rows: dict[str, Any]) -> None:
    """Insert rows as another system does."""
    with engine.begin() as connection:
        for row in rows:
            connection.execute(insert(table).values(MADE | row))


def put_notice(engine: Engine, notice_no: str, **columns: Any) -> None:
    """Insert a notice at RD1, each column as given."""
    put(engine, schema.ocms_valid_offence_notice, {"notice_no": notice_no, **NOTICE, **columns})


def put_person(
    engine: Engine, notice_no: str, role: str, person: Person, *, current: bool = False, **columns: Any
) -> None:
    """Insert who stands in a role."""
    row = {
        "notice_no": notice_no,
        "owner_driver_indicator": role,
        "id_type": person.id_type,
        "id_no": person.id_no,
        "name": person.name,
        "email_addr": person.email,
        "offender_tel_code": person.tel_code,
        "offender_tel_no": person.tel_no,
        "offender_indicator": "Y" if current else "N",
        "is_sync": "Y",
    }
    put(engine, schema.ocms_offence_notice_owner_driver, row | columns)


def rows_of(engine: Engine, table: Table, *notice_nos: str) -> list[dict[str, Any]]:
    """Return the rows of a table, or of some notices, in the order of the key."""
    question = select(table).order_by(*table.primary_key)
    if notice_nos:
        question = question.where(table.c.notice_no.in_(notice_nos))
    with engine.begin() as connection:
        return [dict(row) for row in connection.execute(question).mappings()]


def current_roles(engine: Engine, notice_no: str) -> list[str]:
    """Return the roles of a notice that carry the indicator."""
    return [
        row["owner_driver_indicator"]
        for row in rows_of(engine, schema.ocms_offence_notice_owner_driver, notice_no)
        if row["offender_indicator"] == "Y"
    ]


def emptied(engine: Engine, *tables: Table) -> None:
    """Take everything out of tables; of all that contract 3 writes unless named."""
    with engine.begin() as connection:
        for table in tables or TABLES:
            connection.execute(delete(table))


@contextmanager
def out_of_reach(databases: Databases) -> Iterator[None]:
    """Keep everybody from writing to the Internet database until the block ends."""
    url = make_url(databases.internet)
    if url.get_backend_name() == "sqlite":
        assert url.database
        held = sqlite3.connect(url.database, isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            held.close()
        return
    admin = url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        name = url.database
        try:
            connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false".encode())
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true".encode())


@contextmanager
def opened(*urls: str, **options: Any) -> Iterator[tuple[Engine, ...]]:
    """Open databases until the block ends."""
    found = tuple(engines.create(url, **options) for url in urls)
    try:
        yield found
    finally:
        for engine in found:
            engine.dispose()
