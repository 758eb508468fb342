"""How a caller is turned away: the problem, and the challenge RFC 6750 asks for."""

from collections.abc import Mapping

from attrs import field, frozen

from ocms_core.kernel.spec import rule
from ocms_web.problems import Problem

CHALLENGE = "WWW-Authenticate"
REALM = 'Bearer realm="ocms"'


@frozen
class Turned:
    """A call that does not get in, with the headers its refusal carries; `by_key` when for its API key."""

    problem: Problem
    headers: Mapping[str, str] = field(factory=dict)
    by_key: bool = field(default=False, eq=False)


# No credential, or one that is no token: nothing is said of an error in a token.
UNAUTHORIZED = Turned(Problem.UNAUTHORIZED, {CHALLENGE: REALM})
KEY_UNAUTHORIZED = Turned(Problem.UNAUTHORIZED, {CHALLENGE: REALM}, by_key=True)
KEY_NOT_ALLOWED = Turned(Problem.FORBIDDEN)
TOKEN_NOT_ALLOWED = Turned(Problem.FORBIDDEN, {CHALLENGE: f'{REALM}, error="insufficient_scope"'})


@rule("G15")
def invalid_token(why: str) -> Turned:
    """A bearer token that is refused says why in `WWW-Authenticate`, as RFC 6750 words it."""
    return Turned(
        Problem.UNAUTHORIZED,
        {CHALLENGE: f'{REALM}, error="invalid_token", error_description="{why}"'},
    )
