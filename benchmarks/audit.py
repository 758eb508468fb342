"""What the audit row of a call costs (K2): a service beside the same service that writes none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import cycle
from types import ModuleType
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine

from benchmarks.court import batches, forget_updates
from benchmarks.frame import OURS, Bar, Ready, Row, time_of
from benchmarks.ground import Ground
from benchmarks.services import timed
from benchmarks.stages import BATCH, TO_SUBMIT, drawn, put_back
from ocms_adapters.sql import court as court_stores
from ocms_adapters.sql import stages as stage_stores
from ocms_adapters.sql.audit_rows import AuditWriter
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.found_rows import finding
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.stages import service as stages
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.request_checks import ChangeItem

WITHOUT = "without audit rows"
STATES = (("OTH", "CPC"), ("WWC", "CFC"))
AT_MOST_A_TENTH = (Bar("at most 1.1 of the time without audit rows", time_of(WITHOUT), at_most=1.1),)


def contenders(
    work: Callable[[Any], object], stores_of: Callable[[Engine], object], module: ModuleType, engine: Engine
) -> dict[str, Callable[[], float]]:
    """
    Return work on stores with their audit rows, and on the same without.

    Without, the statements of their module do not read the columns that only an audit row says, either.
    """
    stores = stores_of(engine)
    with patch.multiple(
        module,
        finding=lambda statement, of, _columns: finding(statement, of, ()),
        built_once=lambda build, dialect: build(dialect),
    ):
        plain = stores_of(engine)

    def without() -> float:
        with (
            patch.object(AuditWriter, "read_before", lambda *_: {}),
            patch.object(AuditWriter, "write", lambda *_: None),
        ):
            return timed(partial(work, plain))

    return {OURS: lambda: timed(partial(work, stores)), WITHOUT: without}


@contextmanager
def court_notices(ground: Ground) -> Iterator[Ready]:
    """API 2's update of 500 notices, each moved and suspended anew."""
    (numbers,) = batches(ground, 1, BATCH)
    states = cycle(
        [[CourtUpdate(number, "PS", reason, stage) for number in numbers] for reason, stage in STATES]
    )

    def update(stores: SqlCourtStores) -> None:
        court.update_court_notices(next(states), stores=stores, now=datetime.now(SINGAPORE))

    both = contenders(update, SqlCourtStores, court_stores, ground.engine)
    yield Ready(both, between=partial(forget_updates, ground))


@contextmanager
def submit(ground: Ground) -> Iterator[Ready]:
    """A submit of 500 notices of mixed stages."""
    numbers = drawn(ground, BATCH)
    items = [ChangeItem(number, RequestedChange(None, "SUP", None)) for number in numbers]

    def move(stores: SqlStageStores) -> None:
        stages.submit(items, "USER01", stores=stores, now=datetime.now(SINGAPORE))

    both = contenders(move, SqlStageStores, stage_stores, ground.engine)
    yield Ready(both, between=partial(put_back, ground, numbers, TO_SUBMIT))


ROWS = tuple(
    Row(
        name,
        title,
        {
            OURS: "the service, with what was before each change and one encrypted audit row a call",
            WITHOUT: "the same service, in which no column is read for an audit row and none is written",
        },
        ready,
        AT_MOST_A_TENTH,
    )
    for name, title, ready in (
        ("audit-api-2", "The audit row of an update of 500 court notices", court_notices),
        ("audit-submit", "The audit row of a submit of 500 notices", submit),
    )
)
