"""A token is verified once, and turned away as soon as it would be if it were verified at every call."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from joserfc import jws
from joserfc.jwk import ECKey, Key

from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.errors import Unavailable
from ocms_web.authentication import AuthenticationFailure
from ocms_web.authentication.bearer import LEEWAY_SECONDS, BearerAuthenticator
from ocms_web.authentication.rejections import TOKEN_NOT_ALLOWED
from ocms_web.authentication.verified_tokens import VerifiedToken, VerifiedTokens
from tests.web.authentication.tokens import CLIENTS, EC, NOW, PLUS_CLAIMS, bearer_authenticator, signed

PLUS = Principal("plus-1", Role.PLUS, "apim:plus-1")
LIFE = timedelta(seconds=600)
SECOND = timedelta(seconds=1)


@define
class Keys:
    """The keys of an issuer, which may be taken back, replaced or out of reach."""

    keys: dict[str, Key] = field(factory=lambda: {"ec": EC})
    reachable: bool = True

    def key(self, kid: str) -> Key | None:
        if not self.reachable:
            raise Unavailable("the key set")
        return self.keys.get(kid)


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often a signature is verified."""
    seen: list[str] = []
    verify = jws.validate_compact

    def counted(*arguments: Any, **options: Any) -> object:
        seen.append("verified")
        return verify(*arguments, **options)

    monkeypatch.setattr(jws, "validate_compact", counted)
    return seen


def why(refused: Principal | AuthenticationFailure) -> str:
    assert isinstance(refused, AuthenticationFailure)
    return str(refused.headers)


@pytest.mark.rule("G17")
def test_a_good_token_is_verified_once(verifications: list[str], tmp_path: Path) -> None:
    authenticator = bearer_authenticator(tmp_path)
    tokens = [signed(PLUS_CLAIMS), signed({**PLUS_CLAIMS, "client_id": "plus-2"})]
    for moment in (NOW, NOW + SECOND, NOW + LIFE - SECOND):
        callers = [authenticator.authenticate(f"Bearer {token}", moment) for token in tokens]
        assert callers == [PLUS, Principal("plus-2", Role.PLUS, "apim:plus-2")]
    assert len(verifications) == 2
    assert authenticator.authenticate(f"Basic {tokens[0]}", NOW) != PLUS


@pytest.mark.rule("G17")
def test_a_key_that_is_taken_back_or_replaced_turns_its_tokens_away_at_the_next_call() -> None:
    keys = Keys()
    authenticator = BearerAuthenticator([(CLIENTS, keys)])
    sent = f"Bearer {signed(PLUS_CLAIMS)}"
    assert authenticator.authenticate(sent, NOW) == PLUS
    keys.keys = {}
    assert "signed with an unknown key" in why(authenticator.authenticate(sent, NOW))
    keys.keys = {"ec": ECKey.generate_key("P-256", parameters={"kid": "ec"})}
    assert "The signature of the token is wrong" in why(authenticator.authenticate(sent, NOW))
    keys.keys = {"ec": ECKey.import_key(EC.as_dict(private=False))}  # the set was read anew
    assert authenticator.authenticate(sent, NOW) == PLUS
    keys.reachable = False
    with pytest.raises(Unavailable):
        authenticator.authenticate(sent, NOW)


@pytest.mark.rule("G17")
def test_times_count_for_a_kept_token_as_for_a_new_one(verifications: list[str]) -> None:
    leeway = timedelta(seconds=LEEWAY_SECONDS)
    kept, sent = BearerAuthenticator([(CLIENTS, Keys())]), f"Bearer {signed(PLUS_CLAIMS)}"
    assert kept.authenticate(sent, NOW) == PLUS
    for moment in (
        NOW - timedelta(hours=1),
        NOW - SECOND,
        NOW + LIFE,
        NOW + LIFE + leeway - SECOND,
        NOW + LIFE + leeway,
        NOW + timedelta(days=1),
    ):
        verifications.clear()
        anew = BearerAuthenticator([(CLIENTS, Keys())]).authenticate(sent, moment)
        assert kept.authenticate(sent, moment) == anew
        assert len(verifications) == 2
    assert "The token is expired" in why(kept.authenticate(sent, NOW + LIFE + leeway))


@pytest.mark.rule("G17")
def test_of_a_token_that_is_refused_nothing_is_kept(verifications: list[str], tmp_path: Path) -> None:
    authenticator = bearer_authenticator(tmp_path)
    sent = f"Bearer {signed({**PLUS_CLAIMS, 'roles': ['stranger']})}"
    assert [authenticator.authenticate(sent, NOW) for _ in range(2)] == [TOKEN_NOT_ALLOWED] * 2
    assert len(verifications) == 2


@pytest.mark.rule("G17")
def test_no_more_than_so_many_tokens_are_kept_and_the_oldest_makes_room() -> None:
    tokens, second = VerifiedTokens(most=2), NOW.timestamp()
    for name in ("a", "b", "c"):
        tokens.keep(name, VerifiedToken(PLUS, EC, lambda: EC, second, second + 1))
    assert [tokens.caller_of(name, NOW) for name in ("a", "b", "c")] == [None, PLUS, PLUS]
    assert tokens.caller_of("ü", NOW) is None
