"""Moments are the same on SQL Server, which keeps a seventh digit, as on the other databases."""

# ruff: noqa: DTZ001 - columns hold Singapore time without a zone

import json
import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Column, Date, Integer, LargeBinary, String, Table, select, text, update
from sqlalchemy.dialects import mssql

from ocms_adapters.sql import engines
from ocms_adapters.sql.row_sets import columns_of, row_set
from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_adapters.sql.schema.column_types import LocalDateTime, Money
from tests.ports.sql.test_sql_server import statements
from tests.support.databases import Databases

SERVER = mssql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
SIDES = {"intranet": INTRANET, "internet": INTERNET}
LATEST = datetime(2025, 2, 14, 9, 30, 59, 999_999)
# As SQL Server and what reads it writes a moment: with a tenth of a microsecond.
SEVEN_DIGITS = "2025-02-14 09:30:15.1234567"
# PostgreSQL rounds it, SQLite and the driver of SQL Server cut it.
READ = {
    "sqlite": datetime(2025, 2, 14, 9, 30, 15, 123_456),
    "postgresql": datetime(2025, 2, 14, 9, 30, 15, 123_457),
}


TABLES = [table for metadata in SIDES.values() for table in metadata.sorted_tables]


def moments(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, LocalDateTime)]


@pytest.mark.rule("G5")
@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_moment_is_bound_with_six_digits_at_most(table: Table) -> None:
    columns = moments(table)
    rows = row_set(SERVER, columns_of(table, *(column.name for column in columns)))
    (row,) = json.loads(rows.bind([(LATEST,) * len(columns)])["rows"])
    assert row == ["2025-02-14T09:30:59.999999"] * len(columns)
    statement = update(table).values(dict.fromkeys(columns, LATEST)).compile(dialect=SERVER)
    processes = [each.type.dialect_impl(SERVER).bind_processor(SERVER) for each in statement.bind_names]
    # Nothing but a datetime reaches the driver, and it has no seventh digit.
    assert [process(LATEST) if process else LATEST for process in processes] == [LATEST] * len(columns)


def sample(column: Column[Any]) -> object:
    """Return a value of a column as another program writes it."""
    kinds: tuple[tuple[type, object], ...] = (
        (LocalDateTime, SEVEN_DIGITS),
        (Date, "2025-02-14"),
        (Money, 1),
        (Integer, 1),
        (LargeBinary, b"1"),
        (String, "A" if column.name == "status" else "Y"),
    )
    return next(value for kind, value in kinds if isinstance(column.type, kind))


@pytest.mark.rule("G5")
@pytest.mark.parametrize("side", SIDES)
def test_a_moment_with_a_seventh_digit_is_understood_in_every_column(databases: Databases, side: str) -> None:
    engine = engines.create(getattr(databases, side))
    for table in SIDES[side].sorted_tables:
        names = [column.name for column in table.columns if column.identity is None]
        into = f"{table.name} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
        columns = moments(table)
        with engine.begin() as connection:
            connection.execute(table.delete())
            connection.execute(text(f"INSERT INTO {into}"), {name: sample(table.c[name]) for name in names})
            read = connection.execute(select(*columns)).one()
            assert set(read) == {READ[engine.name]}
            # Each that was read finds its row.
            found = select(table).where(*(column == read._mapping[column.name] for column in columns))
            assert len(connection.execute(found).all()) == 1
    engine.dispose()


# Where a statement compares a moment for equality, and why the seventh digit does not matter there.
EQUALITIES = {
    ("ocms_job_run.slot", "?"): "only OCMS writes it: a minute",
    ("ocms_shedlock.slot", "?"): "only OCMS writes it: a minute",
    (
        "ocms_change_of_processing.date_of_change",
        "?",
    ): "the moment of a report, which OCMS wrote with its rows",
    ("ocms_change_of_processing.cre_date", "?"): "the moment of a report, which OCMS wrote with its rows",
    ("ocms_change_of_processing.date_of_change", "ocms_valid_offence_notice.last_processing_date"): (
        "both in the database, written by one transaction"
    ),
    ("ocms_valid_offence_notice.last_processing_date", "ocms_change_of_processing.date_of_change"): (
        "both in the database, written by one transaction"
    ),
    ("before.date_of_revival", "ocms_suspended_notice.date_of_suspension"): (
        "both in the database, written by one transaction"
    ),
    ("before.date_of_change", "ocms_change_of_processing.date_of_change"): "one column, both in the database",
    ("earlier.date_of_suspension", "ocms_suspended_notice.date_of_suspension"): (
        "one column, both in the database"
    ),
}


@pytest.mark.rule("G5")
def test_every_equality_of_moments_is_known() -> None:
    names = "|".join({column.name for table in TABLES for column in moments(table)})
    compared = re.compile(rf"(\w+\.(?:{names})) = ([\w.?]+)")
    whole_number = "ocms_rate_counter.slot"  # of the same name
    found = {
        pair
        for statement in statements()
        for pair in compared.findall(
            statement if statement.startswith("SELECT") else "".join(statement.partition("WHERE ")[1:])
        )
        if pair[0] != whole_number
    }
    assert found == set(EQUALITIES)
