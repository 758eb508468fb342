"""What a call of contract 1 must look like before anything is looked up."""

from collections.abc import Callable
from itertools import combinations
from typing import Any, TypeAlias

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.court import court_notices
from ocms_core.court.request_checks import (
    CourtUpdate,
    court_updates,
    first_refusal,
    notice_numbers,
    request_id_of,
)
from ocms_core.kernel.codes import (
    BATCH_TOO_LARGE,
    INVALID_EPR_REASON,
    INVALID_NOTICE_NO,
    INVALID_NOTICES,
    INVALID_PAYLOAD,
    INVALID_STAGE,
    INVALID_SUSPENSION_TYPE,
    INVALID_TIMESTAMP,
    Code,
)
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.notice_numbers import is_notice_no
from tests.support.builders import NOW, REQUEST_ID, body, court_facts, numbers
from tests.support.cases import Case, parametrize_cases

CAP = 500
GOOD = {"noticeNo": "1234567890"}

# Every kind of JSON value, nested ones too; what is right for one field is wrong for the others.
JSON_VALUES: dict[str, object] = {
    "null": None,
    "true": True,
    "a number": 1234567890,
    "a fraction": 0.5,
    "an empty text": "",
    "a text of blanks": "  ",
    "an empty list": [],
    "an empty object": {},
    "a list of texts": ["PS"],
    "a list in a list": [["WAR"]],
    "an object in an object": {"noticeNo": {"noticeNo": "1"}},
}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in body().items() if key != name}


Checked: TypeAlias = Case[None, object, Code]

COMMON: tuple[Checked, ...] = (
    *(
        Case(
            rule=("P1", "P2", "G7"),
            name=f"a body that is {kind} is refused",
            ask=value,
            says=INVALID_PAYLOAD,
        )
        for kind, value in JSON_VALUES.items()
    ),
    Case(
        rule=("P1", "P2", "G7"),
        name="a body that is a list of calls is refused",
        ask=[body()],
        says=INVALID_PAYLOAD,
    ),
    Case(rule="P1", name="a missing request id is refused", ask=without("requestId"), says=INVALID_PAYLOAD),
    *(
        Case(
            rule=("P1", "G7"),
            name=f"a request id that is {kind} is refused",
            ask=body(requestId=value),
            says=INVALID_PAYLOAD,
        )
        for kind, value in JSON_VALUES.items()
    ),
    *(
        Case(
            rule="P1",
            name=f"a request id {how} is refused",
            ask=body(requestId=value),
            says=INVALID_PAYLOAD,
        )
        for how, value in {
            "one digit short": REQUEST_ID[:-1],
            "one digit long": REQUEST_ID + "0",
            "without hyphens": REQUEST_ID.replace("-", ""),
            "in braces": f"{{{REQUEST_ID}}}",
            "with a letter beyond f": "g" + REQUEST_ID[1:],
            "with a digit of another script": "٥" + REQUEST_ID[1:],
            "with a line end after it": REQUEST_ID + "\n",
            "with a blank before it": " " + REQUEST_ID,
        }.items()
    ),
    Case(
        rule="P1",
        name="a missing timestamp is refused",
        ask=without("requestTimestamp"),
        says=INVALID_TIMESTAMP,
    ),
    *(
        Case(
            rule=("P1", "G7"),
            name=f"a timestamp that is {kind} is refused",
            ask=body(requestTimestamp=value),
            says=INVALID_TIMESTAMP,
        )
        for kind, value in JSON_VALUES.items()
    ),
    Case(
        rule="P1",
        name="a timestamp of a day that never was is refused",
        ask=body(requestTimestamp="2025-02-30T10:30:00+08:00"),
        says=INVALID_TIMESTAMP,
    ),
    Case(rule="P1", name="missing notices are refused", ask=without("notices"), says=INVALID_NOTICES),
    *(
        Case(
            rule=("P1", "G7"),
            name=f"notices that are {kind} are refused",
            ask=body(value),
            says=INVALID_NOTICES,
        )
        for kind, value in JSON_VALUES.items()
        if kind not in {"a list of texts", "a list in a list"}
    ),
    Case(
        rule="P1",
        name="a notice standing where the array belongs is refused",
        ask=body(GOOD),
        says=INVALID_NOTICES,
    ),
    *(
        Case(
            rule=("P1", "G7"),
            name=f"a notice that is {kind} is refused",
            ask=body((GOOD, value)),
            says=INVALID_NOTICE_NO,
        )
        for kind, value in JSON_VALUES.items()
    ),
    *(
        Case(
            rule=("P1", "G7"),
            name=f"a notice number that is {kind} is refused",
            ask=body((GOOD, {"noticeNo": value})),
            says=INVALID_NOTICE_NO,
        )
        for kind, value in JSON_VALUES.items()
    ),
    Case(
        rule=("P1", "G10"),
        name="a notice number of eleven characters is refused",
        ask=body((GOOD, {"noticeNo": "12345678901"})),
        says=INVALID_NOTICE_NO,
    ),
    Case(
        rule="P1",
        name="a notice number in Arabic digits is refused",
        ask=body((GOOD, {"noticeNo": "١٢٣٤"})),
        says=INVALID_NOTICE_NO,
    ),
)

Capped: TypeAlias = Case[int, int, Refusal | None]

CAPS: tuple[Capped, ...] = (
    Case(rule="P1", name="500 notices are within the cap of 500", given=500, ask=500, says=None),
    Case(
        rule=("P1", "P2"),
        name="501 notices are beyond the cap of 500, which is named",
        given=500,
        ask=501,
        says=Refusal(BATCH_TOO_LARGE, {"cap": 500}),
    ),
    Case(rule=("P1", "P30"), name="100 notices are within the cap of 100", given=100, ask=100, says=None),
    Case(
        rule=("P1", "P2", "P30"),
        name="101 notices are beyond the cap of 100, which is named",
        given=100,
        ask=101,
        says=Refusal(BATCH_TOO_LARGE, {"cap": 100}),
    ),
)

NUMBERS: tuple[Case[None, object, tuple[str, ...]], ...] = (
    Case(rule=("G1", "P1"), name="the contract's own call is accepted", ask=body(), says=("1234567890",)),
    Case(
        rule="P1",
        name="a request id may be in capitals",
        ask=body(requestId=REQUEST_ID.upper()),
        says=("1234567890",),
    ),
    Case(
        rule=("P1", "G5"),
        name="a timestamp may go without its offset",
        ask=body(requestTimestamp="2025-01-14T10:30:00"),
        says=("1234567890",),
    ),
    Case(
        rule="G7",
        name="unknown keys are ignored, in the call and in its notices",
        ask=body((GOOD | {"colour": "red"},), pages=[1]),
        says=("1234567890",),
    ),
    Case(
        rule="P1",
        name="numbers of one and of ten characters are accepted, in the order asked",
        ask=body(({"noticeNo": "Z"}, {"noticeNo": "ABCDEFGHIJ"})),
        says=("Z", "ABCDEFGHIJ"),
    ),
    Case(
        rule="G9",
        name="small and capital letters are one number",
        ask=body(({"noticeNo": "a1"}, {"noticeNo": "B2"}, {"noticeNo": "A1"})),
        says=("A1", "B2"),
    ),
    Case(
        rule="G9",
        name="a number repeated in a query is answered once, where it first stands",
        ask=body(({"noticeNo": "B"}, {"noticeNo": "A"}, {"noticeNo": "B"})),
        says=("B", "A"),
    ),
    Case(
        rule="P20",
        name="fields of the court update mean nothing to a query",
        ask=body((GOOD | {"suspensionType": 7, "eprReasonOfSuspension": [], "processingStage": {}},)),
        says=("1234567890",),
    ),
)

Parsed: TypeAlias = Case[None, object, tuple[CourtUpdate, ...] | Refusal]
TYPE = "suspensionType"
REASON = "eprReasonOfSuspension"
STAGE = "processingStage"

UPDATES: tuple[Parsed, ...] = (
    Case(
        rule=("G1", "P20", "P21"),
        name="the contract's own court update is accepted",
        ask=body((GOOD | {TYPE: "PS", REASON: "PS-WWP", STAGE: "WAR"},)),
        says=(CourtUpdate("1234567890", "PS", "WWP", "WAR"),),
    ),
    Case(
        rule="P20",
        name="what is absent is not provided",
        ask=body(),
        says=(CourtUpdate("1234567890", None, None, None),),
    ),
    Case(
        rule="P20",
        name="what is null is not provided",
        ask=body((GOOD | {TYPE: None, REASON: None, STAGE: None},)),
        says=(CourtUpdate("1234567890", None, None, None),),
    ),
    *(
        Case(
            rule=("P20", "P21"),
            name=f"the reason {word} is kept as {code}",
            ask=body((GOOD | {REASON: word},)),
            says=(CourtUpdate("1234567890", epr_reason=code),),
        )
        for word, code in {"PS-WWP": "WWP", "PS-OTH": "OTH", "PS-WWC": "WWC"}.items()
    ),
    Case(
        rule="P21",
        name="a type and a reason that do not match are not refused",
        ask=body((GOOD | {TYPE: "TS", REASON: "PS-WWP"},)),
        says=(CourtUpdate("1234567890", "TS", "WWP"),),
    ),
    Case(
        rule="P26",
        name="a number repeated in a court update stays, to be answered as an item",
        ask=body((GOOD, GOOD)),
        says=(CourtUpdate("1234567890"), CourtUpdate("1234567890")),
    ),
    *(
        Case(
            rule=("P20", "G7"),
            name=f"a suspension type that is {kind} is refused",
            ask=body((GOOD, {"noticeNo": "B", TYPE: value})),
            says=Refusal(INVALID_SUSPENSION_TYPE),
        )
        for kind, value in JSON_VALUES.items()
        if value is not None
    ),
    *(
        Case(
            rule="P20",
            name=f"the suspension type '{word}' is refused",
            ask=body((GOOD, {"noticeNo": "B", TYPE: word})),
            says=Refusal(INVALID_SUSPENSION_TYPE),
        )
        for word in ("ps", "PS ", "PSS", "XX", "PS-WWP")
    ),
    *(
        Case(
            rule=("P20", "G7"),
            name=f"a reason that is {kind} is refused",
            ask=body((GOOD, {"noticeNo": "B", REASON: value})),
            says=Refusal(INVALID_EPR_REASON),
        )
        for kind, value in JSON_VALUES.items()
        if value is not None
    ),
    *(
        Case(
            rule="P20",
            name=f"the reason '{word}' is refused",
            ask=body((GOOD, {"noticeNo": "B", REASON: word})),
            says=Refusal(INVALID_EPR_REASON),
        )
        for word in ("WWP", "TS-WWP", "ps-wwp", "PS-WWF", "PS-APP", "PS-", "PS-WWP ")
    ),
)


@parametrize_cases(COMMON)
def test_every_call_is_checked_alike(case: Checked) -> None:
    assert notice_numbers(case.ask, CAP) == Refusal(case.says)
    assert court_updates(case.ask, CAP) == Refusal(case.says)


@parametrize_cases(CAPS)
def test_the_cap(case: Capped) -> None:
    assert first_refusal(body(numbers(case.ask)), case.given) == case.says


@pytest.mark.rule("P1")
@pytest.mark.parametrize(
    "call, said",
    [({"requestId": REQUEST_ID}, REQUEST_ID), ({}, None), ({"requestId": 5}, None), ([], None), (None, None)],
)
def test_only_a_text_in_an_object_is_a_request_id(call: object, said: str | None) -> None:
    assert request_id_of(call) == said


@pytest.mark.rule("P1", "G9")
def test_a_repeated_number_counts_towards_the_cap_each_time() -> None:
    assert notice_numbers(body((GOOD,) * 501), CAP) == Refusal(BATCH_TOO_LARGE, {"cap": 500})
    assert notice_numbers(body((GOOD,) * 500), CAP) == ("1234567890",)


@parametrize_cases(NUMBERS)
def test_notice_numbers(case: Case[None, object, tuple[str, ...]]) -> None:
    assert notice_numbers(case.ask, CAP) == case.says


@parametrize_cases(UPDATES)
def test_court_updates(case: Parsed) -> None:
    assert court_updates(case.ask, CAP) == case.says


@frozen
class InvalidCall:
    """One thing wrong with a call of API 2: what it is, the code it earns, how it gets there."""

    what: str
    code: Code
    spoil: Callable[[dict[str, Any]], dict[str, Any]]


def field(name: str, value: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda call: call | {name: value}


def notices(spoil: Callable[[list[Any]], object]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda call: call | {"notices": spoil(call["notices"])}


def item(**fields: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return notices(lambda array: [*array, {"noticeNo": "B"} | fields])


# In the order of the contract's table, the stage last: it takes the stage map to know it.
WRONGS = (
    InvalidCall("a request id that is no UUID", INVALID_PAYLOAD, field("requestId", "1")),
    InvalidCall("a timestamp that is none", INVALID_TIMESTAMP, field("requestTimestamp", "today")),
    InvalidCall("notices that are no array", INVALID_NOTICES, notices(lambda array: {"all": array})),
    InvalidCall("more notices than the cap", BATCH_TOO_LARGE, notices(lambda array: array * (CAP + 1))),
    InvalidCall("a notice number that is none", INVALID_NOTICE_NO, item(noticeNo="no number")),
    InvalidCall("a suspension type nobody knows", INVALID_SUSPENSION_TYPE, item(suspensionType="XX")),
    InvalidCall("a reason CAS may not give", INVALID_EPR_REASON, item(eprReasonOfSuspension="WWP")),
    InvalidCall("a stage nobody knows", INVALID_STAGE, item(processingStage="XXX")),
)

# The later wrong is put in first, so that its notice stands before the one of the earlier wrong.
PAIRS: tuple[Case[None, object, Code], ...] = tuple(
    Case(
        rule=("P1", "G8", "P20"),
        name=f"{earlier.what} is refused before {later.what}",
        ask=earlier.spoil(later.spoil(body())),
        says=earlier.code,
    )
    for earlier, later in combinations(WRONGS, 2)
)


@parametrize_cases(PAIRS)
def test_the_first_thing_wrong_is_what_a_call_is_refused_for(case: Case[None, object, Code]) -> None:
    refusal = called(case.ask)
    assert isinstance(refusal, Refusal)
    assert refusal.code == case.says


def called(call: object) -> object:
    """Check a call of API 2 as far as a refusal of the whole call can come."""
    updates = court_updates(call, CAP)
    if isinstance(updates, Refusal):
        return updates
    return court_notices.decide(updates, court_facts(), NOW)


CHARACTERS = st.characters(exclude_categories=())
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=20),
    st.sampled_from(["PS", "TS", "PS-WWP", "WAR", "\x00", "\ud800", REQUEST_ID, "2025-01-14T10:30:00"]),
    st.integers(min_value=0, max_value=100_000).map("9".__mul__),
)
SCALARS = st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | TEXTS
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
NOTICES = st.fixed_dictionaries(
    {"noticeNo": st.just("1234567890") | ANYTHING},
    optional={TYPE: st.sampled_from(["PS", "TS"]) | ANYTHING, REASON: ANYTHING, STAGE: ANYTHING},
)
NEARLY_RIGHT = st.fixed_dictionaries(
    {
        "requestId": st.just(REQUEST_ID) | ANYTHING,
        "requestTimestamp": st.just("2025-01-14T10:30:00+08:00") | ANYTHING,
        "notices": st.lists(NOTICES | ANYTHING, max_size=3) | ANYTHING,
    }
)


@pytest.mark.rule("G7")
@given(ANYTHING | NEARLY_RIGHT)
def test_any_json_value_is_refused_or_understood(call: object) -> None:
    asked = notice_numbers(call, CAP)
    assert isinstance(asked, Refusal) or all(map(is_notice_no, asked))
    called(call)


@pytest.mark.rule("P1")
@given(ANYTHING | NEARLY_RIGHT)
def test_a_court_update_is_understood_only_where_a_query_is(call: object) -> None:
    asked, updates = notice_numbers(call, CAP), court_updates(call, CAP)
    if isinstance(asked, Refusal):
        assert updates == asked
    elif not isinstance(updates, Refusal):
        assert tuple(dict.fromkeys(update.notice_no for update in updates)) == asked
