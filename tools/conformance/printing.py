"""A recording as a case of the conformance kit: plain JSON."""

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import define, evolve, field

from tools.conformance.alterations import Alteration, Path
from tools.conformance.own_texts import is_own
from tools.conformance.recording import (
    IDEMPOTENCY_KEY,
    RUN,
    TABLES,
    Credential,
    Exchange,
    Recording,
    RowChange,
)
from tools.conformance.templates import Templates, read_json

MOST_BYTES = 120_000
UNAUTHORISED = 401
# What a link has that only its system can sign.
SIGNED = "signature="
# A body is sent to nobody else with more bytes than these, and one with more than those is written in pieces.
MOST_SENT, LONG_BODY = 5_000_000, 2_000
REPEATED = re.compile(r"(.{1,12}?)\1{19,}", re.DOTALL)
# What another system has to be given its own value of: a notice number, an identity number.
NOTICE_NO = re.compile(r"(?:N-)?[A-Za-z0-9]{2,10}")
IDENTITY = re.compile(r"[A-Z][0-9]{7}[A-Z]")
# An idempotency key that may be longer, and one that means nothing.
USUAL_KEY = re.compile(r"[!-+\--~]{1,200}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What a token or a key of this system has in it.
MADE_OF_CREDENTIALS = re.compile(r"eyJ|ocms_[0-9a-f]{16}_")
# More digits than a floating-point number keeps.
LONG_SUM = re.compile(r"[0-9]{14,}\.[0-9]{2}")
IDENTITIES = ("id_no", "idNo", "owner_id_no")
NOTICES = ("notice_no", "noticeNo", "noticeNos", "noticeNumbers")


class NotForOthers(Exception):
    """A test that no other OCMS can be given; the message says why."""


@define
class Callers:
    """The callers of a case, numbered in the order of their first call."""

    numbers: dict[Credential, int] = field(factory=dict)

    def of(self, exchange: Exchange) -> dict[str, Any]:
        """Return how a call says whose credential it carries; a call without one says nothing."""
        if exchange.credential is None:
            return {}
        if exchange.status == UNAUTHORISED and exchange.credential.kind == "withdrawn":
            raise NotForOthers("a credential is withdrawn")
        issued = evolve(exchange.credential, altered=None)
        number = self.numbers.setdefault(issued, len(self.numbers) + 1)
        whose = {"role": issued.role, "credential": issued.kind, "caller": number}
        return whose | ({"altered": exchange.credential.altered} if exchange.credential.altered else {})


def case_of(
    rules: Iterable[str], sections: Mapping[str, str], name: str, recording: Recording, found: set[Alteration]
) -> dict[str, Any]:
    """Return the case of a test. Raises `NotForOthers`."""
    rules = list(dict.fromkeys(rules))
    if not rules or not recording.exchanges:
        raise NotForOthers("it cites no rule" if not rules else "it makes no call as a client does")
    if any(exchange.method == RUN for exchange in recording.exchanges):
        return job_case_of(rules, sections, name, recording, found)
    callers = Callers()
    calls = [
        call_of(exchange, callers, [each for each in found if each.exchange == number])
        for number, exchange in enumerate(recording.exchanges)
    ]
    case = {
        "rule": rules,
        "section": "; ".join(dict.fromkeys(sections.get(rule, "") for rule in rules)),
        "name": name,
        "fresh": {
            "notice": sorted(values_of(calls, NOTICES, NOTICE_NO)),
            "identity": sorted(values_of(calls, IDENTITIES, IDENTITY)),
        },
        "calls": calls,
    }
    if len(json.dumps(case)) > MOST_BYTES:
        raise NotForOthers("it is too large")
    return case


def job_case_of(
    rules: list[str], sections: Mapping[str, str], name: str, recording: Recording, found: set[Alteration]
) -> dict[str, Any]:
    """Return the case of a test that runs a job, once and nothing else. Raises `NotForOthers`."""
    if len(recording.exchanges) > 1:
        raise NotForOthers("a job is run once for all cases")
    (exchange,) = recording.exchanges
    templates = Templates(exchange.now, {})
    rows = given_of(exchange.given, templates)
    if "gone" in rows:
        raise NotForOthers("rows of another system would have to be away")
    leaves = [leaf_of(change, templates, found) for change in exchange.leaves]
    seen = [{"given": rows, "ask": {}, "leaves": leaves}]
    return {
        "rule": rules,
        "section": "; ".join(dict.fromkeys(sections.get(rule, "") for rule in rules)),
        "name": name,
        "fresh": {
            "notice": sorted(values_of(seen, NOTICES, NOTICE_NO)),
            "identity": sorted(values_of(seen, IDENTITIES, IDENTITY)),
        },
        "job": exchange.path,
        **rows,
        "leaves": leaves,
    }


def call_of(exchange: Exchange, callers: Callers, found: Collection[Alteration]) -> dict[str, Any]:
    """Return one call of a case."""
    whose = callers.of(exchange)
    names = {caller.name: number for caller, number in callers.numbers.items()}
    templates = Templates(exchange.now, names)
    ask = {"method": exchange.method, "path": templates.text(exchange.path), **whose}
    if exchange.headers:
        if any(MADE_OF_CREDENTIALS.search(value) for value in exchange.headers.values()):
            raise NotForOthers("a header is made of tokens or keys of this system")
        ask["headers"] = templates.value(exchange.headers) | key_of_run(exchange.headers)
    call: dict[str, Any] = {"ask": ask | body_of(exchange.body, templates)}
    given = given_of(exchange.given, templates)
    says = says_of(exchange, templates, found)
    leaves = [leaf_of(change, templates, found) for change in exchange.leaves]
    return {**given, **call, "says": says} | ({"leaves": leaves} if leaves else {})


def key_of_run(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the header of an idempotency key as each run of a case has its own; what is no key stays."""
    key = headers.get(IDEMPOTENCY_KEY, "")
    if not USUAL_KEY.fullmatch(key):
        return {}
    return {IDEMPOTENCY_KEY: f"{{run}}-{'key' if UUID.fullmatch(key) else key}"}


def body_of(body: bytes, templates: Templates) -> dict[str, Any]:
    """Return a body as JSON, where it is nothing but JSON, else as text or as bytes."""
    if not body:
        return {}
    if len(body) > MOST_SENT:
        raise NotForOthers("it is too large")
    if len(body) > LONG_BODY and (pieces := pieces_of(body)):
        return {"pieces": pieces}
    try:
        document = json.loads(body)
        texts = [
            json.dumps(document, separators=separators, ensure_ascii=ascii_only, allow_nan=False).encode()
            for separators in ((", ", ": "), (",", ":"))
            for ascii_only in (True, False)
        ]
        if body in texts:
            return {"json": templates.value(document)}
        return {"text": templates.text(body.decode())}
    except (ValueError, RecursionError):
        pass
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def pieces_of(body: bytes) -> list[tuple[str, int]]:
    """Return a body as texts that stand so many times in a row; nothing where that makes it no shorter."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return []
    pieces: list[tuple[str, int]] = []
    place = 0
    for found in REPEATED.finditer(text):
        if found.start() > place:
            pieces.append((text[place : found.start()], 1))
        pieces.append((found[1], len(found[0]) // len(found[1])))
        place = found.end()
    if place < len(text):
        pieces.append((text[place:], 1))
    return pieces if len(json.dumps(pieces)) < len(body) // 10 else []


def given_of(changes: Iterable[RowChange], templates: Templates) -> dict[str, Any]:
    """Return the rows that are there before a call, by table, and those that are gone."""
    rows: dict[str, list[Any]] = {}
    gone: dict[str, list[Any]] = {}
    for change in changes:
        if change.after is None:
            gone.setdefault(change.table, []).append(key_of(change))
        else:
            row = {name: value for name, value in change.after.items() if value is not None}
            if any(LONG_SUM.fullmatch(str(value)) for value in row.values()):
                raise NotForOthers("SQLite, on which it is printed, rounds a sum of it")
            rows.setdefault(change.table, []).append(templates.value(row))
    return ({"given": rows} if rows else {}) | ({"gone": templates.value(gone)} if gone else {})


def says_of(exchange: Exchange, templates: Templates, found: Collection[Alteration]) -> dict[str, Any]:
    """Return what is expected of an answer: its status, and what the test looks at."""
    says: dict[str, Any] = {"status": exchange.status}
    headers = {each.place for each in found if each.kind == "header"}
    missing = [each.place for each in found if each.kind == "no header"]
    if headers or missing:
        says["headers"] = {
            name: {"$any": value} if name == "retry-after" and value.isdecimal() else templates.text(value)
            for name, value in exchange.answered.items()
            if name in headers
        } | dict.fromkeys(sorted(missing))
    try:
        document = read_json(exchange.content)
    except ValueError:
        return says
    places: set[Path] | None = {each.place for each in found if each.kind == "value"}
    if any(each.kind in {"text", "whole"} for each in found):
        places = None
    if any(each.kind == "text" for each in found):
        says["compact"] = True
    return says | {"json": expected(document, (), places, templates)}


def expected(value: Any, path: Path, places: Collection[Path] | None, templates: Templates) -> Any:
    """Return a value as expected, or `{"$any": value}` where the test takes any value of its kind."""
    if isinstance(value, dict) and "$sum" not in value:
        return {name: expected(each, (*path, name), places, templates) for name, each in value.items()}
    if isinstance(value, list):
        items = [
            expected(each, (*path, stand_in(number, len(value), places, path)), places, templates)
            for number, each in enumerate(value)
        ]
        if places is None or path in places:
            return items
        return {"$starts": items} if any(place[: len(path)] == path for place in places) else {"$any": items}
    shown = templates.value(value)
    if (places is not None and path not in places) or (isinstance(value, str) and SIGNED in value):
        return {"$any": shown}
    return {"$own": shown} if is_own(value) else shown


def stand_in(number: int, length: int, places: Collection[Path] | None, path: Path) -> int:
    """Return the item of an array whose alterations were tried for an item."""
    if places is None or any(place[: len(path) + 1] == (*path, number) for place in places):
        return number
    return number if length <= 4 else 0  # noqa: PLR2004  # as the alterations have it


def leaf_of(change: RowChange, templates: Templates, found: Collection[Alteration]) -> dict[str, Any]:
    """Return one row that a call leaves different; `{"$any": value}` where the test takes any value."""
    seen = {
        each.place[2] for each in found if each.kind == "row" and each.place[:2] == (change.table, change.key)
    }
    leaf: dict[str, Any] = {"table": change.table, "key": templates.value(key_of(change))}
    if change.after is None:
        return leaf | {"gone": True}
    columns = {
        name: column_of(value, templates, looked_at=name in seen)
        for name, value in change.columns.items()
        if name not in leaf["key"]
    }
    return leaf | {"added" if change.before is None else "changed": columns}


def column_of(value: Any, templates: Templates, *, looked_at: bool) -> Any:
    """Return a column's value as expected."""
    shown = templates.value(value)
    if not looked_at:
        return {"$any": shown}
    return {"$own": shown} if is_own(value) else shown


def key_of(change: RowChange) -> dict[str, Any]:
    """Return the key of a row by its columns."""
    names = [column.name for column in TABLES[change.table].primary_key]
    return dict(zip(names, change.key, strict=True))


def values_of(calls: list[dict[str, Any]], names: Collection[str], pattern: re.Pattern[str]) -> set[str]:
    """Return the values of some fields and columns, wherever in a case they stand, that fit a pattern."""
    return {
        text
        for part in calls
        for name, value in named_values((part.get("given"), part["ask"], part.get("leaves")))
        if name in names
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str) and pattern.fullmatch(text)
    }


def named_values(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every field of a document with its name, however deep."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name, each
            yield from named_values(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from named_values(each)
