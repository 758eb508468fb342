"""
The calls of services that rows measure.

Run as a program it makes them in a process of its own, which may be that of an earlier build: it is given the
URL of a database and a name of `SERVICES`, reads from each line of its input the arguments of the calls, and
prints the seconds that one of them took.
"""

import gc
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.hst import service as hst
from ocms_core.hst.request_checks import HstApplication
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.decisions import Decision
from ocms_core.stages import service as stages
from ocms_core.stages.client_checks import ToppanRun
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.request_checks import ChangeItem, Criteria

try:
    from tests.support import engines
except ImportError:  # version 0.1.0 has no audit rows, whose key this gives
    from ocms_adapters.sql import engines  # type: ignore[no-redef]  # they open alike

IDENTITY = "S1234567A"
LISTED = HstApplication(IDENTITY, "N", "John Tan", RegisteredAddress("123456", "1", "Street"))
APPLIED_AT = datetime(2025, 1, 14, 11, tzinfo=SINGAPORE)


def now() -> datetime:
    return datetime.now(SINGAPORE)


def submit(engine: Engine) -> Callable[[Sequence[str]], None]:
    """Return the call that submits notices for the stage that follows theirs."""
    stores = SqlStageStores(engine)

    def call(numbers: Sequence[str]) -> None:
        items = [ChangeItem(number, RequestedChange(None, "SUP", None)) for number in numbers]
        decision = stages.submit(items, "USER01", stores=stores, now=now())
        if not all(answer.detail for answer in decision.answers):
            raise AssertionError("A notice was not moved.")

    return call


def toppan(engine: Engine) -> Callable[[Sequence[str]], None]:
    """Return the call that moves the notices of a print run."""
    stores = SqlStageStores(engine)

    def call(numbers: Sequence[str]) -> None:
        run = ToppanRun(tuple(numbers), "DN2", now())
        if stages.update_toppan_stages(run, stores=stores, now=now()).automatic != len(numbers):
            raise AssertionError("A notice was not moved.")

    return call


def search(engine: Engine) -> Callable[[str], object]:
    """Return the call that searches for an identity."""
    stores = SqlStageStores(engine)
    return lambda id_no: stages.search_notices(Criteria(id_no=id_no), stores=stores)


def apply(engine: Engine) -> Callable[[int], None]:
    """Return the call that lists an identity and suspends its notices, of which there are so many."""
    stores = SqlHstStores(engine)

    def call(many: int) -> None:
        decision = hst.apply(LISTED, officer="OFFICER", stores=stores, now=APPLIED_AT)
        if not isinstance(decision, Decision) or len(decision.answers) != many:
            raise AssertionError("A notice was not suspended.")

    return call


SERVICES: Mapping[str, Callable[[Engine], Callable[[Any], object]]] = {
    "stage-submit": submit,
    "toppan": toppan,
    "stage-search": search,
    "hst-apply": apply,
}


def timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def median_seconds(call: Callable[[Any], object], arguments: Iterable[object]) -> float:
    """Return the median of the seconds that a call takes with each argument."""
    return median(timed(partial(call, argument)) for argument in arguments)


def main(url: str, name: str) -> None:
    call = SERVICES[name](engines.create(url))
    for line in sys.stdin:
        arguments = json.loads(line)
        gc.collect()
        gc.freeze()
        print(median_seconds(call, arguments), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
