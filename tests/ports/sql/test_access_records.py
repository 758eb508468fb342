"""Access records on real databases: small, found by the identity, and those of version 0.1 still read."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.access_records import HASH_BYTES, Access, SqlAccessRecords, hashes_in
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.dates import SINGAPORE, local
from tests.support.databases import Databases
from tests.support.rows import rows_of

NOON = datetime(2026, 3, 2, 12, tzinfo=SINGAPORE)
KEY = b"k" * 32
OFFICER = Principal("USER01", Role.OIC, "credential")
PEOPLE = [f"S{number:07}A" for number in range(212)]
DAY = (NOON, NOON + timedelta(days=1))


@pytest.fixture
def records(databases: Databases) -> Iterator[SqlAccessRecords]:
    """Return the records of a freshly migrated database."""
    engine = engines.create(databases.intranet)
    yield SqlAccessRecords(engine, KEY)
    engine.dispose()


def engine_of(records: SqlAccessRecords) -> Engine:
    """Return the engine that records are kept by."""
    return records._engine


@pytest.mark.rule("G2")
def test_a_look_at_many_people_is_one_row_of_five_bytes_for_each(records: SqlAccessRecords) -> None:
    records.record_access(OFFICER, Operation.SEARCH_STAGES, [*PEOPLE, PEOPLE[0].lower()], NOON)
    (row,) = rows_of(engine_of(records), t.ocms_access_record)
    # Version 0.1 kept 64 hexadecimal digits and a blank for each.
    assert len(row["identity_set"]) == 5 * len(PEOPLE) < 65 * len(PEOPLE) / 10
    assert row["identities"] is None
    assert not any(id_no.encode() in row["identity_set"] for id_no in PEOPLE)


@pytest.mark.rule("G2")
def test_whoever_looked_somebody_up_is_found_by_the_number(records: SqlAccessRecords) -> None:
    records.record_access(OFFICER, Operation.SEARCH_STAGES, PEOPLE, NOON)
    records.record_access(OFFICER, Operation.HST_EXISTS, [PEOPLE[7]], NOON + timedelta(hours=1))
    records.record_access(OFFICER, Operation.DOWNLOAD_STAGE_REPORT, [], NOON + timedelta(hours=2))
    records.record_access(OFFICER, Operation.GET_OFFENDERS, [PEOPLE[3]], DAY[1], notice_no="500500001A")
    search = Access(NOON, "USER01", "oic", "searchChangeProcessingStage", None)
    exists = Access(NOON + timedelta(hours=1), "USER01", "oic", "hstexists", None)
    assert list(records.accesses_to(PEOPLE[7].lower(), *DAY)) == [search, exists]
    assert list(records.accesses_to(PEOPLE[3], *DAY)) == [search]
    (late,) = records.accesses_to(PEOPLE[3], DAY[1], DAY[1] + timedelta(days=1))
    assert (late.operation, late.notice_no) == ("offender-getDetails", "500500001A")
    assert list(records.accesses_to("S9999999Z", *DAY)) == []
    assert list(SqlAccessRecords(engine_of(records), b"x" * 32).accesses_to(PEOPLE[7], *DAY)) == []


@pytest.mark.rule("G2")
def test_a_record_of_version_0_1_is_found_too(records: SqlAccessRecords) -> None:
    whole = [hmac.new(KEY, id_no.encode(), hashlib.sha256).hexdigest() for id_no in PEOPLE[:3]]
    row = {
        "looked_up_at": local(NOON),
        "principal": "USER01",
        "role": "oic",
        "operation": "hstlist",
        "identities": " ".join(whole),
        "cre_date": local(NOON),
        "cre_user_id": "ocmsiz_app_conn",
    }
    with engine_of(records).begin() as connection:
        connection.execute(insert(t.ocms_access_record), [row])
    assert [found.operation for found in records.accesses_to(PEOPLE[2], *DAY)] == ["hstlist"]
    assert list(records.accesses_to(PEOPLE[3], *DAY)) == []


@pytest.mark.rule("G2")
@given(st.sets(st.binary(min_size=32, max_size=32)))
def test_hashes_are_read_as_they_are_packed(whole: set[bytes]) -> None:
    begun = {each[:HASH_BYTES] for each in whole}
    assert (
        hashes_in(b"".join(begun), None) == begun == hashes_in(None, " ".join(each.hex() for each in whole))
    )
    assert hashes_in(None, None) == set()
