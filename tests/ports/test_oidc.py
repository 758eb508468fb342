"""Signing in by a provider over HTTP that answers as it should not, late, or not at all."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import frozen
from joserfc.jwk import ECKey

from ocms_adapters.jwks import keys_in
from ocms_adapters.oidc import LARGEST_DOCUMENT, OpenIdProvider, ProviderSettings
from ocms_core.kernel.access import Principal
from ocms_core.kernel.errors import Unavailable
from ocms_demo.simulators.fault_injection import InjectedFault
from ocms_demo.simulators.tokens import reply_bytes
from ocms_web.portal.sign_in import ATTEMPT_COOKIE, Attempt, SignIn, SignInRefused
from tests.support.faulty_provider import CLIENT, DESCRIPTION, FaultyProvider, raw
from tests.web.authentication.tokens import (
    EC,
    NOW,
    RSA,
    SECOND,
    STAFF,
    STRANGER,
    bearer_authenticator,
    crafted,
    key_set,
)

BACK, LEFT = "https://ocms.example/staff/signed-in", "https://ocms.example/staff/signed-out"
HOUR = 3600


@frozen
class SignInSite:
    """What signs officers in, and the provider it goes to."""

    provider: FaultyProvider
    sign_in: SignIn

    def finish(self, **query: str) -> Principal:
        """Begin to sign in and come back with a code; return the officer."""
        attempt, address = self.sign_in.begin("/staff/find")
        self.provider.nonce = dict(parse_qsl(urlsplit(address).query))["nonce"]
        officer, path = self.come_back(attempt, code="c", **query)
        assert path == "/staff/find"
        return officer

    def come_back(self, attempt: Attempt, **query: str) -> tuple[Principal, str]:
        """Come back from the provider with an attempt."""
        cookie = {"cookie": f"{ATTEMPT_COOKIE}={attempt.written()}"}
        return self.sign_in.finish({"state": attempt.state, **query}, cookie, NOW)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SignInSite]:
    """Return the sign-in at a provider that does as it should until a test says otherwise."""
    provider = FaultyProvider()
    with provider.running():
        yield site_at(provider, tmp_path)


def site_at(provider: FaultyProvider, folder: Path, *, answer_seconds: float = 60) -> SignInSite:
    """Return a sign-in that knows nothing of its provider yet, and waits so long for it."""
    settings = ProviderSettings(
        provider.url + DESCRIPTION, CLIENT, "", "openid", BACK, LEFT, answer_seconds=answer_seconds
    )
    client = OpenIdProvider(settings)
    keys = folder / "staff.json"
    keys.write_bytes(key_set(EC, RSA))
    return SignInSite(
        provider, SignIn(client, STAFF, keys_in("staff", keys), CLIENT, bearer_authenticator(folder))
    )


@pytest.mark.rule("G17")
def test_an_officer_is_who_the_access_token_names(site: SignInSite) -> None:
    assert site.finish().name == "officer.tan"
    assert b"code_verifier=" in site.provider.bodies[-1]


NOT_FOR_US = "not from the staff issuer, or not for the staff pages"


@pytest.mark.rule("G17")
@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"nonce": "another"}, "not of this sign-in"),
        ({"nonce": None}, "not of this sign-in"),
        ({"aud": "another"}, NOT_FOR_US),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "issued to another client"),
        ({"iss": "https://another.example"}, NOT_FOR_US),
        ({"exp": SECOND - HOUR}, "expired"),
        ({"nbf": SECOND + HOUR}, "not valid at this time"),
    ],
    ids=["nonce", "no nonce", "audience", "authorised party", "issuer", "expired", "too early"],
)
def test_an_id_token_with_one_thing_wrong_signs_nobody_in(
    site: SignInSite, changes: Mapping[str, Any], reason: str
) -> None:
    site.provider.changes = changes
    with pytest.raises(SignInRefused, match=reason):
        site.finish()


@pytest.mark.rule("G17")
@pytest.mark.parametrize(
    "key, reason",
    [
        (STRANGER, "signature"),
        (ECKey.generate_key("P-256", parameters={"kid": "unknown"}), "unknown key"),
    ],
    ids=["another key of the same id", "unknown key"],
)
def test_an_id_token_that_another_signed_signs_nobody_in(site: SignInSite, key: ECKey, reason: str) -> None:
    site.provider.key = key
    with pytest.raises(SignInRefused, match=reason):
        site.finish()


@pytest.mark.rule("G17")
def test_an_id_token_without_a_signature_signs_nobody_in(site: SignInSite) -> None:
    site.provider.answer = reply_bytes(
        200, {"access_token": "a", "id_token": crafted({"alg": "none", "typ": "JWT"}, {"iss": STAFF.issuer})}
    )
    with pytest.raises(SignInRefused):
        site.finish()


def test_an_answer_of_another_issuer_signs_nobody_in(site: SignInSite) -> None:
    assert site.finish(iss=STAFF.issuer).name == "officer.tan"
    with pytest.raises(SignInRefused, match="another issuer"):
        site.finish(iss="https://another.example")


def test_an_officer_whom_the_provider_sends_back_with_an_error_is_not_signed_in(site: SignInSite) -> None:
    attempt, _ = site.sign_in.begin("/staff")
    with pytest.raises(SignInRefused, match="no code"):
        site.come_back(attempt, error="access_denied")


@pytest.mark.parametrize(
    "status, answer, reason",
    [
        (400, {"error": "invalid_grant"}, "refused the code: invalid_grant"),
        (401, {"error": "invalid_client"}, "refused the code: invalid_client"),
        (200, {}, "no ID token"),
        (200, [], "not a JSON object"),
        (200, {"access_token": "a"}, "no ID token"),
        (200, {"access_token": "a", "id_token": "b"}, "malformed"),
        (200, {"access_token": 1, "id_token": {"a": 1}}, "malformed"),
    ],
)
def test_what_the_token_endpoint_says_in_place_of_tokens_signs_nobody_in(
    site: SignInSite, status: int, answer: object, reason: str
) -> None:
    site.provider.answer = reply_bytes(status, answer)
    with pytest.raises(SignInRefused, match=reason):
        site.finish()


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    "fault",
    [
        InjectedFault(status=500),
        InjectedFault(status=503),
        InjectedFault(reset=True),
        InjectedFault(cut_at=0.5),
    ],
    ids=["500", "503", "reset", "cut"],
)
def test_a_provider_that_fails_is_unavailable_and_the_next_attempt_succeeds(
    site: SignInSite, fault: InjectedFault
) -> None:
    assert site.sign_in.begin("/staff")  # what it says of itself is known
    site.provider.faults.append(fault)
    with pytest.raises(Unavailable, match="the identity provider"):
        site.finish()
    assert site.finish().name == "officer.tan"


@pytest.mark.rule("P4")
def test_a_provider_that_is_slow_is_not_waited_for(site: SignInSite, tmp_path: Path) -> None:
    site.provider.faults.append(InjectedFault(seconds=60))
    with pytest.raises(Unavailable, match="the identity provider"):
        site_at(site.provider, tmp_path, answer_seconds=0.2).sign_in.begin("/staff")
    impatient = site_at(site.provider, tmp_path, answer_seconds=3)
    attempt, _ = impatient.sign_in.begin("/staff")
    site.provider.faults.append(InjectedFault(seconds=60))
    with pytest.raises(Unavailable, match="the identity provider"):
        impatient.come_back(attempt, code="c")


DESCRIBED_WRONG: Mapping[str, bytes] = {
    "no JSON": b"<html>",
    "a list": b"[]",
    "no text": b"\xff",
    "deep": b"[" * 100_000,
    "no endpoints": b"{}",
    "not https": b'{"authorization_endpoint": "https://a.example", "token_endpoint": "http://a.example"}',
    "too large": b" " * (LARGEST_DOCUMENT + 1),
}


@pytest.mark.rule("P4")
@pytest.mark.parametrize("wrong", DESCRIBED_WRONG)
def test_a_provider_that_does_not_describe_itself_is_unavailable_until_it_does(
    site: SignInSite, wrong: str
) -> None:
    site.provider.document = DESCRIBED_WRONG[wrong]
    with pytest.raises(Unavailable, match="the identity provider"):
        site.sign_in.begin("/staff")
    assert site.sign_in.provider.sign_out_address() is None
    site.provider.document = None
    assert site.finish().name == "officer.tan"


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    "fault",
    [
        InjectedFault(status=500),
        InjectedFault(status=302),
        InjectedFault(reset=True),
        InjectedFault(cut_at=0.5),
    ],
    ids=["500", "elsewhere", "reset", "cut"],
)
def test_a_description_that_fails_makes_it_unavailable_until_it_is_read(
    site: SignInSite, fault: InjectedFault
) -> None:
    site.provider.faults.append(fault)
    with pytest.raises(Unavailable, match="the identity provider"):
        site.sign_in.begin("/staff")
    assert site.finish().name == "officer.tan"


@pytest.mark.rule("P4")
def test_a_provider_that_is_down_is_unavailable_and_does_not_keep_an_officer_from_leaving(
    tmp_path: Path,
) -> None:
    provider = FaultyProvider()
    with provider.running():
        site = site_at(provider, tmp_path)
        attempt, _ = site.sign_in.begin("/staff")
        assert site.sign_in.provider.sign_out_address()
    with pytest.raises(Unavailable):
        site.come_back(attempt, code="c")
    stranger = site_at(provider, tmp_path)
    with pytest.raises(Unavailable):
        stranger.sign_in.begin("/staff")
    assert stranger.sign_in.provider.sign_out_address() is None
    # What was read before still counts.
    assert site.sign_in.provider.sign_out_address()


def test_an_officer_leaves_by_the_providers_sign_out_where_it_has_one(site: SignInSite) -> None:
    address = urlsplit(site.sign_in.provider.sign_out_address() or "")
    assert address.path == "/end-session"
    assert dict(parse_qsl(address.query)) == {"client_id": CLIENT, "post_logout_redirect_uri": LEFT}


def test_a_provider_without_a_sign_out_has_no_address_for_it(site: SignInSite) -> None:
    site.provider.described = {"end_session_endpoint": None}
    assert site.sign_in.provider.sign_out_address() is None


def test_a_page_in_place_of_tokens_makes_the_provider_unavailable(site: SignInSite) -> None:
    assert site.sign_in.begin("/staff")
    site.provider.answer = raw(b"<html>Bad gateway</html>", 502)
    with pytest.raises(Unavailable):
        site.finish()
