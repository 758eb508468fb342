"""The authenticator for API keys, on real databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocms_adapters.sql.credentials import SqlCredentials
from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.credentials import format_key
from ocms_core.kernel.dates import SINGAPORE
from ocms_web.authentication.api_keys import ApiKeyAuthenticator
from ocms_web.authentication.rejections import UNAUTHORIZED
from tests.support import engines
from tests.support.databases import Databases

NOW = datetime(2026, 3, 2, 12, tzinfo=SINGAPORE)


@pytest.fixture
def credentials(databases: Databases) -> Iterator[SqlCredentials]:
    engine = engines.create(databases.intranet)
    yield SqlCredentials(engine)
    engine.dispose()


@pytest.fixture
def authenticator(credentials: SqlCredentials) -> ApiKeyAuthenticator:
    return ApiKeyAuthenticator(credentials)


@pytest.fixture
def key(credentials: SqlCredentials) -> str:
    return credentials.issue("CAS", Role.CAS, now=NOW, days=90)


def test_a_key_lets_in_its_client_and_is_counted_by_its_id(
    authenticator: ApiKeyAuthenticator, key: str
) -> None:
    assert authenticator.authenticate(key, NOW) == Principal("CAS", Role.CAS, key.split("_")[1])


def test_the_use_of_a_key_is_noted_once_an_hour(
    authenticator: ApiKeyAuthenticator, key: str, credentials: SqlCredentials
) -> None:
    def noted() -> datetime | None:
        return credentials.list()[0].last_used_at

    for minutes, last in ((0, 0), (59, 0), (60, 60), (61, 60)):
        authenticator.authenticate(key, NOW + timedelta(minutes=minutes))
        assert noted() == NOW + timedelta(minutes=last)


def test_a_key_that_counts_no_more_is_refused(
    authenticator: ApiKeyAuthenticator, key: str, credentials: SqlCredentials
) -> None:
    assert authenticator.authenticate(key, NOW + timedelta(days=90)) == UNAUTHORIZED
    credentials.revoke(key.split("_")[1], now=NOW)
    assert authenticator.authenticate(key, NOW) == UNAUTHORIZED


def test_a_key_of_which_anything_is_different_is_refused(
    authenticator: ApiKeyAuthenticator, key: str
) -> None:
    _, key_id, secret = key.split("_", 2)
    other_id, other_secret = "0" * 16, "A" * 43
    for shown in (
        format_key(key_id, other_secret),
        format_key(other_id, secret),
        key[:-1],
        f"{key}A",
        f" {key}",
        f"{key}\n",
        key.upper(),
        key.replace("ocms_", ""),
        f"{key}, {key}",
        key_id,
        secret,
        "",
        "\x00" * 65,
        "\xff" * 8192,
        key.replace("_", "\u00df"),
    ):
        assert authenticator.authenticate(shown, NOW) == UNAUTHORIZED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    value=st.text(st.characters(codec="latin-1"))
    | st.from_regex(r"ocms_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", fullmatch=True)
)
def test_whatever_is_shown_never_breaks_the_door(authenticator: ApiKeyAuthenticator, value: str) -> None:
    assert authenticator.authenticate(value, NOW) == UNAUTHORIZED
