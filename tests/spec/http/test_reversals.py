"""An officer takes back a stage change, a furnish or a redirect over HTTP, on both databases (K4)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_core.kernel.access import Operation, Role
from ocms_core.kernel.dates import local
from tests.spec.http.hst.test_contract import APPLY
from tests.spec.http.hst.test_contract import UPDATE as UPDATE_HST
from tests.spec.http.stages.test_contract import PORTAL, TOPPAN
from tests.spec.http.test_repeats import BASE, CALLS, PER_DELIVERY, SUSPECTED, Call, deliver, prepared
from tests.support.http_server import Headers, Served, now
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER
from tests.support.offender_rows import put, put_notice, put_person
from tests.support.rows import notice_numbers, put_notices, rows_of

REVERSE_STAGES, REVERSE_OFFENDER = f"{PORTAL}/reverse", f"{BASE}/reverse"
STAGES = {"items": [{"noticeNo": "N-001"}]}
OFFENDER = {"noticeNos": [NUMBER]}
REVERSE_HST, HST = "/v1/reverse-hst", {"idNo": "S1234567A"}
# Records for good, and what every call leaves.
HISTORY = {
    "ocms_change_of_processing",
    "ocms_offender_history",
    "ocms_suspended_notice",
    "ocms_audit_row",
    "ocms_outbox",
    "ocms_report",
    "ocms_idempotent_answer",
    *PER_DELIVERY,
}
STAMPS = {"is_sync", "upd_date", "upd_user_id"}


def state(engine: Engine) -> dict[str, list[Any]]:
    """Return every column of every row but those of history and audit, and the open suspensions."""
    found: dict[str, list[Any]] = {}
    with engine.connect() as connection:
        for table in INTRANET.sorted_tables:
            if table.name not in HISTORY:
                columns = [each for each in table.columns if each.name not in STAMPS]
                found[table.name] = list(connection.execute(select(*columns).order_by(*table.primary_key)))
        suspended = t.ocms_suspended_notice.c
        found["open suspensions"] = list(
            connection.execute(
                select(
                    suspended.notice_no,
                    suspended.suspension_type,
                    suspended.reason_of_suspension,
                    suspended.date_of_suspension,
                    suspended.due_date_of_revival,
                )
                .where(suspended.date_of_revival.is_(None))
                .order_by(suspended.notice_no, suspended.date_of_suspension)
            )
        )
    return found


def call_of(operation: Operation) -> Call:
    return next(call for call in CALLS if call.operation is operation)


def made(served: Served, operation: Operation) -> Headers:
    """Make a call that can be taken back; return the headers of its officer."""
    call = call_of(operation)
    headers = prepared(served, call)
    assert deliver(served, call, headers).status_code == 200
    return headers


REVERSALS = pytest.mark.parametrize(
    "operation, path, body",
    [
        (Operation.CHANGE_STAGES, REVERSE_STAGES, STAGES),
        (Operation.FURNISH_OFFENDER, REVERSE_OFFENDER, OFFENDER),
        (Operation.REDIRECT_NOTICE, REVERSE_OFFENDER, OFFENDER),
        (Operation.APPLY_HST, REVERSE_HST, HST),
        (Operation.REVIVE_HST, REVERSE_HST, HST),
    ],
    ids=["submit", "furnish", "redirect", "apply", "revive"],
)


def reversed_in(answer: Mapping[str, Any]) -> bool:
    """Return whether a notice was put back."""
    if "data" in answer:
        return bool(answer["data"]["appCode"] == "OCMS-2000")
    (result,) = answer["results"]
    return bool(result.get("reversed", result.get("outcome") == "UPDATED"))


def refused_status(path: str) -> int:
    """Return the status of a reversal that puts nothing back: contract 4 refuses the whole call."""
    return 400 if path == REVERSE_HST else 200


@pytest.mark.rule("K4")
@REVERSALS
def test_a_reversal_puts_everything_back(
    empty: Served, operation: Operation, path: str, body: Mapping[str, Any]
) -> None:
    engine, call = empty.deployment.engine, call_of(operation)
    headers = prepared(empty, call)
    before = state(engine)
    assert deliver(empty, call, headers).status_code == 200
    assert state(engine) != before
    another = empty.deployment.token(Role.OIC)
    answer = empty.post(path, body, headers=another)
    assert answer.status_code == 200, (answer.text, [e for e in empty.log() if "exception" in e])
    assert reversed_in(answer.json()), answer.text
    assert state(engine) == before
    again = empty.post(path, body, headers=another)
    assert (again.status_code, reversed_in(again.json())) == (refused_status(path), False)
    assert "Something else has happened" in again.text
    assert state(engine) == before


@pytest.mark.rule("K4")
@REVERSALS
def test_nothing_is_taken_back_once_another_program_has_written_to_the_notice(
    empty: Served, operation: Operation, path: str, body: Mapping[str, Any]
) -> None:
    engine = empty.deployment.engine
    headers = made(empty, operation)
    with engine.begin() as connection:
        stamp = {"upd_date": local(now()) + timedelta(seconds=1), "upd_user_id": "other_app"}
        connection.execute(update(t.ocms_valid_offence_notice).values(amount_paid=1, **stamp))
    before = state(engine)
    answer = empty.post(path, body, headers=headers)
    assert (answer.status_code, reversed_in(answer.json())) == (refused_status(path), False)
    assert "since: another program" in answer.text
    assert state(engine) == before


@pytest.mark.rule("K4")
def test_what_was_never_done_cannot_be_taken_back(empty: Served) -> None:
    (number,) = notice_numbers(1)
    put_notices(empty.deployment.engine, [number])
    officer = empty.deployment.token(Role.OIC)
    stages = empty.post(REVERSE_STAGES, {"items": [{"noticeNo": number}]}, headers=officer)
    assert stages.json()["results"][0]["code"] == "OCMS.CPS.REVERSE.NOTHING"
    offender = empty.post(REVERSE_OFFENDER, {"noticeNos": [number, "X1"]}, headers=officer)
    assert [each["code"] for each in offender.json()["results"]] == ["NOTHING_TO_REVERSE", "NOTICE_NOT_FOUND"]


@pytest.mark.rule("K4", "G9")
def test_a_notice_that_is_named_twice_is_put_back_once(empty: Served) -> None:
    officer = made(empty, Operation.CHANGE_STAGES)
    stages = empty.post(REVERSE_STAGES, {"items": [*STAGES["items"], *STAGES["items"]]}, headers=officer)
    first, second = stages.json()["results"]
    assert (first["outcome"], second["code"]) == ("UPDATED", "OCMS.CPS.DUPLICATE_RECORD")


@pytest.mark.rule("K4", "G9")
def test_an_offender_that_is_named_twice_is_put_back_once(empty: Served) -> None:
    officer = made(empty, Operation.FURNISH_OFFENDER)
    answer = empty.post(REVERSE_OFFENDER, {"noticeNos": [NUMBER, NUMBER]}, headers=officer)
    first, second = answer.json()["results"]
    assert (first["reversed"], second["reversed"], second["code"]) == (True, False, "DUPLICATE_NOTICE")


@pytest.mark.rule("K4", "S72")
def test_a_change_that_was_taken_back_leaves_the_one_before_it_to_a_print_run(empty: Served) -> None:
    call = call_of(Operation.CHANGE_STAGES)
    officer, toppan = prepared(empty, call), empty.deployment.token(Role.TOPPAN)
    assert deliver(empty, call, officer).status_code == 200
    (notice,) = rows_of(empty.deployment.engine, t.ocms_valid_offence_notice, "N-001")
    printed = {
        "noticeNumbers": ["N-001"],
        "currentStage": notice["last_processing_stage"],
        "processingDate": now().isoformat(timespec="seconds"),
    }
    by_hand = empty.post(TOPPAN, printed, headers=toppan).json()
    assert by_hand["manualUpdates"] == 1
    further = {"items": [{"noticeNo": "N-001", "newStage": "DR3", "isConfirmation": True}]}
    moved = empty.post(PORTAL, further, headers=empty.deployment.token(Role.OIC)).json()
    assert moved["summary"]["succeeded"] == 1, moved
    assert reversed_in(empty.post(REVERSE_STAGES, STAGES, headers=officer).json())
    assert empty.post(TOPPAN, printed, headers=toppan).json() == by_hand


@pytest.mark.rule("K4", "F20")
def test_the_internet_side_follows(empty: Served) -> None:
    headers = made(empty, Operation.FURNISH_OFFENDER)
    copies = internet_rows(empty)
    assert {row["owner_driver_indicator"] for row in copies} == {"O", "H"}
    assert empty.post(REVERSE_OFFENDER, OFFENDER, headers=headers).status_code == 200
    (owner,) = internet_rows(empty)
    assert (owner["owner_driver_indicator"], owner["offender_indicator"]) == ("O", "Y")
    (notice,) = internet_rows(empty, "eocms_valid_offence_notice")
    assert notice["last_processing_stage"] == "RD1"


def internet_rows(served: Served, table: str = "eocms_offence_notice_owner_driver") -> list[dict[str, Any]]:
    engine = engines.create(served.deployment.databases.internet)
    try:
        return rows_of(engine, INTERNET.tables[table], NUMBER)
    finally:
        engine.dispose()


@pytest.mark.rule("K4", "G13")
@REVERSALS
def test_of_officers_at_once_one_takes_back(
    empty: Served, beside: Served, operation: Operation, path: str, body: Mapping[str, Any]
) -> None:
    made(empty, operation)
    officers = [empty.deployment.token(Role.OIC) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(
                lambda place: (empty, beside)[place % 2].post(path, body, headers=officers[place]), range(6)
            )
        )
    assert {answer.status_code for answer in answers} == {200, refused_status(path)}
    assert sum(reversed_in(answer.json()) for answer in answers) == 1


@pytest.mark.rule("K4", "S30")
def test_history_names_both_officers(empty: Served) -> None:
    engine = empty.deployment.engine
    made(empty, Operation.CHANGE_STAGES)
    another = empty.deployment.token(Role.OIC)
    empty.post(REVERSE_STAGES, STAGES, headers=another)
    first, second = rows_of(engine, t.ocms_change_of_processing)
    assert (second["last_processing_stage"], second["new_processing_stage"]) == ("DN2", "DN1")
    assert second["reason_of_change"] == "OTH"
    assert second["authorised_officer"] != first["authorised_officer"]
    assert second["remarks"].endswith(f"by {first['authorised_officer']}")


@pytest.mark.rule("K4")
@pytest.mark.parametrize(
    "body", [[], {}, {"noticeNos": []}, {"noticeNos": "N"}, {"noticeNos": [""]}, {"noticeNos": ["N"] * 501}]
)
def test_a_malformed_reversal_of_a_furnish_is_refused(empty: Served, body: object) -> None:
    refused = empty.post(REVERSE_OFFENDER, body, headers=empty.deployment.token(Role.OIC))
    assert (refused.status_code, refused.json()["errorType"]) == (400, "VALIDATION_ERROR")


@pytest.mark.rule("K4")
@pytest.mark.parametrize("body", [[], {}, {"items": []}, {"items": [{}]}, {"items": [{"noticeNo": " "}]}])
def test_a_malformed_reversal_of_a_submit_is_refused(empty: Served, body: object) -> None:
    refused = empty.post(REVERSE_STAGES, body, headers=empty.deployment.token(Role.OIC))
    assert (refused.status_code, refused.json()["status"]) == (400, "FAILED")


@pytest.mark.rule("K4", "H3", "H7")
def test_what_was_done_to_the_list_before_or_since_is_no_reversal(empty: Served) -> None:
    headers = made(empty, Operation.APPLY_HST)
    another = {"idNo": "S5550123Z"}
    nothing = empty.post(REVERSE_HST, another, headers=headers)
    assert (nothing.status_code, nothing.json()["data"]["appCode"]) == (400, "OCMS-4005")
    update_hst = {**UPDATE_HST, "idNo": "S1234567A"}
    assert empty.post("/v1/update-hst", update_hst, headers=headers).status_code == 200
    before = state(empty.deployment.engine)
    refused = empty.post(REVERSE_HST, HST, headers=headers).json()["data"]
    assert (refused["appCode"], refused["message"]) == (
        "OCMS-4006",
        "Something else has happened since: update-hst",
    )
    assert state(empty.deployment.engine) == before


@pytest.mark.rule("K4", "H10", "U5")
def test_an_apply_stays_once_another_notice_of_the_identity_is_suspended(empty: Served) -> None:
    engine = empty.deployment.engine
    headers = made(empty, Operation.APPLY_HST)
    put_notice(engine, NUMBER)
    put_person(engine, NUMBER, "O", OWNER, current=True)
    assert empty.post(f"{BASE}/furnish", FURNISH, headers=headers).status_code == 200
    before = state(engine)
    refused = empty.post(REVERSE_HST, HST, headers=headers).json()["data"]
    assert refused["message"] == f"Something else has happened since: TS-HST ({NUMBER})"
    assert state(engine) == before


@pytest.mark.rule("K4", "K5", "H32")
def test_an_apply_taken_back_leaves_no_enquiry_that_nobody_would_answer(empty: Served) -> None:
    headers = made(empty, Operation.APPLY_HST)
    queued = {"id_type": "N", "query_reason": "HST"}
    numbers = ("S1234567A", "S7654321C")
    put(empty.deployment.engine, t.ocms_adhoc_nro_queue, *({"id_no": each, **queued} for each in numbers))
    assert reversed_in(empty.post(REVERSE_HST, HST, headers=headers).json())
    (left,) = rows_of(empty.deployment.engine, t.ocms_adhoc_nro_queue)
    assert left["id_no"] == "S7654321C"


@pytest.mark.rule("K4", "U7")
def test_a_notice_of_two_current_offenders_is_that_of_the_first_by_role(empty: Served) -> None:
    engine, headers = empty.deployment.engine, empty.deployment.token(Role.OIC)
    made(empty, Operation.APPLY_HST)
    put_notice(engine, NUMBER)
    put_person(engine, NUMBER, "O", JOHN, current=True)
    put_person(engine, NUMBER, "D", OWNER, current=True)
    another = empty.post("/v1/apply-hst", {**APPLY, "idNo": OWNER.id_no}, headers=headers).json()
    assert another["data"]["totalSuspended"] == 1
    assert reversed_in(empty.post(REVERSE_HST, HST, headers=headers).json())


@pytest.mark.rule("K4", "H7")
def test_the_answer_says_how_the_notices_stand_and_whether_the_identity_is_listed(empty: Served) -> None:
    headers = made(empty, Operation.REVIVE_HST)
    answer = empty.post(REVERSE_HST, HST, headers=headers).json()["data"]
    assert answer["noticesReversed"] == [{"noticeNo": SUSPECTED, "newStatus": "TS-HST"}]
    assert (answer["totalReversed"], answer["hstListed"]) == (1, True)
    opened, again = rows_of(empty.deployment.engine, t.ocms_suspended_notice)
    assert (opened["revival_reason"], again["date_of_revival"]) == ("HAV", None)
    assert (opened["date_of_suspension"], opened["due_date_of_revival"]) == (
        again["date_of_suspension"],
        again["due_date_of_revival"],
    )
