"""Runs cases against a target."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
from attrs import define, evolve, field, frozen
from sqlalchemy.exc import SQLAlchemyError

from ocms_conformance.case import Ask, Call, Case, JobCase, in_order_of_need
from ocms_conformance.comparison import Difference, differences
from ocms_conformance.jobs import JobRuns
from ocms_conformance.numbering import Numbering
from ocms_conformance.results import Outcome, Result
from ocms_conformance.rows import Database, PutRows, differences_of_rows, open_database
from ocms_conformance.target import Credential, Credentials, NotTried, Target, body_of, send
from ocms_conformance.templates import FreshNumbers, Moment, now

TOO_MANY_REQUESTS = 429
LIMIT_USED_UP = "the limit of calls of the target's credentials is used up"
# How a remark begins that tells of a text of this product's own.
OWN_WORDS = "in this product's own words"


@define
class Runner:
    """Runs cases one by one."""

    target: Target
    client: httpx.Client
    database: Database | None
    credentials: Credentials
    numbering: Numbering = field(factory=Numbering)

    def run(self, cases: Iterable[Case]) -> Iterator[Result]:
        """Yield the result of each case, first of those that need a credential that has made no call."""
        for case in in_order_of_need(cases):
            began = time.monotonic()
            try:
                result = self._try(case)
            except NotTried as reason:
                result = Result(case, Outcome.NOT_TRIED, str(reason))
            except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError) as error:
                missing = Difference("answer", "an answer", f"{type(error).__name__}: {error}")
                result = Result(case, Outcome.FAILED, differences=(missing,))
            except (httpx.TransportError, SQLAlchemyError) as error:
                what = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
                result = Result(case, Outcome.NOT_TRIED, what)
            yield evolve(result, seconds=time.monotonic() - began)

    def run_jobs(self, cases: Iterable[JobCase]) -> Iterator[Result]:
        """Yield the result of each case that runs a job; a job is run once for all of its cases."""
        yield from JobRuns(self.target, self.database, self.numbering).run(cases)

    def send(
        self,
        ask: Ask,
        path: str,
        headers: Mapping[str, str],
        content: bytes,
        credential: Credential | None,
        *,
        limited: bool = False,
    ) -> httpx.Response:
        """
        Make a call; where it comes too often, wait as long as the answer says, if the target allows it.

        `limited`: that it comes too often is what is looked at. Raises `NotTried` where it may not wait.
        """
        while True:
            if credential is not None:
                self.credentials.note(credential, path)
            answer = send(self.client, ask, path, headers, content)
            if answer.status_code != TOO_MANY_REQUESTS or limited:
                return answer
            seconds = answer.headers.get("Retry-After", "")
            if not self.target.wait or not seconds.isdecimal():
                raise NotTried(f"{LIMIT_USED_UP}: give more of the role {ask.role}, or wait = true")
            time.sleep(int(seconds) + 1)

    def _try(self, case: Case) -> Result:
        if case.needs_rows and self.database is None:
            raise NotTried("it needs rows, and the target gives no database")
        if case.needs_reference_data and not self.target.reference_data:
            raise NotTried("it changes reference data, which the target does not allow")
        self._check_tables(case)
        fresh = self.numbering.numbers_for(case)
        callers, run = self._callers(case, fresh), self.numbering.notice()
        put = PutRows(self.database) if self.database is not None else None
        found: list[Difference] = []
        try:
            for number, call in enumerate(case.calls, 1):
                made = CallMade(self, case, call, fresh, callers, run)
                where = f"call {number}: " if len(case.calls) > 1 else ""
                found += [evolve(each, place=f"{where}{each.place}") for each in made.differences(put)]
        finally:
            if put is not None:
                put.take_back(list(fresh.instead.values()))
        remarks = [f"{OWN_WORDS}, {each}" for each in found if each.own]
        if put is None and case.leaves_rows:
            remarks.append("the rows it leaves were not looked at: the target gives no database")
        failed = tuple(each for each in found if not each.own)
        return Result(case, Outcome.FAILED if failed else Outcome.PASSED, "", failed, tuple(remarks))

    def _check_tables(self, case: Case) -> None:
        if self.database is None:
            return
        for call in case.calls:
            for table in (*call.given, *call.gone, *(leaf.table for leaf in call.leaves)):
                if table not in self.database.tables:
                    raise NotTried(f"the target's database has no table {table}")

    def _callers(self, case: Case, fresh: FreshNumbers) -> dict[int, Credential]:
        """Return a credential for each caller of a case."""
        chosen: dict[int, Credential] = {}
        for call in case.calls:
            ask = call.ask
            if ask.role is None or ask.credential is None or ask.caller in chosen:
                continue
            path = fresh.text(ask.path)
            credential = self.credentials.choose(ask.role, ask.credential, path, chosen.values())
            if case.calls_often and not self.credentials.unused(credential, path):
                raise NotTried(f"it needs a credential of the role {ask.role} that has made no call yet")
            chosen[ask.caller] = credential
        return chosen


@frozen
class CallMade:
    """One call of a case as made on a target."""

    runner: Runner
    case: Case
    call: Call
    fresh: FreshNumbers
    callers: Mapping[int, Credential]
    run: str

    def differences(self, put: PutRows | None) -> Iterator[Difference]:
        """Put the rows, make the call, and yield where answer and rows are not as expected."""
        names = {number: each.name for number, each in self.callers.items()}
        began = now()
        moment = Moment(began, began, names, self.run)
        written = partial(self._written, moment)
        if put is not None and (self.call.given or self.call.gone):
            put.put(written(self.call.given), written(self.call.gone))
        numbers = list(self.fresh.instead.values())
        before = put.database.rows_about(numbers) if put is not None else {}
        answer = self._answer(moment)
        moment = Moment(began, now(), names, self.run)
        says = self.call.says
        if answer.status_code != says.status:
            yield Difference("status", says.status, f"{answer.status_code} {answer.text[:300]}")
        else:
            yield from self._differences_of_answer(answer, moment)
        if put is not None:
            after = put.database.rows_about(numbers)
            leaves = [
                evolve(
                    leaf,
                    key=self.fresh.value(leaf.key),
                    added=self.fresh.value(leaf.added),
                    changed=self.fresh.value(leaf.changed),
                )
                for leaf in self.call.leaves
            ]
            yield from differences_of_rows(before, after, leaves, moment)

    def _written(self, moment: Moment, value: Any) -> Any:
        return moment.written(self.fresh.value(value))

    def _answer(self, moment: Moment) -> httpx.Response:
        """Make the call."""
        ask, runner = self.call.ask, self.runner
        path = self._written(moment, ask.path)
        credential = self.callers.get(ask.caller)
        headers = self._written(moment, ask.headers)
        if credential is not None:
            headers |= credential.headers(ask.altered)
        text = ask.text if ask.text is None else self._written(moment, ask.text)
        document = ... if ask.json is ... else self._written(moment, ask.json)
        content = body_of(evolve(ask, text=text), document)
        limited = self.call.says.status == TOO_MANY_REQUESTS
        return runner.send(ask, path, headers, content, credential, limited=limited)

    def _differences_of_answer(self, answer: httpx.Response, moment: Moment) -> Iterator[Difference]:
        says = self.call.says
        for name, value in says.headers.items():
            yield from differences(
                self.fresh.value(value), answer.headers.get(name), moment, f"header {name}"
            )
        if says.json is ...:
            return
        try:
            document = json.loads(answer.content, parse_float=Decimal)
        except ValueError:
            yield Difference("answer", says.json, answer.text[:300])
            return
        yield from differences(self.fresh.value(says.json), document, moment)
        if says.compact and (answer.content[:1].isspace() or answer.content[-1:].isspace()):
            yield Difference("answer", "no white space around it", answer.text[:40])


@contextmanager
def opened(target: Target) -> Iterator[Runner]:
    """Yield a runner for a target, with its connections open for as long as the block lasts."""
    database = open_database(target.database) if target.database else None
    with httpx.Client(base_url=target.url, timeout=target.timeout_seconds, trust_env=False) as client:
        try:
            yield Runner(target, client, database, Credentials(target.credentials))
        finally:
            if database is not None:
                database.engine.dispose()
