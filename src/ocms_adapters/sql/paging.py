"""Notice numbers of a table page by page, and its ranges of one size."""

from collections.abc import Iterator, Sequence

from attrs import frozen
from sqlalchemy import ColumnElement, Engine, func, select

from ocms_adapters.sql.transactions import reading

PAGE = 1000


@frozen
class NoticeRange:
    """A range of notice numbers in a database's own order: later than `after`, up to `until` or the end."""

    after: str = ""
    until: str | None = None


def pages(engine: Engine, column: ColumnElement[str], notice_range: NoticeRange) -> Iterator[Sequence[str]]:
    """Yield the different numbers of a range, a thousand at a time, each page read for itself."""
    page = select(column).distinct().order_by(column).limit(PAGE)
    if notice_range.until is not None:
        page = page.where(column <= notice_range.until)
    last = notice_range.after
    while True:
        with reading(engine) as connection:
            numbers = connection.execute(page.where(column > last)).scalars().all()
        if not numbers:
            return
        yield numbers
        last = numbers[-1]


def notice_ranges(engine: Engine, column: ColumnElement[str], size: int) -> Sequence[NoticeRange]:
    """Return ranges of `size` numbers each, which together hold every number there may be."""
    numbers = select(column.label("number")).distinct().subquery()
    counted = select(numbers.c.number, func.row_number().over(order_by=numbers.c.number).label("place"))
    placed = counted.subquery()
    ends = select(placed.c.number).where(placed.c.place % size == 0).order_by(placed.c.place)
    with reading(engine) as connection:
        found = connection.execute(ends).scalars().all()
    return [NoticeRange(*pair) for pair in zip(["", *found], [*found, None], strict=True)]
