"""`ocms keys`: the key alone goes to standard output."""

import sys
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_app.cli.listing import AsJson, show_list
from ocms_app.databases import open_databases
from ocms_app.keys import new_secret as made_secret
from ocms_app.settings import PREFIX, variable
from ocms_app.startup import startup
from ocms_core.kernel.access import Role, roles_with_keys

keys = App(name="keys", help="Issue, list and revoke API keys; make the secrets of the settings.")


@keys.command
def issue(
    *, client: str, role: Role = Role.CAS, days: Annotated[int, Parameter(validator=Number(gte=1))] = 365
) -> None:
    """
    Issue an API key and print it; it is shown this once and kept only as a hash.

    A client has at most two live keys, so that it can change over from one to the other.

    Parameters
    ----------
    client
        Whose key it is.
    role
        What the client may do; other clients than CAS send a bearer token.
    days
        How long the key is valid.
    """
    if role not in roles_with_keys():
        with_keys = ", ".join(sorted(each.value for each in roles_with_keys()))
        raise ValueError(
            f"No call takes an API key of role {role.value}, which sends a bearer token of its issuer; "
            f"keys are for {with_keys}."
        )
    key = SqlCredentials(open_databases(startup()).intranet).issue(
        client, role, now=SystemClock().now(), days=days
    )
    print(key)
    print(f"API key for {client}, valid {days} days. Send it as X-API-Key.", file=sys.stderr)


@keys.command(name="list")
def list_keys(*, as_json: AsJson = False) -> None:
    """List the API keys: id, client, role, when issued and whether live; never the secret."""
    now = SystemClock().now()
    found = (
        (
            key.key_id,
            key.client,
            "live" if key.live(now) else "ended",
            key.role,
            key.expires_at,
            key.last_used_at,
            key.issued_at,
        )
        for key in SqlCredentials(open_databases(startup()).intranet).list()
    )
    columns = ("key id", "client", "state", "role", "expires", "last used", "issued")
    show_list(columns, found, as_json=as_json, wrapped=("client",))


@keys.command
def new_secret(name: str) -> None:
    """
    Print a new secret for a setting, as its environment variable takes it; nothing is kept.

    Parameters
    ----------
    name
        internet_keys (its first key; `ocms replication key` makes further ones), audit_keys,
        audit_signing_key, access_hash_key or link_key.
    """
    setting = name.lower().removeprefix(PREFIX.lower())
    print(f"{variable(setting)}={made_secret(setting)}")


@keys.command
def revoke(key_id: str) -> int:
    """
    Revoke an API key at once.

    Parameters
    ----------
    key_id
        Its id, as `ocms keys list` shows it.
    """
    revoked = SqlCredentials(open_databases(startup()).intranet).revoke(key_id, now=SystemClock().now())
    print("revoked" if revoked else f"no live key {key_id}; see `ocms keys list`", file=sys.stderr)
    return 0 if revoked else 1
