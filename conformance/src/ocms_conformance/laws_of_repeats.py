"""Laws of calls made again, tried first, and taken back (K1, K6, K4)."""

from collections.abc import Iterator, Mapping
from uuid import uuid4

from hypothesis import assume
from hypothesis import strategies as st

from ocms_conformance import requests
from ocms_conformance.comparison import Difference
from ocms_conformance.example import Example
from ocms_conformance.given_notices import NOTICES, GivenNotice
from ocms_conformance.law import STAMPS, Law, compared, plain_rows, unlike, unlike_rows
from ocms_conformance.rows import Row, Rows
from ocms_conformance.sequence_steps import OFFENDER_MOVES, READS, REVERSIBLE, STEPS, Scene, Step
from ocms_conformance.target import NotTried

NOT_FOUND = 404
# What a reversal leaves: its history, and what says when a row was written last.
HISTORY = ("ocms_change_of_processing", "ocms_suspended_notice")
WRITING = STEPS.filter(lambda step: step.kind not in (*READS, "reverse"))


def scene_of(example: Example, notices: list[GivenNotice]) -> Scene:
    """Put notices in, and return the scene in which a call is made."""
    example.put(*notices)
    return Scene(example.given_numbers(len(notices)), example.rows())


def repeated(example: Example, drawn: tuple[list[GivenNotice], Step]) -> Iterator[Difference]:
    """
    A call delivered twice happens once: the first answer again, nothing written again (K1).

    Its key is the header `Idempotency-Key`, in API 2 the `requestId`. A refused call may be tried again, and
    is refused alike.
    """
    notices, step = drawn
    ask = step.ask(scene_of(example, notices))
    key = str(uuid4())
    headers = {} if step.kind == "court_update" else {"Idempotency-Key": key}
    first = example.ask(ask, headers, request_id=key)
    before = example.rows()
    second = example.ask(ask, headers, request_id=key)
    yield from unlike("status of the repeat", first.status, second.status)
    if first.succeeded:
        yield from unlike("body of the repeat", first.content.decode(), second.content.decode())
        yield from unlike("Idempotency-Replayed", "true", second.headers.get("Idempotency-Replayed"))
    yield from unlike_rows("after the repeat:", plain_rows(before), plain_rows(example.rows()))


def tried_first(example: Example, drawn: tuple[list[GivenNotice], Step]) -> Iterator[Difference]:
    """A call with `OCMS-Dry-Run: 1` writes nothing, and answers what the call then answers (K6)."""
    notices, step = drawn
    ask = step.ask(scene_of(example, notices))
    before = example.rows()
    tried = example.ask(ask, {"OCMS-Dry-Run": "1"})
    yield from unlike_rows("after the dry run:", plain_rows(before), plain_rows(example.rows()))
    done = example.ask(ask, same_caller=True)
    yield from unlike("status", done.status, tried.status)
    yield from unlike("answer, as the call then gives it", compared(done.json), compared(tried.json))


def taken_back(example: Example, drawn: tuple[list[GivenNotice], Step]) -> Iterator[Difference]:
    """A change of stage, furnish or redirect that is taken back at once leaves the notice as it was (K4)."""
    notices, step = drawn
    scene = scene_of(example, notices)
    before = example.rows()
    done = example.ask(step.ask(scene))
    assume(done.succeeded and example.rows() != before)
    number = scene.notice(step.which)
    reverse = requests.reverse_offender if step.kind in OFFENDER_MOVES else requests.reverse_stages
    answer = example.ask(reverse(number))
    if answer.status == NOT_FOUND:
        raise NotTried("the target has no call that takes a change back")
    yield from unlike_rows("taken back:", without_history(before), without_history(example.rows()))


def without_history(rows: Rows) -> Mapping[str, list[Row]]:
    """Return rows without their stamps, and without the tables that keep what has happened."""
    return {
        table: [{name: value for name, value in row.items() if name not in STAMPS} for row in of.values()]
        for table, of in rows.items()
        if table not in HISTORY
    }


LAWS = (
    Law(
        ("K1",),
        "a call delivered twice happens once, and its repeat gets the first answer",
        st.tuples(NOTICES, WRITING),
        repeated,
    ),
    Law(
        ("K6",),
        "a dry run changes nothing, and answers what the call then answers",
        st.tuples(NOTICES, WRITING),
        tried_first,
    ),
    Law(
        ("K4",),
        "what is taken back at once leaves the notice as it was",
        st.tuples(NOTICES, STEPS.filter(lambda step: step.kind in REVERSIBLE)),
        taken_back,
    ),
)
