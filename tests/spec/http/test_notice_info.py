"""API 4 over HTTP: what PLUS is told, and what the court cases keep of it."""

from datetime import datetime, timedelta

import pytest

from ocms_adapters.sql import schema as t
from ocms_core.kernel.dates import local
from tests.support.builders import body
from tests.support.http_server import API_4, Deployment, Served, as_sent, now
from tests.support.rows import notice_numbers, put_court_case, put_notices, row_of, rows_of

NO = "1234567890"
REQUEST = as_sent("""
{
  "requestId": "550e8400-e29b-41d4-a716-446655440000",
  "requestTimestamp": "2025-01-14T14:30:00+08:00",
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
  "data": {
    "appCode": "OCMS-2000",
    "message": "Successfully retrieved notice information",
    "notices": [
      {
        "noticeNo": "1234567890",
        "courtPaymentDueDate": "2025-02-14T00:00:00+08:00",
        "paymentAllowanceFlag": "N",
        "amountPayable": 150.00
      }
    ]
  }
}
""")
NOT_FOUND = as_sent("""
{
  "appCode": "OCMS-4008",
  "message": "One or more notices not found"
}
""")


def asked(*numbers: str) -> dict[str, object]:
    return body(tuple({"noticeNo": number} for number in numbers))


def in_an_hour() -> datetime:
    return local(now()).replace(microsecond=0) + timedelta(hours=1)


@pytest.mark.rule("G1", "G3", "G5", "G6", "P31")
def test_the_request_of_the_contract_gets_the_response_of_the_contract(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    answer = served.post(API_4, REQUEST)
    assert (answer.status_code, answer.content) == (200, RESPONSE)


@pytest.mark.rule("P32", "G4")
def test_a_first_query_records_the_due_date_and_leaves_the_notice_alone(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    notice = row_of(deployment.engine, t.ocms_valid_offence_notice, NO)
    before = local(now())
    served.post(API_4, REQUEST)
    case = row_of(deployment.engine, t.ocms_court_case, NO)
    assert before <= case["cre_date"] <= local(now())
    assert case == {
        "notice_no": NO,
        "court_payment_due_date": datetime(2025, 2, 14),  # noqa: DTZ001  # as the column keeps it
        "reason": None,
        "cre_date": case["cre_date"],
        "cre_user_id": "ocmsiz_app_conn",
        "upd_date": None,
        "upd_user_id": None,
    }
    assert row_of(deployment.engine, t.ocms_valid_offence_notice, NO) == notice
    assert rows_of(deployment.engine, t.ocms_outbox) == []


@pytest.mark.rule("P32")
def test_a_repeated_query_changes_no_row(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO])
    first = served.post(API_4, REQUEST)
    case = row_of(deployment.engine, t.ocms_court_case, NO)
    assert served.post(API_4, REQUEST).content == first.content
    assert row_of(deployment.engine, t.ocms_court_case, NO) == case


@pytest.mark.rule("P32", "G4")
def test_a_due_date_that_has_changed_is_taken_over_and_nothing_else(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [NO])
    put_court_case(deployment.engine, NO, court_payment_due_date="2025-01-31 00:00:00", reason="kept")
    before = row_of(deployment.engine, t.ocms_court_case, NO)
    served.post(API_4, REQUEST)
    case = row_of(deployment.engine, t.ocms_court_case, NO)
    assert case["upd_date"] is not None
    assert case == before | {
        "court_payment_due_date": datetime(2025, 2, 14),  # noqa: DTZ001  # as the column keeps it
        "upd_date": case["upd_date"],
        "upd_user_id": "ocmsiz_app_conn",
    }


@pytest.mark.rule("P31", "P32", "G3")
@pytest.mark.parametrize("flag", ["Y", "N"])
def test_without_a_due_date_the_stored_flag_holds_and_none_is_recorded(
    served: Served, deployment: Deployment, flag: str
) -> None:
    put_notices(deployment.engine, [NO], payment_due_date=None, payment_acceptance_allowed=flag)
    assert served.post(API_4, REQUEST).content.endswith(
        b'"notices":[{"noticeNo":"1234567890","courtPaymentDueDate":null,"paymentAllowanceFlag":"%s",'
        b'"amountPayable":150.00}]}}' % flag.encode()
    )
    assert row_of(deployment.engine, t.ocms_court_case, NO)["court_payment_due_date"] is None


@pytest.mark.rule("P31", "G5")
@pytest.mark.parametrize("flag", ["Y", "N"])
def test_until_the_due_moment_the_stored_flag_holds(
    served: Served, deployment: Deployment, flag: str
) -> None:
    due = in_an_hour()
    put_notices(deployment.engine, [NO], payment_due_date=due.isoformat(" "), payment_acceptance_allowed=flag)
    (notice,) = served.post(API_4, REQUEST).json()["data"]["notices"]
    assert notice["paymentAllowanceFlag"] == flag
    assert notice["courtPaymentDueDate"] == f"{due.isoformat()}+08:00"


@pytest.mark.rule("P31")
def test_a_moment_after_the_due_moment_payment_is_refused(served: Served, deployment: Deployment) -> None:
    due = local(now()) - timedelta(milliseconds=1)
    put_notices(deployment.engine, [NO], payment_due_date=due.isoformat(" "))
    (notice,) = served.post(API_4, REQUEST).json()["data"]["notices"]
    assert notice["paymentAllowanceFlag"] == "N"


@pytest.mark.rule("P30")
def test_one_unknown_number_refuses_the_query_and_nothing_is_recorded(
    served: Served, deployment: Deployment
) -> None:
    known, unknown = notice_numbers(2)
    put_notices(deployment.engine, [known])
    answer = served.post(API_4, asked(known, unknown))
    assert (answer.status_code, answer.content) == (404, NOT_FOUND)
    assert rows_of(deployment.engine, t.ocms_court_case) == []


@pytest.mark.rule("P30", "G9")
def test_a_hundred_notices_are_answered_once_each_in_the_order_asked_court_or_not(
    served: Served, deployment: Deployment
) -> None:
    numbers = notice_numbers(99)
    put_notices(deployment.engine, numbers[:50], last_processing_stage="NPA")
    put_notices(deployment.engine, numbers[50:])
    numbers.reverse()
    answer = served.post(API_4, asked(*numbers, numbers[0])).json()
    assert [notice["noticeNo"] for notice in answer["data"]["notices"]] == numbers
    assert answer["total"] == 99
    assert len(rows_of(deployment.engine, t.ocms_court_case)) == 99
