"""An inspection says of a token what a call would say, and why, without repeating the token."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from ocms_adapters.jwks import keys_in
from ocms_app.issuers import issuer as issuer_of_settings
from ocms_app.settings import load
from ocms_core.kernel.access import Principal
from ocms_web.authentication import AuthenticationFailure
from ocms_web.authentication.bearer import BearerAuthenticator, KeySource
from ocms_web.authentication.inspection import Finding, inspect
from ocms_web.authentication.issuers import Issuer
from tests.web.authentication.provider_tokens import ISSUED, KEY, TIMES, documented_settings
from tests.web.authentication.test_bearer import BAD, GOOD, PART, ROLELESS
from tests.web.authentication.tokens import (
    CLIENTS,
    EC,
    NOW,
    PLUS_CLAIMS,
    RSA,
    SECOND,
    STAFF,
    crafted,
    key_set,
    signed,
)

Issuers = Sequence[tuple[Issuer, KeySource]]
TOKENS = {
    **{name: token for name, (token, _) in {**GOOD, **BAD}.items()},
    **ROLELESS,
}


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Issuers:
    file = tmp_path_factory.mktemp("issuers") / "keys.json"
    file.write_bytes(key_set(EC, RSA))
    return [(issuer, keys_in(issuer.name, file)) for issuer in (CLIENTS, STAFF)]


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Issuers:
    folder = tmp_path_factory.mktemp("documented")
    (folder / "ocms.toml").write_text(documented_settings())
    (folder / "keys.json").write_bytes(key_set(KEY))
    given = load({"OCMS_CONFIG": str(folder / "ocms.toml")}).issuers
    return [(issuer_of_settings(each), keys_in(each.name, folder / "keys.json")) for each in given]


def failed(token: str, issuers: Issuers) -> Mapping[str, Finding]:
    """Return the checks a token fails, by their names."""
    return {each.check: each for each in inspect(token, issuers, NOW).findings if each.reason}


@pytest.mark.rule("G17")
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_an_inspection_says_what_a_call_would(issuers: Issuers, token: str) -> None:
    caller = BearerAuthenticator(issuers).authenticate(f"Bearer {token}", NOW)
    inspection = inspect(token, issuers, NOW)
    reasons = [each.reason for each in inspection.findings if each.reason]
    assert inspection.is_accepted == isinstance(caller, Principal) == (not reasons)
    if isinstance(caller, AuthenticationFailure):
        challenge = caller.headers["WWW-Authenticate"]
        assert f'error_description="{reasons[0]}"' in challenge or "insufficient_scope" in challenge


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_an_inspection_never_repeats_the_token(issuers: Issuers, token: str) -> None:
    text = " ".join(each.seen + each.reason for each in inspect(token, issuers, NOW).findings)
    assert text.isascii()
    assert text.isprintable()
    for part in token.split("."):
        # Whole pieces alone: two characters at the end of a signature may stand in any text.
        assert not any(part[at : at + 20] in text for at in range(0, len(part) - 19, 20))


@pytest.mark.rule("G17")
@pytest.mark.parametrize("name", ISSUED)
def test_a_token_of_each_provider_is_inspected_by_its_own_settings(documented: Issuers, name: str) -> None:
    issued = ISSUED[name]
    header = {"typ": None, **issued.header}
    inspection = inspect(signed({**TIMES, **issued.claims}, header, KEY), documented, NOW)
    assert inspection.is_accepted
    seen = {each.check: each.seen for each in inspection.findings}
    assert name in seen["issuer"]
    assert issued.caller in seen["caller"]
    assert seen["role"].startswith(f"{issued.role.value} (")


@pytest.mark.rule("G17")
@pytest.mark.parametrize(
    "changed, header, check, seen",
    [
        (
            {"iss": "https://other.example"},
            {},
            "issuer",
            "iss 'https://other.example'; the settings have 'https://apim.example'",
        ),
        ({"aud": "other"}, {}, "audience", "aud 'other'; the settings have 'ocms' (apim)"),
        (
            {"aud": None, "client_id": "ocms"},
            {},
            "audience",
            "no aud; client_id 'ocms'; the settings have 'ocms' (apim); `audience_claim",
        ),
        ({}, {"typ": "id+jwt"}, "type", "typ 'id+jwt'; accepted: application/at+jwt, at+jwt, jwt"),
        ({}, {"typ": None}, "type", "no typ; `untyped = false`"),
        ({}, {"kid": "k9"}, "signature", "alg 'ES256', kid 'k9'"),
        (
            {"exp": SECOND - 60, "iat": None, "nbf": None},
            {},
            "time",
            "exp 2026-03-02T11:59:00+08:00, now ",
        ),
        ({"exp": "soon", "iat": None, "nbf": None}, {}, "time", "exp 'soon', now 2026-03-02T12:00:00+08:00"),
        ({"exp": -1e300, "iat": None, "nbf": None}, {}, "time", "exp -1e+300, now 2026-03-02T12:00:00+08:00"),
        ({"client_id": None, "sub": None}, {}, "caller", "none of client_id, azp, appid, sub"),
        ({"client_id": "x" * 100}, {}, "caller", f"client_id '{'x' * 79}..."),
        ({"roles": ["admin"]}, {}, "role", "'admin' at roles, role; the settings know "),
        ({"roles": None}, {}, "role", "no words at roles, role; the settings know "),
    ],
)
def test_what_is_wrong_is_shown_beside_what_the_settings_expect(
    issuers: Issuers, changed: dict[str, Any], header: dict[str, Any], check: str, seen: str
) -> None:
    stated = {**PLUS_CLAIMS, **changed}
    claims = {name: value for name, value in stated.items() if value is not None}
    wrong = failed(signed(claims, header), issuers)
    assert list(wrong) == [check]
    assert wrong[check].seen.startswith(seen)


@pytest.mark.rule("G17")
def test_all_that_is_wrong_is_found_at_once(issuers: Issuers) -> None:
    claims = {**PLUS_CLAIMS, "aud": "other", "exp": SECOND - 60, "roles": []}
    assert list(failed(signed(claims, {"typ": "id+jwt", "kid": "k9"}), issuers)) == [
        "audience",
        "type",
        "signature",
        "time",
        "role",
    ]


@pytest.mark.rule("G17")
def test_a_token_with_a_nonce_is_known_as_one_for_its_provider(documented: Issuers) -> None:
    issued = ISSUED["entra1-apps"]
    unsigned = crafted({**issued.header, "nonce": "n"}, {**TIMES, **issued.claims}, b"x")
    assert "only they can check it" in failed(unsigned, documented)["signature"].seen


@pytest.mark.parametrize(
    "token, seen",
    [
        ("opaque", "1 parts between dots"),
        ("a.b.c.d.e", "an encrypted token (five parts)"),
        ("a" * 20000, "20000 characters; 16384 at most"),
        ("", "1 parts between dots"),
    ],
)
def test_what_is_no_signed_token_is_said(issuers: Issuers, token: str, seen: str) -> None:
    assert failed(token, issuers)["form"].seen.startswith(seen)


def test_keys_that_cannot_be_read_are_a_reason(tmp_path: Path) -> None:
    issuers = [(CLIENTS, keys_in("apim", tmp_path / "missing"))]
    wrong = failed(signed(PLUS_CLAIMS), issuers)
    assert wrong["signature"].reason == "the key set of token issuer apim is unavailable"
    assert not inspect(signed(PLUS_CLAIMS), issuers, NOW).is_accepted


@given(header=PART, claims=PART)
def test_any_token_can_be_inspected(issuers: Issuers, header: object, claims: object) -> None:
    assert not inspect(crafted(header, claims, b"x"), issuers, NOW).is_accepted
