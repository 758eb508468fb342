"""Authentication by any credential, then the access table."""

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
    """One kind of credential: its header, and the caller it stands for."""

    @property
    def header(self) -> str:
        """The header's name, in lower case."""

    @property
    def repeated(self) -> AuthenticationFailure:
        """The rejection of a header sent more than once."""

    @property
    def not_allowed(self) -> AuthenticationFailure:
        """The rejection of a known caller who may not call the operation."""

    def authenticate(self, value: str, now: datetime) -> Principal | AuthenticationFailure:
        """Return the caller this credential stands for, or its rejection."""


@frozen
class Authenticator:
    """Authenticates callers and checks that they may call the operation."""

    _keys: ApiKeyAuthenticator
    _bearer: BearerAuthenticator

    @rule("G8")
    def authenticate(
        self, headers: Mapping[str, str], operation: Operation, now: datetime
    ) -> Principal | AuthenticationFailure:
        """
        Return the caller: every credential sent must be good (401), one of them allowed to call this (403).

        Any kind of credential is accepted for any operation. `headers` has a repeated header once for
        each time it was sent. Raises `Unavailable` when a credential cannot be checked at present.
        """
        callers: list[tuple[SchemeAuthenticator, Principal]] = []
        schemes: tuple[SchemeAuthenticator, ...] = (self._keys, self._bearer)
        for scheme in schemes:
            values = [value for name, value in headers.items() if name.lower() == scheme.header]
            if not values:
                continue
            caller = scheme.repeated if len(values) > 1 else scheme.authenticate(values[0], now)
            if isinstance(caller, AuthenticationFailure):
                return caller
            callers.append((scheme, caller))
        if not callers:
            return UNAUTHORIZED
        allowed = (principal for _, principal in callers if may(principal, operation))
        return next(allowed, callers[-1][0].not_allowed)
