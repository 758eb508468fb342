"""Every request and response shown in contract 2, over HTTP on both databases."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from tests.support.http_server import Served, now
from tests.support.rows import put_notices, row_of, rows_of
from tests.support.stage_rows import put_changes, put_offenders

PORTAL = "/ocms/v1/change-processing-stage"
PLUS = "/ocms/v1/external/plus/change-processing-stage"
TOPPAN = "/ocms/v1/internal/toppan/update-stages"

NOTHING_FOUND = {
    "eligibleNotices": [],
    "ineligibleNotices": [],
    "summary": {"total": 0, "eligible": 0, "ineligible": 0},
}
SUBMIT = {
    "items": [
        {
            "noticeNo": "N-001",
            "newStage": "DN2",
            "reason": "SUP",
            "remark": "Manual adjustment",
            "source": "PORTAL",
            "dhMhaCheck": False,
            "isConfirmation": False,
        }
    ]
}
MOVED = {
    "noticeNo": "N-001",
    "outcome": "UPDATED",
    "previousStage": "DN1",
    "newStage": "DN2",
    "code": "OCMS-2000",
    "message": "Success",
}
UNKNOWN = {
    "noticeNo": "N-002",
    "outcome": "FAILED",
    "code": "OCMS.CPS.NOT_FOUND",
    "message": "VON not found",
}
PLUS_CALL = {
    "noticeNo": ["N-001", "N-002"],
    "lastStageName": "DN1",
    "nextStageName": "DN2",
    "lastStageDate": "2025-09-25T06:58:42",
    "newStageDate": "2025-09-30T06:58:42",
    "offenceType": "D",
    "source": "005",
}


def asked(served: Served, path: str, body: object, role: Role = Role.OIC) -> httpx.Response:
    return served.post(path, body, headers=served.deployment.token(role))


def given(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["Cache-Control"] == "no-store"
    return response.json()


def in_stage(engine: Engine, number: str, stage: str = "DN1", **columns: str | None) -> None:
    since = {"last_processing_stage": stage, "last_processing_date": "2025-12-15 09:00:00"}
    given = {"offence_type": "SP", "notice_date_and_time": "2025-12-01 10:30:00", **since}
    put_notices(engine, [number], **{**given, **columns})


@pytest.fixture
def engine(portal: Served) -> Engine:
    return portal.deployment.engine


@pytest.mark.rule("S1", "S3")
def test_the_search_request_shown_finds_its_notice(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001", last_processing_date="2025-12-20 09:00:00")
    put_offenders(engine, ["N-001"])
    answer = asked(
        portal,
        f"{PORTAL}/search",
        {
            "noticeNo": "N-001",
            "idNo": "S1234567A",
            "vehicleNo": "SBA1234A",
            "currentProcessingStage": "DN1",
            "dateOfCurrentProcessingStage": "2025-12-20",
        },
    )
    (notice,) = given(answer)["eligibleNotices"]
    assert notice["noticeNo"] == "N-001"


@pytest.mark.rule("S2", "S3", "G1")
def test_a_search_answers_what_may_be_moved_and_what_may_not(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    in_stage(
        engine,
        "N-002",
        "CRT",
        notice_date_and_time="2025-12-01 11:00:00",
        vehicle_no="SBA5678B",
        last_processing_date="2025-12-18 14:00:00",
    )
    put_offenders(engine, ["N-001"])
    put_offenders(engine, ["N-002"], id_no="S9876543B", name="Jane Smith")
    put_offenders(
        engine, ["N-001", "N-002"], owner_driver_indicator="O", offender_indicator="N", id_no="S0000001Y"
    )
    assert given(asked(portal, f"{PORTAL}/search", {"idNo": "s0000001y "})) == {
        "eligibleNotices": [
            {
                "noticeNo": "N-001",
                "offenceType": "SP",
                "offenceDateTime": "2025-12-01T10:30:00",
                "offenderName": "John Doe",
                "offenderId": "S1234567A",
                "vehicleNo": "SBA1234A",
                "currentProcessingStage": "DN1",
                "currentProcessingStageDate": "2025-12-15T09:00:00",
                "suspensionType": None,
                "suspensionStatus": None,
                "ownerDriverIndicator": "D",
                "entityType": None,
            }
        ],
        "ineligibleNotices": [
            {
                "noticeNo": "N-002",
                "offenceType": "SP",
                "offenceDateTime": "2025-12-01T11:00:00",
                "offenderName": "Jane Smith",
                "offenderId": "S9876543B",
                "vehicleNo": "SBA5678B",
                "currentProcessingStage": "CRT",
                "currentProcessingStageDate": "2025-12-18T14:00:00",
                "reasonCode": "OCMS.CPS.SEARCH.COURT_STAGE",
                "reasonMessage": "Notice is in court stage",
            }
        ],
        "summary": {"total": 2, "eligible": 1, "ineligible": 1},
    }


@pytest.mark.rule("S1")
def test_a_search_that_finds_nothing_and_one_without_criteria(portal: Served) -> None:
    assert given(asked(portal, f"{PORTAL}/search", {"noticeNo": "N-001"})) == NOTHING_FOUND
    assert given(asked(portal, f"{PORTAL}/search", {"noticeNo": " ", "idNo": None}), 400) == NOTHING_FOUND
    assert given(asked(portal, f"{PORTAL}/search", []), 400) == NOTHING_FOUND


@pytest.mark.rule("S24", "S11")
def test_a_validation_answers_what_is_changeable(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    in_stage(engine, "N-002", "CRT")
    put_offenders(engine, ["N-001"])
    answer = asked(
        portal,
        f"{PORTAL}/validate",
        {
            "notices": [
                {"noticeNo": "N-001", "currentStage": "DN1", "offenderType": "DRIVER", "entityType": None},
                {"noticeNo": "N-002"},
            ],
            "newProcessingStage": "DN2",
            "reasonOfChange": "SUP",
            "remarks": "Speed up processing",
        },
    )
    assert given(answer) == {
        "changeableNotices": [
            {
                "noticeNo": "N-001",
                "currentStage": "DN1",
                "offenderType": "DRIVER",
                "message": "Eligible for stage change",
            }
        ],
        "nonChangeableNotices": [
            {"noticeNo": "N-002", "code": "OCMS.CPS.COURT_STAGE", "message": "Notice is in court stage"}
        ],
        "summary": {"total": 2, "changeable": 1, "nonChangeable": 1},
    }


@pytest.mark.rule("S24", "S14")
def test_a_validation_answers_the_notices_own_stage_and_type(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    in_stage(engine, "N-002", "RD1")
    put_offenders(engine, ["N-001"])
    believed = {"currentStage": "RD2", "offenderType": "OWNER"}
    for number, target, stage, offender in (
        ("N-001", "DN2", "DN1", "DRIVER"),
        ("N-002", "RD2", "RD1", "OWNER"),
    ):
        body = {"notices": [{"noticeNo": number, **believed}], "newProcessingStage": target}
        assert given(asked(portal, f"{PORTAL}/validate", body))["changeableNotices"] == [
            {
                "noticeNo": number,
                "currentStage": stage,
                "offenderType": offender,
                "message": "Eligible for stage change",
            }
        ]


@pytest.mark.rule("S19")
def test_a_validation_for_other_reasons_wants_remarks(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    put_offenders(engine, ["N-001"])
    body = {"notices": [{"noticeNo": "N-001"}], "newProcessingStage": "DN2", "reasonOfChange": "OTH"}
    assert given(asked(portal, f"{PORTAL}/validate", body)) == {
        "changeableNotices": [],
        "nonChangeableNotices": [
            {
                "noticeNo": "N-001",
                "code": "OCMS.CPS.REMARKS_REQUIRED",
                "message": "Remarks are mandatory when reason for change is 'OTH' (Others)",
            }
        ],
        "summary": {"total": 1, "changeable": 0, "nonChangeable": 1},
    }


@pytest.mark.rule("S24")
@pytest.mark.parametrize(
    "body, code, message",
    [
        ({"newProcessingStage": "DN2"}, "INVALID_FORMAT", "Notices list cannot be empty"),
        ({"notices": [], "newProcessingStage": "DN2"}, "INVALID_FORMAT", "Notices list cannot be empty"),
        ({"notices": [{"noticeNo": "A"}]}, "MISSING_DATA", "newProcessingStage is required"),
    ],
)
def test_a_malformed_validation_has_three_empty_parts(
    portal: Served, body: object, code: str, message: str
) -> None:
    assert given(asked(portal, f"{PORTAL}/validate", body), 400) == {
        "changeableNotices": [],
        "nonChangeableNotices": [],
        "summary": {"total": 0, "changeable": 0, "nonChangeable": 0},
        "error": f"OCMS.CPS.{code}",
        "message": message,
    }


@pytest.mark.rule("S21", "S22", "S23", "G4")
def test_a_submit_moves_its_notice_and_links_the_report(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    put_offenders(engine, ["N-001"])
    before = now()
    answer = given(asked(portal, PORTAL, SUBMIT))
    report = answer.pop("report")
    assert answer == {
        "status": "SUCCESS",
        "summary": {"requested": 1, "succeeded": 1, "failed": 0},
        "results": [MOVED],
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", report["expiresAt"])
    assert report["expiresAt"] >= (before + timedelta(hours=24)).isoformat(timespec="seconds")

    row = row_of(engine, t.ocms_valid_offence_notice, "N-001")
    assert (row["last_processing_stage"], row["prev_processing_stage"], row["next_processing_stage"]) == (
        "DN2",
        "DN1",
        "DR3",
    )
    assert str(row["prev_processing_date"]) == "2025-12-15 09:00:00"
    assert str(row["next_processing_date"])[10:] == " 00:00:00"
    assert (str(row["amount_payable"]), row["payment_acceptance_allowed"]) == ("70.00", "Y")
    assert (row["is_sync"], row["upd_user_id"]) == ("N", "ocmsiz_app_conn")
    change = row_of(engine, t.ocms_change_of_processing, "N-001")
    assert change["date_of_change"] == row["last_processing_date"]
    assert (change["source"], change["reason_of_change"], change["remarks"]) == (
        "OCMS",
        "SUP",
        "Manual adjustment",
    )
    assert change["authorised_officer"].startswith("bearer ")
    assert row_of(engine, t.ocms_offence_notice_owner_driver, "N-001")["mha_dh_check_allow"] == "N"

    link = report["url"].replace("http://127.0.0.1:8000", "")
    workbook = portal.http.get(link)
    assert workbook.status_code == 200
    rows = list(load_workbook(BytesIO(workbook.content)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert rows[1][:10:9] == (1, "DN2")


@pytest.mark.rule("S21")
def test_a_submit_of_some_good_items_is_partial(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    put_offenders(engine, ["N-001"])
    items = [SUBMIT["items"][0], {**SUBMIT["items"][0], "noticeNo": "N-002"}]
    answer = given(asked(portal, PORTAL, {"items": items}))
    assert set(answer.pop("report")) == {"url", "expiresAt"}
    assert answer == {
        "status": "PARTIAL",
        "summary": {"requested": 2, "succeeded": 1, "failed": 1},
        "results": [MOVED, UNKNOWN],
    }


@pytest.mark.rule("S20", "S19", "S17")
def test_a_stage_or_reason_nobody_knows_fails_its_item_alone(portal: Served, engine: Engine) -> None:
    numbers = ("N-001", "N-002", "N-003")
    for number in numbers:
        in_stage(engine, number)
    put_offenders(engine, numbers)
    changes: tuple[dict[str, str], ...] = ({}, {"newStage": "DN2 of all"}, {"reason": "SPEED UP"})
    items = [
        {**SUBMIT["items"][0], "noticeNo": number, **change}
        for number, change in zip(numbers, changes, strict=True)
    ]
    answer = given(asked(portal, PORTAL, {"items": items}))
    assert answer["status"] == "PARTIAL"
    assert [(result["code"], result["message"]) for result in answer["results"]] == [
        ("OCMS-2000", "Success"),
        (
            "OCMS.CPS.INVALID_STAGE_FOR_OFFENDER",
            "Stage DN2 of all not allowed for offender type DRIVER",
        ),
        ("OCMS.CPS.INVALID_FORMAT", "Reason for change must be one of REC, RSN, SUP, OTH, WOD, PLS"),
    ]


@pytest.mark.rule("S13", "S21", "S30")
def test_a_second_change_on_one_day_is_warned_of_and_goes_through_confirmed(
    portal: Served, engine: Engine
) -> None:
    in_stage(engine, "N-001", "DN1", next_processing_stage="DN2")
    put_offenders(engine, ["N-001"])
    asked(portal, PORTAL, SUBMIT)
    back = {**SUBMIT["items"][0], "newStage": "DN1"}
    assert given(asked(portal, PORTAL, {"items": [back]})) == {
        "status": "PARTIAL",
        "summary": {"requested": 1, "succeeded": 0, "failed": 1},
        "results": [
            {
                "noticeNo": "N-001",
                "outcome": "FAILED",
                "code": "OCMS.CPS.DUPLICATE_RECORD",
                "message": (
                    "Existing change record found for this notice today. Set isConfirmation=true to proceed."
                ),
            }
        ],
    }
    confirmed = given(asked(portal, PORTAL, {"items": [{**back, "isConfirmation": True}]}))
    assert confirmed["status"] == "SUCCESS"
    assert len(rows_of(engine, t.ocms_change_of_processing, "N-001")) == 2


@pytest.mark.rule("S20")
@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": None}, [], "x"])
def test_a_submit_without_items_fails_as_shown(portal: Served, body: object) -> None:
    assert given(asked(portal, PORTAL, body), 400) == {
        "status": "FAILED",
        "summary": {"requested": 0, "succeeded": 0, "failed": 0},
        "results": [
            {
                "noticeNo": "",
                "outcome": "FAILED",
                "code": "OCMS.CPS.INVALID_FORMAT",
                "message": "Items list cannot be empty",
            }
        ],
    }


@pytest.mark.rule("S51", "G2")
@pytest.mark.parametrize("year", ["2025", "2001"])
def test_the_report_list_by_get_and_by_post_names_workbooks_that_download(
    portal: Served, engine: Engine, year: str
) -> None:
    in_stage(engine, "N-001")
    put_offenders(engine, ["N-001"], name='=HYPERLINK("https://example.org")')
    for day, officer in (("15", "USER01"), ("15", "USER02"), ("10", "USER03")):
        put_changes(engine, ["N-001"], f"{year}-01-{day} 10:00:0{officer[-1]}", authorised_officer=officer)
    token = portal.deployment.token(Role.OIC)
    asked_for = {"startDate": f"{year}-01-01", "endDate": f"{year}-01-31"}
    answer = given(portal.http.get(f"{PORTAL}/reports", params=asked_for, headers=token))
    assert answer == {
        "reports": [
            {
                "reportDate": f"{year}-01-15",
                "generatedBy": "USER01, USER02",
                "noticeCount": 2,
                "reportUrl": f"reports/change-stage/ChangeStageReport_{year}0115_USER01.xlsx",
            },
            {
                "reportDate": f"{year}-01-10",
                "generatedBy": "USER03",
                "noticeCount": 1,
                "reportUrl": f"reports/change-stage/ChangeStageReport_{year}0110_USER03.xlsx",
            },
        ],
        "totalReports": 2,
        "totalNotices": 3,
    }
    assert given(asked(portal, f"{PORTAL}/reports", asked_for)) == answer
    name = answer["reports"][0]["reportUrl"].rpartition("/")[2]
    for workbook in (
        portal.http.get(f"{PORTAL}/report/{name}", headers=token),
        asked(portal, f"{PORTAL}/report/download", {"reportId": name.removesuffix(".xlsx")}),
    ):
        assert workbook.status_code == 200, workbook.text
        assert workbook.headers["Content-Type"] == (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
        assert workbook.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        _, first, second = load_workbook(BytesIO(workbook.content)).active.iter_rows()  # type: ignore[union-attr]
        assert (first[6].value, first[6].data_type) == ('=HYPERLINK("https://example.org")', "s")
        assert [cell.value for cell in second][:3] == [2, "N-001", "SP"]


@pytest.mark.rule("S52")
def test_a_name_of_the_list_downloads_also_when_another_officer_has_come_first(
    portal: Served, engine: Engine
) -> None:
    in_stage(engine, "N-001")
    day = {"startDate": "2001-01-15", "endDate": "2001-01-15"}
    contents = []
    put_changes(engine, ["N-001"], "2001-01-15 10:00:00", authorised_officer="USER02")
    (listed,) = given(asked(portal, f"{PORTAL}/reports", day))["reports"]
    put_changes(engine, ["N-001"], "2001-01-15 10:00:01", authorised_officer="USER01")
    (listed_later,) = given(asked(portal, f"{PORTAL}/reports", day))["reports"]
    names = [each["reportUrl"].rpartition("/")[2] for each in (listed, listed_later)]
    assert names == [f"ChangeStageReport_20010115_USER0{number}.xlsx" for number in (2, 1)]
    for name in names:
        workbook = asked(portal, f"{PORTAL}/report/download", {"reportId": name})
        assert workbook.status_code == 200, workbook.text
        contents.append(list(load_workbook(BytesIO(workbook.content)).worksheets[0].values))
    assert contents[0] == contents[1]
    assert len(contents[0]) == 3
    nobody = {"reportId": "ChangeStageReport_20010115_USER03.xlsx"}
    assert given(asked(portal, f"{PORTAL}/report/download", nobody), 404)["error"] == "REPORT_NOT_FOUND"


@pytest.mark.rule("S51")
@pytest.mark.parametrize(
    "start, end, message",
    [
        ("2025-01-01", "2025-05-01", "Date range cannot exceed 90 days. Current range: 120 days"),
        ("", "2025-05-01", "Start date and end date are required"),
        ("2025-01-02", "2025-01-01", "End date must be after start date"),
    ],
)
def test_a_date_range_is_checked(portal: Served, start: str, end: str, message: str) -> None:
    answer = portal.http.get(
        f"{PORTAL}/reports",
        params={"startDate": start, "endDate": end},
        headers=portal.deployment.token(Role.OIC),
    )
    assert given(answer, 400) == {"error": "INVALID_DATE_RANGE", "message": message}


@pytest.mark.rule("S52")
def test_a_report_that_is_not_there_is_not_found(portal: Served) -> None:
    name = "ChangeStageReport_20251220_143022_USER01.xlsx"
    answer = portal.http.get(f"{PORTAL}/report/{name}", headers=portal.deployment.token(Role.OIC))
    assert given(answer, 404) == {"error": "REPORT_NOT_FOUND", "message": f"Report not found: {name}"}


@pytest.mark.rule("S52", "S53", "G7")
@pytest.mark.parametrize(
    "name",
    [
        *("%2e%2e", "..%2e%2e", "%252e%252e", "..", "../x", "../../reports", "%2e%2e/x", "..%2f..%2fx"),
        *("a%2Fb", "a/b", "a/b/", "download/x", "a%00b", "%00", "a%20b", "a%5Cb", "%ff", "x" * 4096),
        "x/" * 2048,
    ],
)
def test_a_report_id_that_cannot_be_is_refused(portal: Served, name: str) -> None:
    token = portal.deployment.token(Role.OIC)
    assert portal.get_as_written(f"{PORTAL}/report/{name}", token) == (
        400,
        {"error": "INVALID_REPORT_ID", "message": "Report ID contains invalid characters"},
    )


@pytest.mark.rule("S52", "G7")
@pytest.mark.parametrize("end", ["", "/", "//", "/%20", "/%2f", "?reportId="])
def test_a_path_without_a_report_id_is_told_so(portal: Served, end: str) -> None:
    token = portal.deployment.token(Role.OIC)
    assert portal.get_as_written(f"{PORTAL}/report{end}", token) == (
        400,
        {"error": "INVALID_REPORT_ID", "message": "Report ID cannot be empty"},
    )


@pytest.mark.rule("S52")
@pytest.mark.parametrize("end", ["download", "download.xlsx", "download?reportId=x"])
def test_a_report_named_like_a_path_of_ours_is_unknown(portal: Served, end: str) -> None:
    answer = portal.http.get(f"{PORTAL}/report/{end}", headers=portal.deployment.token(Role.OIC))
    assert given(answer, 404) == {
        "error": "REPORT_NOT_FOUND",
        "message": "Report not found: download.xlsx",
    }


@pytest.mark.rule("S52")
@pytest.mark.parametrize("blank", [{}, {"reportId": ""}, {"reportId": "  "}, {"reportId": None}])
def test_a_blank_report_id_is_told_so(portal: Served, blank: object) -> None:
    answer = asked(portal, f"{PORTAL}/report/download", blank)
    assert given(answer, 400) == {"error": "INVALID_REPORT_ID", "message": "Report ID cannot be empty"}


@pytest.mark.rule("S64")
def test_plus_moves_its_notices(portal: Served, engine: Engine) -> None:
    for number in ("N-001", "N-002"):
        in_stage(engine, number)
    put_offenders(engine, ["N-001"])
    assert given(asked(portal, PLUS, PLUS_CALL, Role.PLUS)) == {
        "status": "SUCCESS",
        "message": "Stage change processed successfully",
        "noticeCount": 2,
    }
    change = row_of(engine, t.ocms_change_of_processing, "N-002")
    assert (change["source"], change["authorised_officer"], change["reason_of_change"]) == (
        "PLUS",
        "005",
        "PLS",
    )
    assert str(change["date_of_change"]) == "2025-09-30 06:58:42"
    assert row_of(engine, t.ocms_offence_notice_owner_driver, "N-001")["mha_dh_check_allow"] == "Y"
    (report,) = rows_of(engine, t.ocms_report)
    assert re.fullmatch(r"ChangeStageReport_\d{8}_\d{6}_PLUS_SYSTEM\.xlsx", report["report_name"])
    assert (report["row_count"], report["stored_at"] is not None) == (2, True)


@pytest.mark.rule("S61")
def test_plus_is_refused_a_move_to_cfc_as_shown(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001")
    assert given(asked(portal, PLUS, {**PLUS_CALL, "nextStageName": "CFC"}, Role.PLUS), 400) == {
        "status": "FAILED",
        "code": "OCMS-4000",
        "message": "Stage transition not allowed: DN1 -> CFC",
    }


@pytest.mark.rule("S65")
def test_what_the_database_cannot_take_of_plus_is_a_system_error_and_moves_nothing(
    portal: Served, engine: Engine
) -> None:
    in_stage(engine, "N-001", "DN2")
    in_stage(engine, "N-002", "DN2", composition_amount="99999999999999999.00")
    call = {**PLUS_CALL, "lastStageName": "DN2", "nextStageName": "DR3"}
    officer = portal.deployment.token(Role.PLUS)
    answer = portal.post(PLUS, call, headers={**officer, "X-Request-ID": "handle-1"})
    assert given(answer, 500) == {
        "status": "ERROR",
        "code": "INTERNAL_ERROR",
        "message": "Unexpected system error: handle-1",
    }
    assert row_of(engine, t.ocms_valid_offence_notice, "N-001")["last_processing_stage"] == "DN2"
    assert rows_of(engine, t.ocms_change_of_processing) == []


@pytest.mark.rule("S71", "S72", "S73", "S74", "S75")
def test_toppan_moves_on_what_it_printed_and_a_second_delivery_moves_nothing(
    portal: Served, engine: Engine
) -> None:
    in_stage(engine, "N-001")
    put_changes(engine, ["N-001"], "2025-12-15 09:00:00")
    for number in ("N-002", "N-003"):
        in_stage(engine, number, "NPA", next_processing_stage="DN1", payment_acceptance_allowed="N")
    call = {
        "noticeNumbers": ["N-001", "N-002", "N-003"],
        "currentStage": "DN1",
        "processingDate": "2025-12-19T00:30:00",
    }
    assert given(asked(portal, TOPPAN, call, Role.TOPPAN)) == {
        "totalNotices": 3,
        "automaticUpdates": 2,
        "manualUpdates": 1,
        "skipped": 0,
        "errors": None,
        "success": True,
    }
    moved = row_of(engine, t.ocms_valid_offence_notice, "N-002")
    assert (moved["last_processing_stage"], moved["next_processing_stage"]) == ("DN1", "DN2")
    assert moved["payment_acceptance_allowed"] == "N"
    assert given(asked(portal, TOPPAN, call, Role.TOPPAN)) == {
        "totalNotices": 3,
        "automaticUpdates": 0,
        "manualUpdates": 1,
        "skipped": 2,
        "errors": None,
        "success": True,
    }
    assert row_of(engine, t.ocms_valid_offence_notice, "N-002") == moved


@pytest.mark.rule("S71", "S74")
def test_toppan_names_what_does_not_match(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001", "DN2", next_processing_stage="DR3")
    call = {
        "noticeNumbers": ["N-009", "N-001"],
        "currentStage": "DN1",
        "processingDate": "2025-12-19T00:30:00",
    }
    assert given(asked(portal, TOPPAN, call, Role.TOPPAN)) == {
        "totalNotices": 2,
        "automaticUpdates": 0,
        "manualUpdates": 0,
        "skipped": 2,
        "errors": ["N-001: Stage mismatch (expected DN1, actual DR3)", "N-009: VON not found"],
        "success": False,
    }


@pytest.mark.rule("S76")
def test_toppan_leaves_what_is_paid_permanently_suspended_or_in_court(portal: Served, engine: Engine) -> None:
    in_stage(engine, "N-001", "DN2", next_processing_stage="DR3", payment_status="FP")
    in_stage(engine, "N-002", "DN2", next_processing_stage="DR3", suspension_type="PS")
    in_stage(engine, "N-003", "CSD", next_processing_stage="DR3")
    in_stage(engine, "N-004", "DN2", next_processing_stage="DR3", suspension_type="TS")
    before = {n: row_of(engine, t.ocms_valid_offence_notice, n) for n in ("N-001", "N-002", "N-003")}
    numbers = [*before, "N-004"]
    call = {"noticeNumbers": numbers, "currentStage": "DR3", "processingDate": "2025-12-19T00:30:00"}
    assert given(asked(portal, TOPPAN, call, Role.TOPPAN)) == {
        "totalNotices": 4,
        "automaticUpdates": 1,
        "manualUpdates": 0,
        "skipped": 3,
        "errors": [
            "N-001: Notice has permanent suspension",
            "N-002: Notice has permanent suspension",
            "N-003: Stage mismatch (expected DR3, actual DR3)",
        ],
        "success": False,
    }
    assert {n: row_of(engine, t.ocms_valid_offence_notice, n) for n in before} == before


@pytest.mark.rule("S70")
@pytest.mark.parametrize(
    "change, error",
    [
        ({"noticeNumbers": []}, "Notice numbers required"),
        ({"currentStage": " "}, "Current stage required"),
        ({"processingDate": "soon"}, "Invalid date format"),
    ],
)
def test_toppan_is_told_what_is_missing(portal: Served, change: dict[str, object], error: str) -> None:
    call = {"noticeNumbers": ["N-1"], "currentStage": "DN1", "processingDate": "2025-12-19T00:30:00"}
    answer = given(asked(portal, TOPPAN, {**call, **change}, Role.TOPPAN), 400)
    assert (answer["errors"], answer["success"], answer["totalNotices"]) == ([error], False, 0)
