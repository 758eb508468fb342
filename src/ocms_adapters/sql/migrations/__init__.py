"""
Migrations, which bring a database to the schema of this version.

The versions of each side are the modules of `intranet` and `internet`, numbered by `revision`. They
run on databases whose tables other systems made and go on changing, so each looks before it adds.

A revision has four digits. The first is its generation: within one, a version of OCMS works with every
later revision, which only adds tables, indexes and columns that may be left out. A revision that takes
away or changes what an older version uses begins the next generation, as 1000 after 0007.
"""

import re
from collections.abc import Callable
from enum import Enum, unique
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Engine, MetaData

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_core.kernel.errors import OcmsError

if TYPE_CHECKING:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

Side = Literal["intranet", "internet"]

METADATA: dict[Side, MetaData] = {"intranet": INTRANET, "internet": INTERNET}
REVISION = re.compile(r"[0-9]{4}")
VERSION_TABLES: dict[Side, str] = {"intranet": "ocms_schema_version", "internet": "eocms_schema_version"}


@unique
class SchemaState(Enum):
    """How the schema of a database stands to this version of OCMS."""

    CURRENT = "up to date"
    AHEAD = "ahead of this version of OCMS, which works with it"
    BEHIND = "not up to date; run `ocms db upgrade`"
    INCOMPATIBLE = "of a later version of OCMS, with which this one does not work"


class LaterSchema(OcmsError):
    """The database has a schema of a later version, with which this one does not work."""


def upgrade(engine: Engine, side: Side) -> SchemaState:
    """
    Create or migrate one side's tables; a database already there, or ahead, is left untouched.

    One transaction: it is done whole or not at all. Tables that exist are kept, with what they hold.
    Returns how the schema stands then. Raises `LaterSchema` where this version does not work with it.
    """
    with engine.begin() as connection:
        # One process migrates, others wait for it and then find nothing to do.
        dialect_of(engine.dialect).lock_schema(connection)
        found = _schema_state(connection, side)
        if found is SchemaState.INCOMPATIBLE:
            raise LaterSchema(f"The {side} database is {found.value}.")
        if found is SchemaState.BEHIND:
            _migrate(connection, side)
            return SchemaState.CURRENT
        return found


def schema_state(engine: Engine, side: Side) -> SchemaState:
    """Return how the schema of one side's database stands to this version; nothing is written."""
    with engine.connect().execution_options(ocms_read_only=True) as connection:
        return _schema_state(connection, side)


def is_ahead(revision: str, own: str) -> bool:
    """Return whether a revision this version does not know follows its own in the same generation."""
    if not (REVISION.fullmatch(revision) and REVISION.fullmatch(own)):
        return False
    return revision > own and revision[0] == own[0]


def _migrate(connection: Connection, side: Side) -> None:
    from alembic.operations import Operations  # noqa: PLC0415  # half a second that most starts need not spend

    scripts = _scripts(side)
    context = _context(connection, side, fn=lambda revision, _: scripts._upgrade_revs("head", revision))  # noqa: SLF001  # what alembic's own upgrade command calls
    with Operations.context(context):
        context.run_migrations()
    dialect_of(connection.dialect).complete_schema(connection, METADATA[side])


def _schema_state(connection: Connection, side: Side) -> SchemaState:
    found = set(_context(connection, side).get_current_heads())
    scripts = _scripts(side)
    (own,) = scripts.get_heads()
    if found == {own}:
        return SchemaState.CURRENT
    if found <= {script.revision for script in scripts.walk_revisions()}:
        return SchemaState.BEHIND
    ahead = len(found) == 1 and all(is_ahead(revision, own) for revision in found)
    return SchemaState.AHEAD if ahead else SchemaState.INCOMPATIBLE


def _context(connection: Connection, side: Side, **options: Callable[..., Any]) -> "MigrationContext":
    from alembic.migration import MigrationContext  # noqa: PLC0415  # see _migrate

    named = {"version_table": VERSION_TABLES[side], "transactional_ddl": True}
    return MigrationContext.configure(connection, opts={**named, **options})


@cache
def _scripts(side: Side) -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # see _migrate

    here = Path(__file__).parent
    return ScriptDirectory(here, version_locations=[here / side])
