"""Times and money as columns, the same to Python on every database."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DECIMAL, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from ocms_adapters.sql.dialects import DIALECTS

Processor = Callable[[Any], Any] | None


class LocalDateTime(TypeDecorator[datetime]):
    """
    Singapore time without a zone (G5): naive datetimes in and out.

    `datetime2(7)` on SQL Server, `timestamp(6)` on PostgreSQL, ISO text on SQLite.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own type."""
        own = DIALECTS.get(dialect.name)
        return dialect.type_descriptor(own.moment_type() if own else DateTime())

    def bind_processor(self, dialect: Dialect) -> Processor:
        """Return what converts a time for the driver."""
        own = DIALECTS.get(dialect.name)
        convert = own and own.moment_to_driver()
        return none_or(convert) if convert else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Return what converts a time from the driver."""
        own = DIALECTS.get(dialect.name)
        convert = own and own.moment_from_driver()
        return none_or(convert) if convert else super().result_processor(dialect, coltype)


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
        """Return what converts an amount for the driver."""
        own = DIALECTS.get(dialect.name)
        convert = own and own.money_to_driver()
        return none_or(convert) if convert else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Return what converts an amount from the driver."""
        own = DIALECTS.get(dialect.name)
        convert = own and own.money_from_driver()
        return none_or(convert) if convert else super().result_processor(dialect, coltype)


def none_or(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a conversion that leaves None as it is."""
    return lambda value: None if value is None else convert(value)
