"""What a print run of Toppan does with each notice, over HTTP, and what stage parameters change."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from tests.spec.http.stages.test_contract import PLUS, PLUS_CALL, PORTAL, TOPPAN, asked, given, in_stage
from tests.support.http_server import Served
from tests.support.offender_rows import put
from tests.support.rows import row_of, rows_of
from tests.support.stage_rows import put_changes

NUMBER = "500500303J"
AT = "2025-12-15 09:00:00"
RUN = {"noticeNumbers": [NUMBER], "currentStage": "DN2", "processingDate": "2025-12-19T00:30:00"}
COUNTS = ("automaticUpdates", "manualUpdates", "skipped")


@pytest.fixture
def engine(portal: Served) -> Iterator[Engine]:
    """Give the database of the running system, whose parameters are afterwards as they were."""
    engine, table = portal.deployment.engine, t.ocms_parameter
    with engine.connect() as connection:
        before = [dict(row) for row in connection.execute(select(table)).mappings()]
    yield engine
    with engine.begin() as connection:
        connection.execute(delete(table))
        connection.execute(insert(table), before)


def notice(engine: Engine) -> dict[str, Any]:
    return row_of(engine, t.ocms_valid_offence_notice, NUMBER)


def printed(portal: Served, **change: object) -> Any:
    return given(asked(portal, TOPPAN, {**RUN, **change}, Role.TOPPAN))


def put_parameter(engine: Engine, parameter_id: str, code: str, value: str) -> None:
    """Give a parameter a value, whatever it had."""
    table = t.ocms_parameter
    with engine.begin() as connection:
        connection.execute(
            delete(table).where(table.c.parameter_id == parameter_id).where(table.c.code == code)
        )
    put(engine, table, {"parameter_id": parameter_id, "code": code, "description": code, "value": value})


@pytest.mark.rule("S73", "S22", "S40")
@pytest.mark.parametrize(
    "stages, amount",
    [
        (("NPA", "ROV", "RD1"), "70.00"),
        (("NPA", "DN1", "DN2"), "70.00"),
        (("ENA", "RD1", "RD2"), "70.00"),
        (("DN1", "DN2", "DR3"), "70.00"),
        (("DN2", "DR3", "CPC"), "80.00"),
        (("RD2", "RR3", "CPC"), "80.00"),
    ],
)
def test_a_notice_enters_the_stage_it_was_printed_for(
    portal: Served, engine: Engine, stages: tuple[str, str, str], amount: str
) -> None:
    stage, target, following = stages
    in_stage(engine, NUMBER, stage, next_processing_stage=target, payment_acceptance_allowed="N")
    answer = printed(portal, currentStage=target)
    assert (answer["success"], answer["errors"], [answer[name] for name in COUNTS]) == (True, None, [1, 0, 0])
    row = notice(engine)
    names = ("prev_processing_stage", "last_processing_stage", "next_processing_stage")
    assert tuple(row[name] for name in names) == (stage, target, following)
    assert str(row["prev_processing_date"]) == AT
    assert str(row["amount_payable"]) == amount
    assert rows_of(engine, t.ocms_change_of_processing) == []


@pytest.mark.rule("S71", "S74", "S76")
@pytest.mark.parametrize(
    "columns, says",
    [
        ({"next_processing_stage": "DR3"}, "Stage mismatch (expected DN2, actual DR3)"),
        ({"last_processing_stage": "CRT"}, "Stage mismatch (expected DN2, actual DN2)"),
        ({"payment_status": "FP"}, "Notice has permanent suspension"),
        ({"crs_reason_of_suspension": "FP"}, "Notice has permanent suspension"),
        ({"suspension_type": "PS"}, "Notice has permanent suspension"),
    ],
)
def test_a_notice_that_is_skipped_is_named_with_the_reason(
    portal: Served, engine: Engine, columns: dict[str, str], says: str
) -> None:
    in_stage(engine, NUMBER, **{"next_processing_stage": "DN2", **columns})
    before = notice(engine)
    answer = printed(portal, noticeNumbers=[NUMBER, "500500304J"])
    assert answer["errors"] == [f"{NUMBER}: {says}", "500500304J: VON not found"]
    assert (answer["success"], [answer[name] for name in COUNTS]) == (False, [0, 0, 2])
    assert notice(engine) == before


@pytest.mark.rule("S76")
def test_a_temporary_suspension_keeps_no_print_run_back(portal: Served, engine: Engine) -> None:
    in_stage(engine, NUMBER, next_processing_stage="DN2", suspension_type="TS")
    assert printed(portal)["automaticUpdates"] == 1


@pytest.mark.rule("S72", "S74")
@pytest.mark.parametrize(
    "change, counts",
    [
        pytest.param({"source": "OCMS"}, [0, 1, 0], id="by an officer"),
        pytest.param({"source": "PLUS"}, [0, 1, 0], id="by PLUS"),
        pytest.param({"source": "CRON"}, [0, 0, 1], id="by something else"),
        pytest.param({"new_processing_stage": "DN1"}, [0, 0, 1], id="to another stage"),
        pytest.param(None, [0, 0, 1], id="by no change on record"),
    ],
)
def test_a_notice_at_the_stage_of_the_run_counts_by_how_it_came_there(
    portal: Served, engine: Engine, change: dict[str, str] | None, counts: list[int]
) -> None:
    in_stage(engine, NUMBER, "DN2", next_processing_stage="DR3")
    if change is not None:
        put_changes(engine, [NUMBER], AT, **{"new_processing_stage": "DN2", **change})
    before = notice(engine)
    answer = printed(portal)
    assert (answer["success"], answer["errors"], [answer[name] for name in COUNTS]) == (True, None, counts)
    assert notice(engine) == before


@pytest.mark.rule("S72")
@pytest.mark.parametrize(
    "day, counts", [("2025-12-15", [0, 1, 0]), ("2025-12-16", [0, 1, 0]), ("2025-12-14", [0, 0, 1])]
)
def test_a_change_by_hand_counts_up_to_the_day_of_the_run(
    portal: Served, engine: Engine, day: str, counts: list[int]
) -> None:
    in_stage(engine, NUMBER, "DN2", next_processing_stage="DR3")
    put_changes(engine, [NUMBER], AT, new_processing_stage="DN2")
    answer = printed(portal, processingDate=f"{day}T00:30:00")
    assert [answer[name] for name in COUNTS] == counts


@pytest.mark.rule("S22", "G14")
@pytest.mark.parametrize(
    "days, after", [("3", 3), ("0", 0), (" 21 ", 21), ("-1", 14), ("soon", 14), ("", 14)], ids=repr
)
def test_the_next_stage_is_due_after_the_days_of_its_parameter(
    portal: Served, engine: Engine, days: str, after: int
) -> None:
    put_parameter(engine, "STAGEDAYS", "DN2", days)
    in_stage(engine, NUMBER, next_processing_stage="DN2")
    assert printed(portal)["automaticUpdates"] == 1
    row = notice(engine)
    entered: datetime = row["last_processing_date"]
    assert row["next_processing_date"] == datetime.combine(
        entered.date() + timedelta(days=after), datetime.min.time()
    )


@pytest.mark.rule("S22", "G14")
@pytest.mark.parametrize("following", ["RD1", ""])
def test_the_stage_that_follows_is_that_of_the_parameter(
    portal: Served, engine: Engine, following: str
) -> None:
    put_parameter(engine, "NEXT_STAGE", "DN2", following)
    in_stage(engine, NUMBER, next_processing_stage="DN2")
    assert printed(portal)["automaticUpdates"] == 1
    assert notice(engine)["next_processing_stage"] == (following or None)


@pytest.mark.rule("S63", "S64")
def test_plus_moves_no_notice_to_a_stage_twice_at_one_moment(portal: Served, engine: Engine) -> None:
    in_stage(engine, NUMBER)
    put_changes(engine, [NUMBER], "2025-09-30 06:58:42", new_processing_stage="DN2")
    before = notice(engine)
    answer = asked(portal, PLUS, {**PLUS_CALL, "noticeNo": [NUMBER]}, Role.PLUS)
    assert given(answer, 400)["code"] == "OCMS-4000"
    assert notice(engine) == before
    later = {**PLUS_CALL, "noticeNo": [NUMBER], "newStageDate": "2025-09-30T06:58:43"}
    assert given(asked(portal, PLUS, later, Role.PLUS))["noticeCount"] == 1


@pytest.mark.rule("S51")
@pytest.mark.parametrize(
    "first, last, status", [("2025-01-01", "2025-04-01", 200), ("2025-01-01", "2025-04-02", 400)]
)
def test_a_list_of_reports_may_reach_over_ninety_days(
    portal: Served, first: str, last: str, status: int
) -> None:
    answer = asked(portal, f"{PORTAL}/reports", {"startDate": first, "endDate": last})
    assert answer.status_code == status
    same = asked(portal, f"{PORTAL}/reports", {"startDate": first, "endDate": first})
    assert same.status_code == 200
