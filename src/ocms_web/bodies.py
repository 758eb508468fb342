"""How bodies are received: of known callers only, in bounded time and bounded number."""

from asyncio import timeout
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

from attrs import field, frozen
from litestar.types import Receive

from ocms_core.kernel.rule_tags import rule
from ocms_web.endpoints import MEBIBYTE

LONGEST_DROPPED = 64 * MEBIBYTE
# What a slow line may take before it counts, and how long a client that still sends has to see its answer.
GRACE_SECONDS = 5
DROPPING_SECONDS = 2

Hold = Callable[[int], None]


class BodyTooLarge(Exception):
    """The body is larger than its call may have."""


class BodyIncomplete(Exception):
    """The body did not come whole in the time it has."""


class TooManyCalls(Exception):
    """The process works on as many calls, or holds as many bytes of bodies, as it may."""


@frozen
class BodyLimits:
    """
    How long a body may take, and how many calls and bytes a process holds.

    A body has `seconds`, and after the first five it has to come with `rate` bytes a second on average.
    `calls` is the number of calls of known callers in progress, `size` the number of bytes of their
    bodies; one caller may have half of each.
    """

    seconds: float = 30
    rate: int = 1024
    calls: int = 256
    size: int = 64 * MEBIBYTE

    def seconds_for(self, size: int) -> float:
        """Return how long after its begin a body may take of which `size` bytes are there."""
        return min(self.seconds, GRACE_SECONDS + size / self.rate)


@frozen(eq=False)
class CallsInProgress:
    """The calls of known callers a process works on, and the bytes of their bodies, by credential."""

    limits: BodyLimits = field(factory=BodyLimits)
    _calls: Counter[str] = field(factory=Counter, init=False)
    _sizes: Counter[str] = field(factory=Counter, init=False)

    @rule("G19")
    @contextmanager
    def place(self, credential: str) -> Iterator[Hold]:
        """
        Count a call of a known caller while it is in progress; raise `TooManyCalls` where it is one too many.

        What is yielded counts bytes of its body, and raises likewise (G19).
        """
        count(self._calls, credential, 1, self.limits.calls)
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            count(self._sizes, credential, size, self.limits.size)
            held += size

        try:
            yield hold
        finally:
            forget(self._calls, credential, 1)
            forget(self._sizes, credential, held)


def count(counts: Counter[str], credential: str, further: int, most: int) -> None:
    """Count for a credential; raise `TooManyCalls` beyond `most` in all, or half of it for one of them."""
    if counts.total() + further > most or counts[credential] + further > max(1, most // 2):
        raise TooManyCalls
    counts[credential] += further


def forget(counts: Counter[str], credential: str, less: int) -> None:
    """Take back what was counted; a credential without anything is no longer there."""
    counts[credential] -= less
    if not counts[credential]:
        del counts[credential]


@rule("G8", "G19")
async def receive_body(receive: Receive, most: int, limits: BodyLimits, hold: Hold) -> bytes:
    """
    Receive a body of `most` bytes at most.

    Raises `BodyTooLarge`, `BodyIncomplete` when it comes too slowly or is broken off, and what `hold`
    raises (G8, G19).
    """
    begun = monotonic()
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        try:
            async with timeout(begun + limits.seconds_for(size) - monotonic()):
                message = await receive()
        except TimeoutError:
            raise BodyIncomplete from None
        if message["type"] != "http.request":
            raise BodyIncomplete
        chunk, more = message["body"], message["more_body"]
        size += len(chunk)
        if size > most:
            raise BodyTooLarge
        hold(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)


async def drop_body(receive: Receive) -> None:
    """
    Receive and drop what still comes of a body whose call is answered, up to a time and a size.

    A client that is still sending when the connection is closed would not see the answer.
    """
    size = 0
    with suppress(TimeoutError):
        async with timeout(DROPPING_SECONDS):
            while size <= LONGEST_DROPPED:
                message = await receive()
                if message["type"] != "http.request" or not message["more_body"]:
                    return
                size += len(message["body"])
