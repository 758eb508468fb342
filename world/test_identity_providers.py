"""Tokens that real identity providers issue are accepted by the documented settings, and only by those."""

import re
import subprocess
import time
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ocms_adapters.jwks import FRESH_SECONDS, REFRESH_SECONDS, IssuerKeys
from ocms_core.kernel.access import Principal, Role
from ocms_web.authentication.bearer import LEEWAY_SECONDS, BearerAuthenticator
from ocms_web.authentication.issuers import CallerKind, Issuer
from tests.support.builders import body
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.http_server import API_4, OCMS, Deployment, Served, now, serving
from tests.support.postgres import free_port
from tests.support.rows import put_notices
from world.support.glewlwyd import OTHER_AUDIENCE, Glewlwyd, glewlwyd, other_plugin
from world.support.providers import Provider, ec_key, oidc_provider, rsa_key

DOCS = Path(__file__).parents[1] / "docs" / "howto" / "identity-providers.md"
OLD, NEW, CURVE = rsa_key("old"), rsa_key("new"), ec_key("curve")
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "audience": ({}, {"audience": "urn:another"}, "audience", "not for this system"),
    "expired": ({"clockSeconds": -7200}, {}, "time", "The token is expired"),
    "too early": ({"clockSeconds": 7200}, {}, "time", "The token is not valid at this time"),
    "algorithm": ({"algorithm": "ES256"}, {}, "signature", "not signed in a way accepted here"),
    "type": ({"header": {"typ": "logout+jwt"}}, {}, "type", "The token is not an access token"),
    "no type": ({"absent": ["typ"]}, {}, "type", "The token is not an access token"),
    "no kid": ({"absent": ["kid"]}, {}, "signature", "not signed in a way accepted here"),
    "unknown key": ({"keys": [NEW, CURVE]}, {}, "signature", "signed with an unknown key"),
    "role": ({}, {"scope": "ocms.other"}, "role", "The token gives no role"),
}


def documented(address: str, heading: str = "oidc-provider") -> str:
    """Return the settings of the docs for a provider, with the address of a running one."""
    section = DOCS.read_text().partition(f"## {heading}\n")[2]
    settings = section.partition("```toml\n")[2].partition("```")[0]
    (published,) = set(re.findall(r'^issuer = "(.*)"$', settings, re.MULTILINE))
    return settings.replace(published, address)


@pytest.fixture(scope="module")
def port() -> int:
    """Return the port of the provider that the system trusts."""
    return free_port()


@pytest.fixture(scope="module")
def settings_file(port: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the documented settings."""
    file = tmp_path_factory.mktemp("settings") / "ocms.toml"
    file.write_text(documented(f"http://127.0.0.1:{port}"))
    return file


@pytest.fixture(scope="module")
def trusting(settings_file: Path, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a running system by these settings, which has read the provider's keys."""
    folder = tmp_path_factory.mktemp("trusting")
    databases = sqlite_databases(sqlite_templates(tmp_path_factory.mktemp("sqlite")), folder)
    deployment = Deployment(databases, folder)
    put_notices(deployment.engine, ["1234567890"])
    with serving(deployment, config=settings_file) as served:
        with oidc_provider(port, [OLD, CURVE]) as provider:
            assert query(served, provider.token()).status_code == 200
        yield served
    deployment.engine.dispose()


def query(served: Served, token: str) -> Any:
    """Call API 4 with a token."""
    return served.post(API_4, body(), headers={"Authorization": f"Bearer {token}"})


def inspected(served: Served, settings_file: Path, token: str) -> tuple[int, str]:
    """Return the exit status and the output of `ocms token inspect`."""
    ended = subprocess.run(
        [OCMS, "token", "inspect"],
        input=token,
        env=served.deployment.environment(config=settings_file),
        capture_output=True,
        text=True,
        check=False,
    )
    assert token not in ended.stdout + ended.stderr
    return ended.returncode, ended.stdout


@pytest.mark.rule("G17")
def test_a_token_is_accepted_by_the_documented_settings(
    trusting: Served, settings_file: Path, port: int
) -> None:
    with oidc_provider(port, [OLD, CURVE]) as provider:
        token = provider.token()
        assert query(trusting, token).status_code == 200
        status, said = inspected(trusting, settings_file, token)
    assert status == 0, said
    assert "FAILED" not in said
    assert said.endswith("\naccepted\n")


@pytest.mark.rule("G17", "G16")
@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_with_one_thing_wrong_is_refused_with_the_reason(
    trusting: Served, settings_file: Path, port: int, wrong: str
) -> None:
    changes, asked, check, reason = WRONG[wrong]
    keys = changes.get("keys", [OLD, CURVE])
    others = {name: value for name, value in changes.items() if name != "keys"}
    with oidc_provider(port, keys, **others) as provider:
        token = provider.token(**asked)
    with oidc_provider(port, [OLD, CURVE]):  # the provider as it is otherwise
        answer = query(trusting, token)
        status, said = inspected(trusting, settings_file, token)
    challenge = answer.headers["WWW-Authenticate"]
    if wrong == "role":
        assert (answer.status_code, 'error="insufficient_scope"' in challenge) == (403, True)
    else:
        assert (answer.status_code, reason in challenge) == (401, True), challenge
    assert status == 1
    (failed,) = (part for part in said.split("\n") if part.startswith("FAILED"))
    assert failed.split()[1] == check
    assert reason in said


@pytest.mark.rule("G17")
def test_a_token_of_another_provider_is_refused(trusting: Served, settings_file: Path) -> None:
    with oidc_provider(free_port(), [OLD, CURVE]) as other:
        token = other.token()
    answer = query(trusting, token)
    assert answer.status_code == 401
    assert "not from an issuer known here" in answer.headers["WWW-Authenticate"]
    status, said = inspected(trusting, settings_file, token)
    assert status == 1
    assert "FAILED  issuer" in said


def issuer_at(provider: Provider) -> Issuer:
    """Return the documented issuer at a provider."""
    (table,) = (
        each
        for each in tomllib.loads(documented(provider.issuer))["ocms"]["issuers"]
        if each["kind"] == CallerKind.CLIENTS.value
    )
    return Issuer(
        name=table["name"],
        issuer=provider.issuer,
        audience=table["audience"],
        kind=CallerKind.CLIENTS,
        algorithms=frozenset(table["algorithms"]),
        jwks_url=provider.jwks_url,
        role_claims=tuple(table["role_claims"]),
        role_words={word: Role(role) for word, role in table["role_words"].items()},
        types=frozenset(table["types"]),
    )


@pytest.mark.rule("G16", "G17")
def test_keys_roll_over_time(port: int) -> None:
    seconds = [0.0]
    with oidc_provider(port, [OLD]) as provider:
        address = provider.jwks_url
        keys = IssuerKeys("op", lambda: httpx.get(address, trust_env=False).content, lambda: seconds[0])
        authenticator = BearerAuthenticator([(issuer_at(provider), keys)])

        def accepted(token: str, later: timedelta = timedelta()) -> bool:
            return isinstance(authenticator.authenticate(f"Bearer {token}", now() + later), Principal)

        old = provider.token()
        assert accepted(old)
    with oidc_provider(port, [NEW, OLD]) as provider:  # a new key signs, the old one is still published
        new = provider.token()
        assert not accepted(new)  # asked a moment ago
        seconds[0] += REFRESH_SECONDS
        assert accepted(new)
        assert accepted(old)
        assert not accepted(old, timedelta(hours=2))
    assert accepted(new)  # while the provider is away
    with oidc_provider(port, [NEW]):  # the old key is withdrawn
        assert accepted(old)
        seconds[0] += FRESH_SECONDS
        assert not accepted(old)
        assert accepted(new)


def wrong_tokens(provider: Glewlwyd) -> list[tuple[str, str, str]]:
    """Return tokens with one thing wrong, each with the check that finds it and the reason."""
    unknown = "The token is not from an issuer known here, or not for this system"
    refused = [
        (provider.token(audience=OTHER_AUDIENCE), "audience", unknown),
        (provider.token(audience=None), "audience", unknown),
        (provider.token(scope="ocms.other"), "role", "The token gives no role (403)"),
    ]
    plugins: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
        (OLD, {"iss": "https://another.example"}, "issuer", unknown),
        (NEW, {}, "signature", "The token is signed with an unknown key"),
        (rsa_key("old"), {}, "signature", "The signature of the token is wrong"),
        (CURVE, {}, "signature", "The token is not signed in a way accepted here"),
        ({**OLD, "alg": "RS512"}, {}, "signature", "The token is not signed in a way accepted here"),
        # It is expired once the others are refused and the leeway is over.
        (OLD, {"access_token_duration": 1}, "time", "The token is expired"),
    ]
    for key, changes, check, reason in plugins:
        with other_plugin(provider, [key], **changes) as other:
            refused.append((other.token(), check, reason))
    return refused


@pytest.mark.rule("G17")
def test_a_token_of_glewlwyd_is_accepted_by_the_documented_settings_and_only_by_those(tmp_path: Path) -> None:
    databases = sqlite_databases(sqlite_templates(tmp_path / "templates"), tmp_path)
    deployment = Deployment(databases, tmp_path)
    put_notices(deployment.engine, ["1234567890"])
    file = tmp_path / "ocms.toml"
    with glewlwyd([OLD, CURVE]) as provider:
        file.write_text(documented(provider.issuer, "Glewlwyd"))
        refused = wrong_tokens(provider)
        expired = time.monotonic() + 1 + LEEWAY_SECONDS + 1
        with serving(deployment, config=file) as served:
            assert query(served, provider.token()).status_code == 200
            assert inspected(served, file, provider.token())[0] == 0
            for token, check, reason in refused:
                if check == "time":
                    time.sleep(max(0, expired - time.monotonic()))
                answer = query(served, token)
                challenge = answer.headers["WWW-Authenticate"]
                role = check == "role"
                assert (answer.status_code, 'error="insufficient_scope"' in challenge) == (
                    (403, True) if role else (401, False)
                )
                assert role or f'error_description="{reason}"' in challenge
                status, said = inspected(served, file, token)
                assert status == 1
                assert re.findall(r"^FAILED  (\w+) .*\n +(.*)$", said, re.MULTILINE) == [(check, reason)]
    deployment.engine.dispose()
