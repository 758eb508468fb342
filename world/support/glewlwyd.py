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
SCOPES = ["ocms.query", "ocms.other"]
OTHER_AUDIENCE = "https://another.agency.example/api"
Keys = Sequence[dict[str, Any]]
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


class OtherPlugin(Provider):
    """A further plugin of it, named `other`."""

    jwks_path = "/api/other/jwks"
    token_path = "/api/other/token"


@contextmanager
def glewlwyd(keys: Keys) -> Iterator[Glewlwyd]:
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


@contextmanager
def other_plugin(provider: Glewlwyd, keys: Keys, **changes: object) -> Iterator[OtherPlugin]:
    """Add a plugin with other keys or settings to a running Glewlwyd while the block lasts."""
    with administrator(provider) as http:
        add(http, "/mod/plugin/", plugin("other", provider, keys, **changes))
        yield OtherPlugin(provider.issuer)
        assert http.delete("/mod/plugin/other").is_success


@contextmanager
def administrator(provider: Glewlwyd) -> Iterator[httpx.Client]:
    """Yield a client of its API with a session of the administrator."""
    with httpx.Client(base_url=f"{provider.issuer}/api", timeout=60, trust_env=False) as http:
        entered = add(http, "/auth/", {"username": "admin", "password": "password"})
        http.headers["Cookie"] = entered.headers["Set-Cookie"].partition(";")[0]
        yield http


def add(http: httpx.Client, path: str, content: object) -> httpx.Response:
    """Add something through its API."""
    answer = http.post(path, json=content)
    assert answer.is_success, (path, answer.text)
    return answer


def plugin(name: str, provider: Glewlwyd, keys: Keys, **changes: object) -> dict[str, object]:
    """Return a plugin of OpenID Connect as its API takes it; changes of its settings by name."""
    switched_off = ("code", "token", "password", "refresh", "device", "code-revoke-replayed")
    parameters = {
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
        "resource-scope": {scope: [AUDIENCE, OTHER_AUDIENCE] for scope in SCOPES},
        "resource-scope-and-client-property": False,
        **{setting.replace("_", "-"): value for setting, value in changes.items()},
    }
    return {"module": "oidc", "name": name, "display_name": name, "order_rank": 0, "parameters": parameters}


def set_up(provider: Glewlwyd, keys: Keys) -> None:
    """Add the plugin, the scopes and the client, as its administrator does."""
    client = {
        "client_id": PLUS,
        "name": "PLUS",
        "confidential": True,
        "enabled": True,
        "client_secret": SECRET,
        "authorization_type": ["client_credentials"],
        "token_endpoint_auth_method": ["client_secret_basic"],
        "scope": SCOPES,
        "redirect_uri": [],
    }
    with administrator(provider) as http:
        add(http, "/mod/plugin/", plugin("oidc", provider, keys))
        for scope in SCOPES:
            described = {"name": scope, "display_name": scope, "description": scope}
            add(http, "/scope/", described | {"password_required": False, "scheme": {}})
        add(http, "/client/", client)
