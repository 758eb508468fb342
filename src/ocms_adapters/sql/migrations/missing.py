"""What a database made or half made by others still lacks, and how it is added."""

from collections.abc import Iterator

from alembic import op
from sqlalchemy import Column, Connection, Inspector, MetaData, String, Table, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn

from ocms_adapters.sql.dialects import dialect_of


def bring_in_missing(metadata: MetaData) -> None:
    """Create what is not there of tables, columns, widths and indexes; change nothing else."""
    connection = op.get_bind()
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    metadata.create_all(connection)
    for table in metadata.sorted_tables:
        if table.name in present:
            complete(inspector, table)


def complete(inspector: Inspector, table: Table) -> None:
    """Add to a table that exists what the data dictionary's later rulings added to it."""
    there = {column["name"]: column for column in inspector.get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            added: Column[object] = Column(
                column.name, column.type, nullable=column.nullable, server_default=column.server_default
            )
            op.add_column(table.name, added)
    for column, found in too_narrow(op.get_bind(), table, there):
        op.alter_column(
            table.name, column.name,
            type_=column.type, existing_type=found["type"], existing_nullable=found["nullable"],
        )  # fmt: skip
    indexed = {index["name"] for index in inspector.get_indexes(table.name)}
    for index in table.indexes:
        if index.name not in indexed:
            index.create(op.get_bind())


def too_narrow(
    connection: Connection, table: Table, there: dict[str, ReflectedColumn]
) -> Iterator[tuple[Column[object], ReflectedColumn]]:
    """Yield the text columns that hold less than they must, where the database keeps to lengths."""
    if dialect_of(connection.dialect).enforces_lengths:
        for column in table.columns:
            found = there.get(column.name)
            if found and isinstance(column.type, String) and isinstance(found["type"], String):
                width, needed = found["type"].length, column.type.length
                if width and needed and width < needed:
                    yield column, found
