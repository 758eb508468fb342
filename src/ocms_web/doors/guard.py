"""All doors together, and the access table behind them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from ocms_core.kernel.access import Operation, Principal, may
from ocms_core.kernel.spec import rule
from ocms_web.doors.bearer import BearerDoor
from ocms_web.doors.keys import KeyDoor
from ocms_web.doors.turned import UNAUTHORIZED, Turned


class Door(Protocol):
    """One way of saying who one is: a header, and what is made of it."""

    @property
    def header(self) -> str:
        """The header's name, in lower case."""

    @property
    def repeated(self) -> Turned:
        """The refusal of a header sent more than once."""

    @property
    def not_allowed(self) -> Turned:
        """The refusal of a known caller who may not do this."""

    def enter(self, value: str, now: datetime) -> Principal | Turned:
        """Tell who shows this credential."""


@frozen
class Doors:
    """Tells who is calling and whether they may."""

    _keys: KeyDoor
    _bearer: BearerDoor

    @rule("G8")
    def enter(self, headers: Mapping[str, str], operation: Operation, now: datetime) -> Principal | Turned:
        """
        Every credential shown must be good (401), and one of them must be allowed to do this (403).

        Any kind of credential is looked at for any operation. `headers` gives a repeated header once
        for each time it was sent. Unavailable when a credential cannot be checked at present.
        """
        callers: list[tuple[Door, Principal]] = []
        doors: tuple[Door, ...] = (self._keys, self._bearer)
        for door in doors:
            values = [value for name, value in headers.items() if name.lower() == door.header]
            if not values:
                continue
            entered = door.repeated if len(values) > 1 else door.enter(values[0], now)
            if isinstance(entered, Turned):
                return entered
            callers.append((door, entered))
        if not callers:
            return UNAUTHORIZED
        allowed = (principal for _, principal in callers if may(principal, operation))
        return next(allowed, callers[-1][0].not_allowed)
