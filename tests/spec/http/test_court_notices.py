"""API 2 over HTTP: what CAS changes, and what stands in every column afterwards."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ocms_adapters.sql import schema as t
from ocms_core.kernel.dates import local
from tests.support.builders import body
from tests.support.http_server import API_2, Deployment, Served, as_sent, now
from tests.support.rows import AUDIT, notice_numbers, put_notices, put_suspension, row_of, rows_of

VON = t.ocms_valid_offence_notice
NO = "1234567890"
REQUEST = as_sent("""
{
  "requestId": "550e8400-e29b-41d4-a716-446655440000",
  "requestTimestamp": "2025-01-14T11:00:00+08:00",
  "notices": [
    {
      "noticeNo": "1234567890",
      "suspensionType": "PS",
      "eprReasonOfSuspension": "PS-WWP",
      "processingStage": "WAR"
    }
  ]
}
""")
RESPONSE = as_sent("""
{
  "data": {
    "appCode": "OCMS-2000",
    "message": "Successfully updated 1 court notices",
    "updatedCount": 1,
    "notices": [
      {
        "noticeNo": "1234567890",
        "amountPayable": 150.00,
        "paymentAllowanceFlag": "Y",
        "courtPaymentDueDate": "2025-02-14T00:00:00+08:00"
      }
    ]
  }
}
""")
PARTIAL = as_sent("""
{
  "data": {
    "appCode": "OCMS-2001",
    "message": "Partially updated: 1 succeeded, 1 failed",
    "updatedCount": 1,
    "failedCount": 1,
    "notices": [
      {
        "noticeNo": "1234567890",
        "amountPayable": 150.00,
        "paymentAllowanceFlag": "Y",
        "courtPaymentDueDate": "2025-02-14T00:00:00+08:00"
      }
    ],
    "errors": [
      {
        "noticeNo": "9999999999",
        "appCode": "OCMS-4008",
        "message": "Notice does not exist or is not a court notice"
      }
    ]
  }
}
""")
NONE_UPDATED = as_sent("""
{
  "appCode": "OCMS-4008",
  "message": "Notice not found or is not a court notice"
}
""")


def item(notice_no: str = NO, /, **fields: str | None) -> dict[str, str | None]:
    return {"noticeNo": notice_no, **fields}


def notice(deployment: Deployment, number: str = NO) -> dict[str, Any]:
    return row_of(deployment.engine, VON, number)


def suspensions(deployment: Deployment, number: str = NO) -> list[dict[str, Any]]:
    return rows_of(deployment.engine, t.ocms_suspended_notice, number)


def updated(served: Served, **fields: str | None) -> datetime:
    """Update the notice of the contract; give the moment it was stamped with."""
    before = local(now())
    assert served.post(API_2, body((item(**fields),))).status_code == 200
    stamp: datetime = notice(served.deployment)["upd_date"]
    assert before <= stamp <= local(now())
    return stamp


def in_14_days(moment: datetime) -> datetime:
    """Return midnight of the day on which a stage entered at a moment is over."""
    return datetime.combine(moment.date() + timedelta(days=14), time())


@pytest.mark.rule("G1", "G3", "G5", "G6", "P23")
def test_the_request_of_the_contract_gets_the_response_of_the_contract(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    answer = served.post(API_2, REQUEST)
    assert (answer.status_code, answer.content) == (200, RESPONSE)


@pytest.mark.rule("G1", "P23")
def test_an_unknown_notice_beside_a_good_one_is_the_207_of_the_contract(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    answer = served.post(API_2, body((item(processingStage="WAR"), item("9999999999"))))
    assert (answer.status_code, answer.content) == (207, PARTIAL)


@pytest.mark.rule("G1", "P23")
@pytest.mark.parametrize("stage", [None, "NPA", "RR3"], ids=["unknown", "NPA", "RR3"])
def test_where_nothing_is_updated_the_answer_is_the_404_of_the_contract(
    served: Served, deployment: Deployment, stage: str | None
) -> None:
    if stage:
        put_notices(deployment.engine, [NO], last_processing_stage=stage)
    before = rows_of(deployment.engine, VON)
    answer = served.post(API_2, REQUEST)
    assert (answer.status_code, answer.content) == (404, NONE_UPDATED)
    assert rows_of(deployment.engine, VON) == before


@pytest.mark.rule("P23", "P22")
def test_the_messages_count_a_hundred_and_fifty_notices_as_in_the_contract(
    served: Served, deployment: Deployment
) -> None:
    numbers = notice_numbers(150)
    put_notices(deployment.engine, numbers)
    call = body(tuple(item(number, processingStage="CSD") for number in numbers))
    answer = served.post(API_2, call).json()["data"]
    assert answer["message"] == "Successfully updated 150 court notices"
    assert answer["updatedCount"] == len(answer["notices"]) == 150
    put_notices(deployment.engine, ["BEFORE"], last_processing_stage="DR3")
    call["notices"][60:70] = [item("BEFORE"), *(item(number) for number in notice_numbers(9))]
    answer = served.post(API_2, call)
    data = answer.json()["data"]
    assert answer.status_code == 207
    assert data["message"] == "Partially updated: 140 succeeded, 10 failed"
    assert (data["updatedCount"], data["failedCount"]) == (140, 10)
    assert [one["noticeNo"] for one in data["notices"]] == numbers[:60] + numbers[70:]
    assert [one["noticeNo"] for one in data["errors"]] == [one["noticeNo"] for one in call["notices"][60:70]]
    assert {one["appCode"] for one in data["errors"]} == {"OCMS-4008"}


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    "stage, is_court",
    [
        *((stage, False) for stage in ("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3")),
        *((stage, True) for stage in ("CPC", "CFC", "CSD", "CSR", "WAR", "CWT")),
    ],
)
def test_the_stages_before_court_are_refused_and_all_others_taken(
    served: Served,
    deployment: Deployment,
    stage: str,
    is_court: bool,  # noqa: FBT001
) -> None:
    put_notices(deployment.engine, [NO], last_processing_stage=stage)
    answer = served.post(API_2, body((item(),)))
    assert answer.status_code == (200 if is_court else 404)


@pytest.mark.rule("P24", "P21", "G4", "G12")
def test_a_full_update_changes_exactly_the_columns_of_the_rules(
    served: Served, deployment: Deployment
) -> None:
    plan = {"next_processing_stage": "CSD", "next_processing_date": "2025-01-01 09:00:00"}
    put_notices(
        deployment.engine, [NO], suspension_type="TS", due_date_of_revival="2025-03-01 00:00:00", **plan
    )
    before = notice(deployment)
    stamp = updated(served, suspensionType="PS", eprReasonOfSuspension="PS-WWP", processingStage="WAR")
    # Nothing follows WAR: the plan that stood there would let a print run move a court notice.
    assert notice(deployment) == before | {
        "next_processing_stage": None,
        "next_processing_date": in_14_days(stamp),
        "prev_processing_stage": "CPC",
        "prev_processing_date": before["last_processing_date"],
        "last_processing_stage": "WAR",
        "last_processing_date": stamp,
        "suspension_type": "PS",
        "epr_reason_of_suspension": "WWP",
        "epr_date_of_suspension": stamp,
        "due_date_of_revival": None,
        "is_sync": "N",
        "upd_date": stamp,
        "upd_user_id": "ocmsiz_app_conn",
    }
    assert suspensions(deployment) == [
        {
            "notice_no": NO,
            "date_of_suspension": stamp,
            "sr_no": 1,
            "suspension_source": "CAS",
            "suspension_type": "PS",
            "reason_of_suspension": "WWP",
            "officer_authorising_suspension": "CAS",
            "cre_date": stamp,
            "cre_user_id": "ocmsiz_app_conn",
        }
        | dict.fromkeys(
            (
                *("due_date_of_revival", "suspension_remarks", "date_of_revival", "revival_reason"),
                *("officer_authorising_revival", "revival_remarks", "process_indicator"),
                *("upd_date", "upd_user_id"),
            )
        )
    ]


@pytest.mark.rule("G12", "G4")
def test_an_update_leaves_one_row_in_the_outbox(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO])
    stamp = updated(served, suspensionType="PS", eprReasonOfSuspension="PS-WWP", processingStage="WAR")
    (row,) = rows_of(deployment.engine, t.ocms_outbox)
    assert abs(row.pop("next_attempt_at") - stamp) < timedelta(minutes=1)
    assert row.pop("id") > 0
    assert row == {
        "kind": "NOTICE",
        "notice_no": NO,
        "owner_driver_indicator": None,
        "attempts": 0,
        "delivered_at": None,
        "last_error": None,
        "cre_date": stamp,
        "cre_user_id": "ocmsiz_app_conn",
        "upd_date": None,
        "upd_user_id": None,
    }


@pytest.mark.rule("P24", "P20")
@pytest.mark.parametrize(
    "fields",
    [{}, dict.fromkeys(("suspensionType", "eprReasonOfSuspension", "processingStage"))],
    ids=["absent", "null"],
)
def test_an_item_that_asks_for_nothing_touches_only_the_audit_columns(
    served: Served, deployment: Deployment, fields: dict[str, None]
) -> None:
    put_notices(deployment.engine, [NO])
    before = notice(deployment)
    stamp = updated(served, **fields)
    assert notice(deployment) == before | {"upd_date": stamp, "upd_user_id": "ocmsiz_app_conn"}
    assert suspensions(deployment) == rows_of(deployment.engine, t.ocms_outbox) == []


@pytest.mark.rule("P24")
def test_a_move_alone_leaves_the_suspension(served: Served, deployment: Deployment) -> None:
    shown = {"suspension_type": "PS", "epr_reason_of_suspension": "OTH"}
    put_notices(deployment.engine, [NO], epr_date_of_suspension="2024-12-05 10:00:00", **shown)
    before = notice(deployment)
    stamp = updated(served, processingStage="CSR")
    assert notice(deployment) == before | {
        "next_processing_date": in_14_days(stamp),
        "prev_processing_stage": "CPC",
        "prev_processing_date": before["last_processing_date"],
        "last_processing_stage": "CSR",
        "last_processing_date": stamp,
        "is_sync": "N",
        "upd_date": stamp,
        "upd_user_id": "ocmsiz_app_conn",
    }
    assert suspensions(deployment) == []


@pytest.mark.rule("P24")
def test_a_repeated_move_keeps_the_stage_before(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO])
    first = updated(served, processingStage="CSD")
    before = notice(deployment)
    second = updated(served, processingStage="CSD")
    assert first < second
    assert notice(deployment) == before | {"upd_date": second}


@pytest.mark.rule("P24", "P20")
def test_a_temporary_suspension_is_to_be_revived_after_the_days_of_its_reason(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO], epr_reason_of_suspension="APE")
    stamp = updated(served, suspensionType="TS")
    row = notice(deployment)
    assert (row["suspension_type"], row["epr_reason_of_suspension"]) == ("TS", "APE")
    assert row["epr_date_of_suspension"] == stamp
    assert row["due_date_of_revival"] == stamp + timedelta(days=14)
    (record,) = suspensions(deployment)
    assert record["due_date_of_revival"] == stamp + timedelta(days=14)


@pytest.mark.rule("P21", "U2")
def test_ts_with_a_reason_of_ps_fails_its_item_and_the_others_go_on(
    served: Served, deployment: Deployment
) -> None:
    first, second = notice_numbers(2)
    put_notices(deployment.engine, [first, second])
    wrong = item(first, suspensionType="TS", eprReasonOfSuspension="PS-WWP")
    answer = served.post(API_2, body((wrong, item(second, processingStage="CSD"))))
    assert answer.status_code == 207
    assert answer.json()["data"]["errors"] == [
        {"noticeNo": first, "appCode": "OCMS-4006", "message": "Invalid EPR reason of suspension"}
    ]
    assert suspensions(deployment, first) == []


@pytest.mark.rule("P21", "U1")
def test_ts_over_an_open_permanent_suspension_or_a_payment_fails_its_item(
    served: Served, deployment: Deployment
) -> None:
    recorded, paid, good = notice_numbers(3)
    put_notices(deployment.engine, [recorded, good])
    put_notices(deployment.engine, [paid], suspension_type="PS", crs_reason_of_suspension="FP")
    put_suspension(deployment.engine, recorded, reason_of_suspension="WWP")
    before = rows_of(deployment.engine, VON, recorded, paid)
    call = body((item(recorded, suspensionType="TS"), item(paid, suspensionType="TS"), item(good)))
    answer = served.post(API_2, call)
    assert answer.status_code == 207
    assert [(each["noticeNo"], each["appCode"]) for each in answer.json()["data"]["errors"]] == [
        (recorded, "OCMS-4005"),
        (paid, "OCMS-4005"),
    ]
    assert rows_of(deployment.engine, VON, recorded, paid) == before


@pytest.mark.rule("P24", "U1")
def test_the_record_that_a_new_suspension_replaces_is_closed(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO], suspension_type="PS", epr_reason_of_suspension="OTH")
    put_suspension(deployment.engine, NO, reason_of_suspension="OTH")
    stamp = updated(served, suspensionType="PS", eprReasonOfSuspension="PS-WWP")
    old, new = suspensions(deployment)
    assert (old["date_of_revival"], old["revival_reason"], old["officer_authorising_revival"]) == (
        stamp,
        "CSR",
        "CAS",
    )
    assert (new["reason_of_suspension"], new["date_of_revival"]) == ("WWP", None)


@pytest.mark.rule("P24")
def test_a_suspension_that_is_open_already_gets_no_second_record(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    put_suspension(deployment.engine, NO, reason_of_suspension="WWP")
    updated(served, suspensionType="PS", eprReasonOfSuspension="PS-WWP")
    assert len(suspensions(deployment)) == 1
    assert notice(deployment)["epr_reason_of_suspension"] == "WWP"


@pytest.mark.rule("P24")
def test_a_suspension_revived_before_is_recorded_under_the_next_number(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    put_suspension(deployment.engine, NO, sr_no="7", date_of_revival="2024-12-20 00:00:00")
    before = suspensions(deployment)
    stamp = updated(served, suspensionType="PS", eprReasonOfSuspension="PS-WWP")
    old, new = suspensions(deployment)
    assert [old] == before
    assert (new["sr_no"], new["date_of_suspension"], new["date_of_revival"]) == (8, stamp, None)


@pytest.mark.rule("P26", "G9")
def test_a_repeated_number_is_processed_once_and_each_repetition_fails(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    call = body((item(processingStage="WAR"), item(processingStage="CSD"), item()))
    answer = served.post(API_2, call)
    data = answer.json()["data"]
    duplicate = {
        "noticeNo": NO,
        "appCode": "OCMS-4004",
        "message": "Duplicate notice number in request",
    }
    assert (answer.status_code, data["updatedCount"], data["failedCount"]) == (207, 1, 2)
    assert data["errors"] == [duplicate, duplicate]
    assert notice(deployment)["last_processing_stage"] == "WAR"


@pytest.mark.rule("P20")
def test_a_stage_an_administrator_has_just_added_is_known_on_either_side(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    refused = served.post(API_2, body((item(processingStage="ZZ1"),)))
    assert (refused.status_code, refused.json()["appCode"]) == (400, "OCMS-4007")
    move = {"last_processing_stage": "ZZ1", "next_processing_stage": "ZZ2, ZZ3", **AUDIT}
    with deployment.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO ocms_stage_map ({', '.join(move)}) VALUES {tuple(move.values())}"
        )
    try:
        for stage in ("ZZ1", "ZZ2", "ZZ3"):
            updated(served, processingStage=stage)
    finally:
        with deployment.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM ocms_stage_map WHERE last_processing_stage = 'ZZ1'")


@pytest.mark.rule("P20", "P25")
def test_one_static_error_refuses_the_whole_call_and_nothing_is_written(
    served: Served, deployment: Deployment
) -> None:
    first, second = notice_numbers(2)
    put_notices(deployment.engine, [first, second])
    before = rows_of(deployment.engine, VON)
    for wrong in ({"suspensionType": "XX"}, {"eprReasonOfSuspension": "WWP"}, {"processingStage": "XYZ"}):
        call = body((item(first, processingStage="WAR"), item(second, **wrong)))
        assert served.post(API_2, call).status_code == 400
    assert rows_of(deployment.engine, VON) == before


@pytest.mark.rule("G3", "P23")
def test_what_is_not_known_of_an_updated_notice_is_null(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO], amount_payable=None, payment_due_date=None)
    assert served.post(API_2, body((item(),))).content.endswith(
        b'"notices":[{"noticeNo":"1234567890","amountPayable":null,"paymentAllowanceFlag":"Y",'
        b'"courtPaymentDueDate":null}]}}'
    )


@pytest.mark.rule("P24")
def test_sums_of_the_row_are_not_touched(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO], amount_payable="99.90")
    updated(served, processingStage="WAR")
    assert notice(deployment)["amount_payable"] == Decimal("99.90")
