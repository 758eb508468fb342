"""A real identity provider, `oidc-provider` under Node, on a port of 127.0.0.1."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
from attrs import frozen
from joserfc.jwk import ECKey, RSAKey

from world.support.programs import answers, program_folder, running

ROOT = Path(__file__).parents[2]
NODE = ROOT / ".tools" / "node" / "bin" / "node"
MODULES = ROOT / ".tools" / "world" / "package.json"
PLUS, TOPPAN = "plus-client", "toppan-client"
SECRET = "a-secret-of-the-tests-and-not-a-short-one"
AUDIENCE = "https://ocms.agency.example/api"


@frozen
class Provider:
    """A running provider."""

    issuer: str
    jwks_path: ClassVar[str] = "/jwks"
    token_path: ClassVar[str] = "/token"

    @property
    def jwks_url(self) -> str:
        """Where its public keys are."""
        return self.issuer + self.jwks_path

    def token(self, *, client: str = PLUS, scope: str = "ocms.query", audience: str | None = AUDIENCE) -> str:
        """Return an access token by client credentials, for an audience where one is given."""
        asked = {"grant_type": "client_credentials", "scope": scope}
        answer = httpx.post(
            self.issuer + self.token_path,
            data=asked | ({"resource": audience} if audience else {}),
            auth=(client, SECRET),
            timeout=60,
            trust_env=False,
        )
        assert answer.is_success, answer.text
        token: str = answer.json()["access_token"]
        return token


def rsa_key(kid: str) -> dict[str, Any]:
    """Return a new private key for RS256."""
    key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}, private=True)
    return dict(key.as_dict(private=True))


def ec_key(kid: str) -> dict[str, Any]:
    """Return a new private key for ES256."""
    key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}, private=True)
    return dict(key.as_dict(private=True))


@contextmanager
def oidc_provider(port: int, keys: Sequence[dict[str, Any]], **changes: object) -> Iterator[Provider]:
    """
    Run the provider on a port with private keys, of which the first of a kind signs.

    `algorithm` is what it signs with, `clockSeconds` how wrong its clock is; `header` is what its operator
    set otherwise in the header of its tokens, and `absent` what is left out there. `staff` is the client by
    which people sign in, where there is one: its `id`, its `audience`, and where they come back, `signedIn`
    and `signedOut`.
    """
    settings = {
        "port": port,
        "keys": list(keys),
        "clients": [PLUS, TOPPAN],
        "secret": SECRET,
        "scopes": ["ocms.query", "ocms.prints", "ocms.other", "ocms.officer"],
        "algorithm": "RS256",
        "clockSeconds": 0,
        "header": {},
        "absent": [],
        "staff": None,
        **changes,
    }
    with program_folder("oidc") as folder:
        file = folder / "settings.json"
        file.write_text(json.dumps(settings))
        command = [NODE, ROOT / "world" / "oidc_provider.mjs", MODULES, file]
        provider = Provider(f"http://127.0.0.1:{port}")
        with running(command, folder, lambda: answers(provider.jwks_url)):
            yield provider
