"""
Alterations of what a test gets to see, to learn what it looks at.

A case of the kit expects a value only where the test it is printed from fails when it gets another one: then
the expected value is the specification's own, not merely what this product happened to answer.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import httpx
from attrs import frozen
from sqlalchemy import Engine, delete, update

from ocms_adapters.sql.schema.column_types import LocalDateTime
from tools.conformance.recording import (
    KEPT_HEADERS,
    OF_SOME_ANSWERS,
    RUN,
    TABLES,
    Exchange,
    Key,
    Recording,
)

Path: TypeAlias = tuple[str | int, ...]

# Of a long array of like items, the first and the last stand for all; of many rows, so many.
ROWS = 4
LEFT_ROWS = 8
# Into how many parts alterations are divided that make a test fail together.
PARTS = 6
# What is altered where a column has nothing.
SOME_VALUES: Mapping[type, Any] = {
    datetime: datetime(2001, 1, 1),  # noqa: DTZ001  # columns are local
    date: date(2001, 1, 1),
    Decimal: Decimal(0),
    int: 0,
    str: "",
}


@frozen
class Alteration:
    """
    One change of the answer to one request of a test, or of a row behind it.

    A test that fails of another name beside all others compares the whole document.
    """

    exchange: int
    kind: str
    place: Any

    def apply(self, answer: httpx.Response | None, engine: Engine, nth: int = 1) -> None:
        """
        Change an answer, or the rows behind it, before the test sees them; a job has no answer.

        Of several at once each is the `nth`, so that values that were alike are so no more.
        """
        if answer is None:
            alter_row(engine, *self.place, nth=nth)
            return
        if self.kind == "text":
            answer._content = b" " + answer.content  # noqa: SLF001  # there is no other way in
        elif self.kind == "header":
            del answer.headers[self.place]
        elif self.kind == "no header":
            answer.headers[self.place] = "~"
        elif self.kind == "whole":
            document = {**json.loads(answer.content), "another": "~"}
            answer._content = json.dumps(document, ensure_ascii=False).encode()  # noqa: SLF001  # see above
        else:
            alter_row(engine, *self.place, nth=nth)


def apply_all(chosen: Sequence[Alteration], answer: httpx.Response | None, engine: Engine) -> None:
    """Make alterations at once, the last first: an array loses an item after its items are altered."""
    values = []
    for nth, each in enumerate(reversed(chosen), 1):
        if each.kind == "value":
            values.append((each.place, nth))
        else:
            each.apply(answer, engine, nth)
    if answer is not None and values:
        document = json.loads(answer.content)
        for place, nth in values:
            document = altered(document, place, nth)
        answer._content = json.dumps(document, ensure_ascii=False).encode()  # noqa: SLF001  # see above


def failing(chosen: Sequence[Alteration], fails: Callable[[Sequence[Alteration]], bool]) -> set[Alteration]:
    """Return the alterations of an exchange that a test fails of, tried at once, then in parts."""
    if not chosen or not fails(chosen):
        return set()
    if len(chosen) == 1:
        return set(chosen)
    step = -(-len(chosen) // PARTS)
    parts = (chosen[at : at + step] for at in range(0, len(chosen), step))
    return set().union(*(failing(part, fails) for part in parts))


def alterations(recording: Recording) -> Iterator[Alteration]:
    """Yield every alteration of a recording."""
    for number, exchange in enumerate(recording.exchanges):
        if exchange.method != RUN:
            yield Alteration(number, "text", None)
        yield from (Alteration(number, "header", name) for name in KEPT_HEADERS if name in exchange.answered)
        yield from (
            Alteration(number, "no header", name)
            for name in OF_SOME_ANSWERS
            if name not in exchange.answered and exchange.asked_for(name)
        )
        if isinstance(document_of(exchange), dict):
            yield Alteration(number, "whole", None)
        if document_of(exchange) is not None:
            yield from (Alteration(number, "value", place) for place in places(document_of(exchange)))
        for change in exchange.leaves[:LEFT_ROWS]:
            if change.after is None:
                continue
            if change.before is None:
                yield Alteration(number, "row", (change.table, change.key, None))
            for column in change.columns:
                if column not in TABLES[change.table].primary_key.columns:
                    yield Alteration(number, "row", (change.table, change.key, column))


def document_of(exchange: Exchange) -> Any:
    """Return the JSON document of an answer, None where it is none."""
    try:
        return json.loads(exchange.content)
    except ValueError:
        return None


def places(document: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the places of all values, and of arrays as such; of a long array, those of its ends."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from places(value, (*path, name))
    elif isinstance(document, list):
        yield path
        chosen = range(len(document)) if len(document) <= ROWS else (0, len(document) - 1)
        for number in chosen:
            yield from places(document[number], (*path, number))
    else:
        yield path


def altered(document: Any, path: Path, nth: int) -> Any:
    """Write another value into a place of a document and return it."""
    if not path:
        return other(document, nth)
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = other(at[path[-1]], nth)
    return document


def other(value: Any, nth: int) -> Any:
    """Return another value of the same kind; for an array, one with an item less, or with one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + nth
    if isinstance(value, str):
        return value + "~" * nth
    if isinstance(value, list):
        return value[:-1] if value else [{}]
    return "~" * nth


def alter_row(engine: Engine, table_name: str, key: Key, column: str | None, *, nth: int = 1) -> None:
    """
    Write another value into a column of a row; without a column, take the row away.

    A moment in the key is another one in each run: the rest of the key tells the row.
    """
    table = TABLES[table_name]
    texts = zip(table.primary_key.columns, key, strict=True)
    conditions = [each == value for each, value in texts if not is_moment(each.type)]
    with engine.begin() as connection:
        if column is None:
            connection.execute(delete(table).where(*conditions))
            return
        held = connection.execute(table.select().where(*conditions)).mappings().first()
        if held is not None:
            changed = {column: other_of_column(table.c[column].type, held[column], nth)}
            connection.execute(update(table).where(*conditions).values(changed))


def is_moment(kind: Any) -> bool:
    """Return whether a column has moments."""
    return isinstance(kind, LocalDateTime)


def other_of_column(kind: Any, value: Any, nth: int) -> Any:
    """Return another value for a column."""
    held = SOME_VALUES[getattr(kind, "impl_instance", kind).python_type] if value is None else value
    if isinstance(held, date):
        return held + timedelta(days=nth)
    if isinstance(held, Decimal | int):
        return held + nth
    return ("^" if held.startswith("~") else "~") * nth
