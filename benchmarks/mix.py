"""Four kinds of calls at once, as a working day mixes them: APIs 1 and 4, searches and details, 8 callers."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from itertools import chain, cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from benchmarks.court import (
    NOTICE_INFO,
    PAYMENT_STATUS,
    api_keys,
    asked_of,
    batches,
    forget_calls,
    give_keys,
    programs_of_builds,
)
from benchmarks.frame import BEFORE, OURS, Bar, Ready, Row, count, rate_of
from benchmarks.ground import Ground, notice_no, outside_transactions
from benchmarks.http import Client, Lane, request, sent_without_body
from benchmarks.memory import with_descendants
from benchmarks.serving import client_of, running
from benchmarks.stages import drawn
from ocms_core.kernel.access import OPERATIONS, Operation, Role
from ocms_core.kernel.dates import SINGAPORE
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind

CALLERS = 8
SEARCH, DETAILS = "/ocms/v1/change-processing-stage/search", "/api/v1/notice/offender"
KINDS = ("API 1, 500 notices", "API 4, 100 notices", "search by identity", "details of a notice")
NUMBERS = re.compile(r'"noticeNo": "(\w+)"')


@frozen
class Server:
    """A served build: its client and its process."""

    client: Client
    pid: int

    def processor_microseconds(self, lanes: Sequence[Lane]) -> float:
        """Return the processor time its processes take for one call of some lanes, in microseconds."""
        before = processor_seconds(self.pid)
        self.client.run(lanes)
        return (processor_seconds(self.pid) - before) * 1e6 / sum(map(len, lanes))


def processor_seconds(pid: int) -> float:
    """Return the processor time that the threads of a process and of those it has started have taken."""
    tasks = (task for process in with_descendants(pid) for task in Path(f"/proc/{process}/task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def calls_by_kind(ground: Ground, keys: str) -> Mapping[str, list[list[bytes]]]:
    """Return the calls of each kind, as many of each for every caller, who has keys and tokens of its own."""
    each = max(1, ground.size.calls // CALLERS)
    of_a_key = OPERATIONS[Operation.GET_PAYMENT_STATUS].limit.calls * 4 // 5
    now, issuer = datetime.now(SINGAPORE), DevIssuer(Path(keys), switched_on=True)

    def bearers(name: str, role: Role, kind: CallerKind) -> Iterator[Mapping[str, str]]:
        for number in range(CALLERS):
            token = issuer.token(f"{name}{number}", role, kind=kind, now=now)
            yield from [{"Authorization": f"Bearer {token}"}] * each

    issued = islice(api_keys(ground, keys), -(-CALLERS * each // of_a_key))
    cas = chain.from_iterable([headers] * of_a_key for headers in issued)
    plus, officers = (
        list(bearers(*caller))
        for caller in (("plus", Role.PLUS, CallerKind.CLIENTS), ("USER", Role.OIC, CallerKind.STAFF))
    )
    people = [f"S{n:07}A" for n in range(1, CALLERS * each + 1)]
    numbers = [notice_no(n) for n in range(1, CALLERS * each + 1)]
    by_kind = (
        [
            asked_of(path, headers, number, batch, {})
            for number, (headers, batch) in enumerate(
                zip(callers, batches(ground, CALLERS * each, items), strict=False)
            )
        ]
        for path, callers, items in ((PAYMENT_STATUS, cas, 500), (NOTICE_INFO, plus, 100))
    )
    searches = [
        request(SEARCH, headers, {"idNo": id_no}) for headers, id_no in zip(officers, people, strict=True)
    ]
    details = [
        sent_without_body(f"{DETAILS}/{number}", headers)
        for headers, number in zip(officers, numbers, strict=True)
    ]
    return {
        kind: [calls[start : start + each] for start in range(0, len(calls), each)]
        for kind, calls in zip(KINDS, (*by_kind, searches, details), strict=True)
    }


def mixed(by_kind: Mapping[str, Sequence[Sequence[bytes]]]) -> list[Lane]:
    """Return a lane for each caller, in which the kinds take turns, each lane beginning with another one."""
    lanes: list[Lane] = []
    for caller in range(CALLERS):
        of_caller = [iter(calls[caller]) for calls in by_kind.values()]
        start = caller % len(of_caller)
        in_turn = cycle([*of_caller[start:], *of_caller[:start]])
        many = sum(len(calls[caller]) for calls in by_kind.values())
        lanes.append([next(calls) for calls in islice(in_turn, many)])
    return lanes


@contextmanager
def serving(ground: Ground, keys: str) -> Iterator[Mapping[str, Server]]:
    """Serve this build, and the one before on databases of its own; notices and people are in both."""
    drawn(ground, 1)
    with ExitStack() as held:
        servers = {}
        for build in ground.builds:
            outside_transactions(build.engine, "VACUUM (ANALYZE)", "CHECKPOINT")
        for name, program in programs_of_builds(ground, keys).items():
            process, port = held.enter_context(running(program))
            servers[name] = Server(held.enter_context(client_of(process, port)), process.pid)
        yield servers


def agree(servers: Mapping[str, Server], calls: Sequence[bytes]) -> None:
    """Raise where servers answer with other notices."""
    for sent in calls:
        notices = [
            sorted(NUMBERS.findall(json.dumps(server.client.ask(sent)))) for server in servers.values()
        ]
        if not notices[0] or any(each != notices[0] for each in notices):
            raise AssertionError("The contenders do not agree.")


@contextmanager
def mix(ground: Ground) -> Iterator[Ready]:
    """The four kinds in equal numbers, from 8 callers at once."""
    with TemporaryDirectory() as keys, serving(ground, keys) as servers:
        lanes = mixed(calls_by_kind(ground, keys))
        give_keys(ground)
        agree(servers, lanes[0][: len(KINDS)])

        def processor_share() -> float:
            spent = dict.fromkeys(servers, 0.0)
            for _ in range(max(1, ground.size.rounds // 3)):
                for name, server in servers.items():
                    forget_calls(ground)
                    spent[name] += server.processor_microseconds(lanes)
            return spent[OURS] / spent[BEFORE]

        yield Ready(
            {name: partial(server.client.run, lanes) for name, server in servers.items()},
            {"processor share": processor_share} if BEFORE in servers else {},
            between=partial(forget_calls, ground),
        )


ROWS = (
    Row(
        "mix",
        "A call of a mix: API 1 of 500, API 4 of 100, search by identity, details; by 8 callers at once",
        {
            OURS: "Everything: key or token, rate limit, checks, access records, log lines; one worker",
        },
        mix,
        (
            Bar("at least twice the rate of the build before", rate_of(BEFORE), at_least=2, beside=BEFORE),
            Bar(
                "at most half the server's processor time of the build before",
                count("processor share"),
                at_most=0.5,
                beside=BEFORE,
            ),
        ),
    ),
)
