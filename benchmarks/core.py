"""The core alone: what it costs to import, and to decide."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.contenders.decisions import MSGSPEC, PYDANTIC, Decisions, decisions
from benchmarks.frame import (
    BEFORE,
    BEST,
    OURS,
    TYPICAL,
    Bar,
    Measure,
    Ready,
    Row,
    count,
    rate,
    time_of,
)
from benchmarks.ground import ROOT, Ground, notice_no
from ocms_core.court import court_notices, payment_status, plus_query
from ocms_core.court.facts import CourtFacts, CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import ShownSuspension, Suspensions

TIMED = """
from time import perf_counter
started = perf_counter()
{imports}
print(perf_counter() - started)
"""
STRANGERS = """
import sys
{imports}
allowed = {{'ocms_core', 'attr', 'attrs'}} | sys.stdlib_module_names
loaded = {{name.partition('.')[0] for name in sys.modules}} - before - allowed
print(len(loaded))
"""
# What starts with the interpreter in a virtual environment is nobody's import.
BEFOREHAND = "import sys\nbefore = {name.partition('.')[0] for name in sys.modules}\n"


# Bytecode is cached for each contender alike, whatever this machine is set to.
CACHING = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def every_module(checkout: Path) -> str:
    """Return what imports the modules of the core, named so that looking for them is no part of it."""
    source = checkout / "src"
    files = sorted((source / "ocms_core").rglob("*.py"))
    names = [".".join(file.relative_to(source).with_suffix("").parts) for file in files]
    return "import " + ", ".join(name.removesuffix(".__init__") for name in names)


def answer_of(program: str, checkout: Path = ROOT) -> float:
    """Return the number a program prints, run in an interpreter of its own that imports a checkout."""
    path = os.pathsep.join(map(str, (checkout / "src", checkout)))
    answer = subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**CACHING, "PYTHONPATH": path},
    )
    return float(answer.stdout)


@contextmanager
def imports(ground: Ground) -> Iterator[Ready]:
    """Measure importing, in a fresh interpreter each time; a first one leaves the bytecode behind."""
    programs = {
        OURS: partial(answer_of, TIMED.format(imports=every_module(ROOT))),
        TYPICAL: partial(answer_of, TIMED.format(imports="import litestar")),
        BEST: partial(answer_of, TIMED.format(imports="import msgspec")),
    }
    if ground.before:
        earlier = ground.before.checkout
        programs[BEFORE] = partial(answer_of, TIMED.format(imports=every_module(earlier)), earlier)
    for program in programs.values():
        program()
    yield Ready(
        programs,
        {"strangers": partial(answer_of, BEFOREHAND + STRANGERS.format(imports=every_module(ROOT)))},
    )


NOW = datetime(2025, 2, 14, 9, 30, tzinfo=SINGAPORE)
BATCH = 500
NUMBERS = [notice_no(number) for number in range(BATCH)]
AMOUNT = Decimal("70.00")
REFERENCE = Reference(stage_map=frozenset({("CFC", "CPC")}), parameters={}, days_of_suspension={})


NOTICES: list[dict[str, Any]] = [
    {
        "notice_no": number,
        "stage": "CFC",
        "stage_date": NOW,
        "suspension_type": "PS" if at % 3 == 0 else None,
        "epr_reason": "WWP" if at % 3 == 0 else None,
        "payment_due_date": NOW + timedelta(days=at - BATCH // 2),
        "payment_acceptance_allowed": "Y",
        "has_court_case": True,
        "court_payment_due_date": NOW + timedelta(days=at - BATCH // 2),
    }
    for at, number in enumerate(NUMBERS)
]
UPDATES = [CourtUpdate(number, "PS", "OTH", "CPC") for number in NUMBERS]


def each(decide: Callable[[], object], repeats: int) -> float:
    """Decide a batch over and over; the seconds of one item."""
    started = perf_counter()
    for _ in range(repeats):
        decide()
    return (perf_counter() - started) / repeats / BATCH


# The types of an earlier build are made up by its own benchmark.
DECIDED_BEFORE = """
import gc
from benchmarks import core
decide = core.{ours}()
core.each(decide, {repeats})
gc.freeze()
print(core.each(decide, {repeats}))
"""


@contextmanager
def deciding(
    ours: Callable[[], Callable[[], object]], peers: Callable[[Decisions], object], ground: Ground
) -> Iterator[Ready]:
    """Decide a batch of 500 with ours and with the same decision on pydantic's and on msgspec's types."""
    contenders: Mapping[str, Callable[[], object]] = {
        OURS: ours(),
        TYPICAL: partial(peers, decisions(PYDANTIC, NOTICES)),
        BEST: partial(peers, decisions(MSGSPEC, NOTICES)),
    }
    repeats = max(ground.size.calls // 2, 1)
    measures: dict[str, Measure] = {
        name: partial(each, decide, repeats) for name, decide in contenders.items()
    }
    if ground.before:
        program = DECIDED_BEFORE.format(ours=ours.__name__, repeats=repeats)
        measures[BEFORE] = partial(answer_of, program, ground.before.checkout)
    yield Ready(measures)


def payment_status_ours() -> Callable[[], object]:
    """Give the decision of API 1 on 500 notices, a third of them with a reason CAS gave."""
    found = {
        row["notice_no"]: NoticePaymentStatus(
            row["notice_no"], None, AMOUNT, None, "Y", row["suspension_type"], None, row["epr_reason"]
        )
        for row in NOTICES
    }
    return partial(payment_status.decide, NUMBERS, found)


def plus_query_ours() -> Callable[[], object]:
    """Give the decision of API 4 on 500 notices, half of them overdue, all recorded."""
    found = {
        row["notice_no"]: PlusNotice(
            row["notice_no"], row["payment_due_date"], "Y", AMOUNT, True, row["payment_due_date"]
        )
        for row in NOTICES
    }
    return partial(plus_query.decide, NUMBERS, found, NOW)


def court_notices_ours() -> Callable[[], object]:
    """Give the decision of API 2 on 500 notices, each moved and suspended anew."""
    notices = {
        row["notice_no"]: CourtNotice(
            row["notice_no"],
            "CFC",
            NOW,
            AMOUNT,
            "Y",
            row["payment_due_date"],
            Suspensions(ShownSuspension(row["suspension_type"], row["epr_reason"], None, None)),
        )
        for row in NOTICES
    }
    return partial(court_notices.decide, UPDATES, CourtFacts(REFERENCE, notices), NOW)


LIBRARIES = {
    OURS: "attrs frozen classes, and named tuples for what APIs 1 and 4 read",
    TYPICAL: "the same decision on pydantic models",
    BEST: "the same decision on msgspec structs, in one function",
    BEFORE: "the decision of an earlier build of OCMS",
}
FAST = Bar("at least 500,000 decisions a second on one core", rate, at_least=500_000)

ROWS = (
    Row(
        "import",
        "Importing the core, every module of it",
        {
            OURS: "`ocms_core` with all its modules",
            TYPICAL: "litestar",
            BEST: "msgspec",
            BEFORE: "`ocms_core` of an earlier build, with all its modules",
        },
        imports,
        (
            Bar("at most 3 times the time of msgspec's own import", time_of(BEST), at_most=3),
            Bar("no third party but attrs", count("strangers"), at_most=0),
        ),
    ),
    Row(
        "decide-payment-status",
        "Deciding API 1, one notice",
        LIBRARIES,
        partial(deciding, payment_status_ours, lambda peer: peer.payment_status(NUMBERS)),
        (FAST,),
    ),
    Row(
        "decide-court-notices",
        "Deciding API 2, one notice moved and suspended",
        LIBRARIES,
        partial(deciding, court_notices_ours, lambda peer: peer.court_notices(UPDATES, NOW)),
        (FAST,),
    ),
    Row(
        "decide-plus-query",
        "Deciding API 4, one notice",
        LIBRARIES,
        partial(deciding, plus_query_ours, lambda peer: peer.plus_query(NUMBERS, NOW)),
        (FAST,),
    ),
)
