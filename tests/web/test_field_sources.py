"""Every field of every JSON body has a source that exists, and no source is left over."""

import re
from itertools import chain

import msgspec
import pytest

import ocms_app.wiring  # noqa: F401  # brings the shapes of every contract
from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_web.field_sources import EVERYWHERE, SOURCES, source_of
from ocms_web.shapes import Shape

TABLES = {**INTRANET.tables, **INTERNET.tables}
FIELDS = {
    shape.__name__: [field.encode_name for field in msgspec.structs.fields(shape)]
    for shape in Shape.__subclasses__()
}
NAMED = re.compile(r"\b(e?ocms_\w+)(?:\.(\w+))?")
KINDS = re.compile(r"API field\b|calculated: .|e?ocms_\w+\.\w+")


def test_the_shapes_of_every_contract_are_looked_at() -> None:
    assert {"PaymentStatusLine", "OffenderBlock", "HstListLine"} <= FIELDS.keys()
    assert all(shape.__subclasses__() == [] for shape in Shape.__subclasses__())


@pytest.mark.parametrize("shape", FIELDS)
def test_every_field_of_a_shape_has_a_source(shape: str) -> None:
    assert all(source_of(shape, field) for field in FIELDS[shape])


@pytest.mark.parametrize("shape", SOURCES)
def test_every_source_is_of_a_field_that_exists(shape: str) -> None:
    assert set(SOURCES[shape]) <= set(FIELDS.get(shape, ()))


def test_every_common_source_is_in_use() -> None:
    in_use = {
        field for shape, fields in FIELDS.items() for field in fields if field not in SOURCES.get(shape, {})
    }
    assert set(EVERYWHERE) == in_use


def test_every_source_is_of_one_of_the_kinds_and_its_columns_exist() -> None:
    sources = set(chain(EVERYWHERE.values(), *(rows.values() for rows in SOURCES.values())))
    assert [source for source in sources if not KINDS.match(source)] == []
    assert [
        source
        for source in sources
        for table, column in NAMED.findall(source)
        if table not in TABLES or (column and column not in TABLES[table].columns)
    ] == []
