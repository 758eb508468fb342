"""Clients that call all the time and repeat each call with its key until it is answered."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random, choice
from threading import Event, Lock, Thread
from typing import Any

import httpx
from attrs import define, field

from ocms_core.kernel.access import Role
from tests.campaigns.kills.subjects import KINDS, Step, Subject, put_outbox
from tests.campaigns.kills.system import System, retried

CLIENTS = 8
PAUSE_SECONDS = 0.4
"""The wait of a client between two calls."""
ANSWERED, FAILED = 200, 500
TO_REPEAT = frozenset({409, 429, 503})
"""Answers after which a client repeats its call: still being answered, too many repeats, unavailable."""
WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0
"""The wait before a repeat, doubled each time: a refused attempt counts against the limit of its caller."""
PATIENCE_SECONDS = 300
PART = 400
"""Subjects that are looked at in one statement."""


class WrongAnswer(AssertionError):
    """A call was answered as no kill explains."""


@define
class Load:
    """
    Subjects waiting, begun and done; `counts` has the answers by status, repeats and breaks.

    The first `checked` of those begun were finished when a whole check saw them.
    """

    system: System
    random: Random
    stopping: Event = field(factory=Event)
    giving_up: Event = field(factory=Event)
    waiting: deque[Subject] = field(factory=deque)
    begun: list[Subject] = field(factory=list)
    checked: int = 0
    counts: Counter[str] = field(factory=Counter)
    faults: list[str] = field(factory=list)
    made: int = 0
    _lock: Lock = field(factory=Lock)

    def supply(self, many: int) -> None:
        """Put in notices for so many subjects of each kind."""
        subjects = []
        for _, size, put, steps in KINDS:
            numbers = [f"K{self.made + place:08}" for place in range(many * size)]
            self.made += len(numbers)
            put(self.system.deployment.engine, numbers)
            put_outbox(self.system.deployment.engine, numbers)
            groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
            subjects += [Subject(group, steps(group)) for group in groups]
        self.random.shuffle(subjects)
        self.waiting.extend(subjects)

    def answered(self) -> int:
        """Return how many calls were acknowledged."""
        return self.counts["calls answered"]

    def latest(self, many: int) -> Sequence[Subject]:
        """Return the subjects that are not finished and so many of the newest that are."""
        with self._lock:
            unchecked = self.begun[self.checked :]
        under_way = [each for each in unchecked if not each.is_finished]
        finished = [each for each in unchecked if each.is_finished]
        return under_way + finished[-many:]

    def unchecked(self) -> Iterator[Sequence[Subject]]:
        """Yield the subjects that no whole check has seen finished, part by part."""
        with self._lock:
            subjects = self.begun[self.checked :]
        finished = [each.is_finished for each in subjects]
        for start in range(0, len(subjects), PART):
            yield subjects[start : start + PART]
        self.checked += finished.index(False) if False in finished else len(finished)

    def forget_checked(self) -> None:
        """Let the next whole check look at every subject there was."""
        self.checked = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the clients call until the block ends and each has its last answer."""
        threads = [Thread(target=self._client, daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        except BaseException:
            self.giving_up.set()
            raise
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)
        if any(thread.is_alive() for thread in threads):
            raise WrongAnswer("a client has waited for its answer for five minutes")

    def _client(self) -> None:
        try:
            with httpx.Client(timeout=60, trust_env=False) as http:
                while not self.stopping.is_set():
                    with self._lock:
                        subject = self.waiting.popleft() if self.waiting else None
                        if subject:
                            self.begun.append(subject)
                    if subject is None:
                        time.sleep(WAIT_SECONDS)
                        continue
                    for step in () if self.giving_up.is_set() else subject.steps:
                        subject.begun += 1
                        self._make(http, step)
                        subject.answered += 1
                        time.sleep(PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001  # whatever ends a client is a finding
            self.faults.append(f"{type(error).__name__}: {error}")

    def _make(self, http: httpx.Client, step: Step) -> None:
        """Make a call until it is answered, each time to one of the processes that serve."""
        headers = {**self._credential(step.role), "Idempotency-Key": step.key, "X-Request-ID": step.key}
        wait = WAIT_SECONDS
        while not self.giving_up.is_set():
            answer = self._sent(http, step.path, step.body, headers)
            if answer is None:
                self.counts["connections broken"] += 1
            elif answer.status_code == ANSWERED:
                self.counts["calls answered"] += 1
                self.counts["answered by a repeat"] += "Idempotency-Replayed" in answer.headers
                return
            elif answer.status_code in TO_REPEAT:
                self.counts[f"answered with {answer.status_code}"] += 1
            elif is_done_and_not_shown(answer):
                self.counts["answered that it is done and not on the Internet side yet"] += 1
            else:
                raise WrongAnswer(f"{step.path}: {answer.status_code} {answer.text[:300]}")
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def _sent(
        self, http: httpx.Client, path: str, asked: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response | None:
        try:
            return http.post(choice(self.system.addresses) + path, json=dict(asked), headers=dict(headers))
        except httpx.TransportError:
            return None

    def _credential(self, role: Role) -> dict[str, str]:
        deployment = self.system.deployment
        if role is Role.CAS:
            return retried(deployment.key)
        return deployment.token(role)


def is_done_and_not_shown(answer: httpx.Response) -> bool:
    """Return whether an action is done that the Internet side does not show yet; its repeat is a success."""
    return answer.status_code == FAILED and answer.json().get("operation") == "SYNC_INTERNET"
