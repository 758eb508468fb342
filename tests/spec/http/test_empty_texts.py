"""A text of nothing in a call is null in the tables, or an empty text where a column takes no null."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import cycle
from typing import Any

import pytest
from sqlalchemy import Engine, String, or_, select

from ocms_adapters.sql.schema import INTRANET
from tests.spec.http.conftest import emptied_of_calls
from tests.spec.http.test_repeats import Call, credential, deliver, every_call, prepared
from tests.support.http_server import Served

TEXTS = {
    table.name: [column for column in table.columns if isinstance(column.type, String)]
    for table in INTRANET.sorted_tables
}
BLANKS = ("", "  ")
# In the list of identities a house has no floor, unit or building, and no column for it takes null.
MAY_BE_EMPTY = {"ocms_hst.floor_no", "ocms_hst.unit_no", "ocms_hst.bldg_name"}


def places(value: Any, *before: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the path to each text in a body."""
    if isinstance(value, str):
        yield before
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from places(each, *before, name)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from places(each, *before, place)


def with_text(body: Any, path: tuple[Any, ...], text: str) -> Any:
    """Return a body with another text at a place."""
    changed = deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = text
    return changed


def empty_texts(engine: Engine) -> set[str]:
    """Return the columns that hold a text of nothing but blanks."""
    found: set[str] = set()
    with engine.connect() as connection:
        for name, columns in TEXTS.items():
            rows = connection.execute(select(*columns).where(or_(*(each.in_(BLANKS) for each in columns))))
            for row in rows.mappings():
                found |= {f"{name}.{column}" for column, text in row.items() if text in BLANKS}
    return found


@pytest.mark.rule("H3", "H6")
def test_no_column_that_may_be_empty_takes_null() -> None:
    assert not any(INTRANET.tables[table].c[name].nullable for table, name in map(parts_of, MAY_BE_EMPTY))


def parts_of(column: str) -> tuple[str, str]:
    table, _, name = column.partition(".")
    return table, name


@pytest.mark.rule("F50", "H3", "H6")
@every_call
def test_a_text_of_nothing_is_null_wherever_a_column_takes_null(served: Served, call: Call) -> None:
    engine = served.deployment.engine
    if engine.name != "sqlite":
        return  # what is written does not depend on the database
    headers, changed = {}, True
    for path, text in zip(places(call.body), cycle(BLANKS)):
        if changed:
            emptied_of_calls(engine)
            headers = prepared(served, call)
        headers |= credential(served, call.role)  # no rate limit is met
        answer = deliver(served, call, headers, with_text(call.body, path, text))
        assert answer.status_code in {200, 400}, answer.text
        changed = answer.status_code == 200
        assert empty_texts(engine) <= MAY_BE_EMPTY, (path, text)
