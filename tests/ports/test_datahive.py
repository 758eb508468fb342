"""DataHive over HTTP: what is sent, what is read, and what is tried again."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ocms_adapters.datahive import HttpDataHive
from ocms_core.hst.facts import DataHiveAnswers
from ocms_core.kernel.addresses import DATAHIVE, AddressAnswer, RegisteredAddress
from ocms_core.kernel.errors import Unavailable
from ocms_demo.simulators.certificates import authority
from ocms_demo.simulators.datahive import DataHiveSimulator
from ocms_demo.simulators.fake_registry import registry_entry
from tests.support.builders import at

ANSWER: dict[str, Any] = {
    "idNo": "S1234567A",
    "answeredAt": "2025-02-01T00:45:00+08:00",
    "address": {"postalCode": "654321", "blkHseNo": "456", "streetName": "New Street", "floorNo": None},
    "invalidAddrTag": "",
    "effectiveDate": "2024-12-01",
}
READ = AddressAnswer(
    id_no="S1234567A",
    id_type="N",
    source=DATAHIVE,
    address=RegisteredAddress("654321", "456", "New Street"),
    answered_at=at("2025-02-01T00:45:00"),
    effective_date=at("2024-12-01T00:00:00"),
)
RECEIVED = at("2025-02-01T00:45:02")
IDENTITIES = {"S1234567A": "N"}


def hive_answering(
    answering: Callable[[httpx.Request], httpx.Response],
) -> tuple[HttpDataHive, list[float]]:
    pauses: list[float] = []
    return HttpDataHive(
        "https://datahive",
        "token",
        transport=httpx.MockTransport(answering),
        pause=pauses.append,
        now=lambda: RECEIVED,
    ), pauses


@pytest.mark.rule("H34")
def test_identities_are_asked_about_in_the_body_and_answers_read() -> None:
    seen: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"answers": [ANSWER, ANSWER | {"idNo": "S7654321B"}]})

    hive, pauses = hive_answering(answering)
    assert hive.ask(IDENTITIES) == DataHiveAnswers((READ,), RECEIVED)
    assert str(seen[0].url) == "https://datahive/address-enquiries"
    assert seen[0].headers["Authorization"] == "Bearer token"
    assert json.loads(seen[0].content) == {"identities": [{"idNo": "S1234567A", "idType": "N"}]}
    assert pauses == []


@pytest.mark.rule("H34")
@pytest.mark.parametrize(
    "bad", [httpx.Response(503), httpx.Response(200, text="{"), httpx.Response(200, json=[])]
)
def test_a_batch_is_tried_three_times_more_with_longer_pauses(bad: httpx.Response) -> None:
    answers = iter([bad, bad, bad, httpx.Response(200, json={"answers": [ANSWER]})])
    hive, pauses = hive_answering(lambda _: next(answers))
    assert hive.ask(IDENTITIES) == DataHiveAnswers((READ,), RECEIVED)
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


UNREADABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no time": ({"answeredAt": None}, "answeredAt is null"),
    "a time the calendar does not have": (
        {"answeredAt": "2025-02-30T00:00:00"},
        "answeredAt is not an ISO 8601 date and time",
    ),
    "a part longer than its column": (
        {"address": {"floorNo": "1234"}},
        "address.floorNo is longer than 3 characters",
    ),
    "a part longer than its column, characters beyond the basic plane counted as two": (
        {"address": {"streetName": "\U00020bb7" * 17}},
        "address.streetName is longer than 32 characters",
    ),
    "a part that is no text": ({"address": {"postalCode": 654321}}, "address.postalCode is not text"),
    "an address that is none": ({"address": ["New Street"]}, "address is not an object"),
    "half a pair of UTF-16": (
        {"address": {"streetName": "New \ud800"}},
        "address.streetName has control characters",
    ),
    "a control character": (
        {"address": {"streetName": "New\u0007Street"}},
        "address.streetName has control characters",
    ),
    "a line break": ({"address": {"streetName": "New\nStreet"}}, "address.streetName has control characters"),
    "a zero character": ({"invalidAddrTag": "\0"}, "invalidAddrTag has control characters"),
    "a tag that is no text": ({"invalidAddrTag": 1}, "invalidAddrTag is not text"),
    "a day that is none": ({"effectiveDate": "2024-13-01"}, "effectiveDate is not an ISO 8601 date"),
}


@pytest.mark.rule("H34", "G10")
@pytest.mark.parametrize("wrong, problem", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_answer_holds_up_nobody_else_and_is_asked_for_once(
    wrong: dict[str, Any], problem: str
) -> None:
    other = ANSWER | {"idNo": "S7654321B"}
    hive, pauses = hive_answering(
        lambda _: httpx.Response(
            200, content=json.dumps({"answers": [ANSWER | wrong, other, "?", {"idNo": []}]})
        )
    )
    with capture_logs() as logged:
        answered = hive.ask({**IDENTITIES, "S7654321B": "N"})
    assert answered == DataHiveAnswers((evolve(READ, id_no="S7654321B"),), RECEIVED, frozenset(IDENTITIES))
    assert pauses == []
    assert [each["problems"] for each in logged] == [(problem,)]


@pytest.mark.rule("H34")
@pytest.mark.parametrize(
    "body, problem",
    [
        ("{", "it is not JSON"),
        ("[]", "it is not an object"),
        ("{}", "answers is missing"),
        ('{"answers": null}', "answers is null"),
        ('{"answers": {}}', "answers is not a list"),
    ],
)
def test_a_malformed_body_is_tried_again_and_then_its_field_is_named(body: str, problem: str) -> None:
    hive, pauses = hive_answering(lambda _: httpx.Response(200, text=body))
    with pytest.raises(Unavailable, match=f"DataHive .the answer is malformed: {problem}. is unavailable"):
        hive.ask(IDENTITIES)
    assert len(pauses) == 3


@pytest.mark.rule("H34")
def test_after_the_third_retry_the_batch_is_given_up_without_a_word_of_it() -> None:
    calls: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        raise httpx.ConnectError("S1234567A")

    hive, _ = hive_answering(answering)
    with pytest.raises(Unavailable) as refused:
        hive.ask(IDENTITIES)
    assert len(calls) == 4
    assert "S1234567A" not in str(refused.value)


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(list(ANSWER.values())[:2]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["answers", *ANSWER, "postalCode"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@pytest.mark.rule("G10", "H34")
@given(
    ODD
    | st.fixed_dictionaries({"answers": st.lists(ODD, max_size=2)})
    | st.sampled_from(list(ANSWER)).flatmap(
        lambda name: ODD.map(lambda value: {"answers": [ANSWER | {name: value}]})
    )
)
def test_whatever_is_answered_is_read_or_unavailable(body: Any) -> None:
    hive, _ = hive_answering(lambda _: httpx.Response(200, json=body))
    with suppress(Unavailable):
        answered = hive.ask(IDENTITIES)
        assert all(isinstance(each, AddressAnswer) for each in answered.answers)
        assert answered.unreadable <= IDENTITIES.keys()


def test_only_a_server_of_the_authority_is_asked_and_only_the_token_opens_it(tmp_path: Path) -> None:
    ours, others = authority(tmp_path / "ours"), authority(tmp_path / "others")
    simulator = DataHiveSimulator(ours.issue("datahive"), "secret")
    hive = HttpDataHive(simulator.url, "secret", ca=str(ours.file), pause=lambda _: None)
    with simulator.running():
        (answer,) = hive.ask(IDENTITIES).answers
        with pytest.raises(Unavailable, match="ConnectError"):
            evolve(hive, ca=str(others.file)).ask(IDENTITIES)
        with pytest.raises(Unavailable, match="HTTPStatusError"):
            evolve(hive, token="wrong").ask(IDENTITIES)
    assert answer.address == registry_entry("S1234567A").address
