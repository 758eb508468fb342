"""Every change leaves an audit row that says what was before and after, for nobody without the key (K2)."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Connection, Engine, select, update

from ocms_adapters.encryption import DecryptionFailed, FieldCipher
from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.audit_rows import audit_row, rows_of_notice
from ocms_adapters.sql.audited_changes import AUDITED, UNAUDITED_COLUMNS, changed_rows
from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_statements.put_back import NOTICE_COLUMNS, own_columns
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.access import Role
from ocms_core.kernel.actors import UNNAMED, Actor, acting
from ocms_core.kernel.addresses import MHA, AddressAnswer, RegisteredAddress
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.changes import (
    AddressAnswered,
    AddressCheckSet,
    AddressFurnished,
    AddressPutBack,
    AddressRemoved,
    Change,
    CourtDueDateRecorded,
    CurrentOffenderSet,
    DetailFurnished,
    DetailRemoved,
    EnquirySent,
    EnquiryWithdrawn,
    FileExchanged,
    FurnishedAddressesWritten,
    IdentityListed,
    IdentityPutBack,
    IdentityRemoved,
    ListedIdentityChanged,
    NoticeChanged,
    NoticePutBack,
    NoticesChanged,
    NoticesMoved,
    OffenderCleared,
    OffenderHistoryKept,
    OffenderPutBack,
    OffenderRemoved,
    OffendersRenamed,
    OffenderUpdated,
    StageChangeRecorded,
    SuspensionClosed,
    SuspensionOpened,
    SuspensionRecordsOpened,
    SuspensionsClosed,
    SuspensionShownOnNotices,
    SuspensionsOpened,
    by_notice,
)
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.kernel.stage_moves import NextStage, StageChange, StageMove
from ocms_core.kernel.suspensions import SuspensionRecord
from ocms_core.replication.outbox_rows import OutboxRow, OutboxRows
from tests.support.builders import DUE, HST, LATER, NOW, SINCE, WWP, at, shown
from tests.support.databases import Databases
from tests.support.engines import AUDIT_CIPHER, create
from tests.support.rows import put, put_court_case, put_notices, put_suspension, rows_of

NO, OTHER = "500500303J", "500500304K"
JOHN = Person("N", "S1234567A", "JOHN LEE", "john.lee@email.com", "65", "91234567")
MARY = Person("F", "G7654321X", "MARY TAN", None, None, "61234567")
ORCHARD = MailingAddress("123", "ORCHARD ROAD", "PLAZA TOWER", "01", "01", "238888")
HOME = RegisteredAddress("238888", "9", "SCOTTS ROAD", "02", "03", "FAR EAST")
PARTICULARS = ("S1234567A", "G7654321X", "JOHN LEE", "MARY TAN", "ORCHARD ROAD", "SCOTTS ROAD", "john.lee")
OFFICER = Actor("OIC001", "oic", "portal", "offender-furnish", "r-1")
OPEN_SINCE = at("2024-12-05T10:00:00")
MOVE = StageMove("CPC", SINCE, "WAR", NOW)

MARKS = UNAUDITED_COLUMNS - {"cre_date", "cre_user_id"}

FORMER_NOTICE = dict.fromkeys(NOTICE_COLUMNS) | {
    "last_processing_stage": "CFC",
    "last_processing_date": local(OPEN_SINCE),
    "payment_acceptance_allowed": "N",
}
FORMER_PERSON = dict.fromkeys(own_columns(t.ocms_offence_notice_owner_driver)) | {
    "id_type": "N",
    "id_no": JOHN.id_no,
    "name": "JOHN LEE",
    "mha_dh_check_allow": "N",
}
FORMER_ADDRESS = dict.fromkeys(own_columns(t.ocms_offence_notice_owner_driver_addr)) | {
    "street_name": "ORCHARD ROAD"
}
FORMER_IDENTITY = dict.fromkeys(own_columns(t.ocms_hst), "1") | {
    "date_of_addr_change": None,
    "cre_date": local(OPEN_SINCE),
    "cre_user_id": "other",
}

CHANGES: tuple[Change, ...] = (
    NoticeChanged(NO, move=MOVE),
    NoticeChanged(NO, next=NextStage("CSR", LATER), amount_payable=Decimal("99.90")),
    NoticeChanged(NO, next=NextStage(None, None), payment_acceptance_allowed="N"),
    NoticeChanged(NO, move=MOVE, suspension=shown("TS", "HST", since=NOW, due=DUE)),
    NoticesChanged(((OTHER, SINCE), (NO, SINCE)), NoticeChanged(OTHER, suspension=shown("PS", "WWP"))),
    NoticesChanged(((NO, SINCE),), NoticeChanged(NO, move=MOVE, next=NextStage("CSR", LATER))),
    NoticesMoved(((NO, SINCE),), "CPC", "WAR", NOW, NextStage("CSR", LATER), Decimal("99.90")),
    NoticesMoved(((NO, SINCE), (OTHER, SINCE)), "CPC", "WAR", NOW, NextStage(None, None)),
    SuspensionOpened(SuspensionRecord(NO, NOW, 2, "CAS", WWP, "CAS", DUE, "ordered")),
    SuspensionRecordsOpened(((OTHER, 1), (NO, 3)), SuspensionRecord(OTHER, NOW, 1, "CAS", WWP, "CAS", DUE)),
    SuspensionClosed(NO, OPEN_SINCE, 1, NOW, "CSR", "OIC001", "paid"),
    CourtDueDateRecorded(NO, DUE),
    CourtDueDateRecorded(OTHER, DUE),
    StageChangeRecorded(StageChange(NO, NOW, "WAR", "CPC", "SUP", "OIC001", "PORTAL", "by hand"), NOW),
    AddressCheckSet(NO, "N"),
    AddressCheckSet(NO, "Y"),
    OffenderCleared(NO, "O"),
    CurrentOffenderSet(NO, "O", JOHN),
    CurrentOffenderSet(NO, "D", JOHN),
    OffenderUpdated(NO, "O", JOHN),
    AddressFurnished(NO, "O", ORCHARD),
    AddressFurnished(NO, "H", ORCHARD),
    DetailFurnished(NO, "O", FurnishDetail("Employee", date(2025, 1, 1), None, "knows JOHN LEE")),
    DetailFurnished(NO, "H", FurnishDetail("Employee", date(2025, 1, 1), None, None)),
    IdentityListed("S1234567A", "N", "JOHN LEE", HOME),
    ListedIdentityChanged("G7654321X", "MARY TAN", HOME, NOW),
    IdentityRemoved("G7654321X"),
    NoticePutBack(NO, FORMER_NOTICE),
    OffenderPutBack(NO, "O", FORMER_PERSON),
    OffenderRemoved(NO, "H"),
    AddressPutBack(NO, "O", "furnished_mail", FORMER_ADDRESS),
    AddressRemoved(NO, "O", "furnished_mail"),
    DetailRemoved(NO, "O"),
    IdentityPutBack("T7654321Z", {**FORMER_IDENTITY, "id_type": "N", "name": "JOHN LEE"}),
    SuspensionShownOnNotices((NO, OTHER), shown("TS", "HST", since=NOW, due=DUE), DUE),
    SuspensionShownOnNotices((NO,), shown(None, None, since=None), None),
    SuspensionsOpened(((NO, 2), (OTHER, 1)), NOW, "OCMS", HST, "OIC001", DUE, "no address"),
    SuspensionsClosed(((NO, OPEN_SINCE, 1),), NOW, "CSR", "OIC001"),
    OffendersRenamed(((NO, "O"),), "JOHN LEE"),
    FurnishedAddressesWritten(((NO, "O"), (OTHER, "O")), HOME),
    AddressAnswered(AddressAnswer("S1234567A", "N", MHA, HOME, NOW)),
    AddressAnswered(AddressAnswer("G7654321X", "F", MHA, HOME, NOW)),
)
NO_CASE: tuple[Change, ...] = (
    EnquirySent("S1234567A", MHA, NOW),
    EnquiryWithdrawn("S1234567A"),
    FileExchanged("0" * 64, "IN", "file", 1, NOW),
    OffenderHistoryKept(NO, "O", "UPDATE", "OIC001", NOW),
)
TABLES = (
    t.ocms_valid_offence_notice,
    t.ocms_offence_notice_owner_driver,
    t.ocms_offence_notice_owner_driver_addr,
    t.ocms_furnish_detail,
    t.ocms_suspended_notice,
    t.ocms_change_of_processing,
    t.ocms_court_case,
    t.ocms_hst,
    t.ocms_temp_unc_hst_addr,
)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = create(databases.intranet)
    put_notices(engine, [NO, OTHER], next_processing_date="2025-01-20 00:00:00")
    put_suspension(engine, NO)
    put_court_case(engine, NO)
    people = {"id_type": "F", "id_no": MARY.id_no, "name": "MARY TAN", "mha_dh_check_allow": "Y"}
    put(
        engine,
        "ocms_offence_notice_owner_driver",
        [
            {"notice_no": NO, "owner_driver_indicator": "O", "offender_indicator": "Y", **people},
            {"notice_no": NO, "owner_driver_indicator": "H", "offender_indicator": "N", **people}
            | {"mha_dh_check_allow": "N"},
        ],
    )
    address = {"notice_no": NO, "owner_driver_indicator": "O", "street_name": "SCOTTS ROAD"}
    put(
        engine,
        "ocms_offence_notice_owner_driver_addr",
        [{**address, "type_of_address": kind} for kind in ("furnished_mail", "mha_reg")],
    )
    put(
        engine,
        "ocms_furnish_detail",
        [{"notice_no": NO, "owner_driver_indicator": "O", "rental_period_from": "2024-01-01"}],
    )
    parts = {"postal_code": "1", "blk_hse_no": "1", "street_name": "SCOTTS ROAD", "floor_no": "1"}
    home = {**parts, "unit_no": "1", "bldg_name": "1"}
    put(engine, "ocms_hst", [{"id_no": MARY.id_no, "id_type": "F", "name": "MARY LIM", **home}])
    answer = {"query_reason": "HST", "type_of_address": "mha_reg", **home}
    put(
        engine,
        "ocms_temp_unc_hst_addr",
        [{"id_no": MARY.id_no, "response_date_time": "2024-01-01 00:00:00", **answer}],
    )
    yield engine
    engine.dispose()


Snapshot = Mapping[tuple[str, tuple[Any, ...]], Mapping[str, Any]]


def snapshot(connection: Connection) -> Snapshot:
    """Return every row by table and key, without marks of delivery and stamps of changes."""
    return {
        (each.name, tuple(row[column] for column in each.primary_key)): {
            str(column.name): row[column] for column in each.columns if column.name not in MARKS
        }
        for each in TABLES
        for row in connection.execute(select(each)).mappings()
    }


def audit_rows_of(connection: Connection, cipher: FieldCipher = AUDIT_CIPHER) -> list[AuditRow]:
    """Return all audit rows, the oldest first."""
    rows = connection.execute(select(t.ocms_audit_row).order_by(t.ocms_audit_row.c.id)).mappings()
    return [audit_row(row, cipher) for row in rows]


def record(connection: Connection, *changes: Change, isolate: bool = False) -> frozenset[str]:
    with acting(OFFICER):
        return ChangeWriter(connection.dialect).record(connection, changes, NOW, isolate=isolate)


def assert_tells(changes: Sequence[RowChange], before: Snapshot, after: Snapshot) -> None:
    """Assert that changes name every row that differs, with what it was and is, and nothing that is wrong."""
    named = {(each.table, tuple(each.key.values())): each for each in changes}
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} <= named.keys()
    for key, change in named.items():
        for found, values in ((before.get(key), change.before), (after.get(key), change.after)):
            assert values == (found and {name: found[name] for name in values or ()})
        if key in before and key in after:
            different = {name for name, value in before[key].items() if after[key][name] != value}
            assert different <= (change.after or {}).keys()


def test_every_kind_of_change_is_shown_here_or_changes_no_case() -> None:
    assert {type(change) for change in CHANGES} == AUDITED.keys()
    assert CHANGE_STATEMENTS.keys() - AUDITED.keys() == {*map(type, NO_CASE), OutboxRow, OutboxRows}


@pytest.mark.rule("K2")
def test_an_audit_row_tells_of_each_kind_of_change_what_was_and_what_is(engine: Engine) -> None:
    with engine.connect() as connection:
        for change in CHANGES:
            with connection.begin() as transaction:
                before = snapshot(connection)
                record(connection, change)
                (row,) = audit_rows_of(connection)
                assert (row.actor, row.changed_at, bool(row.changes)) == (OFFICER, NOW, True), change
                assert_tells(row.changes, before, snapshot(connection))
                transaction.rollback()


@pytest.mark.rule("K2")
def test_one_audit_row_tells_of_all_changes_of_a_transaction(engine: Engine) -> None:
    changes = (
        NoticeChanged(NO, move=MOVE, suspension=shown("PS", "WWP")),
        SuspensionOpened(SuspensionRecord(NO, NOW, 2, "CAS", WWP, "CAS", DUE, None)),
        OffenderCleared(NO, "O"),
        CurrentOffenderSet(NO, "D", JOHN),
        AddressFurnished(NO, "D", ORCHARD),
        NoticeChanged(OTHER, next=NextStage("CSR", LATER)),
        *NO_CASE,
    )
    with writing(engine) as connection:
        before = snapshot(connection)
        record(connection, *changes)
        (row,) = audit_rows_of(connection)
        assert_tells(row.changes, before, snapshot(connection))
        (of_other,) = rows_of_notice(connection, OTHER)
        assert [(each.table, each.after) for each in of_other.changes] == [
            (
                "ocms_valid_offence_notice",
                {"next_processing_stage": "CSR", "next_processing_date": local(LATER)},
            )
        ]
        (of_notice,) = rows_of_notice(connection, NO)
        assert [each.notice_no for each in of_notice.changes] == [NO] * 5


@pytest.mark.rule("K2")
def test_what_changes_no_case_leaves_no_audit_row(engine: Engine) -> None:
    with writing(engine) as connection:
        record(connection, NoticeChanged(NO), *NO_CASE)
        assert audit_rows_of(connection) == []


@pytest.mark.rule("K2")
def test_the_rows_of_a_notice_come_in_order_from_a_moment_on(engine: Engine) -> None:
    further: tuple[Change, ...] = (NoticeChanged(OTHER, move=MOVE),)
    for due, others in ((DUE, ()), (None, further)):
        with writing(engine) as connection:
            record(connection, CourtDueDateRecorded(NO, due), *others)
    with reading(engine) as connection:
        found = rows_of_notice(connection, NO, NOW)
        assert [row.changes[0].after for row in found] == [
            {"court_payment_due_date": due and local(due)} for due in (DUE, None)
        ]
        assert rows_of_notice(connection, NO, LATER) == []
        assert rows_of_notice(connection, "5005003%", NOW) == rows_of_notice(connection, "", NOW) == []


@pytest.mark.rule("K2")
def test_nobody_reads_an_identity_in_an_audit_row_without_its_key(engine: Engine) -> None:
    with writing(engine) as connection:
        opened = (SuspensionOpened, SuspensionsOpened)  # both open the same record
        record(connection, *(change for change in CHANGES if not isinstance(change, opened)))
        (row,) = audit_rows_of(connection)
        assert "S1234567A" in str([dict(each.after or {}) | dict(each.key) for each in row.changes])
        (stored,) = connection.execute(select(t.ocms_audit_row)).all()
        for each in PARTICULARS:
            assert each not in str(stored)
            assert each.encode() not in stored.content
        with pytest.raises(zlib.error):
            zlib.decompress(stored.content)
        with pytest.raises(DecryptionFailed, match="names no known key"):
            audit_rows_of(connection, FieldCipher({"t2": bytes(32)}))
        with pytest.raises(DecryptionFailed, match="altered or moved"):
            audit_rows_of(connection, FieldCipher({"t1": b"1" * 32}))
        connection.execute(update(t.ocms_audit_row).values(changed_at=local(LATER)))
        with pytest.raises(DecryptionFailed, match="altered or moved"):
            audit_rows_of(connection)


@pytest.mark.rule("K2", "P25")
def test_a_refused_row_is_in_no_audit_row_and_the_others_are(engine: Engine) -> None:
    records = [SuspensionRecord(each, OPEN_SINCE, 1, "CAS", WWP, "CAS") for each in (NO, OTHER)]
    opened = [SuspensionOpened(each) for each in records]
    with pytest.raises(RowRejected), writing(engine) as connection:
        record(connection, *opened)
    with writing(engine) as connection:
        assert audit_rows_of(connection) == []
        assert record(connection, *opened, isolate=True) == {NO}
        assert [each.notice_no for row in audit_rows_of(connection) for each in row.changes] == [OTHER]


@pytest.mark.rule("K2")
def test_an_answer_that_is_not_newer_replaces_nothing_and_is_told_so(engine: Engine) -> None:
    old = AddressAnswered(AddressAnswer(MARY.id_no, "F", MHA, HOME, at("2023-01-01T00:00:00")))
    with writing(engine) as connection:
        before = snapshot(connection)
        record(connection, old)
        (row,) = audit_rows_of(connection)
        assert row.changes == ()
        assert snapshot(connection) == before


@pytest.mark.rule("K2")
def test_an_engine_without_a_cipher_changes_nothing(databases: Databases, engine: Engine) -> None:
    plain = engines.create(databases.intranet)
    with pytest.raises(TypeError, match="no cipher for audit rows"), writing(plain) as connection:
        record(connection, NoticeChanged(NO, move=MOVE))
    plain.dispose()
    assert rows_of(engine, t.ocms_valid_offence_notice, NO)[0]["last_processing_stage"] == "CPC"


@pytest.mark.rule("K2", "P2")
def test_a_key_that_is_issued_or_revoked_leaves_an_audit_row_without_its_secret(engine: Engine) -> None:
    keys = SqlCredentials(engine)
    with acting(Actor("root", "command", "-", "ocms keys")):
        printed = keys.issue("CAS", Role.CAS, now=NOW, days=1)
        (key,) = keys.list()
        keys.record_use(key.key_id, NOW)
        assert keys.revoke(key.key_id, now=LATER)
        assert not keys.revoke(key.key_id, now=LATER)
    with reading(engine) as connection:
        issued, revoked = audit_rows_of(connection)
    assert (issued.actor.name, issued.actor.operation) == ("root", "ocms keys")
    (change,) = issued.changes
    assert change.key == {"key_id": key.key_id}
    assert change.before is None
    assert change.after == {
        "client": "CAS",
        "role": "cas",
        "issued_at": local(NOW),
        "expires_at": local(LATER),
    }
    assert printed.split("_", 2)[-1] not in str(change.after)
    assert [(each.before, each.after) for each in revoked.changes] == [
        ({"revoked_at": None}, {"revoked_at": local(LATER)})
    ]


@pytest.mark.rule("K2")
def test_of_notices_that_change_alike_the_same_is_kept_as_of_each_alone() -> None:
    suspended = NoticeChanged("B", suspension=shown("PS", "WWP", NOW))
    moved = NoticeChanged("D", StageMove("CPC", LATER, "WAR", NOW), NextStage(None, LATER))
    together: list[Change] = [
        NoticesChanged((("B", SINCE), ("A", LATER)), suspended),
        NoticesChanged((("D", LATER), ("C", SINCE)), moved),
        NoticesChanged((("F", LATER), ("E", SINCE)), evolve(moved, suspension=suspended.suspension)),
        NoticesChanged((("G", SINCE),), NoticeChanged("G")),
        SuspensionRecordsOpened((("B", 1), ("A", 7)), SuspensionRecord("B", NOW, 1, "CAS", WWP, "CAS")),
    ]
    kept = [
        [(each.names, list(each.rows), each.shared, each.optional, each.how, each.table) for each in found]
        for changes in (together, list(by_notice(together)))
        for found in [
            changed_rows(
                [
                    (kind, batch)
                    for kind, statement in CHANGE_STATEMENTS.items()
                    for batch in statement.batches([each for each in changes if type(each) is kind])
                ],
                NOW,
            )
        ]
    ]
    assert kept[0] == kept[1]


@pytest.mark.rule("K2")
def test_whoever_is_not_named_is_recorded_as_unnamed(engine: Engine) -> None:
    with writing(engine) as connection:
        ChangeWriter(engine.dialect).record(connection, [CourtDueDateRecorded(NO, DUE)], NOW, isolate=False)
        assert [row.actor for row in audit_rows_of(connection)] == [UNNAMED]


@pytest.mark.rule("K2")
def test_of_notices_that_move_alike_the_same_is_kept_as_of_each_alone() -> None:
    following = NextStage("CSR", LATER)
    payable: tuple[tuple[Decimal | None, str | None], ...] = (
        (None, None),
        (Decimal("99.90"), None),
        (None, "Y"),
    )
    for first, second in product(payable, payable):
        alike = [
            NoticesMoved(((OTHER, SINCE),), "CPC", "WAR", NOW, following, *first),
            NoticesMoved((("Z", LATER), (NO, SINCE)), "CFC", "WAR", NOW, following, *second),
        ]
        alone = [
            NoticeChanged(number, StageMove(each.prev_stage, since, "WAR", NOW), following, *paid)
            for each, paid in zip(alike, (first, second), strict=True)
            for number, since in each.since
        ]
        kept = [
            [(each.names, list(each.rows), each.optional, each.how, each.table) for each in changed]
            for kind, changes in ((NoticesMoved, alike), (NoticeChanged, alone))
            for changed in [
                changed_rows([(kind, batch) for batch in CHANGE_STATEMENTS[kind].batches(changes)], NOW)
            ]
        ]
        assert kept[0] == kept[1]
