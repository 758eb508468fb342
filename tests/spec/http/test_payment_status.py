"""API 1 over HTTP: what CAS is told about the payment of its notices."""

import pytest

from ocms_adapters.sql import schema as t
from tests.support.builders import body
from tests.support.http_server import API_1, API_2, Deployment, Served, as_sent
from tests.support.rows import notice_numbers, put_notices, row_of

REQUEST = as_sent("""
{
  "requestId": "550e8400-e29b-41d4-a716-446655440000",
  "requestTimestamp": "2025-01-14T10:30:00+08:00",
  "notices": [
    {
      "noticeNo": "1234567890"
    }
  ]
}
""")
RESPONSE = as_sent("""
{
  "total": 1,
  "limit": 500,
  "skip": 0,
  "data": {
    "appCode": "OCMS-2000",
    "message": "Successfully retrieved payment status",
    "notices": [
      {
        "noticeNo": "1234567890",
        "paymentStatus": "PP",
        "amountPayable": 150.00,
        "amountPaid": 0.00,
        "paymentAllowanceFlag": "Y",
        "suspensionType": "PS",
        "crsReasonOfSuspension": "FP",
        "eprReasonOfSuspension": "PS-WWP"
      }
    ]
  }
}
""")
NOTHING_KNOWN = as_sent("""
{
  "noticeNo": "1234567890",
  "paymentStatus": null,
  "amountPayable": null,
  "amountPaid": null,
  "paymentAllowanceFlag": "N",
  "suspensionType": null,
  "crsReasonOfSuspension": null,
  "eprReasonOfSuspension": null
}
""")


def asked(*numbers: str) -> dict[str, object]:
    return body(tuple({"noticeNo": number} for number in numbers))


@pytest.mark.rule("G1", "G3", "G6", "P10")
def test_the_request_of_the_contract_gets_the_response_of_the_contract(
    served: Served, deployment: Deployment
) -> None:
    suspended = {"suspension_type": "PS", "crs_reason_of_suspension": "FP", "epr_reason_of_suspension": "WWP"}
    put_notices(deployment.engine, ["1234567890"], **suspended)
    answer = served.post(API_1, REQUEST)
    assert (answer.status_code, answer.content) == (200, RESPONSE)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.rule("G3", "P11")
def test_what_is_not_known_of_a_notice_is_there_as_null(served: Served, deployment: Deployment) -> None:
    unknown = dict.fromkeys(("payment_status", "amount_payable", "amount_paid"))
    put_notices(deployment.engine, ["1234567890"], payment_acceptance_allowed="N", **unknown)
    assert NOTHING_KNOWN in served.post(API_1, REQUEST).content


@pytest.mark.rule("P10", "G9")
def test_notices_are_answered_once_each_in_the_order_asked_and_unknown_ones_left_out(
    served: Served, deployment: Deployment
) -> None:
    first, second, third, unknown = notice_numbers(4)
    put_notices(deployment.engine, [first, second, third])
    answer = served.post(API_1, asked(third, unknown, first, third, second, first)).json()
    assert [notice["noticeNo"] for notice in answer["data"]["notices"]] == [third, first, second]
    assert (answer["total"], answer["limit"], answer["skip"]) == (3, 500, 0)


@pytest.mark.rule("P10")
def test_the_total_is_the_number_found(served: Served, deployment: Deployment) -> None:
    numbers = notice_numbers(500)
    put_notices(deployment.engine, numbers[:150])
    answer = served.post(API_1, asked(*numbers)).json()
    assert answer["total"] == len(answer["data"]["notices"]) == 150


@pytest.mark.rule("P10")
def test_where_no_notice_is_found_the_answer_is_an_empty_success(served: Served) -> None:
    answer = served.post(API_1, REQUEST)
    nothing = RESPONSE.replace(b'"total":1', b'"total":0').partition(b'"notices":[')[0] + b'"notices":[]}}'
    assert (answer.status_code, answer.content) == (200, nothing)


@pytest.mark.rule("G6")
@pytest.mark.parametrize(
    "kept, written",
    [("70", "70.00"), ("0.1", "0.10"), ("1000000", "1000000.00"), ("9999999999999.99", "9999999999999.99")],
)
def test_sums_are_numbers_with_two_decimals(
    served: Served, deployment: Deployment, kept: str, written: str
) -> None:
    put_notices(deployment.engine, ["1234567890"], amount_payable=kept, amount_paid=kept)
    answer = served.post(API_1, REQUEST).text
    assert f'"amountPayable":{written},"amountPaid":{written},' in answer


@pytest.mark.rule("P11")
def test_the_payment_allowance_is_the_stored_flag_however_long_it_is_overdue(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, ["1234567890"], payment_due_date="2020-01-01 00:00:00")
    (notice,) = served.post(API_1, REQUEST).json()["data"]["notices"]
    assert notice["paymentAllowanceFlag"] == "Y"


@pytest.mark.rule("P12")
@pytest.mark.parametrize(
    "kind, reason, shown",
    [
        ("PS", "WWP", "PS-WWP"),
        ("PS", "OTH", "PS-OTH"),
        ("PS", "WWC", "PS-WWC"),
        ("PS", "CAN", "CAN"),
        ("TS", "WWP", "TS-WWP"),
        ("TS", "HST", "HST"),
        (None, "WWP", "PS-WWP"),
        ("PS", None, None),
    ],
)
def test_a_reason_is_shown_with_its_type_where_cas_may_give_it(
    served: Served, deployment: Deployment, kind: str | None, reason: str | None, shown: str | None
) -> None:
    put_notices(deployment.engine, ["1234567890"], suspension_type=kind, epr_reason_of_suspension=reason)
    (notice,) = served.post(API_1, REQUEST).json()["data"]["notices"]
    assert (notice["suspensionType"], notice["eprReasonOfSuspension"]) == (kind, shown)


@pytest.mark.rule("P12", "P21")
@pytest.mark.parametrize("word", ["PS-WWP", "PS-OTH", "PS-WWC"])
def test_what_api_2_accepts_api_1_echoes(served: Served, deployment: Deployment, word: str) -> None:
    put_notices(deployment.engine, ["1234567890"])
    item = {"noticeNo": "1234567890", "suspensionType": "PS", "eprReasonOfSuspension": word}
    assert served.post(API_2, body((item,))).status_code == 200
    (notice,) = served.post(API_1, REQUEST).json()["data"]["notices"]
    assert notice["eprReasonOfSuspension"] == word
    kept = row_of(deployment.engine, t.ocms_valid_offence_notice, "1234567890")["epr_reason_of_suspension"]
    assert kept == word.removeprefix("PS-")


@pytest.mark.rule("P10")
def test_a_query_changes_nothing(served: Served, deployment: Deployment) -> None:
    (number,) = notice_numbers(1)
    put_notices(deployment.engine, [number])
    before = row_of(deployment.engine, t.ocms_valid_offence_notice, number)
    assert served.post(API_1, asked(number)).status_code == 200
    assert row_of(deployment.engine, t.ocms_valid_offence_notice, number) == before
