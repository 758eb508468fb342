"""
Migrations, which bring a database to the schema of this version.

The versions of each side are the modules of `intranet` and `internet`, numbered by `revision`. They
run on databases whose tables other systems made and go on changing, so each looks before it adds.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Engine, MetaData

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.schema import INTERNET, INTRANET

if TYPE_CHECKING:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

Side = Literal["intranet", "internet"]

METADATA: dict[Side, MetaData] = {"intranet": INTRANET, "internet": INTERNET}
VERSION_TABLES: dict[Side, str] = {"intranet": "ocms_schema_version", "internet": "eocms_schema_version"}


def upgrade(engine: Engine, side: Side) -> None:
    """
    Create or migrate one side's tables; a database already there is left untouched.

    One transaction: it is done whole or not at all. Tables that exist are kept, with what they hold.
    """
    with engine.begin() as connection:
        # One process migrates, others wait for it and then find nothing to do.
        dialect_of(engine.dialect).lock_schema(connection)
        if not _at_head(connection, side):
            _migrate(connection, side)


def is_current(engine: Engine, side: Side) -> bool:
    """Return whether one side's database is at the schema of this version; nothing is written."""
    with engine.connect().execution_options(ocms_read_only=True) as connection:
        return _at_head(connection, side)


def _migrate(connection: Connection, side: Side) -> None:
    from alembic.operations import Operations  # noqa: PLC0415  # half a second that most starts need not spend

    scripts = _scripts(side)
    context = _context(connection, side, fn=lambda revision, _: scripts._upgrade_revs("head", revision))  # noqa: SLF001  # what alembic's own upgrade command calls
    with Operations.context(context):
        context.run_migrations()
    dialect_of(connection.dialect).complete_schema(connection, METADATA[side])


def _at_head(connection: Connection, side: Side) -> bool:
    return set(_context(connection, side).get_current_heads()) == set(_scripts(side).get_heads())


def _context(connection: Connection, side: Side, **options: Callable[..., Any]) -> "MigrationContext":
    from alembic.migration import MigrationContext  # noqa: PLC0415  # see _migrate

    named = {"version_table": VERSION_TABLES[side], "transactional_ddl": True}
    return MigrationContext.configure(connection, opts={**named, **options})


@cache
def _scripts(side: Side) -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # see _migrate

    here = Path(__file__).parent
    return ScriptDirectory(here, version_locations=[here / side])
