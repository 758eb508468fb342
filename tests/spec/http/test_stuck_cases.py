"""The stuck cases over HTTP, for officers, on both databases (K5)."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, delete, func, insert, select

from ocms_adapters.sql import schema as t
from ocms_app import wiring
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import local
from tests.support.databases import Databases
from tests.support.hst_rows import notice
from tests.support.http_server import Deployment, Served, now
from tests.support.statements import recorded

PATH = "/ocms/v1/stuck-cases"
TABLES = (
    *(t.ocms_suspended_notice, t.ocms_outbox, t.ocms_adhoc_nro_queue, t.ocms_job_run),
    t.ocms_valid_offence_notice,
)
ID_NO = "S7654321B"


@pytest.fixture
def stuck(served: Served) -> Iterator[Served]:
    """Give the running system with two late notices and one of each other kind."""
    engine = served.deployment.engine
    emptied(engine)
    put_cases(engine, 2)
    yield served
    emptied(engine)


def emptied(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(delete(table))


def put_cases(engine: Engine, many: int) -> None:
    """Put so many late notices in, and one case of each other kind."""
    late = local(now() - timedelta(days=100))
    numbers = [f"N{place:09}" for place in range(many)]
    moved = {"last_processing_stage": "RD1", "next_processing_stage": "RD2"}
    days = {number: late + timedelta(days=place % 50) for place, number in enumerate(numbers)}
    rows: dict[Any, list[dict[str, Any]]] = {
        t.ocms_valid_offence_notice: [
            notice(number) | moved | {"last_processing_date": day, "next_processing_date": day}
            for number, day in days.items()
        ],
        t.ocms_suspended_notice: [
            {
                "notice_no": numbers[0], "sr_no": 1, "date_of_suspension": late, "suspension_source": "OCMS",
                "suspension_type": "TS", "reason_of_suspension": "HST",
                "officer_authorising_suspension": "O", "due_date_of_revival": late,
            }
        ],
        t.ocms_outbox: [{"notice_no": numbers[0], "kind": "NOTICE", "attempts": 3, "cre_date": late}],
        t.ocms_adhoc_nro_queue: [
            {"id_no": ID_NO, "query_reason": "HST", "id_type": "N", "cre_date": late}
        ],
        t.ocms_job_run: [{"job": "loop_hst_suspensions", "worker": "gone:1", "started_at": late}],
    }  # fmt: skip
    with engine.begin() as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)


def get(served: Served, query: str = "") -> httpx.Response:
    return served.http.get(f"{PATH}?{query}", headers=served.deployment.token(Role.OIC))


@pytest.mark.rule("K5", "G5")
def test_officers_see_the_stuck_cases_of_each_kind_with_the_reason(stuck: Served) -> None:
    answer = get(stuck)
    given = answer.json()
    assert (answer.status_code, given["total"], given["skip"], given["limit"]) == (200, 6, 0, 20)
    assert [case["kind"] for case in given["cases"]] == [
        "notice", "notice", "suspension", "delivery", "enquiry", "job_run",
    ]  # fmt: skip
    first, second = "N000000000", "N000000001"
    late, later, suspension, delivery, enquiry, run = given["cases"]
    since = late["since"]
    day = since[:10]
    assert late == {
        "kind": "notice", "case": first, "since": since, "reason": f"RD1 since {day}; RD2 is due"
    }  # fmt: skip
    assert later["case"] == second
    assert (suspension["case"], suspension["reason"]) == (first, "TS-HST, record 1, was to end and is open")
    assert delivery["reason"] == "NOTICE not on the Internet after 3 attempts"
    assert (enquiry["case"], enquiry["reason"]) == (
        f"*{ID_NO[-4:]}",
        "no answer: MHA not asked, DataHive not asked",
    )
    assert run["case"] == "loop_hst_suspensions"
    assert run["reason"].endswith("on gone:1 never ended")
    assert {case["since"] for case in (suspension, delivery, enquiry, run)} == {since}
    assert ID_NO not in answer.text


@pytest.mark.rule("K5", "G2")
def test_the_list_is_paged_filtered_by_kind_and_the_same_by_post(stuck: Served) -> None:
    whole = get(stuck).json()["cases"]
    pages = [get(stuck, f"skip={skip}&limit=4").json() for skip in (0, 4, 8)]
    assert [page["cases"] for page in pages] == [whole[:4], whole[4:], []]
    assert {page["total"] for page in pages} == {6}
    for kind, total in (("notice", 2), ("enquiry", 1)):
        of_kind = get(stuck, f"kind={kind}").json()
        assert (of_kind["total"], of_kind["cases"]) == (
            total,
            [case for case in whole if case["kind"] == kind],
        )
    body = {"kind": "notice", "skip": 1, "limit": 1}
    posted = stuck.http.post(PATH, json=body, headers=stuck.deployment.token(Role.OIC)).json()
    assert posted == get(stuck, "kind=notice&skip=1&limit=1").json()
    assert posted["cases"] == whole[1:2]


@pytest.mark.rule("K5", "G7")
def test_a_page_that_cannot_be_read_is_refused_by_its_name(stuck: Served) -> None:
    for wrong in ("kind=NOTICE", "skip=-1", "skip=9999999999", "limit=0", "limit=101", "limit=x"):
        answer = get(stuck, wrong)
        name = wrong.partition("=")[0]
        assert (answer.status_code, answer.json()) == (
            400,
            {"appCode": "OCMS-4000", "message": f"{name} is invalid"},
        )


@pytest.mark.rule("K5", "G2", "G7")
@pytest.mark.parametrize("body", [b"null", b"[]", b'"notice"'])
def test_a_body_that_is_no_object_is_malformed_whatever_the_address_says(stuck: Served, body: bytes) -> None:
    headers = stuck.deployment.token(Role.OIC)
    answer = stuck.http.post(f"{PATH}?kind=notice&limit=1", content=body, headers=headers)
    assert (answer.status_code, answer.json()["appCode"]) == (400, "OCMS-4001")


@pytest.mark.rule("K5", "G2")
def test_by_post_the_address_says_nothing(stuck: Served) -> None:
    headers = stuck.deployment.token(Role.OIC)
    answer = stuck.http.post(f"{PATH}?kind=notice&limit=1", json={}, headers=headers)
    assert (answer.json()["total"], answer.json()["limit"]) == (6, 20)


@pytest.mark.rule("K5", "G15", "G16")
def test_the_list_is_for_officers_alone(stuck: Served) -> None:
    deployment = stuck.deployment
    for headers, status, code in (
        ({}, 401, "OCMS-4011"),
        (deployment.key(), 401, "OCMS-4011"),
        (deployment.token(Role.PLUS), 403, "OCMS-4031"),
    ):
        answer = stuck.http.get(PATH, headers=headers)
        assert (answer.status_code, answer.json()["appCode"]) == (status, code)


@pytest.mark.rule("K5", "G2")
def test_a_look_at_the_list_shows_no_particulars_so_it_leaves_no_record(stuck: Served) -> None:
    looks = select(func.count()).select_from(t.ocms_access_record)
    engine = stuck.deployment.engine
    with engine.connect() as connection:
        earlier = connection.execute(looks).scalar()
    assert get(stuck).status_code == 200
    with engine.connect() as connection:
        assert connection.execute(looks).scalar() == earlier


@pytest.mark.rule("K5", "G9")
def test_the_list_costs_the_same_statements_for_one_case_and_for_five_hundred(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment(databases, tmp_path)
    dev_keys = str(tmp_path / "dev")
    settings = Settings(databases.intranet, databases.internet, dev_issuer=True, dev_keys=dev_keys)
    opened = open_databases(settings)
    monkeypatch.setattr(wiring, "open_databases", lambda _: opened)
    app: Any = wiring.web(settings)
    headers = deployment.token(Role.OIC)

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as http:
            return await http.get(f"{PATH}?limit=100", headers=headers)

    costs = []
    for many in (1, 50, 500):
        emptied(deployment.engine)
        put_cases(deployment.engine, many)
        assert asyncio.run(call()).json()["total"] == many + 4  # credential and limit are settled
        with recorded(opened.intranet) as statements:
            assert asyncio.run(call()).status_code == 200
        costs.append(len(statements))
    opened.dispose()
    deployment.engine.dispose()
    # The limit; of each kind the number, and the cases where the page has room: one each, of jobs four.
    assert costs[0] == costs[1] <= 1 + 8 + 8
    assert costs[2] < costs[0], "a page that is full of notices reads no other cases"
