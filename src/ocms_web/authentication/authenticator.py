"""Authentication by the operation's own kind of credential, then the access table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from ocms_core.kernel.access import CredentialKind, Operation, Principal, accepts_kind, may
from ocms_core.kernel.rule_tags import rule
from ocms_web.authentication.api_keys import ApiKeyAuthenticator
from ocms_web.authentication.bearer import BearerAuthenticator
from ocms_web.authentication.rejections import KEY_NEEDED, UNAUTHORIZED, AuthenticationFailure
from ocms_web.headers import values_of
from ocms_web.problems import Problem


class SchemeAuthenticator(Protocol):
    """One kind of credential: its header, and the caller it stands for."""

    @property
    def kind(self) -> CredentialKind:
        """The kind of credential."""

    @property
    def header(self) -> str:
        """The header's name, in lower case."""

    @property
    def repeated(self) -> AuthenticationFailure:
        """The rejection of a header sent more than once."""

    @property
    def not_accepted(self) -> AuthenticationFailure:
        """The rejection of a call that has this kind of credential only, and needs another."""

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

    @rule("G15", "G16")
    def authenticate(
        self, headers: Mapping[str, str], operation: Operation, now: datetime
    ) -> Principal | AuthenticationFailure:
        """
        Return the caller, or why not, with the challenge of the kind of credential that is needed (G15).

        Raises `Unavailable` when a credential cannot be checked at present.
        """
        caller = self._caller(headers, operation, now)
        # One that says what is wrong with a token stays as it is.
        if caller == UNAUTHORIZED and accepts_kind(operation, CredentialKind.API_KEY):
            return KEY_NEEDED
        return caller

    @rule("G8", "G16")
    def _caller(
        self, headers: Mapping[str, str], operation: Operation, now: datetime
    ) -> Principal | AuthenticationFailure:
        """
        Return the caller by the operation's own kind of credential: 401 without it, 403 for another role.

        A credential of the other kind beside it must be good (else 401) and makes no difference.
        `headers` has a repeated header once for each time it was sent.
        """
        schemes: tuple[SchemeAuthenticator, ...] = (self._keys, self._bearer)
        sent = [(scheme, values) for scheme in schemes if (values := values_of(headers, scheme.header))]
        own = next((scheme for scheme, _ in sent if accepts_kind(operation, scheme.kind)), None)
        if own is None:
            return sent[0][0].not_accepted if sent else UNAUTHORIZED
        callers: dict[CredentialKind, Principal | AuthenticationFailure] = {}
        for scheme, values in sent:
            caller = scheme.repeated if len(values) > 1 else scheme.authenticate(values[0], now)
            if isinstance(caller, AuthenticationFailure) and caller.problem is Problem.UNAUTHORIZED:
                return caller
            callers[scheme.kind] = caller
        caller = callers[own.kind]
        if isinstance(caller, Principal) and not may(caller, operation):
            return own.not_allowed
        return caller
