"""What calls of contract 2 must look like, each thing that can be wrong with them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.stages.client_checks import ToppanRun, plus_change, toppan_run
from ocms_core.stages.eligibility import RequestedChange
from ocms_core.stages.request_checks import (
    ChangeItem,
    Criteria,
    DateRange,
    Validation,
    change_items,
    criteria,
    date_range,
    notices_to_reverse,
    report_id,
    validation,
)
from ocms_core.stages.request_fields import InvalidRequest
from tests.support.builders import at
from tests.support.cases import Case, parametrize_cases

CAP = 2


def refusal(check: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(InvalidRequest) as caught:
        check()
    refused = caught.value
    return refused.code.code.removeprefix("OCMS.CPS."), refused.code.text, refused.notice_no


@pytest.mark.rule("S1")
def test_a_search_takes_blanks_off_and_reads_the_older_name_of_a_stage() -> None:
    body = {
        "noticeNo": " N-001 ",
        "idNo": "s1234567a",
        "vehicleNo": "sba1234a ",
        "lastProcessingStage": "dn1",
        "currentProcessingStage": " ",
        "dateOfCurrentProcessingStage": "2025-12-20",
        "unknown": 1,
    }
    assert criteria(body) == Criteria("N-001", "S1234567A", "SBA1234A", "DN1", date(2025, 12, 20))


@pytest.mark.rule("S27")
@pytest.mark.parametrize(
    "typed, found",
    [
        ("SBA1234A", "SBA1234A"),
        ("sba 1234 a", "SBA1234A"),
        (" SBA-1234-A ", "SBA1234A"),
        ("S.B.A.1234/A", "SBA1234A"),
        ("S B A 1 2 3 4 A", "SBA1234A"),
        ("-", None),
        (None, None),
    ],
)
def test_a_plate_is_looked_for_in_normal_form_however_it_is_typed(
    typed: str | None, found: str | None
) -> None:
    assert criteria({"vehicleNo": typed, "noticeNo": "N-1"}) == Criteria("N-1", vehicle_no=found)


@pytest.mark.rule("S1", "G10")
def test_blanks_around_a_criterion_are_no_part_of_its_length() -> None:
    body = {"noticeNo": " 500500303J ", "idNo": " S12345678901 ", "currentProcessingStage": " DN1 "}
    assert criteria(body) == Criteria("500500303J", "S12345678901", stage="DN1")


@pytest.mark.rule("S1")
@pytest.mark.parametrize(
    "body", [None, {}, [], 5, "x", {"noticeNo": ""}, {"idNo": " ", "vehicleNo": None}, {"vehicleNo": "--"}]
)
def test_a_search_without_a_criterion_is_refused(body: object) -> None:
    assert refusal(lambda: criteria(body))[1] == "At least one search criterion is required"


CRITERIA = (
    ({"noticeNo": 5}, "noticeNo must be text"),
    ({"noticeNo": "x" * 11}, "noticeNo must be at most 10 characters"),
    ({"idNo": "x" * 13}, "idNo must be at most 12 characters"),
    ({"vehicleNo": "x" * 15}, "vehicleNo must be at most 14 characters"),
    ({"idNo": "a\x00"}, "idNo must be text"),
    ({"idNo": "\ud800"}, "idNo must be text"),
    ({"currentProcessingStage": "DN1", "lastProcessingStage": 1}, "lastProcessingStage must be text"),
    ({"currentProcessingStage": 1, "lastProcessingStage": "DN1"}, "currentProcessingStage must be text"),
    (
        {"dateOfCurrentProcessingStage": "20-12-2025"},
        "dateOfCurrentProcessingStage must be a date as yyyy-MM-dd",
    ),
    (
        {"dateOfCurrentProcessingStage": "2025-02-28T"},
        "dateOfCurrentProcessingStage must be at most 10 characters",
    ),
    (
        {"dateOfCurrentProcessingStage": "2025-02-30"},
        "dateOfCurrentProcessingStage must be a date as yyyy-MM-dd",
    ),
)


@pytest.mark.rule("S1", "G7", "G10")
@pytest.mark.parametrize("body, text", CRITERIA)
def test_a_malformed_criterion_is_named(body: object, text: str) -> None:
    assert refusal(lambda: criteria(body))[:2] == ("INVALID_FORMAT", text)


@pytest.mark.rule("S20")
def test_an_item_needs_its_number_alone() -> None:
    full = {
        "noticeNo": "N-001",
        "newStage": "DN2",
        "reason": "OTH",
        "remark": "why",
        "source": "PORTAL",
        "dhMhaCheck": True,
        "isConfirmation": True,
    }
    assert change_items({"items": [{"noticeNo": "A"}, full]}, CAP) == (
        ChangeItem("A", RequestedChange(None, None, None)),
        ChangeItem("N-001", RequestedChange("DN2", "OTH", "why", confirmed=True), check_addresses=True),
    )


@pytest.mark.rule("S20", "S19", "S17")
@pytest.mark.parametrize("word", ["X", "dn2", "DN2X", "a\x00b", "x" * 4096])
def test_a_stage_or_a_reason_of_any_length_is_the_items_affair(word: str) -> None:
    asked_for = {"noticeNo": "A", "newStage": word, "reason": word}
    assert change_items({"items": [asked_for]}, CAP) == (ChangeItem("A", RequestedChange(word, word, None)),)
    body = {"notices": [{"noticeNo": "A"}], "newProcessingStage": word, "reasonOfChange": word}
    assert validation(body, CAP).requested == RequestedChange(word, word, None)


@pytest.mark.rule("S24")
def test_a_validation_may_give_reason_and_remarks() -> None:
    body = {
        "notices": [{"noticeNo": "A"}],
        "newProcessingStage": "DN2",
        "reasonOfChange": "OTH",
        "remarks": "why",
    }
    assert validation(body, CAP).requested == RequestedChange("DN2", "OTH", "why")


@pytest.mark.rule("S24")
def test_what_a_validation_believes_is_not_kept_whatever_its_length() -> None:
    believed = {"noticeNo": "A", "currentStage": "x" * 21, "offenderType": "y" * 4096}
    read = validation({"notices": [believed], "newProcessingStage": "DN2"}, CAP)
    assert read == Validation(("A",), RequestedChange("DN2", None, None))


Malformed = Case[None, Any, tuple[str, str, str]]
NO_ITEMS: tuple[Any, ...] = (None, [], {}, "x", 5)
SUBMITS: tuple[Malformed, ...] = (
    *(
        Case(
            rule="S20",
            name=f"items {items!r}",
            ask={"items": items},
            says=("INVALID_FORMAT", "Items list cannot be empty", ""),
        )
        for items in NO_ITEMS
    ),
    *(
        Case(
            rule="S20",
            name=f"a notice number {number!r}",
            ask={"items": [{"noticeNo": number}]},
            says=("MISSING_DATA", "noticeNo is required", ""),
        )
        for number in (None, "", "  ")
    ),
    Case(
        rule="S20",
        name="more than the cap",
        ask={"items": [{"noticeNo": "A"}] * 3},
        says=("INVALID_FORMAT", "Request exceeds maximum batch limit of 2 notices", ""),
    ),
    Case(
        rule=("G8", "S20"),
        name="more than the cap, and one without its number: fields before the cap",
        ask={"items": [{"noticeNo": "A"}, {"noticeNo": "B"}, {"noticeNo": ""}]},
        says=("MISSING_DATA", "noticeNo is required", ""),
    ),
    *(
        Case(
            rule="G7",
            name=f"{name} that is no text",
            ask={"items": [{"noticeNo": "A", name: 1}]},
            says=("INVALID_FORMAT", f"{name} must be text", "A"),
        )
        for name in ("newStage", "reason", "remark", "source")
    ),
    Case(
        rule=("G7", "G8"),
        name="of two flags that are none the first in the contract's table is told",
        ask={"items": [{"noticeNo": "A", "isConfirmation": 1, "dhMhaCheck": 1}]},
        says=("INVALID_FORMAT", "dhMhaCheck must be true or false", "A"),
    ),
    Case(
        rule="G7",
        name="an item that is none",
        ask={"items": [1]},
        says=("INVALID_FORMAT", "items must be a list of objects", ""),
    ),
    Case(
        rule="G7",
        name="a number that is a number",
        ask={"items": [{"noticeNo": 1}]},
        says=("INVALID_FORMAT", "noticeNo must be text", ""),
    ),
    Case(
        rule="G10",
        name="a remark longer than its column",
        ask={"items": [{"noticeNo": "A", "remark": "x" * 201}]},
        says=("INVALID_FORMAT", "remark must be at most 200 characters", "A"),
    ),
    Case(
        rule="G10",
        name="a remark longer than its column, its characters beyond the basic plane counted as two",
        ask={"items": [{"noticeNo": "A", "remark": "\U00020bb7" * 101}]},
        says=("INVALID_FORMAT", "remark must be at most 200 characters", "A"),
    ),
    Case(
        rule=("G7", "G10"),
        name="a remark with a character that no column keeps",
        ask={"items": [{"noticeNo": "A", "remark": "x\0"}]},
        says=("INVALID_FORMAT", "remark must be text", "A"),
    ),
    Case(
        rule="G7",
        name="a flag that is a word",
        ask={"items": [{"noticeNo": "A", "isConfirmation": "true"}]},
        says=("INVALID_FORMAT", "isConfirmation must be true or false", "A"),
    ),
)


@parametrize_cases(SUBMITS)
def test_a_malformed_submit(case: Malformed) -> None:
    assert refusal(lambda: change_items(case.ask, CAP)) == case.says


VALIDATIONS = (
    ({"notices": [{"noticeNo": "A"}] * 3}, ("MISSING_DATA", "newProcessingStage is required")),
    (
        {"notices": [{"noticeNo": "A"}] * 3, "newProcessingStage": "DN2", "reasonOfChange": 1},
        ("INVALID_FORMAT", "reasonOfChange must be text"),
    ),
    (
        {"notices": [{"noticeNo": "A"}], "newProcessingStage": "DN2", "remarks": "x" * 201},
        ("INVALID_FORMAT", "remarks must be at most 200 characters"),
    ),
    (
        {"notices": [{"noticeNo": "A"}] * 3, "newProcessingStage": "DN2"},
        ("INVALID_FORMAT", "Request exceeds maximum batch limit of 2 notices"),
    ),
    *(
        (
            {"notices": [{"noticeNo": "A", name: 1}], "newProcessingStage": "DN2"},
            ("INVALID_FORMAT", f"{name} must be text"),
        )
        for name in ("currentStage", "offenderType", "entityType")
    ),
    ({"newProcessingStage": "DN2"}, ("INVALID_FORMAT", "Notices list cannot be empty")),
    ({"notices": []}, ("INVALID_FORMAT", "Notices list cannot be empty")),
    ({"notices": [{}]}, ("MISSING_DATA", "newProcessingStage is required")),
    ({"notices": [{}], "newProcessingStage": " "}, ("MISSING_DATA", "newProcessingStage is required")),
    ({"notices": [{}], "newProcessingStage": "DN2"}, ("MISSING_DATA", "noticeNo is required")),
)


@pytest.mark.rule("S24", "G7", "G8")
@pytest.mark.parametrize("body, said", VALIDATIONS)
def test_a_malformed_validation(body: object, said: tuple[str, str]) -> None:
    assert refusal(lambda: validation(body, CAP))[:2] == said


@pytest.mark.rule("S24", "G7")
def test_what_is_wrong_with_a_validation_as_a_whole_names_no_notice() -> None:
    call = {"notices": [{"noticeNo": "A"}], "newProcessingStage": "DN2"}
    assert refusal(lambda: validation({**call, "reasonOfChange": 1}, CAP))[2] == ""
    assert (
        refusal(lambda: validation({**call, "notices": [{"noticeNo": "A", "entityType": 1}]}, CAP))[2] == "A"
    )


@pytest.mark.rule("S10", "S20", "S24", "G9")
def test_a_text_that_no_notice_can_have_for_its_number_is_an_unknown_one() -> None:
    numbers = [" n-001 ", "N_001", "12345678901", "N\0"]
    read, most = ("N-001", "N_001", "12345678901", "N\0"), len(numbers)
    items = {"items": [{"noticeNo": number} for number in numbers]}
    assert tuple(each.notice_no for each in change_items(items, most)) == read
    assert notices_to_reverse(items, most) == read
    call = {"notices": items["items"], "newProcessingStage": "DN2"}
    assert validation(call, most).notice_nos == read


PLUS_CALL = {
    "noticeNo": ["N-001"],
    "lastStageName": "DN1",
    "nextStageName": "DN2",
    "newStageDate": "2025-09-30T06:58:42",
    "offenceType": "D",
    "source": "005",
}


@pytest.mark.rule("S60", "S64")
def test_a_call_of_plus_is_read() -> None:
    read = plus_change(PLUS_CALL, CAP)
    assert (read.notice_nos, read.last, read.next, read.offence_type) == (("N-001",), "DN1", "DN2", "D")
    assert read.at == at("2025-09-30T06:58:42")
    assert plus_change({**PLUS_CALL, "newStageDate": None}, CAP).at is None


PLUS_CALLS: tuple[tuple[dict[str, object], str], ...] = (
    ({"noticeNo": []}, "Notice numbers are required"),
    ({"noticeNo": "N-001", "source": "001"}, "Notice numbers are required"),
    ({"lastStageName": " ", "nextStageName": ""}, "Last stage name is required"),
    ({"nextStageName": None, "source": "004"}, "Next stage name is required"),
    ({"nextStageName": "DN2X"}, "nextStageName must be at most 3 characters"),
    ({"source": 5}, "Invalid source code"),
    ({"source": None}, "Invalid source code"),
    ({"noticeNo": ["A", 5]}, "Notice numbers must be 1 to 10 letters, digits or hyphens"),
    ({"noticeNo": ["A", "B", "C"]}, "Request exceeds maximum batch limit of 2 notices"),
    ({"noticeNo": ["A", "B", "C"], "newStageDate": "soon"}, "Invalid date format"),
    ({"noticeNo": ["A", "B", "C"], "offenceType": 1}, "offenceType must be text"),
    ({"noticeNo": ["A", "N_1"]}, "Notice numbers must be 1 to 10 letters, digits or hyphens"),
    ({"offenceType": "PARKED"}, "offenceType must be at most 5 characters"),
    ({"lastStageDate": 1}, "Invalid date format"),
    ({"lastStageDate": "rubbish"}, "Invalid date format"),
    ({"newStageDate": "yesterday"}, "Invalid date format"),
    ({"newStageDate": "9999-12-31T00:00:00"}, "Invalid date format"),
)


@pytest.mark.rule("S60", "G7", "G8")
@pytest.mark.parametrize("change, text", PLUS_CALLS)
def test_what_is_wrong_with_a_call_of_plus(change: dict[str, object], text: str) -> None:
    assert refusal(lambda: plus_change({**PLUS_CALL, **change}, CAP))[:2] == ("OCMS-4000", text)


@pytest.mark.rule("S20", "S24", "G8")
def test_of_officers_too_only_a_list_longer_than_the_cap_is_too_large() -> None:
    for check, body in (
        (change_items, {"items": [{"noticeNo": "A"}] * 3}),
        (validation, {"notices": [{"noticeNo": "A"}] * 3, "newProcessingStage": "DN2"}),
    ):
        with pytest.raises(InvalidRequest) as refused:
            check(body, CAP)
        assert refused.value.too_large
    with pytest.raises(InvalidRequest) as refused:
        change_items({"items": []}, CAP)
    assert not refused.value.too_large


@pytest.mark.rule("K4", "G9")
def test_a_reversal_names_its_notices() -> None:
    assert notices_to_reverse({"items": [{"noticeNo": "n-1"}, {"noticeNo": "N-2"}]}, CAP) == ("N-1", "N-2")


REVERSALS: tuple[Malformed, ...] = (
    *(
        Case(
            rule="K4",
            name=f"items {items!r}",
            ask={"items": items},
            says=("INVALID_FORMAT", "Items list cannot be empty", ""),
        )
        for items in NO_ITEMS
    ),
    Case(
        rule="K4",
        name="a body that is none",
        ask=None,
        says=("INVALID_FORMAT", "Items list cannot be empty", ""),
    ),
    Case(
        rule=("K4", "G7"),
        name="an item that is none",
        ask={"items": [1]},
        says=("INVALID_FORMAT", "items must be a list of objects", ""),
    ),
    Case(
        rule=("K4", "G8"),
        name="more than the cap",
        ask={"items": [{"noticeNo": "A"}] * 3},
        says=("INVALID_FORMAT", "Request exceeds maximum batch limit of 2 notices", ""),
    ),
)


@parametrize_cases(REVERSALS)
def test_a_malformed_reversal(case: Malformed) -> None:
    assert refusal(lambda: notices_to_reverse(case.ask, CAP)) == case.says


@pytest.mark.rule("S60", "G8")
def test_only_a_list_longer_than_the_cap_is_too_large() -> None:
    with pytest.raises(InvalidRequest) as refused:
        plus_change({**PLUS_CALL, "noticeNo": ["A", "B", "C"]}, CAP)
    assert refused.value.too_large
    with pytest.raises(InvalidRequest) as refused:
        plus_change({**PLUS_CALL, "noticeNo": []}, CAP)
    assert not refused.value.too_large
    assert plus_change({**PLUS_CALL, "noticeNo": ["A", "B"]}, CAP).notice_nos == ("A", "B")


@pytest.mark.rule("S24")
@pytest.mark.parametrize("name", ["currentStage", "offenderType", "entityType"])
def test_a_notice_of_a_validation_with_a_malformed_field_is_named(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validation(
            {"notices": [{"noticeNo": "A"}, {"noticeNo": "B", name: 1}], "newProcessingStage": "DN2"}, CAP
        )
    assert refused.value.notice_no == "B"


@pytest.mark.rule("S70", "G8")
def test_of_toppan_too_only_a_list_longer_than_the_cap_is_too_large() -> None:
    call = {"noticeNumbers": ["A", "B"], "currentStage": "DN1", "processingDate": "2025-12-19T00:30:00"}
    assert toppan_run(call, CAP).notice_nos == ("A", "B")


@pytest.mark.rule("S60", "G9", "G10")
def test_plus_may_name_an_offence_of_five_characters_and_notices_with_blanks_around() -> None:
    read = plus_change({**PLUS_CALL, "noticeNo": [" n-001 "], "offenceType": "PARKS"}, CAP)
    assert (read.notice_nos, read.offence_type) == (("N-001",), "PARKS")


@pytest.mark.rule("S60", "G10")
def test_plus_may_say_when_the_stage_began_in_a_long_text() -> None:
    read = plus_change({**PLUS_CALL, "lastStageDate": "2025-09-30T06:58:42.000"}, CAP)
    assert read == plus_change(PLUS_CALL, CAP)


TOPPAN_CALLS = (
    ({"noticeNumbers": None, "currentStage": ""}, "Notice numbers required"),
    ({"noticeNumbers": [1]}, "Notice numbers required"),
    ({"currentStage": None, "processingDate": "x"}, "Current stage required"),
    ({"currentStage": "DN1X"}, "Current stage required"),
    ({"processingDate": None}, "Invalid date format"),
    ({"processingDate": "2025-13-01T00:00:00"}, "Invalid date format"),
    ({"noticeNumbers": ["A", "B", "C"]}, "Request exceeds maximum batch limit of 2 notices"),
)


@pytest.mark.rule("S70")
@pytest.mark.parametrize("change, text", TOPPAN_CALLS)
def test_what_is_wrong_with_a_call_of_toppan(change: dict[str, object], text: str) -> None:
    call = {"noticeNumbers": ["A"], "currentStage": "DN1", "processingDate": "2025-12-19T00:30:00"}
    assert toppan_run(call, CAP) == ToppanRun(("A",), "DN1", at("2025-12-19T00:30:00"))
    with pytest.raises(InvalidRequest) as refused:
        toppan_run({**call, **change}, CAP)
    assert (refused.value.code.text, refused.value.too_large) == (text, "batch limit" in text)


DATE_RANGES = (
    (None, "2025-01-01", "Start date and end date are required"),
    ("2025-01-01", " ", "Start date and end date are required"),
    ("2025-01-01", "2025-04-02", "Date range cannot exceed 90 days. Current range: 91 days"),
    ("2025-01-02", "2025-01-01", "End date must be after start date"),
    ("1/1/2025", "2025-01-01", "Start date and end date must be dates as yyyy-MM-dd"),
    ("2025-02-30", "2025-03-01", "Start date and end date must be dates as yyyy-MM-dd"),
)


@pytest.mark.rule("S51")
@pytest.mark.parametrize("start, end, text", DATE_RANGES)
def test_what_is_wrong_with_a_date_range(start: object, end: object, text: str) -> None:
    assert refusal(lambda: date_range(start, end))[:2] == ("INVALID_DATE_RANGE", text)


@pytest.mark.rule("S1", "S51")
@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(3000, 1, 1), date.max])
def test_every_day_of_the_calendar_is_a_day(day: date) -> None:
    assert date_range(day.isoformat(), day.isoformat()) == DateRange(day, day)
    assert criteria({"dateOfCurrentProcessingStage": day.isoformat()}) == Criteria(day=day)


@pytest.mark.rule("S51")
def test_one_day_and_ninety_days_are_ranges() -> None:
    for end in (date(2025, 1, 1), date(2025, 4, 1)):
        assert date_range("2025-01-01", end.isoformat()) == DateRange(date(2025, 1, 1), end)


@pytest.mark.rule("S52")
def test_the_ending_of_a_report_may_be_left_out() -> None:
    assert report_id("Report_1") == report_id("Report_1.xlsx") == "Report_1.xlsx"


@pytest.mark.rule("S52")
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_report_needs_its_id(value: object) -> None:
    assert refusal(lambda: report_id(value))[:2] == ("INVALID_REPORT_ID", "Report ID cannot be empty")


@pytest.mark.rule("S52")
@pytest.mark.parametrize(
    "value", ["../x", "a/b", "%2e%2e", "a\x00", "x" * 4096, "..", ".x", "a b", "\u00e9", 5]
)
def test_a_report_id_with_other_characters_is_refused(value: object) -> None:
    assert refusal(lambda: report_id(value))[:2] == (
        "INVALID_REPORT_ID",
        "Report ID contains invalid characters",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
FIELDS = (
    *("items", "notices", "noticeNo", "newStage", "reason", "remark", "idNo", "newProcessingStage"),
    *("noticeNumbers", "currentStage", "processingDate", "lastStageName", "nextStageName", "source"),
    *("newStageDate", "startDate", "endDate"),
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON


@pytest.mark.rule("G7")
@given(BODIES)
def test_no_body_whatever_breaks_a_check(body: Any) -> None:
    given = body if isinstance(body, dict) else {}
    for check in (
        lambda: criteria(body),
        lambda: change_items(body, CAP),
        lambda: validation(body, CAP),
        lambda: plus_change(body, CAP),
        lambda: toppan_run(body, CAP),
        lambda: date_range(given.get("startDate"), given.get("endDate")),
        lambda: report_id(given.get("noticeNo")),
    ):
        try:
            check()
        except InvalidRequest as refused:
            assert refused.code.text  # noqa: PT017  # either outcome will do, another error will not
