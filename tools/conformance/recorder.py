"""
A plugin of pytest that records what the tests of the specification ask over HTTP, and what they look at.

Each test is run once as it is, then with alterations of what it got to see, many at once and parts of those
that it fails of; the alterations that make it fail by themselves name the values it asserts.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest
from _pytest.runner import runtestprotocol
from attrs import define, evolve, field
from sqlalchemy import Engine, delete, insert, select

from ocms_adapters.sql.credentials import SqlCredentials
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import Job
from ocms_conformance.target import ALTERED
from ocms_core.jobs.runs import RunOutcome, SkipReason
from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind
from tests.support.http_server import Served, now
from tools.conformance import RULES_OF_CALLS
from tools.conformance.alterations import Alteration, alterations, apply_all, failing
from tools.conformance.not_printed import NO_CASE
from tools.conformance.recording import (
    RUN,
    TABLES,
    Credential,
    Exchange,
    Recording,
    Rows,
    differences,
    kept_headers,
    snapshot,
)

# A test with more requests is about the amount of them, and looks at the last.
LAST_EXCHANGES = 12
# How often a test is run at most to learn what it looks at.
MOST_RUNS = 400
# Paths of this product alone, such as the end of a test may look at.
OWN_PATHS = {"/metrics", "/health/live", "/health/ready"}
# The characters of a key's secret; those of a token are of its signature.
SECRET = 43
AUTHORIZATION, API_KEY = "authorization", "x-api-key"
CLIENTS_OWN = {
    *("host", "accept", "accept-encoding", "connection", "user-agent", "content-length"),
    *(AUTHORIZATION, API_KEY),
}

Recorded = Callable[[pytest.Item, Recording, set[Alteration]], None]


@define(eq=False)
class Recorder:
    """Records each test; `recorded` takes it with the alterations that made it fail."""

    recorded: Recorded
    not_recorded: Callable[[pytest.Item, str], None]
    recording: Recording = field(factory=lambda: Recording({}))
    altered: Sequence[Alteration] = ()
    credentials: dict[str, Credential] = field(factory=dict)
    engine: Engine | None = None
    fresh: Rows = field(factory=dict)
    fresh_rows: dict[str, list[dict[str, Any]]] = field(factory=dict)
    calls: int = 0
    runs: int = 0
    error: Exception | None = None
    looked_at: dict[Any, set[Alteration]] = field(factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """Take over the database of a server that has just been started."""
        served = yield
        if fixturedef.argname == "running":
            self.engine = served.deployment.engine
            self.fresh = snapshot(self.engine)
            with self.engine.connect() as connection:
                self.fresh_rows = {
                    name: [dict(row) for row in connection.execute(select(table)).mappings()]
                    for name, table in TABLES.items()
                }
        return served

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Return whether a phase of a test passed: nobody reads why it did not, which takes long to say."""
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="passed" if call.excinfo is None else "failed",
            longrepr=None,
            when="call" if call.when == "collect" else call.when,
        )

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test as it is, then with each alteration."""
        session = item.session
        if why := not_recorded(item):
            self.not_recorded(item, why)
            return True
        if self._run(item):
            recording = self.recording
            self.recorded(item, recording, self._looked_at(item, recording))
        else:
            self.not_recorded(item, "it does not pass while its calls are recorded")
        session._setupstate.teardown_exact(nextitem)  # noqa: SLF001  # as pytest itself does after a test
        return True

    def _looked_at(self, item: pytest.Item, recording: Recording) -> set[Alteration]:
        """
        Return the alterations a test fails of.

        Who looks at the text of an answer, or at the whole document, looks at every value in it; and a test
        looks at the same places each time it gets other values.
        """
        last = range(len(recording.exchanges))[-LAST_EXCHANGES:]
        chosen = tuple(each for each in alterations(recording) if each.exchange in last)
        if {rule for mark in item.iter_markers("rule") for rule in mark.args} <= RULES_OF_CALLS:
            # What is left in rows is for other rules to say; that nothing else is, a run looks at anyway.
            chosen = tuple(each for each in chosen if each.kind != "row")
        known = (getattr(item, "obj", None), tuple(each.status for each in recording.exchanges), chosen)
        if known not in self.looked_at:
            found: set[Alteration] = set()
            self.runs = 0
            for number in reversed(last):  # a test looks at the last most
                found |= self._failing(item, [each for each in chosen if each.exchange == number])
            if self.runs > MOST_RUNS:
                print(f"{item.name}: not all of what it may look at has been altered")
            self.looked_at[known] = found
        return self.looked_at[known]

    def _failing(self, item: pytest.Item, chosen: Sequence[Alteration]) -> set[Alteration]:
        """Return the alterations of one exchange that a test fails of."""
        of_all = [each for each in chosen if each.kind in {"text", "whole"}]
        found = {each for each in of_all if not self._run(item, [each])}
        others = [each for each in chosen if each not in of_all and not (found and each.kind == "value")]
        return found | failing(others, partial(self._fails, item))

    def _fails(self, item: pytest.Item, altered: Sequence[Alteration]) -> bool:
        """Return whether a test fails of alterations; after too many runs nothing counts as looked at."""
        self.runs += 1
        return self.runs <= MOST_RUNS and not self._run(item, altered)

    def _run(self, item: pytest.Item, altered: Sequence[Alteration] = ()) -> bool:
        if not altered:
            self._restore()
        self.recording, self.altered, self.calls = Recording({}), altered, 0
        reports = runtestprotocol(item, log=False, nextitem=Sibling(item))  # type: ignore[arg-type]
        if self.error is not None:
            raise self.error  # else an alteration that cannot be made would count as looked at
        return all(report.passed for report in reports)

    def _restore(self) -> None:
        """Put the tables back to what they were in a system nobody has called."""
        if self.engine is None:
            return
        with self.engine.begin() as connection:
            for name, table in reversed(TABLES.items()):
                connection.execute(delete(table))
                if self.fresh_rows[name]:
                    connection.execute(insert(table), self.fresh_rows[name])

    def answered(self, send: Callable[[], httpx.Response], request: httpx.Request) -> httpx.Response:
        """Send a request of a test, note what is seen of it, and alter that."""
        if self.engine is None or request.url.path in OWN_PATHS:
            return send()
        if not self.altered:
            answer = self._noted(send, request, self.engine)
        else:
            answer = send()
            if self.altered[0].exchange == self.calls:
                self._alter(answer, self.engine)
        self.calls += 1
        return answer

    def job_ended(self, run: Callable[[], RunOutcome | SkipReason], job: str, at: datetime) -> Any:
        """Run a job of a test at a moment, note what is seen of it, and alter that."""
        if self.engine is None:
            return run()
        if not self.altered:
            before, last = snapshot(self.engine), self.recording.rows or self.fresh
            ended = run()
            after = snapshot(self.engine)
            self.recording.exchanges.append(
                Exchange(
                    given=differences(last, before),
                    method=RUN,
                    path=job,
                    headers={},
                    body=b"",
                    credential=None,
                    status=0,
                    answered={},
                    content=b"",
                    leaves=differences(before, after),
                    now=at,
                )
            )
            self.recording.rows = after
        else:
            ended = run()
            if self.altered[0].exchange == self.calls:
                self._alter(None, self.engine)
        self.calls += 1
        return ended

    def _alter(self, answer: httpx.Response | None, engine: Engine) -> None:
        try:
            apply_all(self.altered, answer, engine)
        except Exception as error:
            self.error = error
            raise

    def _noted(
        self, send: Callable[[], httpx.Response], request: httpx.Request, engine: Engine
    ) -> httpx.Response:
        before, last = snapshot(engine), self.recording.rows or self.fresh
        answer = send()
        after = snapshot(engine)
        unknown = {
            name: request.headers[name]
            for name in (AUTHORIZATION, API_KEY)
            if name in request.headers and self._credential(request) is None
        }
        headers = {name: value for name, value in request.headers.items() if name not in CLIENTS_OWN}
        self.recording.exchanges.append(
            Exchange(
                given=differences(last, before),
                method=request.method,
                path=request.url.raw_path.decode(),
                headers=headers | unknown,
                body=request.content,
                credential=self._credential(request),
                status=answer.status_code,
                answered=kept_headers(answer.headers),
                content=answer.content,
                leaves=differences(before, after),
                now=now(),
            )
        )
        self.recording.rows = after
        return answer

    def _credential(self, request: httpx.Request) -> Credential | None:
        value = request.headers.get(API_KEY) or request.headers.get(AUTHORIZATION, "").removeprefix("Bearer ")
        if value in self.credentials:
            return self.credentials[value]
        made = ((issued, how_altered(issued, value)) for issued in self.credentials)
        return next((evolve(self.credentials[issued], altered=how) for issued, how in made if how), None)


def how_altered(issued: str, value: str) -> str | None:
    """Return how a credential differs from one that was issued, in the kit's words; None where it is none."""
    if len(value) == len(issued) and value[:-SECRET] == issued[:-SECRET]:
        return "another end"
    return next((how for how in ("cut short", "too long") if value == ALTERED[how](issued)), None)


def not_recorded(item: pytest.Item) -> str:
    """Return why a test can be no case whatever it asks; an empty text where it may be one."""
    function, parameters = getattr(item, "originalname", item.name), getattr(item, "callspec", None)
    last = parameters.id.rpartition("-")[2] if parameters else ""
    if reason := NO_CASE.get(function) or NO_CASE.get(f"{function}[{last}]"):
        return reason
    if hasattr(getattr(item, "obj", None), "hypothesis"):
        return "it draws what it sends: a law, not a case"
    if "beside" in getattr(item, "fixturenames", ()):
        return "it calls two servers at once"
    return ""


@define
class Sibling:
    """Another test of the same module, for pytest to keep what the tests of the module share."""

    item: pytest.Item

    def listchain(self) -> list[Any]:
        """Return what both are in."""
        return self.item.listchain()[:-1]


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Let a recorder see requests to a served system, jobs and credentials for a block."""
    patch = pytest.MonkeyPatch()
    send, issue, sign = httpx.Client.send, SqlCredentials.issue, DevIssuer.token
    run = JobRunner.run
    made, clients = Served.__attrs_post_init__, set[int]()

    def noted_server(served: Served) -> None:
        made(served)
        clients.add(id(served.http))

    def noted_send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if id(client) not in clients:
            return send(client, request, **options)
        return recorder.answered(lambda: send(client, request, **options), request)

    def noted_issue(self: SqlCredentials, client: str, role: Role, **options: Any) -> str:
        key = issue(self, client, role, **options)
        recorder.credentials[key] = Credential(role.value, "key", key)
        return key

    def noted_token(self: DevIssuer, subject: str, role: Role, *, kind: CallerKind, **options: Any) -> str:
        token = sign(self, subject, role, kind=kind, **options)
        recorder.credentials[token] = Credential(role.value, "token", subject)
        return token

    def noted_run(self: JobRunner, job: Job, **options: Any) -> RunOutcome | SkipReason:
        return recorder.job_ended(lambda: run(self, job, **options), job.name, self.now())  # type: ignore[no-any-return]

    with patch.context() as patches:
        patches.setattr(JobRunner, "run", noted_run)
        patches.setattr(httpx.Client, "send", noted_send)
        patches.setattr(SqlCredentials, "issue", noted_issue)
        patches.setattr(DevIssuer, "token", noted_token)
        patches.setattr(Served, "__attrs_post_init__", noted_server)
        yield
