"""Calls that may be delivered twice: their keys, the answers kept of them, and what a repeat gets (K1)."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TypeVar

import msgspec
from attrs import evolve

from ocms_core.kernel.access import Operation
from ocms_core.kernel.idempotency import (
    AlreadyAnswered,
    IdempotencyKey,
    IdempotentCall,
    KeyOrigin,
    KeyReused,
    RepeatedCall,
    StillRunning,
    StoredAnswer,
)
from ocms_core.kernel.rule_tags import rule
from ocms_web.endpoints import Request
from ocms_web.headers import values_of
from ocms_web.json_codec import Malformed, Reply, body_bytes
from ocms_web.problems import Problem

Outcome = TypeVar("Outcome")

HEADER = "Idempotency-Key"
VISIBLE = re.compile(r"[!-~]{1,255}")
REPLAYED: Mapping[str, str] = {"Idempotency-Replayed": "true"}
FIRST_REFUSAL = 400
PROBLEMS: Mapping[type[RepeatedCall], Problem] = {
    StillRunning: Problem.CALL_RUNNING,
    KeyReused: Problem.KEY_REUSED,
}


class InvalidKey(Exception):
    """The header cannot be a key."""


@rule("K1")
def key_in(headers: Mapping[str, str]) -> str | None:
    """
    Return the key of a call, one value of 1 to 255 visible ASCII characters; None without the header (K1).

    Raises `InvalidKey` for another value and for a repeated header, even of the same value: which one
    counts would be a guess.
    """
    sent = values_of(headers, HEADER.lower())
    if not sent:
        return None
    if len(sent) > 1 or not VISIBLE.fullmatch(sent[0]):
        raise InvalidKey
    return sent[0]


@rule("K1")
def call_of(
    request: Request,
    operation: Operation,
    reply_of: Callable[[Outcome], Reply],
    *,
    request_id: str | None = None,
    is_final: Callable[[Outcome], bool] = lambda _outcome: True,
) -> IdempotentCall[Outcome] | None:
    """
    Return a call as its repeats will find it: by its header, else by its request id; None without either.

    Of a dry run no answer is kept, so it is no repeat and has none.

    `reply_of` renders what is kept with the effect; `is_final` says whether nothing is added to it later.
    """
    if request.idempotency_key is not None:
        source, name = KeyOrigin.HEADER, request.idempotency_key
    elif request_id is not None:
        source, name = KeyOrigin.REQUEST_ID, request_id
    else:
        return None
    key = IdempotencyKey(operation, request.principal.credential, source, name, body_hash(request))
    if request.dry_run:
        return None

    def answer_of(outcome: Outcome) -> StoredAnswer | None:
        return stored(reply_of(outcome), key, request, is_final=is_final(outcome))

    return IdempotentCall(key, answer_of)


def rendered_once(reply_of: Callable[[Outcome], Reply]) -> Callable[[Outcome], Reply]:
    """
    Return `reply_of` as it renders an outcome once: the bytes that are kept are those that are sent (K1).

    A refusal, of which nothing is kept, is returned as it is.
    """
    made: list[tuple[Outcome, Reply]] = []

    def reply(outcome: Outcome) -> Reply:
        if made and made[-1][0] is outcome:
            return made[-1][1]
        answer = reply_of(outcome)
        if answer.status < FIRST_REFUSAL:
            answer = evolve(answer, body=body_bytes(answer))
        made[:] = [(outcome, answer)]
        return answer

    return reply


def stored(
    reply: Reply, key: IdempotencyKey, request: Request, *, is_final: bool = True
) -> StoredAnswer | None:
    """Return a reply as it is kept; None for a refusal, which can be tried again."""
    if reply.status >= FIRST_REFUSAL:
        return None
    return StoredAnswer(key.body_hash, reply.status, body_bytes(reply), request.now, is_final)


def body_hash(request: Request) -> str:
    """
    Return the SHA-256, in hex, of what a call asks for, in whatever order its fields stand.

    Raises `Malformed` for a body that could just be read, and is nested too deep to be written.
    """
    asked = [request.body, request.url_params]
    try:
        return sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()
    except RecursionError as error:
        raise Malformed from error


@rule("K1")
def repeat_reply(repeated: RepeatedCall, problem_reply: Callable[[Problem], Reply]) -> Reply:
    """Return the first answer byte for byte, 409 while there is none, or 422 for another call (K1)."""
    if isinstance(repeated, AlreadyAnswered):
        return Reply(repeated.answer.status, repeated.answer.body, REPLAYED)
    return problem_reply(PROBLEMS[type(repeated)])
