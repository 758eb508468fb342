"""An example server: answers the requests of the cases as they say, for callers without an OCMS at hand."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field, frozen

from ocms_conformance.case import Call, Case
from ocms_conformance.target import body_of
from ocms_conformance.templates import Moment, now

EXAMPLE = "OCMS-Example"
CALLERS: Mapping[int, str] = {1: "OFFICER1", 2: "OFFICER2"}
SUM = re.compile(r'"\$sum:(-?[0-9.]+)"')
NOT_FOUND, SUCCESSES, REDIRECTS = 404, 200, 300
# What differs in each call and is no reason for another answer.
IDENTIFIES = ("requestId", "requestTimestamp")


@frozen
class Example:
    """A request of a case with its answer; `name` chooses it."""

    name: str
    rules: tuple[str, ...]
    call: Call

    @property
    def is_success(self) -> bool:
        """Whether the answer is no refusal."""
        return SUCCESSES <= self.call.says.status < REDIRECTS

    def content(self) -> bytes:
        """Return the answer's body, with moments of now."""
        if self.call.says.json is ...:
            return b""
        moment = now()
        shown = Moment(moment, moment, CALLERS).written(shown_value(self.call.says.json))
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        return SUM.sub(r"\1", text).encode()


def shown_value(value: Any) -> Any:
    """Return an expected value as an example: what is open has the specification's own example."""
    if isinstance(value, list):
        return [shown_value(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    for hole in ("$any", "$own", "$starts"):
        if hole in value:
            return shown_value(value[hole])
    if "$sum" in value:
        return f"$sum:{value['$sum']}"
    return {name: shown_value(each) for name, each in value.items()}


def body_key(content: bytes) -> str:
    """Return what tells a body from another, whatever its white space and its request id."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content.decode(errors="replace")
    if isinstance(document, dict):
        document = {name: value for name, value in document.items() if name not in IDENTIFIES}
    return json.dumps(document, sort_keys=True)


@define
class Examples:
    """The examples of all cases, by what is asked."""

    by_request: dict[tuple[str, str, str], list[Example]] = field(factory=dict)
    by_path: dict[tuple[str, str], list[Example]] = field(factory=dict)

    def add(self, cases: Iterable[Case]) -> "Examples":
        """Add the calls of cases that carry a credential."""
        for case in cases:
            for call in case.calls:
                if call.ask.role is None or call.ask.altered:
                    continue
                example = Example(case.name, tuple(case.rule), call)
                method, path = call.ask.method, call.ask.path
                key = body_key(body_of(call.ask, call.ask.json))
                self.by_request.setdefault((method, path, key), []).append(example)
                self.by_path.setdefault((method, path), []).append(example)
        return self

    def choose(self, method: str, path: str, content: bytes, name: str | None) -> Example | None:
        """
        Return the example for a request.

        It is the one named; else one with the same body; else the first success of the path.
        """
        there = self.by_path.get((method, path), [])
        if name is not None:
            return next((each for each in there if each.name == name), None)
        same = self.by_request.get((method, path, body_key(content)), [])
        candidates = [each for each in same if each.is_success] or same
        candidates = candidates or [each for each in there if each.is_success] or there
        return candidates[0] if candidates else None


class Handler(BaseHTTPRequestHandler):
    """Answers one request with an example."""

    protocol_version = "HTTP/1.1"

    def __init__(self, examples: Examples, *given: Any) -> None:
        self.examples = examples
        super().__init__(*given)

    def answer(self) -> None:
        """Answer a request of any method; the header `OCMS-Example` names the example in both directions."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        example = self.examples.choose(self.command, self.path, content, self.headers.get(EXAMPLE))
        if example is None:
            names = {each.name for each in self.examples.by_path.get((self.command, self.path), [])}
            told = {"message": "No example for this request", "examples": sorted(names)}
            self.write(NOT_FOUND, json.dumps(told).encode(), {})
        else:
            self.write(example.call.says.status, example.content(), {EXAMPLE: example.name})

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815  # the names http.server looks for

    def write(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        """Write an answer."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value.encode("ascii", "replace").decode())
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002  # as http.server has it
        """Log nothing."""


def mock_server(cases: Iterable[Case], host: str, port: int) -> ThreadingHTTPServer:
    """Return a server of the examples, listening and not yet serving."""
    return ThreadingHTTPServer((host, port), partial(Handler, Examples().add(cases)))
