"""All doors together, and the access table behind them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from ocms_core.kernel.access import Operation, Principal, may
from ocms_core.kernel.rule_tags import rule
from ocms_web.authentication.api_keys import ApiKeyAuthenticator
from ocms_web.authentication.bearer import BearerAuthenticator
from ocms_web.authentication.rejections import UNAUTHORIZED, AuthenticationFailure


class SchemeAuthenticator(Protocol):
    """One way of saying who one is: a header, and what is made of it."""

    @property
    def header(self) -> str:
        """The header's name, in lower case."""

    @property
    def repeated(self) -> AuthenticationFailure:
        """The refusal of a header sent more than once."""

    @property
    def not_allowed(self) -> AuthenticationFailure:
        """The refusal of a known caller who may not do this."""

    def enter(self, value: str, now: datetime) -> Principal | AuthenticationFailure:
        """Tell who shows this credential."""


@frozen
class Authenticator:
    """Tells who is calling and whether they may."""

    _keys: ApiKeyAuthenticator
    _bearer: BearerAuthenticator

    @rule("G8")
    def enter(
        self, headers: Mapping[str, str], operation: Operation, now: datetime
    ) -> Principal | AuthenticationFailure:
        """
        Every credential shown must be good (401), and one of them must be allowed to do this (403).

        Any kind of credential is looked at for any operation. `headers` gives a repeated header once
        for each time it was sent. Unavailable when a credential cannot be checked at present.
        """
        callers: list[tuple[SchemeAuthenticator, Principal]] = []
        doors: tuple[SchemeAuthenticator, ...] = (self._keys, self._bearer)
        for door in doors:
            values = [value for name, value in headers.items() if name.lower() == door.header]
            if not values:
                continue
            entered = door.repeated if len(values) > 1 else door.enter(values[0], now)
            if isinstance(entered, AuthenticationFailure):
                return entered
            callers.append((door, entered))
        if not callers:
            return UNAUTHORIZED
        allowed = (principal for _, principal in callers if may(principal, operation))
        return next(allowed, callers[-1][0].not_allowed)
