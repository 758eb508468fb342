"""What a law of the property level is, and how an example of it is tried and compared."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from hypothesis.strategies import SearchStrategy

from ocms_conformance.comparison import Difference
from ocms_conformance.example import Answered, Example, example_on
from ocms_conformance.finding import Failure, failed
from ocms_conformance.rows import Row, Rows
from ocms_conformance.runner import Runner
from ocms_conformance.target import NotTried
from ocms_conformance.templates import MOMENT, SLACK, FreshNumbers, now

# Numbers an example has: three notices, and three more that are copies of them or do not exist.
NOTICES_OF_AN_EXAMPLE = 6
HALF = 3
STAMPS = ("cre_date", "cre_user_id", "upd_date", "upd_user_id", "is_sync")
ABOUT_NOW = re.compile(MOMENT)


@frozen
class Law:
    """What holds for all that can be drawn: its rules, its sentence, and where an example breaks it."""

    rule: tuple[str, ...]
    name: str
    drawn: SearchStrategy[Any]
    broken: Callable[[Example, Any], Iterator[Difference]]
    needs_rows: bool = True


def attempt(runner: Runner, law: Law, drawn: Any) -> Failure | None:
    """
    Try one example of a law on a target.

    Raises `NotTried` for one that is broken while a day ends: days are counted from today, so that two calls
    may well answer differently then.
    """
    began = now() - SLACK
    with example_on(runner, NOTICES_OF_AN_EXAMPLE) as example:
        found = failed(0, list(law.broken(example, drawn)), example.steps, example.numbers.all)
        if found and (now() + SLACK).date() != began.date():
            raise NotTried("a day ended while it was tried")
        return found


def unlike(place: str, expected: Any, found: Any) -> Iterator[Difference]:
    """Yield a difference where two values are not the same."""
    if expected != found:
        yield Difference(place, expected, found)


def compared(value: Any, names: Mapping[str, str] | None = None) -> Any:
    """Return a JSON value as it is compared: numbers by `names`, present moments and reports left out."""
    return without_moments(FreshNumbers(names or {}).value(value))


def without_moments(value: Any) -> Any:
    """Return a JSON value with each moment about now replaced, and without a report."""
    if isinstance(value, str):
        return ABOUT_NOW.sub(lambda found: "now" if near_now(found[0]) else found[0], value)
    if isinstance(value, list):
        return [without_moments(each) for each in value]
    if isinstance(value, Mapping):
        return {name: without_moments(each) for name, each in value.items() if name != "report"}
    return value


def near_now(text: str) -> bool:
    """Return whether a moment is about now."""
    return abs(datetime.fromisoformat(text) - now()) < SLACK


def rows_of(example: Example, numbers: Sequence[str]) -> dict[str, list[Row]]:
    """Return the rows of notices as they are compared, by table: each notice and caller by another name."""
    names = {number: f"notice {place}" for place, number in enumerate(numbers)}
    callers = {each.name: "a caller" for each in example.runner.target.credentials if each.name}
    found = {
        table: [compared(dict(row), callers | names) for row in of.values() if row.get("notice_no") in names]
        for table, of in example.rows().items()
    }
    return {table: sorted(of, key=repr) for table, of in found.items()}


def unlike_rows(
    place: str, expected: Mapping[str, Iterable[Row]], found: Mapping[str, Iterable[Row]]
) -> Iterator[Difference]:
    """Yield the rows of each table that are not in the other: of a single row the columns that differ."""
    for table in dict.fromkeys((*expected, *found)):
        olds, news = list(expected.get(table, ())), list(found.get(table, ()))
        lost, added = [row for row in olds if row not in news], [row for row in news if row not in olds]
        if len(lost) == len(added) == 1:
            for column, value in lost[0].items():
                yield from unlike(f"{place} {table} {column}", value, added[0].get(column))
        else:
            yield from unlike(f"{place} {table}", lost, added)


def plain_rows(rows: Rows) -> dict[str, list[Row]]:
    """Return rows by table."""
    return {table: list(of.values()) for table, of in rows.items()}


def items_of(answer: Answered, *names: str) -> list[Any]:
    """Return the items of an answer, of an array at the first place that has one; none in a refusal."""
    found = answer.json
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return list(found) if isinstance(found, list) else []
