"""The database finds what the rule calls stuck, the oldest first, in one statement, on both databases."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert

from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.locks import SqlJobStore
from ocms_adapters.sql.stuck_cases import SOURCES, SqlWaitingCases
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.runs import LockLease, LockRequest, RunResult
from ocms_core.jobs.stuck_cases import (
    GRACE,
    DueNotice,
    DueSuspension,
    StuckCase,
    StuckKind,
    WaitingDelivery,
    WaitingEnquiry,
    stuck_case,
    stuck_cases,
)
from ocms_core.kernel.dates import local
from tests.support.builders import NOW
from tests.support.databases import Databases
from tests.support.hst_rows import notice
from tests.support.rows import notice_numbers
from tests.support.statements import recorded

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """Yield an engine of an Intranet database."""
    opened = engines.create(databases.intranet)
    yield opened
    opened.dispose()


def put(engine: Engine, table: Table, rows: list[dict[str, Any]]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table), rows)


def found(engine: Engine, kind: StuckKind, most: int | None = None) -> list[StuckCase]:
    return list(stuck_cases(SqlWaitingCases(engine), kind, NOW, GRACE, most))


@pytest.mark.rule("K5")
def test_of_every_kind_of_notice_the_database_finds_what_the_rule_calls_stuck(engine: Engine) -> None:
    each = list(
        product(
            (None, "TS", "PS"),
            (None, "FP"),
            (None, "PP", "FP"),
            (None, "RD2"),
            (-1, 0, 1),
            (6, 7, 8),
        )
    )
    rows: list[dict[str, Any]] = []
    expected: list[StuckCase] = []
    for number, (shown, crs, payment, following, moved, late) in zip(
        notice_numbers(len(each)), each, strict=True
    ):
        due = NOW - late * DAY - HOUR
        rows.append(
            notice(number)
            | {
                "last_processing_stage": "RD1",
                "last_processing_date": local(due + moved * HOUR),
                "next_processing_stage": following,
                "next_processing_date": local(due),
                "suspension_type": shown,
                "crs_reason_of_suspension": crs,
                "payment_status": payment,
            }
        )
        if following:
            suspended = bool(shown or crs)
            fact = DueNotice(number, "RD1", due + moved * HOUR, following, due, payment, suspended)
            expected += filter(None, [stuck_case(fact, NOW, GRACE)])
    put(engine, t.ocms_valid_offence_notice, rows)
    expected.sort(key=lambda case: (case.since, case.case))
    assert len(expected) == 2 * 2 * 2
    assert found(engine, StuckKind.NOTICE) == expected
    assert found(engine, StuckKind.NOTICE, most=3) == expected[:3]
    cases = SqlWaitingCases(engine)
    assert list(stuck_cases(cases, StuckKind.NOTICE, NOW, GRACE, 2, skip=5)) == expected[5:7]
    assert list(stuck_cases(cases, StuckKind.NOTICE, NOW, GRACE, skip=6)) == expected[6:]
    assert cases.count(StuckKind.NOTICE, NOW - GRACE[StuckKind.NOTICE]) == len(expected)


@pytest.mark.rule("K5")
def test_open_records_past_their_last_day_are_found(engine: Engine) -> None:
    numbers = notice_numbers(4)
    record = {
        "sr_no": 1,
        "date_of_suspension": local(NOW - 9 * DAY),
        "suspension_source": "OCMS",
        "suspension_type": "TS",
        "reason_of_suspension": "HST",
        "officer_authorising_suspension": "O",
    }
    late = (NOW - 2 * DAY, NOW - DAY)
    rows = [
        {**record, "notice_no": number, "due_date_of_revival": local(end) if end else None}
        for number, end in zip(numbers, (*late, NOW + DAY, None), strict=True)
    ]
    closed = {**rows[0], "sr_no": 2, "date_of_revival": local(NOW)}
    put(engine, t.ocms_suspended_notice, [{**row, "date_of_revival": None} for row in rows] + [closed])
    assert found(engine, StuckKind.SUSPENSION) == [
        stuck_case(DueSuspension(number, 1, "TS-HST", end), NOW, GRACE)
        for number, end in zip(numbers[:2], late, strict=True)
    ]


@pytest.mark.rule("K5")
def test_deliveries_an_hour_old_are_found(engine: Engine) -> None:
    rows: list[dict[str, Any]] = [
        {
            "notice_no": f"N{hours}",
            "kind": "NOTICE",
            "attempts": 4,
            "cre_date": local(NOW - hours * HOUR),
            "delivered_at": local(NOW) if hours == 4 else None,
            "last_error": "it does not answer",
        }
        for hours in (1, 2, 3, 4)
    ]
    put(engine, t.ocms_outbox, rows)
    facts = [
        WaitingDelivery(0, f"N{hours}", "NOTICE", NOW - hours * HOUR, 4, "it does not answer")
        for hours in (3, 2)
    ]
    assert found(engine, StuckKind.DELIVERY) == [stuck_case(fact, NOW, GRACE) for fact in facts]


@pytest.mark.rule("K5")
def test_identities_unanswered_for_45_days_are_found(engine: Engine) -> None:
    rows = [
        {
            "id_no": f"S{days:07}A",
            "query_reason": reason,
            "id_type": "N",
            "cre_date": local(NOW - days * DAY),
            "sent_to_mha_date": local(NOW - DAY),
        }
        for days, reason in ((44, "HST"), (46, "HST"), (47, "HST"), (48, "OTH"))
    ]
    put(engine, t.ocms_adhoc_nro_queue, rows)
    facts = [WaitingEnquiry(f"S{days:07}A", NOW - days * DAY, NOW - DAY, None) for days in (47, 46)]
    assert found(engine, StuckKind.ENQUIRY) == [stuck_case(fact, NOW, GRACE) for fact in facts]


@pytest.mark.rule("K5")
def test_an_identity_that_is_answered_since_it_was_queued_is_not_unanswered(engine: Engine) -> None:
    queued = local(NOW - 46 * DAY)
    row = {"query_reason": "HST", "id_type": "N", "cre_date": queued}
    address = dict.fromkeys(
        ("type_of_address", "bldg_name", "blk_hse_no", "street_name", "floor_no", "unit_no", "postal_code"),
        "",
    )
    received = {"S0000001A": queued + DAY, "S0000002A": queued - DAY}
    numbers = (*received, "S0000003A")
    put(engine, t.ocms_adhoc_nro_queue, [row | {"id_no": number} for number in numbers])
    put(
        engine,
        t.ocms_temp_unc_hst_addr,
        [
            {"id_no": number, "query_reason": "HST", "source": "MHA", **address}
            | {"response_date_time": moment, "processing_date_time": moment}
            for number, moment in received.items()
        ],
    )
    facts = [WaitingEnquiry(number, NOW - 46 * DAY, None, None) for number in numbers[1:]]
    assert found(engine, StuckKind.ENQUIRY) == [stuck_case(fact, NOW, GRACE) for fact in facts]
    cases = SqlWaitingCases(engine)
    assert cases.count(StuckKind.ENQUIRY, NOW - GRACE[StuckKind.ENQUIRY]) == 2


@pytest.mark.rule("K5")
def test_a_job_is_stuck_whose_last_run_never_ended(engine: Engine) -> None:
    locks = JobLocks(SqlJobStore(engine))
    ended = locks.take(LockRequest(job="ended", worker="ended:1", at_most=HOUR))
    assert isinstance(ended, LockLease)
    locks.end(ended, RunResult.DONE, {}, None)
    for job, at_most in (("cut_off", timedelta(0)), ("running", HOUR)):
        locks.take(LockRequest(job=job, worker=f"{job}:1", at_most=at_most))
    cases, later = SqlWaitingCases(engine), NOW.replace(year=2999)
    for most in (None, 1):  # runs that ended take no place of the ones that are wanted
        found = [each.case for each in stuck_cases(cases, StuckKind.JOB_RUN, later, GRACE, most)]
        assert found == ["cut_off"]
    assert cases.count(StuckKind.JOB_RUN, later) == 1


@pytest.mark.rule("K5")
@pytest.mark.parametrize("kind", SOURCES, ids=lambda kind: kind.value)
def test_one_statement_reads_each_kind(engine: Engine, kind: StuckKind) -> None:
    found(engine, kind)
    with recorded(engine) as statements:
        found(engine, kind)
    assert len(statements) == 1
    with recorded(engine) as statements:
        SqlWaitingCases(engine).count(kind, NOW)
    assert len(statements) == 1
