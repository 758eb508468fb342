"""What a call of PLUS does with each notice, over HTTP: all move, or each that keeps them is named."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import local
from tests.spec.http.stages.test_contract import PLUS, PLUS_CALL, PORTAL, asked, given, in_stage
from tests.support.http_server import Served, now
from tests.support.rows import row_of, rows_of
from tests.support.stage_rows import put_changes, put_offenders

GOOD, BAD, UNKNOWN = "500500303J", "500500304J", "500500305J"


@pytest.fixture
def engine(portal: Served) -> Engine:
    return portal.deployment.engine


def notice(engine: Engine, number: str = GOOD) -> dict[str, Any]:
    return row_of(engine, t.ocms_valid_offence_notice, number)


@pytest.mark.rule("S64", "S22")
@pytest.mark.parametrize(
    "date", [{"newStageDate": "2025-09-30T06:58:42"}, {"newStageDate": None}, {}], ids=repr
)
def test_a_change_is_dated_as_plus_says_or_now(
    portal: Served, engine: Engine, date: dict[str, str | None]
) -> None:
    in_stage(engine, GOOD)
    put_offenders(engine, [GOOD])
    call = {name: value for name, value in PLUS_CALL.items() if name != "newStageDate"}
    began = local(now())
    assert given(asked(portal, PLUS, {**call, "noticeNo": [GOOD], **date}, Role.PLUS))["noticeCount"] == 1
    row, change = notice(engine), row_of(engine, t.ocms_change_of_processing, GOOD)
    entered: datetime = row["last_processing_date"]
    if date.get("newStageDate"):
        assert str(entered) == "2025-09-30 06:58:42"
    else:
        assert began <= entered <= local(now())
    assert row["next_processing_date"] == datetime.combine(
        entered.date() + timedelta(days=14), datetime.min.time()
    )
    assert (row["prev_processing_stage"], row["last_processing_stage"], row["next_processing_stage"]) == (
        *("DN1", "DN2", "DR3"),
    )
    names = ("date_of_change", "last_processing_stage", "new_processing_stage", "source", "reason_of_change")
    assert tuple(change[name] for name in names) == (entered, "DN1", "DN2", "PLUS", "PLS")
    assert change["authorised_officer"] == "005"
    assert row_of(engine, t.ocms_offence_notice_owner_driver, GOOD)["mha_dh_check_allow"] == "Y"


@pytest.mark.rule("S63", "U3")
@pytest.mark.parametrize(
    "columns, why",
    [
        ({"last_processing_stage": "CRT"}, "Notice is in court stage"),
        ({"suspension_type": "PS"}, "Notice has permanent suspension"),
        ({"crs_reason_of_suspension": "FP"}, "Notice has permanent suspension"),
        ({"last_processing_stage": "DN2"}, "Notice is at stage DN2"),
    ],
)
def test_one_notice_that_may_not_move_keeps_all_of_them(
    portal: Served, engine: Engine, columns: dict[str, str], why: str
) -> None:
    in_stage(engine, GOOD)
    in_stage(engine, BAD, **columns)
    before = notice(engine), notice(engine, BAD)
    answer = asked(portal, PLUS, {**PLUS_CALL, "noticeNo": [GOOD, BAD, UNKNOWN]}, Role.PLUS)
    assert given(answer, 400) == {
        "status": "FAILED",
        "code": "OCMS-4000",
        "message": f"Stage change not allowed for: {BAD} ({why}), {UNKNOWN} (VON not found)",
    }
    assert (notice(engine), notice(engine, BAD)) == before
    assert rows_of(engine, t.ocms_change_of_processing) == []


@pytest.mark.rule("S63")
def test_what_was_changed_at_that_moment_already_is_named(portal: Served, engine: Engine) -> None:
    in_stage(engine, GOOD)
    put_changes(engine, [GOOD], "2025-09-30 06:58:42", new_processing_stage="DN2")
    answer = given(asked(portal, PLUS, {**PLUS_CALL, "noticeNo": [GOOD]}, Role.PLUS), 400)
    assert answer["message"] == (
        f"Stage change not allowed for: {GOOD} (Notice was changed at that moment already)"
    )


@pytest.mark.rule("S63", "S64", "S50")
def test_two_moves_of_one_moment_are_two_rows(portal: Served, engine: Engine) -> None:
    in_stage(engine, GOOD)
    for last, following in (("DN1", "DN2"), ("DN2", "DR3")):
        call = {**PLUS_CALL, "noticeNo": [GOOD], "lastStageName": last, "nextStageName": following}
        assert given(asked(portal, PLUS, call, Role.PLUS))["noticeCount"] == 1
    row, changes = notice(engine), rows_of(engine, t.ocms_change_of_processing, GOOD)
    assert (row["prev_processing_stage"], row["last_processing_stage"]) == ("DN2", "DR3")
    assert {str(row[name]) for name in ("prev_processing_date", "last_processing_date")} == {
        "2025-09-30 06:58:42"
    }
    assert {(each["last_processing_stage"], each["new_processing_stage"]) for each in changes} == {
        *(("DN1", "DN2"), ("DN2", "DR3")),
    }
    name = "ChangeStageReport_20250930_005.xlsx"
    workbook = asked(portal, f"{PORTAL}/report/download", {"reportId": name})
    _, *lines = load_workbook(BytesIO(workbook.content)).worksheets[0].values
    assert [(line[7], str(line[8])[:10], line[9]) for line in lines] == [
        ("DN1", "None", "DN2"),
        ("DN2", "2025-09-30", "DR3"),
    ]


@pytest.mark.rule("S41", "S63")
@pytest.mark.parametrize("value", [None, "unknown"], ids=["no row", "no sum"])
def test_a_notice_whose_fee_is_not_set_keeps_all_of_them(
    portal: Served, engine: Engine, value: str | None
) -> None:
    fee = t.ocms_parameter.c.parameter_id == "ADMIN_FEE"
    with engine.begin() as connection:
        if value is None:
            connection.execute(t.ocms_parameter.delete().where(fee))
        else:
            connection.execute(t.ocms_parameter.update().where(fee).values(value=value))
    in_stage(engine, GOOD, "RD2")
    call = {**PLUS_CALL, "noticeNo": [GOOD], "lastStageName": "RD2", "nextStageName": "RR3"}
    assert given(asked(portal, PLUS, call, Role.PLUS), 400)["code"] == "OCMS-4000"
    assert notice(engine)["last_processing_stage"] == "RD2"


@pytest.mark.rule("S61", "S62")
@pytest.mark.parametrize(
    "stages, offence_type, moved",
    [
        (("NPA", "DN1"), "D", True),
        (("NPA", "ROV"), "O", True),
        (("ROV", "RD1"), "O", True),
        (("NPA", "DR3"), "D", False),
        (("DN1", "DN1"), "D", False),
    ],
)
def test_plus_moves_along_the_stage_map(
    portal: Served, engine: Engine, stages: tuple[str, str], offence_type: str, *, moved: bool
) -> None:
    last, following = stages
    in_stage(engine, GOOD, last)
    call = {**PLUS_CALL, "lastStageName": last, "nextStageName": following, "offenceType": offence_type}
    answer = asked(portal, PLUS, {**call, "noticeNo": [GOOD]}, Role.PLUS)
    assert answer.status_code == (200 if moved else 400), answer.text
    assert notice(engine)["last_processing_stage"] == (following if moved else last)
    if not moved:
        assert answer.json()["message"] == f"Stage transition not allowed: {last} -> {following}"
