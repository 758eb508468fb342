"""Prints docs/data-dictionary.md from the tables; with --check it reports whether that is current."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects import mssql
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateColumn

import ocms_app.wiring  # noqa: F401  # brings the shapes of every contract
from ocms_adapters.sql.migrations import VERSION_TABLES
from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_adapters.sql.schema.meanings import CONTRACT_1, OURS, TABLES, meaning_of
from ocms_web.field_sources import source_of
from ocms_web.shapes import Shape
from tools.markdown import table
from tools.reference_page import DOCS, write_page

# Large texts are nvarchar(max), as on a connection to any SQL Server since 2012.
SQL_SERVER: Dialect = mssql.dialect(deprecate_large_types=True)  # type: ignore[no-untyped-call]
COLUMN = re.compile(r"\be?ocms_\w+\.\w+")

HEADS = ("column", "type", "null", "meaning", "kept from", "shown as")

# By column, then by JSON field, the shapes that have the field.
Fields = Mapping[str, Mapping[str, list[str]]]


def fields_by_column() -> tuple[Fields, Fields]:
    """Return the JSON fields that are kept in each column, and those that come from it."""
    kept: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    shown: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for shape in sorted(Shape.__subclasses__(), key=lambda shape: shape.__name__):
        for field in msgspec.structs.fields(shape):
            source = source_of(shape.__name__, field.encode_name)
            by_column = kept if source.startswith("API field") else shown
            for column in dict.fromkeys(COLUMN.findall(source)):
                by_column[column][field.encode_name].append(shape.__name__)
    return kept, shown


def listed(fields: Mapping[str, list[str]]) -> str:
    """Return JSON fields with the shapes they are in."""
    return "; ".join(f"`{field}` of {', '.join(shapes)}" for field, shapes in sorted(fields.items()))


def type_and_null(column: Column[object]) -> tuple[str, str]:
    """Return a column's type with its default as SQL Server has them, and whether it may be null."""
    specification = str(CreateColumn(column).compile(dialect=SQL_SERVER)).split(" ", 1)[1]
    sql_type = re.sub(r" (NOT )?NULL\b", "", specification)
    return f"`{sql_type}`", "key" if column.primary_key else "yes" if column.nullable else "no"


def section(of: Table, kept: Fields, shown: Fields) -> Iterator[str]:
    """Yield the lines of one table."""
    meaning = TABLES[of.name]
    yield f"### {of.name}" + (f" (new: {meaning.new_by})" if meaning.new_by else "")
    yield ""
    yield meaning.sentence
    yield ""
    yield from table(
        HEADS,
        (
            [
                f"`{column.name}`" + (" (new)" if column.name in meaning.new_columns else ""),
                *type_and_null(column),
                meaning_of(of.name, column.name),
                listed(kept.get(str(column), {})),
                listed(shown.get(str(column), {})),
            ]
            for column in of.columns
        ),
    )


def database(name: str, metadata: MetaData, version_table: str) -> Iterator[str]:
    """Yield the lines of one database."""
    kept, shown = fields_by_column()
    yield f"## {name} database"
    yield ""
    for each in metadata.tables.values():
        yield from section(each, kept, shown)
    yield f"### {version_table} (new: {OURS})"
    yield ""
    yield "The version of the schema, one row; the migration tool's own, so without the audit columns."
    yield ""
    meaning = "Version that the migrations have brought this database to"
    yield from table(HEADS, [["`version_num`", "`VARCHAR(32)`", "key", meaning, "", ""]])
    yield ""


def page() -> Iterator[str]:
    """Yield the lines of the whole page."""
    yield "# Data dictionary"
    yield ""
    yield "Every table and column of both databases, printed from the code by `make docs`. Types and defaults"
    yield "are those of SQL Server, the database of the original dictionary; PostgreSQL and SQLite use their"
    yield "own names for the same ones. Times are Singapore time without an offset (G5) unless it says UTC."
    yield ""
    yield f"* **new: {CONTRACT_1}**: a table that contract 1 adds to the original data dictionary."
    yield f"* **new: {OURS}**: a table that OCMS needs besides, with all its columns."
    yield "* **(new)**: a column that OCMS adds to a table of the original dictionary."
    yield "* **kept from**: the JSON fields of requests whose values are kept in the column."
    yield "* **shown as**: the JSON fields of replies that hold the value, or are calculated from it."
    yield ""
    yield "The shapes are those of the API description (`/openapi.json`); each field has its source there."
    yield ""
    yield from database("Intranet", INTRANET, VERSION_TABLES["intranet"])
    yield from database("Internet", INTERNET, VERSION_TABLES["internet"])


if __name__ == "__main__":
    sys.exit(write_page(DOCS / "data-dictionary.md", page(), sys.argv[1:]))
