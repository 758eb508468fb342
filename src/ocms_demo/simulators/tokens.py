"""A simulated OAuth2 server: a token endpoint for client credentials, and its key set."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from ocms_demo.simulators.fault_injection import Simulator

TOKEN, KEYS = "/token", "/jwks"  # an address
OK, BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 200, 400, 401, 404


class TokenSimulator(Simulator):
    """
    Issues tokens good for `lifetime` seconds to the clients it knows, by id and secret.

    `sign` makes the token of a client; `keys` is the file of the public keys.
    """

    def __init__(
        self,
        clients: Mapping[str, str],
        sign: Callable[[str, int], str],
        keys: Path,
        *,
        lifetime: int = 300,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.clients, self.sign, self.keys, self.lifetime = clients, sign, keys, lifetime

    @property
    def address(self) -> str:
        """The address of the token endpoint."""
        return self.url + TOKEN

    def reply(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], Iterator[bytes], int]:
        """Return a token or an error as RFC 6749 says, or the key set."""
        if path == KEYS:
            return reply_bytes(OK, json.loads(self.keys.read_bytes()))
        if path != TOKEN:
            return reply_bytes(NOT_FOUND, {})
        client = self._client(headers.get("Authorization", ""))
        if client is None:
            return reply_bytes(UNAUTHORIZED, {"error": "invalid_client"})
        if parse_qs(body.decode("ascii", "replace")).get("grant_type") != ["client_credentials"]:
            return reply_bytes(BAD_REQUEST, {"error": "unsupported_grant_type"})
        token = self.sign(client, self.lifetime)
        return reply_bytes(OK, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime})

    def _client(self, authorization: str) -> str | None:
        kind, _, encoded = authorization.partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return None
        client, secret = unquote_plus(pair[0]), unquote_plus(pair[2])
        return client if kind == "Basic" and secret and self.clients.get(client) == secret else None


def reply_bytes(status: int, answer: object) -> tuple[int, dict[str, str], Iterator[bytes], int]:
    """Return an answer in JSON, as `reply` does."""
    body = json.dumps(answer).encode()
    return status, {"Cache-Control": "no-store"}, iter([body]), len(body)
