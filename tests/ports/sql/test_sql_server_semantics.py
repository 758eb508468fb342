"""What SQL Server does otherwise than the databases OCMS runs on, and why OCMS does not mind."""

import re

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateTable

from ocms_adapters.sql.schema import INTERNET, INTRANET, ocms_idempotent_answer
from ocms_adapters.sql.schema.column_types import LocalDateTime
from tests.ports.sql.test_sql_server import statements

SERVER = mssql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
TABLES = [table for metadata in (INTRANET, INTERNET) for table in metadata.sorted_tables]
READ_MOMENT = re.compile(r"(\w+)\.(date_of_suspension|response_date_time) (=|>=|<) (\S+)")
LOCKS = re.compile(r"WITH \(UPDLOCK, ROWLOCK(, \w+)?\)")


@pytest.mark.rule("G5")
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_moment_is_kept_to_a_tenth_of_a_microsecond(table: Table) -> None:
    made = str(CreateTable(table).compile(dialect=SERVER))
    moments = [column.name for column in table.columns if isinstance(column.type, LocalDateTime)]
    assert moments == [
        column.name for column in table.columns if re.search(rf"\b{column.name} DATETIME2\(7\)", made)
    ]


@pytest.mark.rule("K1")
def test_the_keys_of_calls_are_compared_by_their_bytes() -> None:
    made = str(CreateTable(ocms_idempotent_answer).compile(dialect=SERVER))
    for column in ("credential", "idempotency_key"):
        assert re.search(rf"\b{column} VARCHAR\(\d+\) COLLATE Latin1_General_BIN2 NOT NULL", made)


@pytest.mark.rule("G13", "U5")
def test_a_moment_that_was_read_finds_its_row_though_its_last_digit_was_cut() -> None:
    compared = [
        (column, how, other)
        for statement in statements()
        if statement.startswith("UPDATE")
        for _, column, how, other in READ_MOMENT.findall(statement.partition("WHERE")[2])
        if other.startswith("r.")
    ]
    assert {(column, how) for column, how, _ in compared} == {
        ("date_of_suspension", ">="),
        ("response_date_time", ">="),
    }
    for column, _, other in compared:
        upper = f"{column} < dateadd(microsecond, ?, {other.rstrip(')')})"
        assert any(upper in statement for statement in statements()), upper


def test_no_statement_takes_an_empty_text_for_none() -> None:
    # An empty text is a text there, as on PostgreSQL and SQLite; Oracle's way is assumed nowhere.
    assert [each for each in statements() if re.search(r"(=|<>|!=) N?''", each)] == []


@pytest.mark.rule("G13")
def test_rows_are_locked_in_an_order_wherever_there_are_several() -> None:
    several = [each for each in statements() if LOCKS.search(each) and "OPENJSON" in each]
    assert several
    assert [each for each in several if each.startswith("SELECT") and "ORDER BY" not in each] == []
