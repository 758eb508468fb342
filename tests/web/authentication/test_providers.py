"""Tokens of the providers in use are accepted by the settings in the docs; with one thing wrong, refused."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from joserfc.jwk import RSAKey

from ocms_adapters.jwks import keys_in
from ocms_app.issuers import issuer as issuer_of_settings
from ocms_app.settings import load
from ocms_core.kernel.access import Principal, Role
from ocms_web.authentication import AuthenticationFailure
from ocms_web.authentication.bearer import LONGEST_TOKEN, BearerAuthenticator, stated_roles
from ocms_web.authentication.issuers import CallerKind, Issuer
from ocms_web.authentication.rejections import TOKEN_NOT_ALLOWED
from tests.web.authentication.provider_tokens import (
    ISSUED,
    KEY,
    TIMES,
    Issued,
    documented_settings,
)
from tests.web.authentication.tokens import CLIENTS, NOW, STAFF, key_set, signed

Change = Callable[[dict[str, Any], dict[str, Any]], object]


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Issuer]:
    """Give the issuers of the docs by name."""
    file = tmp_path_factory.mktemp("documented") / "ocms.toml"
    file.write_text(documented_settings())
    settings = load({"OCMS_CONFIG": str(file)})
    return {given.name: issuer_of_settings(given) for given in settings.issuers}


@pytest.fixture(scope="module")
def authenticator(
    tmp_path_factory: pytest.TempPathFactory, issuers: Mapping[str, Issuer]
) -> BearerAuthenticator:
    """Give an authenticator with all of them, their keys read from a file."""
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    file.write_bytes(key_set(KEY))
    return BearerAuthenticator([(issuer, keys_in(name, file)) for name, issuer in issuers.items()])


def unchanged(_header: dict[str, Any], _claims: dict[str, Any]) -> None:
    """Leave a token as its provider issued it."""


def token(issued: Issued, change: Change = unchanged, key: RSAKey = KEY) -> str:
    header, claims = dict(issued.header), {**TIMES, **issued.claims}
    header.setdefault("typ", None)
    change(header, claims)
    return signed(claims, header, key)


def reason(authenticator: BearerAuthenticator, text: str) -> str:
    """Return the reason of a refusal, as the caller gets it."""
    refused = authenticator.authenticate(f"Bearer {text}", NOW)
    assert isinstance(refused, AuthenticationFailure), refused
    return refused.headers["WWW-Authenticate"].removeprefix('Bearer realm="ocms", ')


def invalid(why: str) -> str:
    return f'error="invalid_token", error_description="The token {why}"'


def test_every_issuer_of_the_docs_has_a_token_and_each_provider_two(issuers: Mapping[str, Issuer]) -> None:
    assert issuers.keys() == ISSUED.keys()
    for provider in ("entra1", "entra2", "kc", "okta", "cognito", "adfs", "op"):
        kinds = {issuer.kind for name, issuer in issuers.items() if name.startswith(provider)}
        assert kinds == set(CallerKind)


@pytest.mark.rule("G17")
@pytest.mark.parametrize("name", ISSUED)
def test_a_token_as_the_provider_issues_it_is_accepted(authenticator: BearerAuthenticator, name: str) -> None:
    issued = ISSUED[name]
    caller = authenticator.authenticate(f"Bearer {token(issued)}", NOW)
    assert caller == Principal(issued.caller, issued.role, f"{name}:{issued.caller}")


@pytest.mark.rule("G17")
@pytest.mark.parametrize("name", ISSUED)
def test_a_header_without_a_type_is_accepted_only_where_set(
    authenticator: BearerAuthenticator, issuers: Mapping[str, Issuer], name: str
) -> None:
    untyped = token(ISSUED[name], lambda header, _: header.update(typ=None))
    if issuers[name].untyped:
        assert isinstance(authenticator.authenticate(f"Bearer {untyped}", NOW), Principal)
    else:
        assert reason(authenticator, untyped) == invalid("is not an access token")


@pytest.mark.rule("G17")
@pytest.mark.parametrize("name", sorted(ISSUED.keys() - {"adfs-clients"}))  # its role is by name
def test_only_the_words_set_for_roles_give_one(
    authenticator: BearerAuthenticator, issuers: Mapping[str, Issuer], name: str
) -> None:
    issuer = issuers[name]

    def change(_header: dict[str, Any], claims: dict[str, Any]) -> None:
        for claim in issuer.role_claims:
            claims.pop(claim.partition(".")[0], None)
        claims.update(roles=["plus", "toppan", "oic"], role="oic", scope="plus oic")

    assert authenticator.authenticate(f"Bearer {token(ISSUED[name], change)}", NOW) == TOKEN_NOT_ALLOWED


@pytest.mark.rule("G17")
@pytest.mark.parametrize("name", ["kc-clients", "kc-staff", "cognito-plus", "cognito-oic"])
@pytest.mark.parametrize("value", ["ID", "id", "Refresh", None, ["Bearer", "access"]])
def test_a_token_of_another_use_is_refused(
    authenticator: BearerAuthenticator, name: str, value: object
) -> None:
    claim = "typ" if name.startswith("kc") else "token_use"
    other = token(ISSUED[name], lambda _, claims: claims.update({claim: value}))
    assert reason(authenticator, other) == invalid("does not have a claim required here")


@pytest.mark.rule("G17")
def test_a_token_for_one_kind_of_caller_is_no_token_for_the_other(
    authenticator: BearerAuthenticator,
) -> None:
    officer = token(ISSUED["entra1-staff"], lambda _, claims: claims.update(aud="api://ocms"))
    assert authenticator.authenticate(f"Bearer {officer}", NOW) == TOKEN_NOT_ALLOWED


@pytest.mark.rule("G17")
def test_a_token_of_16_kb_is_accepted_and_a_longer_one_is_not(authenticator: BearerAuthenticator) -> None:
    issued = ISSUED["entra1-apps"]

    def padded(length: int) -> str:
        return token(issued, lambda _, claims: claims.update(groups="x" * length))

    room = (LONGEST_TOKEN - len(padded(0))) * 3 // 4
    longest = max((padded(room - less) for less in range(3)), key=lambda text: len(text) <= LONGEST_TOKEN)
    assert LONGEST_TOKEN - 8 <= len(longest) <= LONGEST_TOKEN
    assert isinstance(authenticator.authenticate(f"Bearer {longest}", NOW), Principal)
    assert reason(authenticator, padded(room + 8)) == invalid("is malformed")


@pytest.mark.rule("G17")
def test_a_header_may_have_certificates_which_are_ignored(authenticator: BearerAuthenticator) -> None:
    certified = token(ISSUED["adfs-staff"], lambda header, _: header.update(x5c=["M" * 2000] * 3))
    assert isinstance(authenticator.authenticate(f"Bearer {certified}", NOW), Principal)


@pytest.mark.rule("G17")
@pytest.mark.parametrize(
    "path, claims, words",
    [
        ("roles", {"roles": ["a", 1, None, "b c"]}, ["a", "b c"]),
        ("roles", {"roles": "a b"}, ["a b"]),
        ("scope", {"scope": "a  b"}, ["a", "b"]),
        ("scp", {"scp": "a b"}, ["a", "b"]),
        ("scp", {"scp": ["a", "b"]}, ["a", "b"]),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ["a"]),
        ("resource_access.my.app.roles", {"resource_access": {"my.app": {"roles": ["a"]}}}, ["a"]),
        ("https://agency.example/roles", {"https://agency.example/roles": ["a"]}, ["a"]),
        ("realm_access.roles", {"realm_access": ["a"]}, []),
        ("realm_access.roles", {"realm_access": {"roles": {"a": True}}}, []),
        ("realm_access.roles", {"realm_access": None}, []),
        ("realm_access.roles", {}, []),
    ],
)
def test_roles_are_read_at_a_path(path: str, claims: dict[str, Any], words: list[str]) -> None:
    assert list(stated_roles(claims, [path])) == words


@pytest.mark.rule("G17")
@pytest.mark.parametrize(
    "issuer, changed, message",
    [
        (CLIENTS, {"role_words": {"word": Role.OIC}}, "only roles of clients"),
        (STAFF, {"role_words": {"word": Role.PLUS}}, "only roles of staff"),
        (CLIENTS, {"types": ()}, "is empty"),
        (CLIENTS, {"types": ("",)}, "is empty"),
        (CLIENTS, {"caller_claims": ("",)}, "is empty"),
        (CLIENTS, {"role_claims": ()}, "role_claims"),
        (CLIENTS, {"audience_claim": "azp"}, "audience_claim"),
        (STAFF, {"audience_claim": "client_id"}, "required_claims"),
    ],
)
def test_settings_that_would_accept_other_tokens_are_refused(
    issuer: Issuer, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        evolve(issuer, **changed)


@pytest.mark.rule("G17")
@pytest.mark.parametrize("claim", ["client_id", "azp", "appid", "sub"])
def test_without_a_setting_a_client_is_named_by_any_usual_claim(tmp_path: Path, claim: str) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(KEY))
    authenticator = BearerAuthenticator([(CLIENTS, keys_in("apim", file))])
    names = ("client_id", "azp", "appid", "sub")
    claims = {name: name for name in names[names.index(claim) :]}
    stated = {"iss": CLIENTS.issuer, "aud": "ocms", "roles": ["plus"], **TIMES, **claims}
    assert authenticator.authenticate(f"Bearer {signed(stated, key=KEY)}", NOW) == Principal(
        claim, Role.PLUS, f"apim:{claim}"
    )
