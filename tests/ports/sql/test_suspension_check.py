"""The check of suspensions and its repair, over real rows on SQLite and PostgreSQL."""

import threading
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.dialects.mssql.base import MSDialect

from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.dated_values import ocms_dated_suspension_reason
from ocms_adapters.sql.suspension_check import SqlSuspensionStores, SuspensionQueries
from ocms_core.kernel.dates import local
from ocms_core.suspensions import service
from ocms_core.suspensions.service import Outcome
from tests.support.builders import NOW, at
from tests.support.databases import Databases
from tests.support.hst_facts import IDENTITY, OFFICER
from tests.support.hst_rows import HstDatabase, hst_database
from tests.support.statements import recorded

SINCE, DUE = at("2024-12-05T10:00:00"), at("2025-01-04T10:00:00")
FOUND, REPAIRED, UNCLEAR = Outcome.FOUND, Outcome.REPAIRED, Outcome.UNCLEAR


REFUSE_A = {
    "sqlite": "CREATE TRIGGER refuse BEFORE INSERT ON ocms_suspended_notice WHEN new.notice_no = 'A' "
    "BEGIN SELECT RAISE(ABORT, 'refused'); END",
    "postgresql": "ALTER TABLE ocms_suspended_notice ADD CONSTRAINT refuse CHECK (notice_no <> 'A')",
}


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    opened = hst_database(databases)
    yield opened
    opened.engine.dispose()


def shows(
    kind: str | None, reason: str | None, due: datetime | None = None, **columns: Any
) -> dict[str, Any]:
    return {
        "suspension_type": kind,
        "epr_reason_of_suspension": reason,
        "epr_date_of_suspension": local(SINCE) if kind else None,
        "due_date_of_revival": local(due) if due else None,
        **columns,
    }


def put_record(
    database: HstDatabase, number: str, kind: str, reason: str, due: datetime | None = None, **columns: Any
) -> None:
    row = {
        "notice_no": number,
        "date_of_suspension": local(SINCE),
        "sr_no": 1,
        "suspension_source": "CAS",
        "suspension_type": kind,
        "reason_of_suspension": reason,
        "officer_authorising_suspension": "CAS",
        "due_date_of_revival": local(due) if due else None,
    }
    database.put(t.ocms_suspended_notice, [row | columns])


def put_listed(database: HstDatabase) -> None:
    address = {"postal_code": "1", "blk_hse_no": "1", "street_name": "X", "floor_no": "1", "unit_no": "1"}
    listed = {"id_no": IDENTITY, "id_type": "N", "name": "X", "bldg_name": "", **address}
    database.put(t.ocms_hst, [listed])


def looked_at(_many: int) -> None:
    pass


def checked(database: HstDatabase) -> dict[str, tuple[Outcome, tuple[str, ...]]]:
    found = service.check(stores=SqlSuspensionStores(database.engine), now=NOW, progress=looked_at)
    return {each.contradiction.notice.notice_no: (each.outcome, each.contradiction.rules) for each in found}


def repaired(database: HstDatabase, officer: str = OFFICER) -> dict[str, Outcome]:
    stores = SqlSuspensionStores(database.engine)
    found = service.repair(officer=officer, stores=stores, now=NOW, progress=looked_at)
    return {each.contradiction.notice.notice_no: each.outcome for each in found}


def put_every_kind(database: HstDatabase) -> None:
    """Put a notice of every kind in, and some that are sound."""
    put_listed(database)
    kinds: dict[str, dict[str, Any]] = {
        "HIDDEN": shows("TS", "HST", DUE),
        "ALONE": shows("PS", "OTH"),
        "ENDED": shows("PS", "WWC"),
        "PSHST": shows("PS", "HST"),
        "PSOUT": shows("PS", "OUT"),
        "TSWWP": shows("TS", "WWP"),
        "NOTHING": shows(None, None),
        "UNKNOWN": shows("PS", "XYZ"),
        "PLAIN": shows(None, None),
        "SOUND": shows("PS", "WWP"),
        "CAS": shows("TS", None),
        "PAID": shows("PS", "HST", crs_reason_of_suspension="FP"),
    }
    for number, columns in kinds.items():
        database.notices([number], **columns)
    database.notices(["STRANGER"], id_no="S5555555Z", **shows("TS", "HST", DUE))
    for number in ("HIDDEN", "PSHST", "STRANGER", "PAID"):
        put_record(database, number, "TS", "HST", DUE)
    for number in ("HIDDEN", "NOTHING", "SOUND"):
        put_record(database, number, "PS", "WWP", sr_no=2)
    put_record(database, "ENDED", "PS", "WWC", date_of_revival=local(at("2025-01-01T00:00:00")))
    put_record(database, "PSHST", "PS", "HST", sr_no=2)
    put_record(database, "PSOUT", "PS", "OUT")
    put_record(database, "TSWWP", "TS", "WWP")
    put_record(database, "UNKNOWN", "PS", "XYZ")


WRONG = {
    "ALONE": ("U1",),
    "ENDED": ("U1",),
    "HIDDEN": ("U1",),
    "NOTHING": ("U1",),
    "PSHST": ("U2", "P21"),
    "PSOUT": ("U2", "P21"),
    "STRANGER": ("U5", "H10"),
    "TSWWP": ("U2", "P21"),
}


@pytest.mark.rule("U1", "U2", "U5")
def test_every_kind_is_found_and_put_right_and_nothing_is_found_again(database: HstDatabase) -> None:
    put_every_kind(database)
    everything = {number: (FOUND, rules) for number, rules in WRONG.items()} | {"UNKNOWN": (UNCLEAR, ("U2",))}
    assert checked(database) == everything
    assert checked(database) == everything, "a check changes nothing"
    assert repaired(database) == dict.fromkeys(WRONG, REPAIRED) | {"UNKNOWN": UNCLEAR}
    assert checked(database) == {"UNKNOWN": (UNCLEAR, ("U2",))}
    rows = tables(database)
    assert repaired(database) == {"UNKNOWN": UNCLEAR}
    assert tables(database) == rows, "a second repair changes nothing"
    shown = {number: columns[:2] for number, columns in database.shown().items()}
    assert shown == {
        "ALONE": ("PS", "OTH"),
        "CAS": ("TS", None),
        "ENDED": (None, None),
        "HIDDEN": ("PS", "WWP"),
        "NOTHING": ("PS", "WWP"),
        "PAID": ("PS", "HST"),
        "PLAIN": (None, None),
        "PSHST": ("TS", "HST"),
        "PSOUT": ("TS", "OUT"),
        "SOUND": ("PS", "WWP"),
        "STRANGER": (None, None),
        "TSWWP": ("PS", "WWP"),
        "UNKNOWN": ("PS", "XYZ"),
    }


def tables(database: HstDatabase) -> list[list[tuple[Any, ...]]]:
    """Return every row that a repair may change."""
    changed = (t.ocms_valid_offence_notice, t.ocms_suspended_notice, housekeeping.ocms_outbox)
    return [database.rows(table, *table.columns.keys()) for table in changed]


@pytest.mark.rule("U2", "U5", "G4", "G12", "H10")
def test_what_is_closed_and_opened_says_who_and_why_and_goes_to_the_internet_side(
    database: HstDatabase,
) -> None:
    put_every_kind(database)
    repaired(database)
    columns = (
        *("notice_no", "sr_no", "suspension_source", "suspension_type", "reason_of_suspension"),
        *("officer_authorising_suspension", "due_date_of_revival", "suspension_remarks"),
        *(
            "date_of_revival",
            "revival_reason",
            "officer_authorising_revival",
            "revival_remarks",
            "upd_user_id",
        ),
    )
    records = {row[:2]: row[2:] for row in database.rows(t.ocms_suspended_notice, *columns)}
    text = "Check of suspensions: PS-OUT is no pair of the reason table (U2, P21)"
    closed, user = (local(NOW), "CSR", OFFICER, text), "ocmsiz_app_conn"
    assert records["PSOUT", 1] == ("CAS", "PS", "OUT", "CAS", None, None, *closed, user)
    until = local(at("2024-12-26T10:00:00"))
    assert records["PSOUT", 2] == ("OCMS", "TS", "OUT", OFFICER, until, text, *(None,) * 5)
    assert records["STRANGER", 1][6:9] == (local(NOW), "RDN", OFFICER)
    assert records["ALONE", 1][:4] == ("OCMS", "PS", "OTH", OFFICER)
    outbox = {row[0] for row in database.rows(housekeeping.ocms_outbox, "notice_no", "kind")}
    assert outbox == WRONG.keys() - {"ALONE"}, "what the row shows stays"
    marked = dict(database.rows(t.ocms_valid_offence_notice, "notice_no", "is_sync"))
    assert {number for number, in_sync in marked.items() if in_sync == "N"} == outbox


@pytest.mark.rule("U2", "G18")
def test_a_reason_that_only_dated_values_have_is_a_pair_and_gives_the_days_of_its_day(
    database: HstDatabase,
) -> None:
    new = {"reason_of_suspension": "NEW", "suspension_type": "TS"}
    for first_day, days in (("2024-12-01", 10), ("2024-12-06", 20)):
        row = new | {"first_day": date.fromisoformat(first_day), "no_of_days_for_revival": days}
        database.put(ocms_dated_suspension_reason, [row])
    database.notices(["SOUND"], **shows("TS", "NEW", DUE))
    put_record(database, "SOUND", "TS", "NEW", DUE)
    database.notices(["NOEND"], **shows("TS", "NEW"))
    put_record(database, "NOEND", "TS", "NEW")
    assert checked(database) == {"NOEND": (FOUND, ("U2",))}
    assert repaired(database) == {"NOEND": REPAIRED}
    ends = database.rows(t.ocms_suspended_notice, "notice_no", "sr_no", "due_date_of_revival")
    assert ("NOEND", 2, local(at("2024-12-15T10:00:00"))) in [tuple(each) for each in ends]


@pytest.mark.rule("H20", "U2")
def test_of_several_rows_of_a_reason_one_in_use_gives_the_days(database: HstDatabase) -> None:
    for reason, status in (("NEW", "A"), ("GON", "D")):
        row = {"reason_of_suspension": reason, "suspension_type": "TS", "description": reason}
        rows = [
            row | {"suspension_source": "OCMS", "no_of_days_for_revival": 60, "status": "D"},
            row | {"suspension_source": "CAS", "no_of_days_for_revival": 20, "status": status},
        ]
        database.put(t.ocms_suspension_reason, rows)
        database.notices([reason], **shows("TS", reason))
        put_record(database, reason, "TS", reason)
    assert repaired(database) == {"NEW": REPAIRED, "GON": REPAIRED}
    names = ("notice_no", "sr_no", "date_of_suspension", "due_date_of_revival")
    rows_of_records = database.rows(t.ocms_suspended_notice, *names)
    days = {number: (due - since).days for number, sr_no, since, due in rows_of_records if sr_no == 2}
    assert days == {"NEW": 20, "GON": 60}


@pytest.mark.rule("U1")
def test_a_notice_of_nobody_is_put_right_too(database: HstDatabase) -> None:
    database.notices(["A"], **shows("TS", "HST", DUE))
    put_record(database, "A", "TS", "HST", DUE)
    with database.engine.begin() as connection:
        connection.execute(update(t.ocms_offence_notice_owner_driver).values(offender_indicator="N"))
    assert checked(database) == {"A": (FOUND, ("U5", "H10"))}
    assert repaired(database) == {"A": REPAIRED}
    assert database.held() == []


@pytest.mark.rule("U1", "G9")
def test_a_page_takes_as_many_statements_whatever_it_holds(
    database: HstDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", 40)
    counts = []
    for numbers in (["0"], [f"1{place:03}" for place in range(40)]):
        database.notices(numbers, **shows("TS", "WWP"))
        for number in numbers:
            put_record(database, number, "TS", "WWP")
        with recorded(database.engine) as checking:
            assert len(checked(database)) == len(numbers)
        with recorded(database.engine) as repairing:
            assert repaired(database) == dict.fromkeys(numbers, REPAIRED)
        counts.append((len(checking), len(repairing)))
        with database.engine.begin() as connection:
            connection.execute(t.ocms_suspended_notice.delete())
            connection.execute(update(t.ocms_valid_offence_notice).values(**shows(None, None)))
    assert counts[0] == counts[1]


@pytest.mark.rule("U1")
def test_pages_follow_each_other_and_tell_how_far_they_are(
    database: HstDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    database.notices("ABCDE", **shows(None, None))
    for number in "ABDE":
        put_record(database, number, "PS", "WWP")
    seen: list[int] = []
    stores = SqlSuspensionStores(database.engine)
    found = service.repair(officer=OFFICER, stores=stores, now=NOW, progress=seen.append)
    assert [next(found).contradiction.notice.notice_no for _ in range(2)] == ["A", "B"]
    assert checked(database).keys() == {"D", "E"}, "what was written stands when the rest is given up"
    found = service.repair(officer=OFFICER, stores=stores, now=NOW, progress=seen.append)
    assert [each.contradiction.notice.notice_no for each in found] == ["D", "E"]
    assert seen == [2, 4]


@pytest.mark.rule("U1", "P25")
def test_what_the_database_refuses_does_not_undo_the_others(database: HstDatabase) -> None:
    database.notices("AB", **shows("PS", "OTH"))
    with database.engine.begin() as connection:
        connection.exec_driver_sql(REFUSE_A[database.engine.dialect.name])
    assert repaired(database) == {"A": Outcome.REFUSED, "B": REPAIRED}
    assert checked(database).keys() == {"A"}


@pytest.mark.rule("U1", "G13")
def test_two_repairs_at_once_write_everything_once(database: HstDatabase) -> None:
    numbers = [f"{place:03}" for place in range(60)]
    database.notices(numbers, **shows("PS", "OTH"))
    both: list[dict[str, Outcome]] = []
    threads = [threading.Thread(target=lambda: both.append(repaired(database))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted([*both[0], *both[1]]) == numbers
    assert [row[0] for row in database.rows(t.ocms_suspended_notice, "notice_no")] == numbers


def test_every_statement_of_the_check_can_be_built_for_sql_server() -> None:
    dialect = MSDialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    for name, statement in vars(SuspensionQueries(dialect)).items():
        compiled = str(statement.compile(dialect=dialect))
        assert ("WITH (UPDLOCK, ROWLOCK)" in compiled) == (name == "lock_notices")
