"""`ocms db sample`."""

import sys
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import Progress

from ocms_adapters.clock import SystemClock
from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql.transactions import translated
from ocms_app.cli.databases import upgrade_both
from ocms_app.databases import Databases, open_databases
from ocms_app.keys import field_cipher
from ocms_app.startup import startup
from ocms_demo.sample import load_sample


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
    settings = startup()
    cipher, databases = field_cipher(settings), open_databases(settings, may_make=True)
    upgrade_both(databases)
    fill(databases, cipher, notices, seed)


def fill(databases: Databases, cipher: FieldCipher, notices: int, seed: int) -> None:
    """Load the sample with a progress bar on standard error."""
    with Progress(console=Console(stderr=True)) as progress, translated():
        task = progress.add_task("sample notices", total=notices)
        report = load_sample(
            databases.intranet,
            databases.internet,
            cipher=cipher,
            notices=notices,
            seed=seed,
            now=SystemClock().now(),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    print(report, file=sys.stderr)
