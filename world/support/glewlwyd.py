"""Glewlwyd, Debian's identity provider, set up through its own API."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.postgres import free_port
from world.support.programs import answers, program_folder, running
from world.support.providers import AUDIENCE, PLUS, SECRET, Provider

TABLES = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
LIBRARIES = Path("/usr/lib/glewlwyd")
OTHER_AUDIENCE = "https://another.agency.example/api"
SETTINGS = """
port = {port}
bind_address = "127.0.0.1"
external_url = "http://127.0.0.1:{port}/"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "WARNING"
session_key = "GLEWLWYD2_SESSION_ID"
session_expiration = 3600
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "{libraries}/user"
client_module_path = "{libraries}/client"
user_auth_scheme_module_path = "{libraries}/scheme"
plugin_module_path = "{libraries}/plugin"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3"; path = "{folder}/glewlwyd.db"; }};
"""


class Glewlwyd(Provider):
    """A running Glewlwyd whose plugin is named `oidc`."""

    jwks_path = "/api/oidc/jwks"
    token_path = "/api/oidc/token"


@contextmanager
def glewlwyd(keys: Sequence[dict[str, Any]]) -> Iterator[Glewlwyd]:
    """Run Glewlwyd with private keys, of which the first signs, and a client for PLUS."""
    with program_folder("glewlwyd") as folder:
        with closing(sqlite3.connect(folder / "glewlwyd.db")) as database:
            database.executescript(TABLES.read_text())
        port = free_port()
        file = folder / "glewlwyd.conf"
        file.write_text(SETTINGS.format(port=port, folder=folder, libraries=LIBRARIES))
        provider = Glewlwyd(f"http://127.0.0.1:{port}")
        command = ["glewlwyd", f"--config-file={file}"]
        with running(command, folder, lambda: answers(f"{provider.issuer}/config")):
            set_up(provider, keys)
            yield provider


def set_up(provider: Glewlwyd, keys: Sequence[dict[str, Any]]) -> None:
    """Add the plugin, the scopes and the client, as its administrator does."""
    scopes = ["ocms.query", "ocms.other"]
    switched_off = ("code", "token", "password", "refresh", "device", "code-revoke-replayed")
    plugin = {
        "iss": provider.issuer,
        "subject-type": "public",
        "jwks-private": json.dumps({"keys": list(keys)}),
        "jwks-show": True,
        "jwt-type": "rsa",
        "jwt-key-size": "256",
        "access-token-duration": 3600,
        "refresh-token-duration": 3600,
        "code-duration": 600,
        "refresh-token-rolling": True,
        "allow-non-oidc": True,
        "auth-type-client-enabled": True,
        "auth-type-id-token-enabled": True,
        **{f"auth-type-{name}-enabled": False for name in switched_off},
        "resource-allowed": True,
        "resource-scope": {scope: [AUDIENCE, OTHER_AUDIENCE] for scope in scopes},
        "resource-scope-and-client-property": False,
    }
    client = {
        "client_id": PLUS,
        "name": "PLUS",
        "confidential": True,
        "enabled": True,
        "client_secret": SECRET,
        "authorization_type": ["client_credentials"],
        "token_endpoint_auth_method": ["client_secret_basic"],
        "scope": scopes,
        "redirect_uri": [],
    }
    with httpx.Client(base_url=f"{provider.issuer}/api", timeout=60, trust_env=False) as http:

        def add(path: str, content: object) -> httpx.Response:
            answer = http.post(path, json=content)
            assert answer.is_success, (path, answer.text)
            return answer

        entered = add("/auth/", {"username": "admin", "password": "password"})
        http.headers["Cookie"] = entered.headers["Set-Cookie"].partition(";")[0]
        add(
            "/mod/plugin/",
            {"module": "oidc", "name": "oidc", "display_name": "oidc", "order_rank": 0, "parameters": plugin},
        )
        for scope in scopes:
            described = {"name": scope, "display_name": scope, "description": scope}
            add("/scope/", described | {"password_required": False, "scheme": {}})
        add("/client/", client)
