"""`ocms db`: create, migrate, check and fill the databases."""

import sys

from cyclopts import App

from ocms_adapters.sql import migrations
from ocms_adapters.sql.transactions import translated
from ocms_app.databases import Databases, open_databases
from ocms_app.demo_package import SAMPLE_COMMAND
from ocms_app.distributed_reconciliation import queue_of
from ocms_app.startup import startup

app = App(name="db", help="Create, migrate, check and fill the databases.")


@app.command
def upgrade() -> None:
    """Create or migrate both databases, reference data included; what is there stays."""
    databases = open_databases(startup())
    upgrade_both(databases)


@app.command
def check() -> int:
    """Check that both databases are reachable and up to date; the exit status is 1 when one is not."""
    databases = open_databases(startup())
    behind = []
    for side, engine in databases.sides():
        with translated():
            current = migrations.is_current(engine, side)
        print(
            f"{side}: {'up to date' if current else 'not up to date; run `ocms db upgrade`'}", file=sys.stderr
        )
        behind.extend([] if current else [side])
    return 1 if behind else 0


app.command(
    SAMPLE_COMMAND,
    name="sample",
    help="Fill the databases with sample notices, made up but consistent; what is there stays.",
)


def upgrade_both(databases: Databases) -> None:
    """Migrate both databases to the present schema."""
    for side, engine in databases.sides():
        with translated():
            migrations.upgrade(engine, side)
            queue = queue_of(engine) if side == "intranet" else None
            if queue:
                queue.upgrade()
        print(f"{side}: up to date", file=sys.stderr)
