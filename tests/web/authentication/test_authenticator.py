"""All authenticator together: first who it is, then whether they may."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.datastructures import Headers

from ocms_adapters.sql.credentials import SqlCredentials
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.errors import Unavailable
from ocms_web.authentication import AuthenticationFailure, Authenticator
from ocms_web.authentication.api_keys import ApiKeyAuthenticator
from ocms_web.authentication.rejections import (
    KEY_NEEDED,
    KEY_NOT_ALLOWED,
    KEY_UNAUTHORIZED,
    TOKEN_NOT_ALLOWED,
    UNAUTHORIZED,
)
from ocms_web.problems import Problem
from tests.support import engines
from tests.support.databases import Databases
from tests.web.authentication.tokens import NOW, OFFICER_CLAIMS, PLUS_CLAIMS, bearer_authenticator, signed

API_1, API_4 = Operation.GET_PAYMENT_STATUS, Operation.QUERY_NOTICE_INFO
TOKENS = {
    Role.PLUS: signed(PLUS_CLAIMS),
    Role.TOPPAN: signed({**PLUS_CLAIMS, "client_id": "toppan-1"}),
    Role.CAS: signed({**PLUS_CLAIMS, "client_id": "cas-1", "roles": ["cas"]}),
    Role.OIC: signed(OFFICER_CLAIMS),
}
REALM = 'Bearer realm="ocms"'


@pytest.fixture
def credentials(databases: Databases) -> Iterator[SqlCredentials]:
    engine = engines.create(databases.intranet)
    yield SqlCredentials(engine)
    engine.dispose()


@pytest.fixture
def authenticator(credentials: SqlCredentials, tmp_path: Path) -> Authenticator:
    return Authenticator(ApiKeyAuthenticator(credentials), bearer_authenticator(tmp_path))


def key(credentials: SqlCredentials, role: Role = Role.CAS) -> str:
    return credentials.issue(role.name, role, now=NOW, days=90)


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs])


def bearer(role: Role) -> tuple[str, str]:
    return "Authorization", f"Bearer {TOKENS[role]}"


KEY_CALLS = {Operation.GET_PAYMENT_STATUS: Role.CAS, Operation.UPDATE_COURT_NOTICES: Role.CAS}
PARTNER_CALLS = {
    Operation.QUERY_NOTICE_INFO: Role.PLUS,
    Operation.PLUS_CHANGE_STAGES: Role.PLUS,
    Operation.UPDATE_TOPPAN_STAGES: Role.TOPPAN,
}


@pytest.mark.rule("G16")
@pytest.mark.parametrize("operation", Operation, ids=lambda operation: operation.value)
def test_every_cell_of_operation_kind_and_role(
    authenticator: Authenticator, credentials: SqlCredentials, operation: Operation
) -> None:
    allowed = {**KEY_CALLS, **PARTNER_CALLS}.get(operation, Role.OIC)
    for role in Role:
        by_token = authenticator.authenticate(headers(bearer(role)), operation, NOW)
        if operation in KEY_CALLS:
            assert by_token == KEY_NEEDED
        elif role is allowed:
            assert isinstance(by_token, Principal)
            assert by_token.role is role
        else:
            assert by_token == TOKEN_NOT_ALLOWED
        if role is Role.OIC:
            continue  # no key is issued for officers
        by_key = authenticator.authenticate(headers(("X-API-Key", key(credentials, role))), operation, NOW)
        if operation not in KEY_CALLS:
            assert by_key == KEY_UNAUTHORIZED
            assert by_key.by_key
        elif role is allowed:
            assert isinstance(by_key, Principal)
            assert by_key.name == role.name
        else:
            assert by_key == KEY_NOT_ALLOWED


@pytest.mark.rule("G16", "G8")
def test_another_kind_is_the_same_401_however_good_or_bad_it_is(
    authenticator: Authenticator, credentials: SqlCredentials
) -> None:
    no_role = ("Authorization", f"Bearer {signed({**PLUS_CLAIMS, 'roles': []})}")
    tokens = (bearer(Role.CAS), bearer(Role.OIC), no_role, ("Authorization", "Bearer x"))
    for pairs in ((token,) for token in tokens):
        assert authenticator.authenticate(headers(*pairs), API_1, NOW) == KEY_NEEDED
    assert authenticator.authenticate(headers(bearer(Role.CAS), bearer(Role.CAS)), API_1, NOW) == KEY_NEEDED
    for value in (key(credentials, Role.PLUS), "x"):
        assert authenticator.authenticate(headers(("X-API-Key", value)), API_4, NOW) == KEY_UNAUTHORIZED
    assert authenticator.authenticate(headers(no_role), API_4, NOW) == TOKEN_NOT_ALLOWED
    beside_a_key = authenticator.authenticate(headers(("X-API-Key", key(credentials)), no_role), API_1, NOW)
    assert isinstance(beside_a_key, Principal)
    assert beside_a_key.role is Role.CAS
    other_key = ("X-API-Key", key(credentials, Role.PLUS))
    assert authenticator.authenticate(headers(other_key, bearer(Role.CAS)), API_1, NOW) == KEY_NOT_ALLOWED


@pytest.mark.rule("G15")
def test_refusals_carry_the_challenge_of_the_kind_that_is_needed(
    authenticator: Authenticator, credentials: SqlCredentials
) -> None:
    said = {
        "no key": (API_1, ()),
        "no token": (API_4, ()),
        "bad key": (API_1, (("X-API-Key", "x"),)),
        "another scheme": (API_4, (("Authorization", "Basic eDp5"),)),
        "bad token": (API_4, (("Authorization", "Bearer x"),)),
        "token not allowed": (API_4, (bearer(Role.TOPPAN),)),
        "key not allowed": (API_1, (("X-API-Key", key(credentials, Role.PLUS)),)),
        "token for a key": (API_1, (bearer(Role.CAS),)),
        "bad token beside a key": (API_1, (("X-API-Key", key(credentials)), ("Authorization", "Bearer x"))),
        "key for a token": (API_4, (("X-API-Key", key(credentials)),)),
    }
    rejection = {
        name: authenticator.authenticate(headers(*pairs), operation, NOW)
        for name, (operation, pairs) in said.items()
    }
    invalid = f'{REALM}, error="invalid_token", error_description="The token is malformed"'
    no_role = (
        f'{REALM}, error="insufficient_scope", error_description="The token gives no role for this call"'
    )
    assert KEY_NEEDED.headers == {"WWW-Authenticate": 'ApiKey realm="ocms"'}
    unauthorized = AuthenticationFailure(Problem.UNAUTHORIZED, {"WWW-Authenticate": REALM})
    assert rejection == {
        "no key": KEY_NEEDED,
        "no token": unauthorized,
        "bad key": KEY_NEEDED,
        "another scheme": unauthorized,
        "bad token": AuthenticationFailure(Problem.UNAUTHORIZED, {"WWW-Authenticate": invalid}),
        "token not allowed": AuthenticationFailure(Problem.FORBIDDEN, {"WWW-Authenticate": no_role}),
        "key not allowed": AuthenticationFailure(Problem.FORBIDDEN, {}),
        "token for a key": KEY_NEEDED,
        "bad token beside a key": AuthenticationFailure(Problem.UNAUTHORIZED, {"WWW-Authenticate": invalid}),
        "key for a token": unauthorized,
    }


@pytest.mark.rule("G8")
def test_of_two_credentials_both_must_be_good_and_one_must_be_allowed(
    authenticator: Authenticator, credentials: SqlCredentials
) -> None:
    good_key, bad_key = ("X-API-Key", key(credentials)), ("X-API-Key", "x")
    bad_token = ("Authorization", "Bearer x")
    by_key = authenticator.authenticate(headers(good_key, bearer(Role.PLUS)), API_1, NOW)
    by_token = authenticator.authenticate(headers(good_key, bearer(Role.PLUS)), API_4, NOW)
    assert isinstance(by_key, Principal)
    assert isinstance(by_token, Principal)
    assert (by_key.role, by_token.role) == (Role.CAS, Role.PLUS)
    assert authenticator.authenticate(headers(good_key, bearer(Role.TOPPAN)), API_4, NOW) == TOKEN_NOT_ALLOWED
    assert authenticator.authenticate(headers(bad_key, bearer(Role.PLUS)), API_4, NOW) == UNAUTHORIZED
    refused = authenticator.authenticate(headers(good_key, bad_token), API_1, NOW)
    assert isinstance(refused, AuthenticationFailure)
    assert refused.problem is Problem.UNAUTHORIZED


def test_a_credential_sent_twice_is_refused(
    authenticator: Authenticator, credentials: SqlCredentials
) -> None:
    one_key = key(credentials)
    twice = headers(("X-API-Key", one_key), ("x-api-key", one_key))
    assert authenticator.authenticate(twice, API_1, NOW) == KEY_NEEDED
    rejection = authenticator.authenticate(headers(bearer(Role.PLUS), bearer(Role.PLUS)), API_4, NOW)
    assert isinstance(rejection, AuthenticationFailure)
    assert "is repeated" in rejection.headers["WWW-Authenticate"]


@pytest.mark.rule("P4")
def test_a_key_that_cannot_be_looked_up_is_nobodys_fault(tmp_path: Path) -> None:
    engine = engines.create(f"sqlite:///{tmp_path / 'ocms.sqlite'}")
    authenticator = Authenticator(ApiKeyAuthenticator(SqlCredentials(engine)), bearer_authenticator(tmp_path))
    (tmp_path / "ocms.sqlite").mkdir()
    with pytest.raises(Unavailable):
        authenticator.authenticate(headers(("X-API-Key", f"ocms_{'0' * 16}_{'A' * 43}")), API_1, NOW)


NAMES = st.sampled_from([b"X-API-Key", b"Authorization", b"authorization", b"X-Other"])
VALUES = st.binary(max_size=200) | st.binary(max_size=100).map(lambda said: b"Bearer " + said)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_whatever_the_bytes_of_the_headers_the_call_is_turned_away(
    authenticator: Authenticator, raw: list[tuple[bytes, bytes]]
) -> None:
    assert isinstance(authenticator.authenticate(Headers(raw), API_1, NOW), AuthenticationFailure)
