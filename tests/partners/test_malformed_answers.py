"""An answer, a list or a file that is not of the agreed form ends in an error that names the field."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field

from ocms_adapters.http.retry import RequestRejected
from ocms_adapters.partners import (
    ApplicationError,
    CasClient,
    CourtNoticeUpdate,
    MalformedData,
    PlusClient,
    RetriesExhausted,
)
from ocms_adapters.partners.cas_sync import SENT, open_sync
from ocms_adapters.partners.progress import COURT_NOTICES, PAYMENT_STATUS, DamagedProgress
from ocms_adapters.partners.unpaid_list import BadUnpaidList, read_list
from ocms_core.kernel.alerts import Alert
from tests.support.builders import NOW
from tests.support.sync_progress import begun

STATUS: dict[str, Any] = {
    "noticeNo": "1",
    "paymentStatus": "PP",
    "amountPayable": 150.00,
    "amountPaid": 0,
    "paymentAllowanceFlag": "Y",
    "suspensionType": None,
    "crsReasonOfSuspension": None,
    "eprReasonOfSuspension": None,
}
INFO: dict[str, Any] = {
    "noticeNo": "1",
    "courtPaymentDueDate": "2025-02-14T23:59:59+08:00",
    "paymentAllowanceFlag": "Y",
    "amountPayable": 150.00,
}
TOKEN: dict[str, Any] = {"access_token": "token", "token_type": "Bearer", "expires_in": 300}


@define
class Answers(httpx.BaseTransport):
    """A transport that answers a token and one body to every other call, and counts the calls."""

    body: object
    token: object = field(factory=lambda: TOKEN)
    status: int = 200
    calls: list[str] = field(factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        is_token = request.url.path == "/token"
        return httpx.Response(200 if is_token else self.status, json=self.token if is_token else self.body)


def cas(answers: Answers) -> CasClient:
    client = httpx.Client(transport=answers)
    return CasClient("http://ocms", "key", client, sleep=lambda _: None, now=lambda: NOW)


def plus(answers: Answers, alert: Callable[[Alert], object] | None = None) -> PlusClient:
    client = httpx.Client(transport=answers)
    return PlusClient(
        "http://ocms", "http://ocms/token", "plus", "secret", alert, client, lambda _: None, lambda: NOW
    )


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in body.items() if each != name}


@pytest.mark.rule("P43", "G7")
@pytest.mark.parametrize(
    "data, problem",
    [
        ({}, "data.notices is missing"),
        ({"notices": None}, "data.notices is null"),
        ({"notices": {"noticeNo": "1"}}, "data.notices is not a list"),
        ({"notices": [STATUS, "S1234567A"]}, "data.notices[1] is not an object"),
        ({"notices": [STATUS | {"noticeNo": 987654}]}, "data.notices[0].noticeNo is not text"),
        ({"notices": [STATUS | {"noticeNo": None}]}, "data.notices[0].noticeNo is null"),
        ({"notices": [without(STATUS, "amountPaid")]}, "data.notices[0].amountPaid is missing"),
        ({"notices": [STATUS | {"amountPaid": "S$150"}]}, "data.notices[0].amountPaid is not a number"),
        ({"notices": [STATUS | {"suspensionType": True}]}, "data.notices[0].suspensionType is not text"),
    ],
    ids=str,
)
def test_a_malformed_payment_status_names_its_field_and_is_not_tried_again(
    data: object, problem: str
) -> None:
    answers = Answers({"data": data})
    with pytest.raises(MalformedData) as malformed:
        cas(answers).payment_statuses(["1"])
    assert str(malformed.value) == f"the answer of OCMS is malformed: {problem}"
    assert len(answers.calls) == 1


@pytest.mark.rule("P43", "G7")
@pytest.mark.parametrize(
    "data, problem",
    [
        ({}, "data.notices is missing"),
        ({"notices": [{}]}, "data.notices[0].noticeNo is missing"),
        ({"notices": [{"noticeNo": 1}]}, "data.notices[0].noticeNo is not text"),
        ({"notices": [], "errors": None}, "data.errors is null"),
        ({"notices": [], "errors": [{"noticeNo": "1"}]}, "data.errors[0].appCode is missing"),
        (
            {"notices": [], "errors": [{"noticeNo": "1", "appCode": 4008}]},
            "data.errors[0].appCode is not text",
        ),
    ],
    ids=str,
)
def test_a_malformed_court_update_names_its_field_and_is_not_tried_again(data: object, problem: str) -> None:
    answers = Answers({"data": data})
    with pytest.raises(MalformedData) as malformed:
        cas(answers).update_court_notices([CourtNoticeUpdate("1", processing_stage="WAR")])
    assert malformed.value.problems == (problem,)
    assert len(answers.calls) == 1


@pytest.mark.rule("P44", "G7")
@pytest.mark.parametrize(
    "data, problem",
    [
        ({}, "data.notices is missing"),
        ({"notices": [INFO | {"noticeNo": 1}]}, "data.notices[0].noticeNo is not text"),
        ({"notices": [without(INFO, "amountPayable")]}, "data.notices[0].amountPayable is missing"),
        (
            {"notices": [INFO | {"paymentAllowanceFlag": None}]},
            "data.notices[0].paymentAllowanceFlag is null",
        ),
        (
            {"notices": [INFO | {"courtPaymentDueDate": "14 February"}]},
            "data.notices[0].courtPaymentDueDate is not an ISO 8601 date and time",
        ),
    ],
    ids=str,
)
def test_a_malformed_notice_info_names_its_field_and_is_neither_tried_again_nor_alerted(
    data: object, problem: str
) -> None:
    answers, alerts = Answers({"data": data}), list[Alert]()
    with pytest.raises(MalformedData) as malformed:
        plus(answers, alerts.append).query_batch(["1"])
    assert malformed.value.problems == (problem,)
    assert (len(answers.calls), alerts) == (2, [])


@pytest.mark.rule("P44")
@pytest.mark.parametrize("body", [None, [], "text", {}, {"data": None}, {"data": []}], ids=str)
def test_an_answer_without_data_is_tried_again(body: object) -> None:
    answers = Answers(body)
    with pytest.raises(RetriesExhausted, match="OCMS answered without data"):
        cas(answers).payment_statuses(["1"])
    assert len(answers.calls) == 4


@pytest.mark.parametrize("body", [None, [], {"appCode": 4001}, {"message": None}], ids=str)
def test_a_refusal_in_another_form_is_still_a_refusal(body: object) -> None:
    with pytest.raises(ApplicationError, match="OCMS answered 403") as refused:
        cas(Answers(body, status=403)).payment_statuses(["1"])
    assert refused.value.code == ""


@pytest.mark.rule("P44")
@pytest.mark.parametrize(
    "token, problem",
    [
        ([], "it is not an object"),
        ({}, "access_token is missing"),
        (TOKEN | {"access_token": None}, "access_token is null"),
        (TOKEN | {"access_token": 5}, "access_token is not text"),
        (TOKEN | {"expires_in": "soon"}, "expires_in is not a number"),
        (TOKEN | {"token_type": 5}, "token_type is not text"),
    ],
    ids=str,
)
def test_a_malformed_token_is_tried_again_and_names_its_field(token: object, problem: str) -> None:
    answers, alerts = Answers({"data": {"notices": [INFO]}}, token), list[Alert]()
    with pytest.raises(RetriesExhausted, match=f"gave no token: its answer is malformed: {problem}"):
        plus(answers, alerts.append).query_batch(["1"])
    assert (answers.calls, len(alerts)) == (["/token"] * 4, 1)


@pytest.mark.rule("P44")
@pytest.mark.parametrize("text", ["", "t\u00e9", "a b", "t\n"], ids=ascii)
def test_a_token_that_no_header_can_carry_is_tried_again_and_not_shown(text: str) -> None:
    answers, alerts = Answers({"data": {"notices": [INFO]}}, TOKEN | {"access_token": text}), list[Alert]()
    with pytest.raises(RetriesExhausted, match=r"gave no token: access_token is not visible ASCII \(4"):
        plus(answers, alerts.append).query_batch(["1"])
    assert (answers.calls, len(alerts)) == (["/token"] * 4, 1)


@pytest.mark.rule("P44")
@pytest.mark.parametrize(
    "life", [{}, {"expires_in": 3599.5}, {"expires_in": "3599"}, {"expires_in": None}], ids=str
)
def test_a_token_may_say_how_long_it_lives_as_text_or_not_at_all(life: dict[str, object]) -> None:
    token = without(TOKEN, "expires_in") | life
    (info,) = plus(Answers({"data": {"notices": [INFO]}}, token)).query_batch(["1"])
    assert info.notice_no == "1"


@pytest.mark.rule("P44")
@pytest.mark.parametrize("written", ["Bearer", "bearer", "BEARER"])
def test_the_type_of_a_token_is_compared_without_case(written: str) -> None:
    answers = Answers({"data": {"notices": [INFO]}}, TOKEN | {"token_type": written})
    assert len(plus(answers).query_batch(["1"])) == 1


@pytest.mark.rule("P44")
@pytest.mark.parametrize("token_type, shown", [("mac", "'mac'"), ("DPoP", "'DPoP'"), ("", "''")])
def test_another_type_of_token_is_named_and_not_tried_again(token_type: str, shown: str) -> None:
    answers = Answers({"data": {"notices": [INFO]}}, TOKEN | {"token_type": token_type})
    with pytest.raises(RequestRejected, match=f"gave a token of type {shown}, not Bearer"):
        plus(answers).query_batch(["1"])
    assert answers.calls == ["/token"]


ANSWERED = {"answered": PAYMENT_STATUS, "batch": [0, 1]}
UPDATED = {"answered": COURT_NOTICES, "batch": [0, 1]}


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    "entry, problem",
    [
        (5, "it is not an object"),
        ({}, "refused is missing"),
        ({"answered": ["job"]}, "refused is missing"),
        (ANSWERED, "answer is missing"),
        (ANSWERED | {"answer": {}}, "answer is not a list"),
        (ANSWERED | {"answer": [{"notice_no": 1}]}, r"answer\[0\].notice_no is not text"),
        (ANSWERED | {"batch": [0], "answer": []}, "batch is not a list of 2"),
        (UPDATED | {"answer": {"updated": []}}, "answer.failed is missing"),
        (
            UPDATED | {"answer": {"updated": [], "failed": {"S1234567A": 1}}},
            r"answer.failed\[\*\] is not text",
        ),
        ({"refused": COURT_NOTICES, "batch": None, "code": "OCMS-4007"}, "batch is null"),
        ({"refused": COURT_NOTICES, "batch": [0, 1]}, "code is missing"),
    ],
    ids=str,
)
def test_a_malformed_line_of_the_progress_is_told_by_number_and_field(
    tmp_path: Path, entry: object, problem: str
) -> None:
    file = tmp_path / "progress"
    begun(file, "f", NOW.date())
    with file.open("a") as lines:
        lines.write(json.dumps(entry) + "\n")
    message = f"progress cannot be read: line 2 is malformed: {problem}.*; move it away to start anew"
    with pytest.raises(DamagedProgress, match=message):
        begun(file, "f", NOW.date())


@pytest.mark.rule("P43")
def test_the_progress_keeps_every_answer_in_the_form_it_always_had(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("noticeNo,processingStage\n1,WAR\n")
    open_sync(file, cas(Answers({"data": {"notices": [STATUS]}}))).payment_statuses()
    start, answered = (tmp_path / "list.csv.progress").read_text().splitlines()
    assert json.loads(start) == {"list": read_list(file).fingerprint, "day": NOW.date().isoformat()}
    assert answered == (
        '{"answered": "sync_cas_payment_status", "batch": [0, 1], "answer": [{"notice_no": "1", '
        '"payment_status": "PP", "amount_payable": "150.0", "amount_paid": "0", '
        '"payment_allowance_flag": "Y", "suspension_type": null, "crs_reason_of_suspension": null, '
        '"epr_reason_of_suspension": null}]}'
    )
    (status,) = open_sync(file, cas(Answers(None))).progress.payment_statuses()
    assert (status.amount_payable, status.amount_paid) == (Decimal(150), Decimal(0))


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    "line", ["5", "[]", '["path"]', '["path", "yesterday"]', '[1, "2025-01-14T10:30:00"]']
)
def test_a_malformed_line_of_the_sent_requests_is_told_by_number(tmp_path: Path, line: str) -> None:
    (tmp_path / SENT).write_text(line + "\n")
    (tmp_path / "list.csv").write_text("noticeNo\n1\n")
    with pytest.raises(MalformedData, match=f"line 1 of {SENT} is malformed: request is not"):
        open_sync(tmp_path / "list.csv", cas(Answers(None)))


@pytest.mark.rule("P43", "G7")
@pytest.mark.parametrize(
    "row, problem",
    [
        ('{"noticeNo": 12}', "entry 2 has no noticeNo of 1 to 10 letters and digits; correct it"),
        (
            '{"noticeNo": "2", "suspensionType": 5}',
            "entry 2 is malformed: suspensionType is not text; correct it",
        ),
        (
            '{"noticeNo": "2", "processingStage": ["WAR"]}',
            "entry 2 is malformed: processingStage is not text",
        ),
    ],
)
def test_a_wrong_type_in_the_unpaid_list_is_told_by_entry_and_field(
    tmp_path: Path, row: str, problem: str
) -> None:
    file = tmp_path / "list.ndjson"
    file.write_text('{"noticeNo": "1"}\n' + row + "\n")
    with pytest.raises(BadUnpaidList, match=problem):
        read_list(file)
