"""`ocms reverse`: taking back what an officer did to notices."""

import sys
from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.reference import SqlReference
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_app.cli.listing import AsJson, show_list
from ocms_app.cli.people import NO_NUMBER, check_officer, read_identity_number
from ocms_app.databases import Databases, open_databases
from ocms_app.startup import startup
from ocms_core.kernel.access import Operation, batch_cap_of
from ocms_core.kernel.dates import today
from ocms_core.kernel.decisions import Answer, Refusal
from ocms_core.kernel.dry_runs import DryRunStores
from ocms_core.kernel.identity_numbers import PASSPORT, identity
from ocms_core.kernel.notice_numbers import is_notice_no, normal_notice_no
from ocms_core.reversals.ports import ReversalStores
from ocms_core.reversals.reversing import OFFENDER_REVERSAL, STAGE_REVERSAL, ReversalKind, Reversed
from ocms_core.reversals.service import reverse, reverse_hst
from ocms_core.stages.request_fields import is_number

app = App(name="reverse", help="Take back what an officer did to notices today.")

# What each call takes for the number of a notice.
NUMBERS: dict[Operation, tuple[Callable[[object], bool], str]] = {
    Operation.REVERSE_STAGES: (is_number, "letters, digits or hyphens"),
    Operation.REVERSE_OFFENDER: (is_notice_no, "letters and digits"),
}

DryRun = Annotated[bool, Parameter(negative="")]


@app.command
def stage(*notices: str, officer: str, dry_run: DryRun = False, as_json: AsJson = False) -> int:
    """
    Take back the change of stage that an officer made of notices, while nothing else has happened to them.

    The exit status is 1 when a notice was refused.

    Parameters
    ----------
    notices
        The notice numbers.
    officer
        Who takes it back.
    dry_run
        Only show what would become of each notice; nothing is written to the database.
    as_json
        Print JSON instead of a table.
    """
    return take_back(notices, STAGE_REVERSAL, officer, dry_run=dry_run, as_json=as_json)


@app.command
def offender(*notices: str, officer: str, dry_run: DryRun = False, as_json: AsJson = False) -> int:
    """
    Take back the furnish or redirect of notices, while nothing else has happened to them.

    The exit status is 1 when a notice was refused. The Internet database follows with the next delivery.

    Parameters
    ----------
    notices
        The notice numbers.
    officer
        Who takes it back.
    dry_run
        Only show what would become of each notice; nothing is written to the database.
    as_json
        Print JSON instead of a table.
    """
    return take_back(notices, OFFENDER_REVERSAL, officer, dry_run=dry_run, as_json=as_json)


@app.command
def hst(*, officer: str, dry_run: DryRun = False, as_json: AsJson = False) -> int:
    """
    Take back the apply or revive of an identity, whose number is read from standard input, with its notices.

    So it stands in no list of processes and no history of commands. The exit status is 1 when it was refused.

    Parameters
    ----------
    officer
        Who takes it back.
    dry_run
        Only show what would become of each notice; nothing is written to the database.
    as_json
        Print JSON instead of a table.
    """
    check_officer(officer)
    found = identity(PASSPORT, read_identity_number())
    if found is None:
        raise ValueError(NO_NUMBER)
    databases, now = open_databases(startup()), SystemClock().now()
    stores = stores_on(databases, dry_run=dry_run)
    decision = reverse_hst(found[1], officer, stores=stores, now=now)
    databases.dispose()
    if isinstance(decision, Refusal):
        print(decision.code.text.format(**decision.words), file=sys.stderr)
        return 1
    rows = ((answer.key, answer.detail) for answer in decision.answers)
    show_list(("notice", "would be" if dry_run else "is now"), rows, as_json=as_json)
    return 0


def stores_on(databases: Databases, *, dry_run: bool) -> ReversalStores:
    """Return the stores of reversals, which write nothing in a dry run."""
    stores = SqlReversalStores(databases.intranet)
    return DryRunStores(stores) if dry_run else stores


def take_back(
    notices: tuple[str, ...], kind: ReversalKind, officer: str, *, dry_run: bool, as_json: bool
) -> int:
    """Take back what was last done to notices and print what became of each; 1 when one was refused."""
    check_officer(officer)
    is_one, signs = NUMBERS[kind.operation]
    if not notices or not all(map(is_one, notices)):
        raise ValueError(f"Name one or more notices; a number has 1 to 10 {signs}.")
    databases, now = open_databases(startup()), SystemClock().now()
    cap = batch_cap_of(kind.operation, SqlReference(databases.intranet)().on(today(now)))
    if len(notices) > cap:
        raise ValueError(f"At most {cap} notices at once.")
    stores = stores_on(databases, dry_run=dry_run)
    decision = reverse(tuple(map(normal_notice_no, notices)), kind, officer, stores=stores, now=now)
    databases.dispose()
    taken = "would be taken back" if dry_run else "taken back"
    rows = map(row_of, decision.answers)
    show_list(("notice", taken, "stage"), rows, as_json=as_json, wrapped=(taken,))
    return 0 if all(answer.detail for answer in decision.answers) else 1


def row_of(answer: Answer[Reversed]) -> tuple[str, str, str | None]:
    """Return what became of a notice: its number, what was taken back, and the stages before and after."""
    made = answer.detail
    if made is None:
        return answer.key, f"no: {answer.code.text}", None
    return answer.key, f"{made.operation} by {made.officer}", f"{made.previous_stage} -> {made.new_stage}"
