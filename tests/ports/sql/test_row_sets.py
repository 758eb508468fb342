"""Keys and rows reach the database letter for letter, whatever stands in them."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Integer, String, select

from ocms_adapters.sql import engines
from ocms_adapters.sql.row_sets import Columns, row_set
from ocms_adapters.sql.schema import LocalDateTime, Money
from tests.support.databases import Databases

COLUMNS: Columns = {"text": String(40), "number": Integer(), "amount": Money(), "at": LocalDateTime()}
ROWS = [
    ('quote " and backslash \\', 1, Decimal("150.00"), datetime(2025, 2, 14, 9, 30, 0, 1)),  # noqa: DTZ001
    ("{a,b}", 2, Decimal("-0.01"), None),
    ("NULL", None, None, None),
    ("", 4, None, None),
    ("  spaces and \n lines ", 5, None, None),
    (None, 6, None, None),
    ("\\", 7, None, None),
    ("李先生 · é", 8, None, None),
    ('"', 9, None, None),
]


def test_rows_are_read_back_as_they_were_bound(databases: Databases) -> None:
    engine = engines.create(databases.intranet)
    rows = row_set(engine.dialect, COLUMNS)
    with engine.connect() as connection:
        read = [tuple(row) for row in connection.execute(select(rows.rows), rows.bind(ROWS))]
    engine.dispose()
    assert read == ROWS


def test_no_rows_are_no_rows(databases: Databases) -> None:
    engine = engines.create(databases.intranet)
    rows = row_set(engine.dialect, COLUMNS)
    with engine.connect() as connection:
        assert connection.execute(select(rows.rows), rows.bind([])).all() == []
    engine.dispose()
