"""The bearer authenticator lets in who a good token names, and nobody else."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_adapters.jwks import keys_in
from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.errors import Unavailable
from ocms_web.authentication import AuthenticationFailure
from ocms_web.authentication.bearer import BearerAuthenticator
from ocms_web.authentication.issuers import CallerKind, Issuer
from ocms_web.authentication.rejections import TOKEN_NOT_ALLOWED
from ocms_web.problems import Problem
from tests.web.authentication.tokens import (
    CLIENTS,
    EC,
    NOW,
    OFFICER_CLAIMS,
    PLUS_CLAIMS,
    RSA,
    SECOND,
    STAFF,
    STRANGER,
    base64url,
    bearer_authenticator,
    crafted,
    key_set,
    signed,
)

PUBLIC_PEM = EC.as_pem(private=False)
EC_HEADER = {"alg": "ES256", "typ": "JWT", "kid": "ec"}


@pytest.fixture(scope="module")
def authenticator(tmp_path_factory: pytest.TempPathFactory) -> BearerAuthenticator:
    return bearer_authenticator(tmp_path_factory.mktemp("issuers"))


def caller(authenticator: BearerAuthenticator, token: str) -> Principal | AuthenticationFailure:
    return authenticator.authenticate(f"Bearer {token}", NOW)


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


GOOD = {
    "a client by client_id": (signed(PLUS_CLAIMS), Principal("plus-1", Role.PLUS, "apim:plus-1")),
    "a client by azp": (
        signed({**without(PLUS_CLAIMS, "client_id"), "azp": "plus-2"}),
        Principal("plus-2", Role.PLUS, "apim:plus-2"),
    ),
    "a client by sub": (
        signed({**without(PLUS_CLAIMS, "client_id"), "sub": "plus-3"}),
        Principal("plus-3", Role.PLUS, "apim:plus-3"),
    ),
    "a client whose role the settings give": (
        signed({**without(PLUS_CLAIMS, "roles"), "client_id": "toppan-1"}),
        Principal("toppan-1", Role.TOPPAN, "apim:toppan-1"),
    ),
    "settings before claims": (
        signed({**PLUS_CLAIMS, "client_id": "toppan-1"}),
        Principal("toppan-1", Role.TOPPAN, "apim:toppan-1"),
    ),
    "an officer": (signed(OFFICER_CLAIMS), Principal("officer.tan", Role.OIC, "staff:officer.tan")),
    "an officer by role": (
        signed({**without(OFFICER_CLAIMS, "roles"), "role": "oic"}),
        Principal("officer.tan", Role.OIC, "staff:officer.tan"),
    ),
    "an officer among other roles": (
        signed({**OFFICER_CLAIMS, "roles": ["reader", {"odd": 1}, "oic"]}),
        Principal("officer.tan", Role.OIC, "staff:officer.tan"),
    ),
    "an RSA key": (signed(PLUS_CLAIMS, key=RSA), Principal("plus-1", Role.PLUS, "apim:plus-1")),
    "an access token by type": (
        signed(PLUS_CLAIMS, {"typ": "at+jwt"}),
        Principal("plus-1", Role.PLUS, "apim:plus-1"),
    ),
    "several audiences": (
        signed({**PLUS_CLAIMS, "aud": ["other", "ocms"]}),
        Principal("plus-1", Role.PLUS, "apim:plus-1"),
    ),
    "just expired, within the leeway": (
        signed({**PLUS_CLAIMS, "exp": SECOND - 29}),
        Principal("plus-1", Role.PLUS, "apim:plus-1"),
    ),
    "a clock a little ahead": (
        signed({**PLUS_CLAIMS, "nbf": SECOND + 30, "iat": SECOND + 30}),
        Principal("plus-1", Role.PLUS, "apim:plus-1"),
    ),
}

MALFORMED = "The token is malformed"
NOT_FOR_US = "The token is not from an issuer known here, or not for this system"
UNSIGNED = "The token is not signed in a way accepted here"
UNKNOWN_KEY = "The token is signed with an unknown key"
WRONG_SIGNATURE = "The signature of the token is wrong"
EXPIRED = "The token is expired"
WRONG_TIME = "The token is not valid at this time"
NAMELESS = "The token does not name its bearer"
WRONG_TYPE = "The token is not an access token"

BAD = {
    "empty": ("", MALFORMED),
    "two parts": (signed(PLUS_CLAIMS).rpartition(".")[0], MALFORMED),
    "truncated": (signed(PLUS_CLAIMS)[:-9], WRONG_SIGNATURE),
    "four parts": (signed(PLUS_CLAIMS) + ".x", MALFORMED),
    "a megabyte": ("a" * 500_000 + "." + "b" * 500_000 + ".c", MALFORMED),
    "a signed megabyte": (signed({**PLUS_CLAIMS, "more": "x" * 100_000}), MALFORMED),
    "non-ASCII": (signed(PLUS_CLAIMS) + "\xe9", MALFORMED),
    "non-ASCII digits": ("\u0661.\u0662.\u0663", MALFORMED),
    "a line break": (signed(PLUS_CLAIMS) + "\n", MALFORMED),
    "a header that is a list": (crafted(["alg"], PLUS_CLAIMS, b"x"), MALFORMED),
    "a header that is a text": (crafted("alg", PLUS_CLAIMS, b"x"), MALFORMED),
    "a header without alg": (crafted({"typ": "JWT"}, PLUS_CLAIMS, b"x"), MALFORMED),
    "a header of no UTF-8": (crafted(b"\xff\xfe", PLUS_CLAIMS, b"x"), MALFORMED),
    "a header too deep": (crafted(b"[" * 300, PLUS_CLAIMS, b"x"), MALFORMED),
    "a header far too deep": (crafted(b"[" * 8000, PLUS_CLAIMS, b"x"), MALFORMED),
    "claims that are a list": (signed([PLUS_CLAIMS]), MALFORMED),
    "claims that are no JSON": (signed(b"{"), MALFORMED),
    "claims too deep": (signed(b"[" * 4000), MALFORMED),
    "claims with an endless number": (signed(b'{"exp":' + b"9" * 5000 + b"}"), MALFORMED),
    "alg none": (crafted({**EC_HEADER, "alg": "none"}, PLUS_CLAIMS) + "x", UNSIGNED),
    "alg none without a signature": (crafted({**EC_HEADER, "alg": "none"}, PLUS_CLAIMS), MALFORMED),
    "HS256 with the public key": (crafted({**EC_HEADER, "alg": "HS256"}, PLUS_CLAIMS, PUBLIC_PEM), UNSIGNED),
    "an alg that is a list": (crafted({**EC_HEADER, "alg": ["ES256"]}, PLUS_CLAIMS, b"x"), UNSIGNED),
    "an alg that is an object": (crafted({**EC_HEADER, "alg": {}}, PLUS_CLAIMS, b"x"), UNSIGNED),
    "an alg the issuer does not use": (crafted({**EC_HEADER, "alg": "ES512"}, PLUS_CLAIMS, b"x"), UNSIGNED),
    "an alg of another kind of key": (
        crafted({**EC_HEADER, "alg": "RS256"}, PLUS_CLAIMS, b"x"),
        WRONG_SIGNATURE,
    ),
    "an alg the key is not for": (
        crafted({"alg": "PS256", "typ": "JWT", "kid": "rsa"}, PLUS_CLAIMS, b"x"),
        WRONG_SIGNATURE,
    ),
    "no kid": (signed(PLUS_CLAIMS, {"kid": None}), UNSIGNED),
    "a kid that is a number": (crafted({**EC_HEADER, "kid": 1}, PLUS_CLAIMS, b"x"), UNSIGNED),
    "an unknown kid": (signed(PLUS_CLAIMS, {"kid": "../../etc/passwd"}), UNKNOWN_KEY),
    "a key of its own (jwk)": (
        signed(PLUS_CLAIMS, {"jwk": STRANGER.as_dict(private=False)}, STRANGER),
        WRONG_SIGNATURE,
    ),
    "a key set of its own (jku)": (
        signed(PLUS_CLAIMS, {"jku": "https://evil.example/keys"}, STRANGER),
        WRONG_SIGNATURE,
    ),
    "a certificate of its own (x5u)": (
        signed(PLUS_CLAIMS, {"x5u": "https://evil.example/keys"}, STRANGER),
        WRONG_SIGNATURE,
    ),
    "a critical header": (
        crafted({**EC_HEADER, "crit": ["exp"], "exp": 1}, PLUS_CLAIMS, b"x"),
        MALFORMED,
    ),
    "an unencoded payload": (crafted({**EC_HEADER, "b64": False}, PLUS_CLAIMS, b"x"), MALFORMED),
    "claims changed after signing": (
        ".".join(
            part if place != 1 else base64url(json.dumps({**PLUS_CLAIMS, "roles": ["cas"]}).encode())
            for place, part in enumerate(signed(PLUS_CLAIMS).split("."))
        ),
        WRONG_SIGNATURE,
    ),
    "no typ": (signed(PLUS_CLAIMS, {"typ": None}), WRONG_TYPE),
    "an ID token": (signed(PLUS_CLAIMS, {"typ": "id+jwt"}), WRONG_TYPE),
    "a typ that is a list": (crafted({**EC_HEADER, "typ": ["JWT"]}, PLUS_CLAIMS, b"x"), WRONG_TYPE),
    "another issuer": (signed({**PLUS_CLAIMS, "iss": "https://evil.example"}), NOT_FOR_US),
    "an issuer with a slash more": (signed({**PLUS_CLAIMS, "iss": CLIENTS.issuer + "/"}), NOT_FOR_US),
    "no issuer": (signed(without(PLUS_CLAIMS, "iss")), NOT_FOR_US),
    "an issuer that is a list": (signed({**PLUS_CLAIMS, "iss": [CLIENTS.issuer]}), NOT_FOR_US),
    "another audience": (signed({**PLUS_CLAIMS, "aud": "ocms2"}), NOT_FOR_US),
    "no audience": (signed(without(PLUS_CLAIMS, "aud")), NOT_FOR_US),
    "an audience that is an object": (signed({**PLUS_CLAIMS, "aud": {"ocms": 1}}), NOT_FOR_US),
    "expired": (signed({**PLUS_CLAIMS, "exp": SECOND - 30}), EXPIRED),
    "no end": (signed(without(PLUS_CLAIMS, "exp")), WRONG_TIME),
    "an end that is a text": (signed({**PLUS_CLAIMS, "exp": str(SECOND + 600)}), WRONG_TIME),
    "an end that is no number": (signed({**PLUS_CLAIMS, "exp": float("nan")}), WRONG_TIME),
    "an endless end": (signed({**PLUS_CLAIMS, "exp": float("inf")}), WRONG_TIME),
    "not yet begun": (signed({**PLUS_CLAIMS, "nbf": SECOND + 31}), WRONG_TIME),
    "issued in the future": (signed({**PLUS_CLAIMS, "iat": SECOND + 31}), WRONG_TIME),
    "no name": (signed(without(PLUS_CLAIMS, "client_id", "sub")), NAMELESS),
    "a name that is a number": (signed({**PLUS_CLAIMS, "client_id": 1}), NAMELESS),
    "an empty name": (signed({**PLUS_CLAIMS, "client_id": ""}), NAMELESS),
    "a name with a zero byte": (signed({**PLUS_CLAIMS, "client_id": "a\0"}), NAMELESS),
    "a name no column holds": (signed({**OFFICER_CLAIMS, "sub": "x" * 51}), NAMELESS),
    "a name not every database keeps": (signed({**OFFICER_CLAIMS, "sub": "陈"}), NAMELESS),
    "an officer named by client_id": (signed(without(OFFICER_CLAIMS, "sub")), NAMELESS),
}

ROLELESS = {
    "an officer without a role": signed(without(OFFICER_CLAIMS, "roles")),
    "an officer with another role": signed({**OFFICER_CLAIMS, "roles": ["admin", "OIC", 1]}),
    "an officer with a client's role": signed({**OFFICER_CLAIMS, "roles": ["plus"]}),
    "a client with an officer's role": signed({**PLUS_CLAIMS, "roles": ["oic"]}),
    "roles that are an object": signed({**PLUS_CLAIMS, "roles": {"plus": True}}),
}


@pytest.mark.parametrize("token, principal", GOOD.values(), ids=GOOD)
def test_a_good_token_lets_in_whom_it_names(
    authenticator: BearerAuthenticator, token: str, principal: Principal
) -> None:
    assert caller(authenticator, token) == principal


@pytest.mark.rule("G15")
@pytest.mark.parametrize("token, why", BAD.values(), ids=BAD)
def test_a_bad_token_is_refused_and_told_why(
    authenticator: BearerAuthenticator, token: str, why: str
) -> None:
    challenge = f'Bearer realm="ocms", error="invalid_token", error_description="{why}"'
    assert caller(authenticator, token) == AuthenticationFailure(
        Problem.UNAUTHORIZED, {"WWW-Authenticate": challenge}
    )


@pytest.mark.rule("G16")
@pytest.mark.parametrize("token", ROLELESS.values(), ids=ROLELESS)
def test_a_good_token_without_a_role_of_its_issuer_is_not_allowed_anything(
    authenticator: BearerAuthenticator, token: str
) -> None:
    assert caller(authenticator, token) == TOKEN_NOT_ALLOWED


@pytest.mark.parametrize("value", ["", "Bearer", "Basic dXNlcjpwYXNz", "Bearertoken", "\x00", "Digest a, b"])
def test_what_is_no_bearer_token_gets_the_bare_challenge_or_a_malformed_one(
    authenticator: BearerAuthenticator, value: str
) -> None:
    rejection = authenticator.authenticate(value, NOW)
    assert isinstance(rejection, AuthenticationFailure)
    assert rejection.problem is Problem.UNAUTHORIZED
    assert rejection.headers["WWW-Authenticate"].startswith('Bearer realm="ocms"')


@pytest.mark.parametrize("value", ["bearer {}", "BEARER {}", "Bearer   {}", "Bearer {}  "])
def test_the_scheme_is_read_in_any_case_and_with_any_spaces(
    authenticator: BearerAuthenticator, value: str
) -> None:
    assert isinstance(authenticator.authenticate(value.format(signed(PLUS_CLAIMS)), NOW), Principal)


PART = st.one_of(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.binary(max_size=60),
    st.fixed_dictionaries(
        {"alg": st.sampled_from(["ES256", "RS256", "none", 1])},
        optional={
            name: st.one_of(st.sampled_from(["ec", "rsa", "JWT", "exp"]), st.none(), st.lists(st.text()))
            for name in ("kid", "typ", "crit", "b64", "jwk", "jku", "zip", "x5c")
        },
    ),
)


@given(header=PART, claims=PART, secret=st.binary(max_size=80))
def test_no_token_put_together_by_hand_gets_in_or_breaks_the_door(
    authenticator: BearerAuthenticator, header: object, claims: object, secret: bytes
) -> None:
    assert isinstance(caller(authenticator, crafted(header, claims, secret)), AuthenticationFailure)


@given(
    claims=st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(
                st.just(value),
                st.none(),
                st.text(),
                st.integers(),
                st.floats(),
                st.lists(st.text()),
                st.just({}),
            )
            for name, value in PLUS_CLAIMS.items()
        },
    )
)
def test_whatever_an_issuer_signs_is_refused_without_an_error(
    authenticator: BearerAuthenticator, claims: dict[str, Any]
) -> None:
    said = {"iss": CLIENTS.issuer, "aud": "ocms", **claims}
    assert isinstance(caller(authenticator, signed(said)), Principal | AuthenticationFailure)


@given(value=st.text(st.characters(codec="latin-1")))
def test_whatever_stands_in_the_header_is_refused_without_an_error(
    authenticator: BearerAuthenticator, value: str
) -> None:
    assert isinstance(authenticator.authenticate(value, NOW), AuthenticationFailure)
    assert isinstance(authenticator.authenticate(f"Bearer {value}", NOW), AuthenticationFailure)


def test_an_issuer_whose_keys_were_never_read_is_unavailable_not_a_bad_token(tmp_path: Path) -> None:
    authenticator = BearerAuthenticator([(CLIENTS, keys_in("apim", tmp_path / "missing"))])
    with pytest.raises(Unavailable, match="token issuer apim"):
        caller(authenticator, signed(PLUS_CLAIMS))


def test_one_address_may_issue_for_clients_and_for_staff_by_audience(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(key_set(EC))
    portal = evolve(STAFF, issuer=CLIENTS.issuer, audience="portal")
    authenticator = BearerAuthenticator(
        [(issuer, keys_in("x", tmp_path / "keys.json")) for issuer in (CLIENTS, portal)]
    )
    officer = caller(authenticator, signed({**OFFICER_CLAIMS, "iss": CLIENTS.issuer, "aud": "portal"}))
    assert isinstance(officer, Principal)
    assert officer.role is Role.OIC


@pytest.mark.parametrize("changed", [{"name": "apim"}, {"issuer": CLIENTS.issuer, "audience": "ocms"}])
def test_issuers_that_cannot_be_told_apart_are_refused_in_the_settings(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    keys = keys_in("x", tmp_path / "keys.json")
    with pytest.raises(ValueError, match="its own name"):
        BearerAuthenticator([(CLIENTS, keys), (evolve(STAFF, **changed), keys)])


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"algorithms": frozenset({"none"})}, "algorithms"),
        ({"algorithms": frozenset({"ES256", "HS256"})}, "algorithms"),
        ({"algorithms": frozenset()}, "algorithms"),
        ({"jwks_file": None}, "either at a URL or in a file"),
        ({"jwks_url": "https://apim.example/keys"}, "either at a URL or in a file"),
        ({"jwks_file": None, "jwks_url": "http://apim.example/keys"}, "https"),
        ({"jwks_file": None, "jwks_url": "file:///keys"}, "https"),
        ({"name": "a name"}, "name"),
        ({"issuer": ""}, "issuer"),
        ({"audience": ""}, "audience"),
        ({"roles": {"plus-1": Role.OIC}}, "roles"),
        ({"kind": CallerKind.STAFF}, "roles"),
    ],
)
def test_settings_that_would_weaken_the_door_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evolve(CLIENTS, **changed)


@pytest.mark.parametrize("url", ["https://apim.example/keys", "http://127.0.0.1:8080/keys"])
def test_keys_are_read_over_https_or_from_this_machine(url: str) -> None:
    assert isinstance(evolve(CLIENTS, jwks_file=None, jwks_url=url), Issuer)
