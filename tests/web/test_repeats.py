"""A reply is rendered once for an outcome: the bytes that are kept of a call are those that are sent."""

import pytest

from ocms_web.json_codec import Reply
from ocms_web.repeats import rendered_once


@pytest.mark.rule("K1")
def test_an_outcome_is_rendered_once_and_another_anew() -> None:
    rendered: list[str] = []

    def reply_of(outcome: str) -> Reply:
        rendered.append(outcome)
        return Reply(200, {"is": outcome})

    once = rendered_once(reply_of)
    first, again = "first", "again"
    bodies = [once(each).body for each in (first, first, again)]
    assert bodies == [b'{"is":"first"}', b'{"is":"first"}', b'{"is":"again"}']
    assert rendered == [first, again]


@pytest.mark.rule("K1")
def test_a_refusal_stays_as_it_is() -> None:
    refusal = Reply(404, {"code": "NOT_FOUND"})
    assert rendered_once(lambda _outcome: refusal)(None) is refusal
