"""Sheets of reports before any file format."""

from ocms_core.kernel.sheets import CellKind, Column


def test_a_column_holds_text_sixteen_wide_unless_it_says_otherwise() -> None:
    assert Column("Name") == Column("Name", CellKind.TEXT, 16)


def test_the_kinds_of_cells_have_words() -> None:
    assert [kind.value for kind in CellKind] == ["text", "whole", "money", "day", "moment"]
