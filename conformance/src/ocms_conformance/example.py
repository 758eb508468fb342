"""One example of the property level: rows put in, calls made one after the other, and what was done."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
from attrs import define, evolve, field, frozen

from ocms_conformance.case import Ask
from ocms_conformance.given_notices import GivenNotice, Numbers, rows_of_notices
from ocms_conformance.requests import REQUEST_ID
from ocms_conformance.rows import Database, PutRows, Rows
from ocms_conformance.runner import Runner
from ocms_conformance.target import Credential, NotTried
from ocms_conformance.templates import now

IDENTITIES = 3


@frozen
class Answered:
    """The answer to a call; `json` is None for one that is no JSON, `status` 0 where none came."""

    status: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    json: Any = None

    @property
    def succeeded(self) -> bool:
        """Whether it is no refusal."""
        return httpx.codes.OK <= self.status < httpx.codes.BAD_REQUEST


@frozen
class PutStep:
    """Rows that were put in."""

    given: Mapping[str, list[dict[str, Any]]]


@frozen
class AskStep:
    """A call that was made; with the same `request_id` as another one it is a repeat of it."""

    ask: Ask
    request_id: str = ""


@define
class Example:
    """One example on a target; `steps` are what has been done so far."""

    runner: Runner
    numbers: Numbers
    put_rows: PutRows | None
    steps: list[PutStep | AskStep] = field(factory=list)
    _credentials: dict[tuple[str, str], Credential] = field(factory=dict)

    @property
    def database(self) -> Database:
        """The database of the target. Raises `NotTried` where it gives none."""
        if self.put_rows is None:
            raise NotTried("it needs rows, and the target gives no database")
        return self.put_rows.database

    def put(self, *notices: GivenNotice, numbers: Numbers | None = None) -> None:
        """Put the rows of notices in, with the first numbers unless others are given."""
        self.put_exactly(rows_of_notices(notices, numbers or self.numbers, now()))

    def put_copy(self, notice: GivenNotice, number: str) -> None:
        """Put the rows of a notice in once more, with another number of the example."""
        self.put(notice, numbers=evolve(self.numbers, notices=(number,)))

    def put_exactly(self, given: Mapping[str, list[dict[str, Any]]]) -> None:
        """Put rows in."""
        if self.put_rows is None:
            raise NotTried("it needs rows, and the target gives no database")
        self.put_rows.put(given, {})
        self.steps.append(PutStep(given))

    def rows(self) -> Rows:
        """Return every row of its notices and identities."""
        return self.database.rows_about(self.numbers.all)

    def given_numbers(self, notices: int) -> Numbers:
        """Return the numbers of the example, of its notices the first ones."""
        return evolve(self.numbers, notices=self.numbers.notices[:notices])

    def ask(
        self,
        ask: Ask,
        headers: Mapping[str, str] | None = None,
        *,
        request_id: str = "",
        same_caller: bool = False,
    ) -> Answered:
        """
        Make a call with the least used credential of its role.

        The credential is the one that the example has used before for a `same_caller`, with `headers` or a
        `request_id`, as a key is known of one caller alone. Raises `NotTried`.
        """
        ask = evolve(ask, headers={**ask.headers, **(headers or {})})
        same_caller = same_caller or bool(headers or request_id)
        credential = self._credential(ask, same=same_caller)
        text = "" if ask.json is ... else json.dumps(ask.json).replace(REQUEST_ID, request_id or str(uuid4()))
        self.steps.append(AskStep(ask, request_id))
        sent = {
            **ask.headers,
            **credential.headers(),
            **({"Content-Type": "application/json"} if text else {}),
        }
        try:
            answer = self.runner.send(ask, ask.path, sent, text.encode(), credential)
        except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError) as error:
            return Answered(0, f"{type(error).__name__}: {error}".encode(), {})
        try:
            document = json.loads(answer.content, parse_float=Decimal)
        except ValueError:
            document = None
        return Answered(answer.status_code, answer.content, answer.headers, document)

    def _credential(self, ask: Ask, *, same: bool) -> Credential:
        role, kind = str(ask.role), str(ask.credential)
        if not same or (role, kind) not in self._credentials:
            # A path that ends with a fresh number has never been called, and is no path of its own.
            path = ask.path
            for number in self.numbers.all:
                path = path.replace(number, "")
            credentials = self.runner.credentials
            self._credentials[role, kind] = credentials.choose(role, kind, path, ())
            if path != ask.path:
                credentials.note(self._credentials[role, kind], path)
        return self._credentials[role, kind]


@contextmanager
def example_on(runner: Runner, notices: int) -> Iterator[Example]:
    """Yield an example with fresh numbers; its rows are taken out at the end."""
    numbering = runner.numbering
    numbered = tuple(numbering.notice() for _ in range(notices))
    identities = tuple(numbering.identity() for _ in range(IDENTITIES))
    numbers = Numbers(numbered, identities, vehicle=f"S{numbered[0]}")
    put = PutRows(runner.database) if runner.database is not None else None
    try:
        yield Example(runner, numbers, put)
    finally:
        if put is not None:
            put.take_back(numbers.all)
