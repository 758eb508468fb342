"""Reference data that holds from a day on, over HTTP: each decision takes the values of its own day."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, delete

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import local
from tests.spec.http.hst.test_contract import APPLY
from tests.spec.http.stages.test_contract import PLUS, PLUS_CALL, PORTAL, asked, given, in_stage
from tests.spec.http.test_repeats import SUSPECTED, suspected
from tests.support.builders import body
from tests.support.http_server import API_2, Served, now
from tests.support.offender_rows import put
from tests.support.rows import put_notices, row_of, rows_of
from tests.support.stage_rows import put_fees, put_offenders

DATED = (t.ocms_dated_parameter, t.ocms_dated_stage_move, t.ocms_dated_suspension_reason)
# The day PLUS says its change is of, which is the day of the decision.
FIRST, SECOND, THIRD = date(2025, 9, 29), date(2025, 9, 30), date(2025, 10, 1)
# Days around today that leave midnight no say.
LONG_AGO, LATELY, SOON = -30, -2, 2


@pytest.fixture
def engine(empty: Served) -> Iterator[Engine]:
    """Give the database of the running system, with both fees set and no value that has days."""
    engine = empty.deployment.engine
    put_fees(engine)
    yield engine
    with engine.begin() as connection:
        for table in DATED:
            connection.execute(delete(table))


def in_days(days: int) -> date:
    """Return the day so many days from today in Singapore."""
    return local(now()).date() + timedelta(days=days)


def put_dated(engine: Engine, table: Table, days: tuple[int, int | None], columns: Mapping[str, Any]) -> None:
    """Put in a value that holds from a first to a last day, as distances from today."""
    first, last = days
    put(
        engine,
        table,
        {"first_day": in_days(first), "last_day": None if last is None else in_days(last), **columns},
    )


def submitted(served: Served, **item: object) -> Any:
    """Submit a change of one notice; return its result."""
    (result,) = given(asked(served, PORTAL, {"items": [{"noticeNo": "N-001", "reason": "SUP", **item}]}))[
        "results"
    ]
    return result


@pytest.mark.rule("G18", "S40")
@pytest.mark.parametrize(
    "fees, amount",
    [
        pytest.param([(SECOND, SECOND, "25.00")], "95.00", id="of that day alone"),
        pytest.param([(SECOND, None, "25.00")], "95.00", id="from that day on"),
        pytest.param([(FIRST, SECOND, "25.00")], "95.00", id="to that day"),
        pytest.param([(THIRD, None, "25.00")], "80.00", id="from the day after"),
        pytest.param([(date(2025, 9, 1), FIRST, "25.00")], "80.00", id="to the day before"),
        pytest.param(
            [(date(2025, 9, 1), None, "15.00"), (FIRST, None, "25.00")],
            "95.00",
            id="of two the one begun last",
        ),
        pytest.param(
            [(date(2025, 9, 1), None, "15.00"), (FIRST, FIRST, "25.00")],
            "85.00",
            id="the former after an exception",
        ),
    ],
)
def test_a_fee_is_that_of_the_day_plus_says(
    empty: Served, engine: Engine, fees: list[tuple[date, date | None, str]], amount: str
) -> None:
    for first, last, fee in fees:
        key = {"parameter_id": "ADMIN_FEE", "code": "AMOUNT"}
        put(engine, t.ocms_dated_parameter, {**key, "first_day": first, "last_day": last, "value": fee})
    in_stage(engine, "N-001", "RD2")
    call = {**PLUS_CALL, "noticeNo": ["N-001"], "lastStageName": "RD2", "nextStageName": "RR3"}
    assert given(asked(empty, PLUS, call, Role.PLUS))["noticeCount"] == 1
    assert str(row_of(engine, t.ocms_valid_offence_notice, "N-001")["amount_payable"]) == amount


@pytest.mark.rule("G18", "S18")
@pytest.mark.parametrize(
    "move, allowed, days, refused",
    [
        pytest.param(("DN1", "DN2"), "N", (LATELY, SOON), True, id="taken away for some days"),
        pytest.param(("DN1", "DN2"), "N", (LONG_AGO, LATELY), False, id="taken away until lately"),
        pytest.param(("DN1", "DN2"), "N", (SOON, None), False, id="to be taken away soon"),
        pytest.param(("NPA", "DR3"), "Y", (LATELY, None), False, id="added"),
        pytest.param(("NPA", "DR3"), "Y", (LONG_AGO, LATELY), True, id="added until lately"),
        pytest.param(("NPA", "DR3"), "Y", (SOON, None), True, id="to be added soon"),
    ],
)
def test_a_move_is_allowed_as_on_the_day_it_is_asked_for(
    empty: Served,
    engine: Engine,
    *,
    move: tuple[str, str],
    allowed: str,
    days: tuple[int, int | None],
    refused: bool,
) -> None:
    stage, target = move
    named = {"last_processing_stage": stage, "next_processing_stage": target, "allowed": allowed}
    put_dated(engine, t.ocms_dated_stage_move, days, named)
    in_stage(engine, "N-001", stage)
    put_offenders(engine, ["N-001"])
    asks = {"notices": [{"noticeNo": "N-001"}], "newProcessingStage": target, "reasonOfChange": "SUP"}
    seen = given(asked(empty, f"{PORTAL}/validate", asks))
    assert [each["noticeNo"] for each in seen["nonChangeableNotices"]] == ["N-001"] * refused
    assert [each["noticeNo"] for each in seen["changeableNotices"]] == ["N-001"] * (not refused)
    result = submitted(empty, newStage=target)
    assert result["outcome"] == ("FAILED" if refused else "UPDATED")
    assert result["code"] == ("OCMS.CPS.INVALID_TRANSITION" if refused else "OCMS-2000")


@pytest.mark.rule("G18", "H20")
@pytest.mark.parametrize(
    "days, term",
    [
        pytest.param((LATELY, None), 10, id="of these days"),
        pytest.param((LONG_AGO, LATELY), 30, id="until lately"),
        pytest.param((SOON, None), 30, id="from soon on"),
    ],
)
def test_a_suspension_lasts_as_long_as_on_the_day_it_begins(
    empty: Served, engine: Engine, days: tuple[int, int | None], term: int
) -> None:
    reason = {"reason_of_suspension": "HST", "suspension_type": "TS", "no_of_days_for_revival": 10}
    put_dated(engine, t.ocms_dated_suspension_reason, days, reason)
    suspected(engine)
    applied = empty.post("/v1/apply-hst", APPLY, headers=empty.deployment.token(Role.OIC))
    assert applied.json()["data"]["totalSuspended"] == 1
    record = row_of(engine, t.ocms_suspended_notice, SUSPECTED)
    assert record["due_date_of_revival"] - record["date_of_suspension"] == timedelta(days=term)


@pytest.mark.rule("G18", "P21")
@pytest.mark.parametrize(
    "reason, days, status, refused",
    [
        pytest.param(("TS", "OTH"), (LATELY, None), "A", False, id="of these days"),
        pytest.param(("TS", "OTH"), (LATELY, None), "D", True, id="not in use"),
        pytest.param(("TS", "OTH"), (LONG_AGO, LATELY), "A", True, id="until lately"),
        pytest.param(("TS", "OTH"), (SOON, None), "A", True, id="from soon on"),
    ],
)
def test_a_type_and_reason_are_a_pair_as_on_the_day_of_the_update(
    empty: Served,
    engine: Engine,
    *,
    reason: tuple[str, str],
    days: tuple[int, int | None],
    status: str,
    refused: bool,
) -> None:
    kind, code = reason
    pair = {"reason_of_suspension": code, "suspension_type": kind, "no_of_days_for_revival": 14}
    put_dated(engine, t.ocms_dated_suspension_reason, days, {**pair, "status": status})
    since = {"epr_reason_of_suspension": code, "epr_date_of_suspension": "2024-12-05 10:00:00"}
    put_notices(engine, ["1234567890"], suspension_type="PS", **since)
    put_notices(engine, ["1234567891"])
    asks = (
        {"noticeNo": "1234567890", "suspensionType": kind},
        {"noticeNo": "1234567891", "processingStage": "CSD"},
    )
    answer = empty.post(API_2, body(asks))
    assert answer.status_code == (207 if refused else 200)
    row = row_of(engine, t.ocms_valid_offence_notice, "1234567890")
    assert row["suspension_type"] == ("PS" if refused else "TS")
    records = rows_of(engine, t.ocms_suspended_notice, "1234567890")
    assert [each["due_date_of_revival"] - each["date_of_suspension"] for each in records] == (
        [] if refused else [timedelta(days=14)]
    )
