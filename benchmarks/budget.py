"""`python -m benchmarks.budget`: where the time of services and of served calls goes, in microseconds."""

import gc
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from itertools import cycle
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from attrs import frozen

from benchmarks import hst as hst_row
from benchmarks import mix, services
from benchmarks.court import batches, forget_calls, forget_updates
from benchmarks.frame import OURS
from benchmarks.ground import Ground, Size, outside_transactions
from benchmarks.stages import BATCH, TO_SUBMIT, drawn, put_back, searched
from ocms_adapters.sql.audit_rows import AuditWriter
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.court import SqlCourtStore, SqlCourtStores
from ocms_adapters.sql.hst import SqlHstStore
from ocms_adapters.sql.stages import SqlStageStore
from ocms_core.court import court_notices
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import applying
from ocms_core.stages import officer_changes, toppan

ROUNDS = 9
MANY = 10_000
READING, DECIDING, WRITING, AUDIT, COMMIT, IN_ALL = (
    "reading",
    "deciding",
    "writing",
    "audit",
    "commit",
    "in all",
)
PARTS = (READING, DECIDING, WRITING, AUDIT, COMMIT, IN_ALL)
PLACES: tuple[tuple[str, Any, str], ...] = (
    (READING, SqlCourtStore, "court_facts"),
    (READING, SqlHstStore, "identity_facts"),
    (READING, SqlStageStore, "stage_facts"),
    (READING, SqlStageStore, "toppan_facts"),
    (DECIDING, court_notices, "decide"),
    (DECIDING, applying, "decide"),
    (DECIDING, officer_changes, "decide"),
    (DECIDING, toppan, "decide"),
    (WRITING, ChangeWriter, "record"),
    (AUDIT, AuditWriter, "read_before"),
    (AUDIT, AuditWriter, "write"),
)
"""What is timed as which part; the audit row is part of the writing, and taken out of it."""

Spent = dict[str, list[float]]


@frozen
class Work:
    """A call of a service over so many notices, and what puts them back."""

    notices: int
    run: Callable[[], object]
    between: Callable[[], object]


def timed(part: str, call: Callable[..., Any], spent: Spent) -> Callable[..., Any]:
    """Return a call that adds its processor time and its time to what a part has spent."""

    @wraps(call)
    def timing(*given: Any, **named: Any) -> Any:
        processor, clock = time.process_time(), time.perf_counter()
        try:
            return call(*given, **named)
        finally:
            spent[part][0] += time.process_time() - processor
            spent[part][1] += time.perf_counter() - clock

    return timing


@contextmanager
def parts_of(ground: Ground) -> Iterator[Spent]:
    """Time each part while this is open."""
    spent: Spent = defaultdict(lambda: [0.0, 0.0])
    places = (*PLACES, (COMMIT, type(ground.engine.dialect), "do_commit"))
    with ExitStack() as patches:
        for part, owner, name in places:
            patches.enter_context(patch.object(owner, name, timed(part, getattr(owner, name), spent)))
        yield spent


def budget(ground: Ground, work: Work) -> Mapping[str, tuple[float, float]]:
    """Return the medians of each part, processor time and time, in microseconds a notice."""
    rounds: list[Spent] = []
    for _ in range(ROUNDS + 1):
        work.between()
        gc.collect()
        with parts_of(ground) as spent:
            timed(IN_ALL, work.run, spent)()
        spent[WRITING] = [whole - audit for whole, audit in zip(spent[WRITING], spent[AUDIT], strict=True)]
        rounds.append(spent)
    work.between()
    return {
        part: (
            median(spent[part][0] for spent in rounds[1:]) * 1e6 / work.notices,
            median(spent[part][1] for spent in rounds[1:]) * 1e6 / work.notices,
        )
        for part in PARTS
    }


def works(ground: Ground) -> Iterator[tuple[str, Work]]:
    """Yield each service that is measured, made ready."""
    (numbers,) = batches(ground, 1, BATCH)
    court_stores = SqlCourtStores(ground.engine)
    states = (("OTH", "CPC"), ("WWC", "CFC"))
    updates = cycle(
        [[CourtUpdate(each, "PS", reason, stage) for each in numbers] for reason, stage in states]
    )
    yield (
        "API 2, 500",
        Work(
            BATCH,
            lambda: court.update_court_notices(next(updates), stores=court_stores, now=services.now()),
            partial(forget_updates, ground),
        ),
    )
    moved = drawn(ground, MANY + BATCH)
    printed, submitted = moved[:MANY], moved[MANY:]
    yield (
        "submit, 500",
        Work(
            BATCH,
            partial(services.submit(ground.engine), submitted),
            partial(put_back, ground, submitted, TO_SUBMIT),
        ),
    )
    yield (
        "Toppan, 10,000",
        Work(MANY, partial(services.toppan(ground.engine), printed), partial(put_back, ground, printed)),
    )
    hst_row.list_people(ground, MANY)
    yield (
        "apply, 10,000",
        Work(
            MANY,
            partial(services.apply(ground.engine), MANY),
            partial(outside_transactions, ground.engine, *hst_row.FORGET),
        ),
    )


def search_budget(ground: Ground) -> tuple[float, float]:
    """Return the medians of a search by identity at its service, processor time and time, in microseconds."""
    find, identities = services.search(ground.engine), searched(ground)
    rounds: list[Spent] = []
    for _ in range(ROUNDS + 1):
        gc.collect()
        spent: Spent = defaultdict(lambda: [0.0, 0.0])
        timed(IN_ALL, lambda: [find(id_no) for id_no in identities], spent)()
        rounds.append(spent)
    processor, clock = (median(spent[IN_ALL][place] for spent in rounds[1:]) for place in (0, 1))
    return processor * 1e6 / len(identities), clock * 1e6 / len(identities)


def served_budget(ground: Ground) -> Iterator[tuple[str, float]]:
    """Yield the kinds of calls of the mix with the server's processor time for one, in microseconds."""
    with TemporaryDirectory() as keys, mix.serving(ground, keys) as servers:
        server = servers[OURS]
        for kind, lanes in mix.calls_by_kind(ground, keys).items():
            rounds = []
            for _ in range(ROUNDS + 1):
                forget_calls(ground)
                rounds.append(server.processor_microseconds(lanes))
            yield kind, median(rounds[1:])


def main() -> int:
    print("| processor time / time, µs a notice |", " | ".join(PARTS), "|")
    print("|---" * (len(PARTS) + 1) + "|")
    ground = Ground(Size(notices=2 * MANY))
    with ground.held:
        for name, work in works(ground):
            found = budget(ground, work)
            print(
                f"| {name} |",
                " | ".join(f"{found[part][0]:.1f} / {found[part][1]:.1f}" for part in PARTS),
                "|",
            )
        print("\nsearch by identity, the service: {:.0f} / {:.0f} µs".format(*search_budget(ground)))
        print(
            "\n| a call as it is served, of 8 callers at once | processor time of the server, µs |\n|---|---|"
        )
        for kind, microseconds in served_budget(ground):
            print(f"| {kind} | {microseconds:,.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
