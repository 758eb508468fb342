"""`ocms db`: create, migrate, check and fill the databases."""

import re
import sys
from collections.abc import Iterator
from typing import Annotated

from cyclopts import App, Parameter

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import current_offenders, migrations
from ocms_adapters.sql.court import has_dayend
from ocms_adapters.sql.grants import chunk_grant_statements, grant_statements, role_statements
from ocms_adapters.sql.reference import read_reference_from
from ocms_adapters.sql.transactions import translated
from ocms_app.cli.people import LONGEST_NAME, is_officer
from ocms_app.cli.suspension_check import check_suspensions
from ocms_app.databases import Databases, open_databases
from ocms_app.demo_package import SAMPLE_COMMAND
from ocms_app.distributed_reconciliation import queue_of
from ocms_app.settings import DAYEND, Settings
from ocms_app.startup import startup
from ocms_core.kernel.dates import today
from ocms_core.kernel.reference_overview import validity_warnings

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
WORKING = (migrations.SchemaState.CURRENT, migrations.SchemaState.AHEAD)

app = App(name="db", help="Create, migrate, check and fill the databases.")


@app.command
def upgrade() -> None:
    """Create or migrate both databases, reference data included; what is there stays."""
    databases = open_databases(startup(), may_make=True)
    upgrade_both(databases)


@app.command
def check(
    *,
    suspensions: Annotated[bool, Parameter(negative="")] = False,
    repair: Annotated[bool, Parameter(negative="")] = False,
    officer: str | None = None,
) -> int:
    """
    Check that both databases are reachable, up to date and as set; else the exit status is 1.

    Notices with several current offenders are named, and so are days on which a parameter has no value or
    a key has two; neither changes the status.

    Parameters
    ----------
    suspensions
        Print a CSV line for each notice whose row and suspension records contradict each other, and what
        would put it right; the exit status is 1 when there is one. Nothing is written.
    repair
        Put those notices right; one that needs a person is left alone.
    officer
        Who has them put right; stands on the records that are closed and opened.
    """
    if repair and not (suspensions and officer and is_officer(officer)):
        raise ValueError(f"--repair needs --suspensions and an --officer of 1 to {LONGEST_NAME} characters.")
    settings = startup()
    databases = open_databases(settings)
    behind = []
    for side, engine in databases.sides():
        with translated():
            found = migrations.schema_state(engine, side)
        print(f"{side}: {found.value}", file=sys.stderr)
        behind.extend([] if found in WORKING else [side])
    if not behind:
        name_several_offenders(databases)
        name_validity_warnings(databases)
    wrong = list(wrong_columns(settings, databases))
    for line in wrong:
        print(line, file=sys.stderr)
    left = 0
    if suspensions and not behind:
        left = check_suspensions(databases, officer if repair else None)
    return 1 if behind or wrong or left else 0


@app.command
def grants(side: migrations.Side | None = None, *, prefix: str = "ocms", chunks: bool = False) -> None:
    """
    Print the SQL that lets each process do in PostgreSQL what it must, and no more.

    Without a side: the roles, once for each server. None of them owns the tables or may upgrade them.

    Parameters
    ----------
    side
        The database the grants are for: intranet or internet.
    prefix
        What the names of the roles begin with.
    chunks
        Print instead what a worker with `--chunks` needs besides in the intranet, once its queue is there.
    """
    if chunks and side != "intranet":
        raise ValueError("--chunks is for the intranet, where the queue of chunks is.")
    if not NAME.fullmatch(prefix):
        raise ValueError("--prefix is 1 to 40 small letters, digits and underscores, a letter first.")
    if chunks:
        statements = chunk_grant_statements(prefix)
    else:
        statements = grant_statements(side, prefix) if side else role_statements(prefix)
    for statement in statements:
        print(statement)


def wrong_columns(settings: Settings, databases: Databases) -> Iterator[str]:
    """Yield a line for each column that the settings count on and the Intranet database lacks (P22)."""
    if settings.court_test == DAYEND:
        with translated():
            if not has_dayend(databases.intranet):
                yield "intranet: OCMS_COURT_TEST is dayend, but ocms_valid_offence_notice has no such column"


def name_several_offenders(databases: Databases) -> None:
    """Name the notices on which another system has left several current offenders (U7)."""
    several = current_offenders.notices_with_several(databases.intranet)
    if several:
        print(f"intranet: several current offenders on {', '.join(several)}", file=sys.stderr)


def name_validity_warnings(databases: Databases) -> None:
    """Name what is doubtful in the days on which values of the reference data hold (G18)."""
    reference = read_reference_from(databases.intranet)
    for line in validity_warnings(reference, today(SystemClock().now())):
        print(f"intranet: {line}", file=sys.stderr)


app.command(
    SAMPLE_COMMAND,
    name="sample",
    help="Fill the databases with sample notices, made up but consistent; what is there stays.",
)


def upgrade_both(databases: Databases) -> None:
    """Migrate both databases to the present schema."""
    for side, engine in databases.sides():
        with translated():
            found = migrations.upgrade(engine, side)
            queue = queue_of(engine) if side == "intranet" else None
            if queue:
                queue.upgrade()
        print(f"{side}: {found.value}", file=sys.stderr)
