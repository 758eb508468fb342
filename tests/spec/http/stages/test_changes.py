"""What stage changes write, over HTTP: each move with its amounts, and what is refused or found beside it."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, update

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import local
from tests.spec.http.stages.test_contract import PLUS, PLUS_CALL, PORTAL, asked, given, in_stage
from tests.support.http_server import Served, now
from tests.support.rows import row_of, rows_of
from tests.support.stage_rows import put_changes, put_offenders

SEARCH, VALIDATE = f"{PORTAL}/search", f"{PORTAL}/validate"


@pytest.fixture
def engine(portal: Served) -> Engine:
    return portal.deployment.engine


def von(engine: Engine, number: str) -> dict[str, Any]:
    return row_of(engine, t.ocms_valid_offence_notice, number)


def submitted(portal: Served, *items: dict[str, object]) -> Any:
    """Submit items and return the answer."""
    return given(asked(portal, PORTAL, {"items": [{"reason": "SUP", **item} for item in items]}))


@pytest.mark.rule("S22", "S40", "S15")
@pytest.mark.parametrize(
    "role, stages, amount",
    [
        ("D", ("NPA", "DN1", "DN2"), "70.00"),
        ("D", ("DN1", "DN2", "DR3"), "70.00"),
        ("D", ("DN2", "DR3", "CPC"), "80.00"),
        ("O", ("ROV", "RD1", "RD2"), "70.00"),
        ("O", ("RD1", "RD2", "RR3"), "70.00"),
        ("O", ("RD2", "RR3", "CPC"), "80.00"),
        ("H", ("RD1", "RR3", "CPC"), "80.00"),
    ],
)
def test_an_officers_move_writes_stage_amount_and_change(
    portal: Served, engine: Engine, role: str, stages: tuple[str, str, str], amount: str
) -> None:
    stage, target, _ = stages
    in_stage(engine, "N-001", stage, payment_acceptance_allowed="N")
    put_offenders(engine, ["N-001"], owner_driver_indicator=role, mha_dh_check_allow="N")
    item = {"noticeNo": "N-001", "newStage": target, "remark": "Called in", "dhMhaCheck": True}
    moved = {"noticeNo": "N-001", "outcome": "UPDATED", "previousStage": stage, "newStage": target}
    answer = submitted(portal, item)
    assert answer["status"] == "SUCCESS"
    assert answer["summary"] == {"requested": 1, "succeeded": 1, "failed": 0}
    (result,) = answer["results"]
    assert result == {**moved, "code": "OCMS-2000", "message": "Success"}
    row = von(engine, "N-001")
    names = ("prev_processing_stage", "last_processing_stage", "next_processing_stage")
    assert tuple(row[name] for name in names) == stages
    assert (str(row["amount_payable"]), row["payment_acceptance_allowed"]) == (amount, "Y")
    change = row_of(engine, t.ocms_change_of_processing, "N-001")
    assert (change["last_processing_stage"], change["new_processing_stage"]) == (stage, target)
    assert (change["source"], change["reason_of_change"], change["remarks"]) == ("OCMS", "SUP", "Called in")
    assert row_of(engine, t.ocms_offence_notice_owner_driver, "N-001")["mha_dh_check_allow"] == "Y"


@pytest.mark.rule("S15", "S21")
@pytest.mark.parametrize(
    "stage, role, target",
    [
        *(("NPA", "D", "DN1"), ("ENA", "D", "DN1"), ("DN1", "D", "DN2"), ("DN2", "D", "DR3")),
        *(("NPA", "O", "ROV"), ("ROV", "O", "RD1"), ("RD1", "O", "RD2"), ("RD2", "H", "RR3")),
    ],
)
def test_a_change_without_a_stage_goes_to_the_next_of_its_track(
    portal: Served, engine: Engine, stage: str, role: str, target: str
) -> None:
    in_stage(engine, "N-001", stage)
    put_offenders(engine, ["N-001"], owner_driver_indicator=role)
    (result,) = submitted(portal, {"noticeNo": "N-001"})["results"]
    assert (result.get("previousStage"), result.get("newStage"), result["code"]) == (
        *(stage, target, "OCMS-2000"),
    )
    assert von(engine, "N-001")["last_processing_stage"] == target


@pytest.mark.rule("S10", "S20", "S24", "G9")
@pytest.mark.parametrize("odd", ["N_001", "12345678901", "N/001", "N\0", "\u0391-1"])
def test_a_number_no_notice_can_have_is_unknown_and_keeps_no_other_from_moving(
    portal: Served, engine: Engine, odd: str
) -> None:
    for number in ("N-001", "N-002"):
        in_stage(engine, number)
        put_offenders(engine, [number])
    unknown = {"noticeNo": odd, "code": "OCMS.CPS.NOT_FOUND", "message": "VON not found"}
    items: list[dict[str, object]] = [{"noticeNo": number} for number in ("N-001", odd, "N-002 ")]
    answer = given(asked(portal, VALIDATE, {"notices": items, "newProcessingStage": "DN2"}))
    assert answer["nonChangeableNotices"] == [unknown]
    moved = submitted(portal, *items)
    assert (moved["status"], moved["summary"]["succeeded"]) == ("PARTIAL", 2)
    assert moved["results"][1] == {**unknown, "outcome": "FAILED"}
    assert [each["noticeNo"] for each in moved["results"]] == ["N-001", odd, "N-002"]
    taken_back = given(asked(portal, f"{PORTAL}/reverse", {"items": items}))
    assert taken_back["results"][1] == {**unknown, "outcome": "FAILED"}
    assert taken_back["summary"]["succeeded"] == 2


@pytest.mark.rule("S50", "S23", "G20")
def test_submits_that_follow_one_date_to_come_have_a_report_each(portal: Served, engine: Engine) -> None:
    ahead = now() + timedelta(minutes=30)
    token = portal.deployment.token(Role.OIC)
    reports = {}
    for number in ("N-001", "N-002", "N-003"):
        in_stage(engine, number, last_processing_date=local(ahead).isoformat(sep=" "))
        put_offenders(engine, [number])
        body = {"items": [{"noticeNo": number, "newStage": "DN2", "reason": "SUP"}]}
        reports[number] = given(portal.post(PORTAL, body, headers=token))["report"]
    (at,) = {str(row["date_of_change"]) for row in rows_of(engine, t.ocms_change_of_processing)}
    assert at == str(local(ahead) + timedelta(microseconds=1))
    for number, report in reports.items():
        name = report["url"].partition("?")[0].rpartition("/")[2]
        workbook = portal.post(f"{PORTAL}/report/download", {"reportId": name}, headers=token)
        _, *rows = load_workbook(BytesIO(workbook.content)).worksheets[0].values
        assert [row[1] for row in rows] == [number]
        expires = datetime.fromisoformat(report["expiresAt"])
        assert expires <= now() + timedelta(hours=24)


@pytest.mark.rule("S18", "S16", "S17", "S11", "S12")
@pytest.mark.parametrize(
    "move, code, message",
    [
        (("D", "NPA", "DR3"), "INVALID_TRANSITION", "Stage transition not allowed: NPA -> DR3"),
        (("O", "NPA", "RR3"), "INVALID_TRANSITION", "Stage transition not allowed: NPA -> RR3"),
        (("D", "DN1", "RD2"), "INVALID_STAGE_FOR_OFFENDER", "Stage RD2 not allowed for offender type DRIVER"),
        (("O", "RD1", "DN2"), "INVALID_STAGE_FOR_OFFENDER", "Stage DN2 not allowed for offender type OWNER"),
        (("O", "CRT", "RD2"), "COURT_STAGE", "Notice is in court stage"),
    ],
)
def test_a_move_that_is_not_allowed_is_named_alike_by_validate_and_submit(
    portal: Served, engine: Engine, move: tuple[str, str, str], code: str, message: str
) -> None:
    role, stage, target = move
    in_stage(engine, "N-001", stage)
    put_offenders(engine, ["N-001"], owner_driver_indicator=role)
    before = von(engine, "N-001")
    body = {"notices": [{"noticeNo": "N-001"}], "newProcessingStage": target, "reasonOfChange": "SUP"}
    assert given(asked(portal, VALIDATE, body))["nonChangeableNotices"] == [
        {"noticeNo": "N-001", "code": f"OCMS.CPS.{code}", "message": message}
    ]
    (result,) = submitted(portal, {"noticeNo": "N-001", "newStage": target})["results"]
    assert (result["outcome"], result["code"], result["message"]) == ("FAILED", f"OCMS.CPS.{code}", message)
    assert von(engine, "N-001") == before
    assert rows_of(engine, t.ocms_change_of_processing) == []


@pytest.mark.rule("S40", "S41", "G6")
@pytest.mark.parametrize(
    "fee, amount",
    [("0.00", "70.00"), ("12.50", "82.50"), (" 5 ", "75.00"), ("12.125", "82.13"), ("12.1349", "82.13")],
)
def test_a_fee_is_added_to_the_composition(portal: Served, engine: Engine, fee: str, amount: str) -> None:
    parameter = t.ocms_parameter
    with engine.begin() as connection:
        chosen = update(parameter).where(parameter.c.parameter_id == "ADMIN_FEE")
        connection.execute(chosen.values(value=fee))
    in_stage(engine, "N-001", "DN2", amount_payable="999.00")
    put_offenders(engine, ["N-001"])
    assert submitted(portal, {"noticeNo": "N-001", "newStage": "DR3"})["status"] == "SUCCESS"
    assert str(von(engine, "N-001")["amount_payable"]) == amount


ALONE: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({"currentProcessingStage": "DN1"}, ["N-001"]),
    ({"currentProcessingStage": "dn2"}, ["N-002"]),
    ({"lastProcessingStage": "DN2"}, ["N-002"]),
    ({"lastProcessingStage": "DN1", "currentProcessingStage": "DN2"}, ["N-002"]),
    ({"dateOfCurrentProcessingStage": "2025-12-20"}, ["N-002"]),
    ({"vehicleNo": "sbz-9 Z"}, ["N-002"]),
)


@pytest.mark.rule("S1", "S27")
@pytest.mark.parametrize("criteria, found", ALONE)
def test_a_search_finds_all_that_one_criterion_holds_for(
    portal: Served, engine: Engine, criteria: dict[str, str], found: list[str]
) -> None:
    assert_found(portal, engine, criteria, found)


@pytest.mark.rule("S1", "S27")
@pytest.mark.parametrize(
    "criteria, found",
    [
        *(({"idNo": "S1234567A", **criteria}, found) for criteria, found in ALONE),
        ({"noticeNo": "N-001"}, ["N-001"]),
        ({"idNo": "S1234567A"}, ["N-001", "N-002"]),
        ({"idNo": "S1234567A", "dateOfCurrentProcessingStage": "2025-12-19"}, []),
        ({"idNo": "S1234567A", "vehicleNo": "SBZ9Z", "currentProcessingStage": "DN1"}, []),
    ],
)
def test_a_search_finds_what_every_criterion_holds_for(
    portal: Served, engine: Engine, criteria: dict[str, str], found: list[str]
) -> None:
    assert_found(portal, engine, criteria, found)


def assert_found(portal: Served, engine: Engine, criteria: dict[str, str], found: list[str]) -> None:
    in_stage(engine, "N-001", "DN1")
    in_stage(engine, "N-002", "DN2", vehicle_no="SBZ9Z", last_processing_date="2025-12-20 09:00:00")
    put_offenders(engine, ["N-001", "N-002"])
    answer = given(asked(portal, SEARCH, criteria))
    assert [notice["noticeNo"] for notice in answer["eligibleNotices"]] == found
    assert answer["summary"] == {"total": len(found), "eligible": len(found), "ineligible": 0}


@pytest.mark.rule("S21", "S22")
def test_each_notice_of_a_submit_leaves_its_own_change(portal: Served, engine: Engine) -> None:
    moves = {"N-001": ("DN1", "DN2"), "N-002": ("DN2", "DR3"), "N-003": ("DN1", "DN2")}
    for number, (stage, _) in moves.items():
        in_stage(engine, number, stage)
    put_offenders(engine, moves)
    items: list[dict[str, object]] = [
        {"noticeNo": number, "newStage": target} for number, (_, target) in moves.items()
    ]
    assert submitted(portal, *items)["summary"] == {"requested": 3, "succeeded": 3, "failed": 0}
    left = rows_of(engine, t.ocms_change_of_processing)
    assert {
        row["notice_no"]: (row["last_processing_stage"], row["new_processing_stage"]) for row in left
    } == moves
    assert {number: von(engine, number)["last_processing_stage"] for number in moves} == {
        number: target for number, (_, target) in moves.items()
    }


@pytest.mark.rule("S2", "S3")
def test_a_search_tells_what_is_suspended_and_whose_notice_it_is(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001", suspension_type="TS")
    in_stage(engine, "N-002", suspension_type="PS")
    in_stage(engine, "N-003", "CWT", suspension_type="PS")
    for role, name in (("H", "A Hirer"), ("O", "An Owner"), ("D", "A Driver")):
        put_offenders(engine, ["N-001"], owner_driver_indicator=role, name=name, offender_indicator="N")
    put_offenders(engine, ["N-002", "N-003"], owner_driver_indicator="H", name="A Hirer")
    put_offenders(engine, ["N-002"], owner_driver_indicator="D", name="A Driver", offender_indicator="N")
    answer = given(asked(portal, SEARCH, {"idNo": "S1234567A"}))
    (eligible,) = answer["eligibleNotices"]
    assert (eligible["noticeNo"], eligible["suspensionType"], eligible["offenderName"]) == (
        *("N-001", "TS", "A Driver"),
    )
    assert [
        (each["noticeNo"], each["offenderName"], each["reasonCode"]) for each in answer["ineligibleNotices"]
    ] == [
        ("N-002", "A Hirer", "OCMS.CPS.SEARCH.PS_ACTIVE"),
        ("N-003", "A Hirer", "OCMS.CPS.SEARCH.COURT_STAGE"),
    ]


@pytest.mark.rule("G9", "S21")
def test_a_notice_submitted_twice_in_one_call_moves_once(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    put_offenders(engine, ["N-001"])
    item: dict[str, object] = {"noticeNo": "N-001", "newStage": "DN2"}
    answer = submitted(portal, item, item)
    assert answer["summary"] == {"requested": 2, "succeeded": 1, "failed": 1}
    assert [each["outcome"] for each in answer["results"]] == ["UPDATED", "FAILED"]
    assert len(rows_of(engine, t.ocms_change_of_processing, "N-001")) == 1


@pytest.mark.rule("S13", "S30", "G5")
@pytest.mark.parametrize("days_ago, code", [(0, "OCMS.CPS.DUPLICATE_RECORD"), (1, "OCMS-2000")])
def test_the_day_of_a_change_begins_at_its_midnight(
    portal: Served, engine: Engine, days_ago: int, code: str
) -> None:
    in_stage(engine, "N-001")
    put_offenders(engine, ["N-001"])
    put_changes(engine, ["N-001"], f"{local(now()).date() - timedelta(days=days_ago)} 00:00:00")
    (result,) = submitted(portal, {"noticeNo": "N-001", "newStage": "DN2"})["results"]
    assert result["code"] == code


@pytest.mark.rule("S63", "G9")
def test_a_notice_plus_names_twice_refuses_its_call(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    answer = asked(portal, PLUS, {**PLUS_CALL, "noticeNo": ["N-001", "N-001"]}, Role.PLUS)
    assert given(answer, 400)["code"] == "OCMS-4000"
    assert von(engine, "N-001")["last_processing_stage"] == "DN1"
    assert rows_of(engine, t.ocms_change_of_processing) == []


@pytest.mark.rule("S64", "S40")
def test_plus_adds_the_fee_of_its_move(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001", "RD2", payment_acceptance_allowed="N")
    call = {**PLUS_CALL, "noticeNo": ["N-001"], "lastStageName": "RD2", "nextStageName": "RR3"}
    assert given(asked(portal, PLUS, call, Role.PLUS))["noticeCount"] == 1
    row = von(engine, "N-001")
    assert (row["last_processing_stage"], row["next_processing_stage"]) == ("RR3", "CPC")
    assert (str(row["amount_payable"]), row["payment_acceptance_allowed"]) == ("80.00", "Y")
    assert str(row["last_processing_date"]) == "2025-09-30 06:58:42"


@pytest.mark.rule("S62")
@pytest.mark.parametrize("following", ["DN1", "DN2", "DR3", "CPC"])
def test_what_plus_says_of_an_unlicensed_driver_is_agreed_to_and_left(
    portal: Served, engine: Engine, following: str
) -> None:
    in_stage(engine, "N-001", "NPA")
    before = von(engine, "N-001")
    call = {**PLUS_CALL, "noticeNo": ["N-001"], "lastStageName": "NPA", "nextStageName": following}
    assert given(asked(portal, PLUS, {**call, "offenceType": "U"}, Role.PLUS)) == {
        "status": "SUCCESS",
        "message": "Stage change processed successfully",
        "noticeCount": 1,
    }
    assert von(engine, "N-001") == before
