"""API keys on real databases: issued in pairs, kept as hashes, found in one statement."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.schema import ocms_api_credential
from ocms_core.kernel.access import Role
from ocms_core.kernel.credentials import TooManyKeys, accepts, hash_of, parse_key
from ocms_core.kernel.dates import SINGAPORE
from tests.support import engines
from tests.support.databases import Databases
from tests.support.statements import recorded

NOW = datetime(2026, 3, 2, 12, tzinfo=SINGAPORE)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


@pytest.fixture
def credentials(engine: Engine) -> SqlCredentials:
    return SqlCredentials(engine)


def key_id(printed: str) -> str:
    presented = parse_key(printed)
    assert presented
    return presented.key_id


def test_an_issued_key_is_found_and_accepted_until_it_expires(credentials: SqlCredentials) -> None:
    presented = parse_key(credentials.issue("CAS", Role.CAS, now=NOW, days=90))
    assert presented
    found = credentials.find(presented.key_id)
    assert found
    assert (found.client, found.role, found.issued_at) == ("CAS", Role.CAS, NOW)
    assert found.expires_at == NOW + timedelta(days=90)
    assert accepts(found, presented, NOW + timedelta(days=89, hours=23))
    assert not accepts(found, presented, NOW + timedelta(days=90))


def test_the_secret_is_kept_only_as_its_hash(credentials: SqlCredentials, engine: Engine) -> None:
    printed = credentials.issue("CAS", Role.CAS, now=NOW, days=90)
    secret = printed.split("_", 2)[2]
    with engine.connect() as connection:
        row = connection.execute(select(ocms_api_credential)).mappings().one()
    assert row["secret_hash"] == hash_of(secret)
    assert row["cre_user_id"] == "ocmsiz_app_conn"
    assert secret not in str(dict(row))
    assert secret not in repr(parse_key(printed))
    assert row["secret_hash"] not in repr(credentials.list())


def test_a_third_live_key_is_refused_with_what_to_do(credentials: SqlCredentials) -> None:
    first, second = (key_id(credentials.issue("CAS", Role.CAS, now=NOW, days=90)) for _ in range(2))
    credentials.issue("PLUS", Role.PLUS, now=NOW, days=90)
    with pytest.raises(TooManyKeys, match=f"2 live keys: .*{first}.*Revoke the one that is no longer used"):
        credentials.issue("CAS", Role.CAS, now=NOW, days=90)
    assert credentials.revoke(first, now=NOW)
    third = key_id(credentials.issue("CAS", Role.CAS, now=NOW, days=90))
    assert {one.key_id for one in credentials.list() if one.client == "CAS"} == {first, second, third}


def test_an_expired_key_makes_room_for_a_new_one(credentials: SqlCredentials) -> None:
    for _ in range(2):
        credentials.issue("CAS", Role.CAS, now=NOW, days=1)
    assert credentials.issue("CAS", Role.CAS, now=NOW + timedelta(days=1), days=1)


def test_eight_administrators_at_once_issue_two_keys(credentials: SqlCredentials) -> None:
    def issue(_turn: int) -> bool:
        try:
            credentials.issue("CAS", Role.CAS, now=NOW, days=90)
        except TooManyKeys:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(issue, range(8))) == 2


def test_a_revoked_key_is_refused_at_once_and_revoked_only_once(credentials: SqlCredentials) -> None:
    presented = parse_key(credentials.issue("CAS", Role.CAS, now=NOW, days=90))
    assert presented
    assert credentials.revoke(presented.key_id, now=NOW)
    assert not credentials.revoke(presented.key_id, now=NOW + timedelta(days=1))
    assert not credentials.revoke("0" * 16, now=NOW)
    found = credentials.find(presented.key_id)
    assert found
    assert found.revoked_at == NOW
    assert not accepts(found, presented, NOW)


def test_finding_a_key_is_one_statement(credentials: SqlCredentials, engine: Engine) -> None:
    with recorded(engine) as seen:
        assert credentials.find("0123456789abcdef") is None
    assert len(seen) == 1


def test_the_last_use_is_noted(credentials: SqlCredentials) -> None:
    used = key_id(credentials.issue("CAS", Role.CAS, now=NOW, days=90))
    credentials.record_use(used, NOW)
    found = credentials.find(used)
    assert found
    assert not found.is_use_to_be_recorded(NOW + timedelta(minutes=59))
    assert found.is_use_to_be_recorded(NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "client, role, days",
    [
        ("", Role.CAS, 1),
        ("  ", Role.CAS, 1),
        ("x" * 51, Role.CAS, 1),
        ("\U00020bb7" * 26, Role.CAS, 1),
        ("a\nb", Role.CAS, 1),
        ("Officer Tan", Role.OIC, 1),
        ("CAS", Role.CAS, 0),
        ("CAS", Role.CAS, 4000),
    ],
)
def test_what_cannot_be_issued_is_refused(
    credentials: SqlCredentials, client: str, role: Role, days: int
) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        credentials.issue(client, role, now=NOW, days=days)
    assert credentials.list() == []
