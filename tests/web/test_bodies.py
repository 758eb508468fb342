"""Bodies come in bounded time, and a process holds a bounded number of them."""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_web.bodies import (
    GRACE_SECONDS,
    BodyIncomplete,
    BodyLimits,
    BodyTooLarge,
    CallsInProgress,
    TooManyCalls,
    drop_body,
    receive_body,
)


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def sender(*messages: dict[str, Any]) -> Any:
    """Return what receives these messages and then waits without end."""
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        for message in coming:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def received(messages: Iterable[dict[str, Any]], limits: BodyLimits, most: int = 100) -> bytes:
    return asyncio.run(receive_body(sender(*messages), most, limits, lambda _size: None))


@pytest.mark.rule("G19")
def test_a_body_is_what_came_in_all_its_parts() -> None:
    assert received([part(b"ab"), part(b""), part(b"c", more=False)], BodyLimits()) == b"abc"


@pytest.mark.parametrize(
    "messages, refusal",
    [
        pytest.param([part(b"x" * 101)], BodyTooLarge, id="too large"),
        pytest.param([part(b"x" * 60), part(b"x" * 60, more=False)], BodyTooLarge, id="too large in all"),
        pytest.param([part(b"abc"), {"type": "http.disconnect"}], BodyIncomplete, id="broken off"),
        pytest.param([part(b"abc")], BodyIncomplete, id="never ends"),
    ],
)
@pytest.mark.rule("G19")
def test_a_body_that_is_too_large_or_incomplete_is_given_up(
    messages: list[dict[str, Any]], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        received(messages, BodyLimits(seconds=0.05))


@pytest.mark.rule("G19")
def test_a_body_that_comes_drop_by_drop_has_the_same_time() -> None:
    async def drops() -> Any:
        await asyncio.sleep(0.01)
        return part(b"x")

    with pytest.raises(BodyIncomplete):
        asyncio.run(receive_body(drops, 10**9, BodyLimits(seconds=0.2), lambda _size: None))


@given(size=st.integers(0, 10**9), further=st.integers(1, 10**9), rate=st.integers(1, 10**6))
@pytest.mark.rule("G19")
def test_more_bytes_earn_more_time_up_to_the_whole_of_it(size: int, further: int, rate: int) -> None:
    limits = BodyLimits(seconds=30, rate=rate)
    assert GRACE_SECONDS <= limits.seconds_for(size) <= limits.seconds_for(size + further) <= 30


@pytest.mark.rule("G19")
def test_dropping_ends_with_the_body_and_after_a_time_without_one() -> None:
    asyncio.run(asyncio.wait_for(drop_body(sender(part(b"abc"), part(b"", more=False))), 1))
    asyncio.run(asyncio.wait_for(drop_body(sender({"type": "http.disconnect"})), 1))
    asyncio.run(asyncio.wait_for(drop_body(sender(part(b"abc"))), 20))


@pytest.mark.rule("G19")
def test_one_caller_has_half_of_the_calls_and_others_the_rest() -> None:
    calls = CallsInProgress(BodyLimits(calls=4, size=100))
    with ExitStack() as stack:
        for caller in ("first", "first", "second"):
            stack.enter_context(calls.place(caller))
        with pytest.raises(TooManyCalls), calls.place("first"):
            pass
        stack.enter_context(calls.place("second"))
        with pytest.raises(TooManyCalls), calls.place("third"):
            pass
    with calls.place("first"), calls.place("first"):
        pass


@pytest.mark.rule("G19")
def test_one_caller_has_half_of_the_bytes_and_others_the_rest() -> None:
    calls = CallsInProgress(BodyLimits(calls=4, size=100))
    with calls.place("first") as first, calls.place("second") as second:
        first(50)
        with pytest.raises(TooManyCalls):
            first(1)
        second(50)
        with calls.place("third") as third, pytest.raises(TooManyCalls):
            third(1)
    with calls.place("third") as third:
        third(50)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40)), max_size=12))
@pytest.mark.rule("G19")
def test_whatever_was_counted_is_given_back(bodies: list[tuple[str, int]]) -> None:
    calls = CallsInProgress(BodyLimits(calls=6, size=100))
    try:
        with ExitStack() as stack:
            for caller, size in bodies:
                stack.enter_context(calls.place(caller))(size)
    except TooManyCalls:
        pass
    assert not calls._calls  # the counts are seen nowhere else
    assert not calls._sizes
