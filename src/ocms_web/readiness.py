"""Whether the system can work, answered in bounded time."""

from asyncio import Future, get_running_loop, shield, timeout
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

from attrs import define, field

from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.rule_tags import rule


@define(eq=False)
class Readiness:
    """
    Asks whether the system can work; `ready` raises `Unavailable` while it cannot.

    It runs in a thread, one at a time: a database that stands still keeps that one thread and no other.
    """

    ready: Callable[[], None]
    seconds: float = 5
    _thread: Executor = field(factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="ready"), init=False)
    _running: "Future[None] | None" = field(default=None, init=False)

    @rule("G21")
    async def check(self) -> None:
        """Raise `Unavailable` when the system cannot work, or does not say so in time (G21)."""
        if self._running is None or self._running.done():
            self._running = get_running_loop().run_in_executor(self._thread, self.ready)
            self._running.add_done_callback(Future.exception)  # nobody may be left to take it
        try:
            async with timeout(self.seconds):
                await shield(self._running)
        except TimeoutError:
            raise Unavailable(f"a database (no answer in {self.seconds:g} seconds)") from None
