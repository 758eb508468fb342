"""Many callers at once, from several processes: no deadlock, no call lost, no limit passed."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ocms_adapters.sql import schema as t
from tests.support.builders import body
from tests.support.http_server import API_1, API_2, API_4, Deployment, Served
from tests.support.postgres import PostgresServer
from tests.support.rows import notice_numbers, put_notices, rows_of

# A suspension stands for a stage, so what stands at the end tells who came when; each is called twice.
UPDATES = [
    ("CPC", "PS", "PS-WWP"),
    ("CSD", "PS", "PS-OTH"),
    ("CSR", "PS", "PS-WWC"),
]


@pytest.fixture
def no_deadlock(postgres: PostgresServer) -> Iterator[None]:
    """Let the test fail when PostgreSQL had to break a ring of waiting transactions, as its log tells."""
    log = postgres.folder / "log"
    before = log.read_text().count("deadlock detected")
    yield
    assert log.read_text().count("deadlock detected") == before


def at_once(calls: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as threads:
        return [made.result() for made in [threads.submit(call) for call in calls]]


@pytest.mark.rule("G13", "P24", "P25")
@pytest.mark.usefixtures("no_deadlock")
def test_overlapping_updates_end_as_one_after_the_other(
    served: Served, beside: Served, deployment: Deployment
) -> None:
    shuffled = random.Random(1)
    notices = notice_numbers(120)
    put_notices(deployment.engine, notices, last_processing_stage="CFC")

    def call(server: Served, stage: str, kind: str, reason: str) -> Callable[[], httpx.Response]:
        fields = {"suspensionType": kind, "eprReasonOfSuspension": reason, "processingStage": stage}
        items = tuple({"noticeNo": number, **fields} for number in shuffled.sample(notices, 100))
        credential = deployment.key()
        return lambda: server.post(API_2, body(items), headers=credential)

    calls = [call((served, beside)[place % 2], *update) for place, update in enumerate(2 * UPDATES)]
    assert [answer.status_code for answer in at_once(calls)] == [200] * len(calls)
    records: dict[str, list[dict[str, Any]]] = {number: [] for number in notices}
    for row in sorted(rows_of(deployment.engine, t.ocms_suspended_notice), key=lambda row: row["sr_no"]):
        records[row["notice_no"]].append(row)
    for notice in rows_of(deployment.engine, t.ocms_valid_offence_notice):
        explained(notice, records[notice["notice_no"]])


def explained(notice: dict[str, Any], records: list[dict[str, Any]]) -> None:
    """Check that a notice stands as the order of its suspension records leaves it."""
    assert [row["sr_no"] for row in records] == list(range(1, len(records) + 1))
    stages = {(kind, word[-3:]): stage for stage, kind, word in UPDATES}
    reasons = [(row["suspension_type"], row["reason_of_suspension"]) for row in records]
    # Each replaces, and closes, the one before.
    assert all(before != after for before, after in pairwise(reasons))
    assert [row["revival_reason"] for row in records] == ["CSR"] * (len(records) - 1) + [None][: len(records)]
    stage_path = ["CFC", *(stages[reason] for reason in reasons)]
    assert notice["last_processing_stage"] == stage_path[-1]
    if records:
        assert notice["prev_processing_stage"] == stage_path[-2]
        assert (notice["suspension_type"], notice["epr_reason_of_suspension"]) == reasons[-1]


@pytest.mark.rule("P32", "G13")
@pytest.mark.usefixtures("no_deadlock")
def test_eight_overlapping_queries_at_once_all_answer_and_record_each_due_date_once(
    served: Served, beside: Served, deployment: Deployment
) -> None:
    shuffled = random.Random(2)
    notices = notice_numbers(150)
    put_notices(deployment.engine, notices)
    credentials = [deployment.token() for _ in range(8)]

    def call(server: Served, credential: dict[str, str]) -> Callable[[], httpx.Response]:
        items = tuple({"noticeNo": number} for number in shuffled.sample(notices, 100))
        return lambda: server.post(API_4, body(items), headers=credential)

    for day in range(1, 6):
        with deployment.engine.begin() as connection:
            due = {"due": f"2027-01-{day:02} 00:00:00"}
            connection.execute(text("UPDATE ocms_valid_offence_notice SET payment_due_date = :due"), due)
        servers = [served, beside] * 4
        calls = [call(server, credential) for server, credential in zip(servers, credentials, strict=True)]
        answers = at_once(calls)
        assert [answer.status_code for answer in answers] == [200] * 8
        assert f'"courtPaymentDueDate":"2027-01-{day:02}T00:00:00+08:00"' in answers[0].text
        seen = {notice["noticeNo"] for answer in answers for notice in answer.json()["data"]["notices"]}
        kept = {row["notice_no"]: row for row in rows_of(deployment.engine, t.ocms_court_case)}
        assert {kept[number]["court_payment_due_date"].day for number in seen} == {day}


@pytest.mark.rule("P3")
def test_of_two_hundred_calls_at_once_on_four_processes_exactly_ten_pass(
    served: Served, beside: Served, deployment: Deployment
) -> None:
    credential = deployment.key()
    servers = [served, beside, beside, beside] * 50
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda server: server.post(API_1, body(), headers=credential), servers))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 190}


@pytest.mark.rule("P3")
def test_what_one_server_has_let_in_the_other_counts(
    served: Served, beside: Served, deployment: Deployment
) -> None:
    credential = deployment.key()
    for _ in range(10):
        assert served.post(API_1, body(), headers=credential).status_code == 200
    assert beside.post(API_1, body(), headers=credential).status_code == 429
