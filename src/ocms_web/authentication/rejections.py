"""Rejections of a caller: the problem, and the challenge that RFC 9110 and RFC 6750 ask for."""

from collections.abc import Mapping

from attrs import field, frozen

from ocms_core.kernel.rule_tags import rule
from ocms_web.problems import Problem

CHALLENGE = "WWW-Authenticate"
REALM = 'Bearer realm="ocms"'
KEY_REALM = 'ApiKey realm="ocms"'


@frozen
class AuthenticationFailure:
    """A rejected caller, with the headers of the reply; `by_key` when its API key is to blame."""

    problem: Problem
    headers: Mapping[str, str] = field(factory=dict)
    by_key: bool = field(default=False, eq=False)


# No credential, or one that is no token: nothing is said of an error in a token.
UNAUTHORIZED = AuthenticationFailure(Problem.UNAUTHORIZED, {CHALLENGE: REALM})
KEY_UNAUTHORIZED = AuthenticationFailure(Problem.UNAUTHORIZED, {CHALLENGE: REALM}, by_key=True)
KEY_NEEDED = AuthenticationFailure(Problem.UNAUTHORIZED, {CHALLENGE: KEY_REALM})
KEY_NOT_ALLOWED = AuthenticationFailure(Problem.FORBIDDEN)
NO_ROLE = "The token gives no role for this call"
TOKEN_NOT_ALLOWED = AuthenticationFailure(
    Problem.FORBIDDEN,
    {CHALLENGE: f'{REALM}, error="insufficient_scope", error_description="{NO_ROLE}"'},
)


@rule("G15")
def invalid_token(why: str) -> AuthenticationFailure:
    """Return the rejection of a token with the reason in `WWW-Authenticate`, as RFC 6750 words it."""
    return AuthenticationFailure(
        Problem.UNAUTHORIZED,
        {CHALLENGE: f'{REALM}, error="invalid_token", error_description="{why}"'},
    )
