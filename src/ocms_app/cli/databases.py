"""`ocms db`: create, migrate, check and fill the databases."""

import sys
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import Progress

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import migrations
from ocms_adapters.sql.transactions import translated
from ocms_app.databases import Databases, open_databases
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
    """Tell whether both databases are reachable and up to date; the exit status is 1 when one is not."""
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


@app.command
def sample(
    *,
    notices: Annotated[int, Parameter(validator=Number(gte=1, lte=10_000_000))] = 10_000,
    seed: int = 1,
) -> None:
    """
    Fill the databases with sample notices, made up but consistent; what is there stays.

    The numbers of the API's examples are among them. The same number and seed give the same notices.

    Parameters
    ----------
    notices
        How many notices.
    seed
        Another seed gives other notices.
    """
    databases = open_databases(startup())
    upgrade_both(databases)
    fill(databases, notices, seed)


def upgrade_both(databases: Databases) -> None:
    """Bring both databases to the present schema."""
    for side, engine in databases.sides():
        with translated():
            migrations.upgrade(engine, side)
            queue = queue_of(engine) if side == "intranet" else None
            if queue:
                queue.upgrade()
        print(f"{side}: up to date", file=sys.stderr)


def fill(databases: Databases, notices: int, seed: int) -> None:
    """Load the sample with a progress bar on standard error."""
    from ocms_app.sample import load_sample  # noqa: PLC0415  # only this command makes sample data

    with Progress(console=Console(stderr=True)) as progress, translated():
        task = progress.add_task("sample notices", total=notices)
        report = load_sample(
            databases.intranet,
            databases.internet,
            notices=notices,
            seed=seed,
            now=SystemClock().now(),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    print(report, file=sys.stderr)
