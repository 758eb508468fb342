"""What a process costs before it does anything, and what a server holds while it works."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from attrs import evolve

from benchmarks.core import CACHING
from benchmarks.court import (
    PAYMENT_STATUS,
    api_keys,
    batches,
    forget_calls,
    give_keys,
    lanes,
    programs_of_builds,
)
from benchmarks.frame import OURS, TYPICAL, Bar, Ready, Row, count, milliseconds
from benchmarks.ground import ROOT, Ground, outside_transactions
from benchmarks.memory import megabytes_of_processes
from benchmarks.serving import Program, client_of, running, wait_for
from ocms_core.kernel.access import OPERATIONS, Operation

INSTALLED = ".tools/served"


@cache
def ocms(checkout: Path = ROOT) -> str:
    """
    Give the command `ocms` of an environment that has what a deployment of a build has, and nothing else.

    The one of the tests and peers has pydantic besides, which Litestar loads wherever it finds it.
    """
    bring = [sys.executable, str(ROOT / "tools/bring_uv.py")]
    uv = subprocess.run(bring, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    sync = [uv, "sync", "--quiet", "--locked", "--compile-bytecode", "--python", sys.executable]
    extras = ["--no-default-groups", "--extra", "server", "--extra", "postgres"]
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": INSTALLED}
    subprocess.run([*sync, *extras], cwd=checkout, env=environment, check=True)
    return str(checkout / INSTALLED / "bin/ocms")


def programs(ground: Ground, keys: str) -> dict[str, Program]:
    """Give OCMS as `ocms serve` starts it, the typical peer, and the build before where it is given."""
    peer = "benchmarks.contenders.typical:create"
    builds = {
        name: evolve(program, command=(ocms(program.checkout), "serve"))
        for name, program in programs_of_builds(ground, keys).items()
    }
    typical = Program(peer, {"BENCH_DATABASE": ground.databases.intranet})
    return {OURS: builds[OURS], TYPICAL: typical, **builds}


@contextmanager
def starts(ground: Ground) -> Iterator[Ready]:
    """Measure the time from starting a server to its first answer."""
    with TemporaryDirectory() as keys:
        started = programs(ground, keys)
        # What other rows have written, this command has no key for.
        outside_transactions(ground.engine, "TRUNCATE ocms_audit_row")
        environment = {**CACHING, **started[OURS].environment}
        yield Ready(
            {name: partial(seconds_to_ready, program) for name, program in started.items()},
            {
                "help": partial(processor_milliseconds, ["--help"], environment),
                "explain": partial(processor_milliseconds, ["explain", "500000001J"], environment),
            },
        )


def seconds_to_ready(program: Program) -> float:
    started = perf_counter()
    with running(program) as (process, port):
        wait_for(process, port)
        return perf_counter() - started


def processor_milliseconds(words: Sequence[str], environment: Mapping[str, str]) -> float:
    """Give the median processor time of a command, which other work on the machine does not lengthen much."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([ocms(), *words], env=environment, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return 1000 * median(once() for _ in range(5))


@contextmanager
def memory(ground: Ground) -> Iterator[Ready]:
    """Measure what the processes of a server hold after so many calls of 500 notices."""
    drawn = batches(ground, ground.size.calls, 500)
    each = OPERATIONS[Operation.GET_PAYMENT_STATUS].limit.calls * 4 // 5
    with TemporaryDirectory() as keys, ExitStack() as held:
        started = {name: held.enter_context(running(one)) for name, one in programs(ground, keys).items()}
        clients = {name: held.enter_context(client_of(*server)) for name, server in started.items()}
        callers = [*islice(api_keys(ground, keys), -(-len(drawn) // each))]
        give_keys(ground)
        calls = lanes(PAYMENT_STATUS, [caller for caller in callers for _ in range(each)], drawn, {})

        def held_by(name: str) -> float:
            return megabytes_of_processes(started[name][0].pid)

        yield Ready(
            {name: partial(client.run, calls) for name, client in clients.items()},
            {
                "megabytes": lambda: held_by(OURS),
                "times the peer": lambda: held_by(OURS) / held_by(TYPICAL),
            },
            between=partial(forget_calls, ground),
        )


SERVER = "`ocms serve`, one worker, installed with the extras `server` and `postgres`"
FASTAPI = "FastAPI and the SQLAlchemy ORM under Granian, one worker"

ROWS = (
    Row(
        "start",
        "Starting a server, until it answers",
        {OURS: SERVER, TYPICAL: FASTAPI},
        starts,
        (
            Bar("`ocms --help`: at most 150 ms of processor time", count("help"), at_most=150),
            Bar("`ocms explain`: at most 400 ms of processor time", count("explain"), at_most=400),
            Bar("ready within 1,200 ms", milliseconds, at_most=1_200),
        ),
    ),
    Row(
        "memory",
        "A server under load: what its processes hold after calls of API 1 with 500 notices",
        {OURS: SERVER, TYPICAL: FASTAPI},
        memory,
        (
            Bar("at most 1.3 of the typical peer's memory", count("times the peer"), at_most=1.3),
            Bar("at most 160 MB in all", count("megabytes"), at_most=160),
        ),
    ),
)
