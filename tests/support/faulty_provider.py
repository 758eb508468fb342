"""An OpenID provider on a port of this machine, any answer of which a test can spoil."""

from collections.abc import Iterator, Mapping
from typing import Any

from joserfc.jwk import Key

from ocms_demo.simulators.fault_injection import Simulator
from ocms_demo.simulators.tokens import NOT_FOUND, OK, TOKEN, reply_bytes
from tests.web.authentication.tokens import EC, OFFICER_CLAIMS, SECOND, signed

CLIENT = "staff-pages"
DESCRIPTION = "/.well-known/openid-configuration"

Reply = tuple[int, dict[str, str], Iterator[bytes], int]


class FaultyProvider(Simulator):
    """
    Gives tokens for any code, as a provider should, unless it is told otherwise.

    `changes` are claims of its ID token that differ, `key` what signs it; `described` is what it says of
    itself otherwise, and `answer` what it answers at its token endpoint in place of tokens.
    """

    def __init__(self) -> None:
        super().__init__()
        self.nonce = ""
        self.changes: Mapping[str, Any] = {}
        self.key: Key = EC
        self.described: Mapping[str, Any] = {}
        self.document: bytes | None = None
        self.answer: Reply | None = None

    def reply(self, path: str, headers: Any, body: bytes) -> Reply:
        """Return its description, or what it gives for a code."""
        del headers, body
        if path == DESCRIPTION:
            document = self.document
            return raw(document) if document is not None else reply_bytes(OK, self.description())
        return (self.answer or self.tokens()) if path == TOKEN else reply_bytes(NOT_FOUND, {})

    def description(self) -> dict[str, Any]:
        """Return where its parts are; what is changed to None is left out."""
        usual = {
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": self.url + TOKEN,
            "end_session_endpoint": f"{self.url}/end-session",
        }
        return {name: value for name, value in {**usual, **self.described}.items() if value is not None}

    def tokens(self) -> Reply:
        """Return an access token of an officer, and the ID token."""
        claims = {**OFFICER_CLAIMS, "aud": CLIENT, "nonce": self.nonce, "exp": SECOND + 600, **self.changes}
        id_token = signed({name: value for name, value in claims.items() if value is not None}, key=self.key)
        return reply_bytes(OK, {"access_token": signed(OFFICER_CLAIMS), "id_token": id_token})


def raw(body: bytes, status: int = OK) -> Reply:
    """Return an answer with any body."""
    return status, {"Content-Type": "text/html"}, iter([body]), len(body)
