"""Every table and column has a meaning on record, and no meaning is left over."""

import pytest
from sqlalchemy import Table

from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_adapters.sql.schema.meanings import CONTRACT_1, IN_EVERY_TABLE, TABLES, meaning_of

ALL = {**INTRANET.tables, **INTERNET.tables}


def test_every_table_has_a_meaning_and_no_other() -> None:
    assert TABLES.keys() == ALL.keys()


@pytest.mark.parametrize("table", ALL.values(), ids=str)
def test_every_column_has_a_meaning_and_no_other(table: Table) -> None:
    meaning = TABLES[table.name]
    assert all(meaning_of(table.name, name) for name in table.columns.keys())  # noqa: SIM118  # a column each otherwise
    assert {*meaning.columns, *meaning.new_columns} <= set(table.columns.keys())


def test_no_table_says_again_what_every_table_says() -> None:
    assert [name for name, each in TABLES.items() if IN_EVERY_TABLE.items() & each.columns.items()] == []


def test_a_column_that_is_not_on_record_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"ocms_hst\.none"):
        meaning_of("ocms_hst", "none")


def test_the_two_tables_contract_1_adds_are_marked() -> None:
    new = {name for name, each in TABLES.items() if each.new_by == CONTRACT_1}
    assert new == {"ocms_vip_vehicle", "ocms_court_case"}
