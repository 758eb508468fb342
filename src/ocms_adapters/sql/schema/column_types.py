"""Times and money as columns, the same to Python on SQL Server, PostgreSQL and SQLite."""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import DECIMAL, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

Processor = Callable[[Any], Any] | None

SINGAPORE = ZoneInfo("Asia/Singapore")
CENT = Decimal("0.01")
SQLITE_MONEY_BOUND = Decimal("1e13")


def local_text(moment: datetime) -> str:
    """
    A local time as SQLite keeps it: `2025-02-14 09:30:00`, microseconds only where there are any.

    One text per moment, and texts sort as the moments do. Takes naive Singapore time; ValueError
    for a time with a zone.
    """
    if moment.tzinfo is not None:
        raise ValueError("columns hold Singapore time without a zone")
    return moment.isoformat(" ")


def local_moment(text: str) -> datetime:
    """
    The local time another program may have written as `2025-02-14`, with `T`, a fraction or a zone.

    Returns naive Singapore time; ValueError where the text is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(text)
    return moment.astimezone(SINGAPORE).replace(tzinfo=None) if moment.tzinfo else moment


class LocalDateTime(TypeDecorator[datetime]):
    """
    Singapore time without a zone (G5): naive datetimes in and out.

    `datetime2(7)` on SQL Server, `timestamp(6)` on PostgreSQL, ISO text on SQLite. Only SQLite
    converts in Python; the other drivers speak datetime themselves.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick the database's own type; its dialect is imported only where it is the one in use."""
        if dialect.name == "mssql":
            from sqlalchemy.dialects.mssql import DATETIME2  # noqa: PLC0415

            return dialect.type_descriptor(DATETIME2(7))  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
        if dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import TIMESTAMP  # noqa: PLC0415

            return dialect.type_descriptor(TIMESTAMP(timezone=False, precision=6))
        return dialect.type_descriptor(DateTime())

    def bind_processor(self, dialect: Dialect) -> Processor:
        """How a time is handed to the driver."""
        return _or_none(local_text) if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """How a time from the driver is read."""
        if dialect.name == "sqlite":
            return _or_none(local_moment)
        return super().result_processor(dialect, coltype)


class Money(TypeDecorator[Decimal]):
    """
    Dollars and cents (G6): Decimal in, Decimal with two decimals out.

    `decimal(19,2)`. SQLite has no decimals: there a plain number is kept, as any other program
    would write it, and rounded to the cent on reading. That is exact up to ten million million
    dollars; larger amounts are refused with ValueError rather than kept inexactly.
    """

    impl = DECIMAL(19, 2)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        """How an amount is handed to the driver."""
        return _or_none(_sqlite_number) if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """How an amount from the driver is read."""
        if dialect.name == "sqlite":
            return _or_none(_cents)
        return super().result_processor(dialect, coltype)


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _sqlite_number(amount: Decimal) -> float:
    if abs(amount) >= SQLITE_MONEY_BOUND:
        raise ValueError("amount too large to be kept exactly in SQLite")
    return float(amount)


def _cents(number: float | str) -> Decimal:
    return Decimal(str(number)).quantize(CENT, ROUND_HALF_UP)
