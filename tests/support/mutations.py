"""Changes made to a database under a running system, and undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine


@contextmanager
def mutated(engine: Engine, made: list[str], undone: list[str]) -> Iterator[None]:
    """Run statements, and others when the block ends."""
    with engine.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    try:
        yield
    finally:
        with engine.begin() as connection:
            for statement in undone:
                connection.exec_driver_sql(statement)


@contextmanager
def missing(engine: Engine, *tables: str) -> Iterator[None]:
    """Rename tables away until the block ends."""
    away = [f"ALTER TABLE {table} RENAME TO {table}_away" for table in tables]
    back = [f"ALTER TABLE {table}_away RENAME TO {table}" for table in tables]
    with mutated(engine, away, back):
        yield
