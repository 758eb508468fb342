"""Laws of batches: many notices in one call are answered and changed as one by one, in their order (G9)."""

from collections.abc import Iterator
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from ocms_conformance import requests
from ocms_conformance.comparison import Difference
from ocms_conformance.example import Example
from ocms_conformance.given_notices import NOTICES, STAGE, GivenNotice
from ocms_conformance.law import HALF, Law, compared, items_of, plain_rows, rows_of, unlike, unlike_rows
from ocms_conformance.sequence_steps import VON

# Of the six numbers of an example the first are given, the last two are of no notice.
PLACES = st.lists(st.integers(0, 4), min_size=1, max_size=4)
GIVEN_PLACES = st.lists(st.integers(0, 2), min_size=1, max_size=3)
SUBMITTED = st.tuples(st.none() | STAGE, st.sampled_from(("SUP", "OTH", "XXX")), st.sampled_from(("", "R")))
UPDATED = st.fixed_dictionaries(
    {},
    optional={
        "suspensionType": st.sampled_from(("PS", "TS")),
        "eprReasonOfSuspension": st.sampled_from(("PS-WWP", "PS-OTH")),
        "processingStage": st.sampled_from(("WAR", "CSR", "RD1")),
    },
)


def batches(*more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw notices, and for each further strategy one value for each of three."""
    return st.tuples(NOTICES, *(st.lists(each, min_size=HALF, max_size=HALF) for each in more))


def payment_status(example: Example, drawn: tuple[list[GivenNotice], list[int]]) -> Iterator[Difference]:
    """API 1: found ones in the order asked, each once, as each alone (P10, G9)."""
    notices, places = drawn
    example.put(*notices)
    numbers = [example.numbers.notices[each] for each in places]
    whole = example.ask(requests.payment_status(numbers))
    single = [example.ask(requests.payment_status([each])) for each in dict.fromkeys(numbers)]
    expected = [item for each in single for item in items_of(each, "data", "notices")]
    yield from unlike("data.notices", expected, items_of(whole, "data", "notices"))
    yield from unlike("total", len(expected), (whole.json or {}).get("total"))


def notice_info(example: Example, drawn: tuple[list[GivenNotice], list[int]]) -> Iterator[Difference]:
    """API 4: as each alone; one that is missing refuses the call, and nothing is kept (P30, G9)."""
    notices, places = drawn
    example.put(*notices)
    numbers = [example.numbers.notices[each] for each in places]
    before = example.rows()
    whole = example.ask(requests.notice_info(numbers))
    if any(place >= len(notices) for place in places):
        yield from unlike("status", 404, whole.status)
        yield from unlike_rows("refused:", plain_rows(before), plain_rows(example.rows()))
        return
    single = [example.ask(requests.notice_info([each])) for each in dict.fromkeys(numbers)]
    expected = [item for each in single for item in items_of(each, "data", "notices")]
    yield from unlike("data.notices", expected, items_of(whole, "data", "notices"))


def validate(example: Example, drawn: tuple[list[GivenNotice], list[int], str]) -> Iterator[Difference]:
    """Validate: each notice as alone, in the order asked, and nothing is written (S10, G9)."""
    notices, places, stage = drawn
    example.put(*notices)
    numbers = [example.numbers.notices[each] for each in dict.fromkeys(places)]
    before = example.rows()
    whole = example.ask(requests.validate(numbers, stage, "SUP"))
    single = [example.ask(requests.validate([each], stage, "SUP")) for each in numbers]
    for name in ("changeableNotices", "nonChangeableNotices"):
        expected = [item for each in single for item in items_of(each, name)]
        yield from unlike(name, expected, items_of(whole, name))
    yield from unlike_rows("after validate", plain_rows(before), plain_rows(example.rows()))


def submit(example: Example, drawn: tuple[list[GivenNotice], list[Any]]) -> Iterator[Difference]:
    """Submit: results in the order asked, and results and rows as one by one on copies (S22, G9)."""
    notices, asked = drawn
    first, copies = halves(example, notices)
    whole = example.ask(requests.submit(changes(first, asked)))
    single = [example.ask(requests.submit([each])) for each in changes(copies, asked)]
    expected = [item for each in single for item in items_of(each, "results")]
    yield from unlike(
        "results", compared(expected, names(copies)), compared(items_of(whole, "results"), names(first))
    )
    yield from unlike_rows(
        "one by one, and in one call:",
        rows_of(example, copies),
        rows_of(example, first),
    )


def validated_and_submitted(
    example: Example, drawn: tuple[list[GivenNotice], str, str, str]
) -> Iterator[Difference]:
    """Validate says which notices submit then changes, and why not the others (S10 to S19)."""
    notices, stage, reason, remark = drawn
    example.put(*notices)
    numbers = example.numbers.notices[: len(notices) + 1]
    tried = example.ask(requests.validate(numbers, stage, reason, remark))
    said = {item["noticeNo"]: "OCMS-2000" for item in items_of(tried, "changeableNotices")}
    said |= {item["noticeNo"]: item["code"] for item in items_of(tried, "nonChangeableNotices")}
    items = [requests.change(each, stage, reason, remark) for each in numbers]
    done = {
        item["noticeNo"]: item["code"] for item in items_of(example.ask(requests.submit(items)), "results")
    }
    yield from unlike("code of each notice, as validate says", said, done)


def court_update(example: Example, drawn: tuple[list[GivenNotice], list[Any]]) -> Iterator[Difference]:
    """API 2: updated ones and errors in the order asked, and rows, as one by one on copies (P23, P25, G9)."""
    notices, asked = drawn
    first, copies = halves(example, notices)
    items = [{"noticeNo": number, **fields} for number, fields in zip(first, asked, strict=False)]
    whole = example.ask(requests.court_update(items))
    updated, errors = [], []
    for number, fields in zip(copies, asked, strict=False):
        answer = example.ask(requests.court_update([{"noticeNo": number, **fields}]))
        updated += items_of(answer, "data", "notices")
        errors += [] if answer.succeeded else [number]
    yield from unlike(
        "data.notices",
        compared(updated, names(copies)),
        compared(items_of(whole, "data", "notices"), names(first)),
    )
    if updated:
        failed = [item["noticeNo"] for item in items_of(whole, "data", "errors")]
        yield from unlike("data.errors", compared(errors, names(copies)), compared(failed, names(first)))
    yield from unlike_rows(
        "one by one, and in one call:",
        rows_of(example, copies),
        rows_of(example, first),
    )


def named_twice(example: Example, drawn: tuple[GivenNotice, str]) -> Iterator[Difference]:
    """A number named twice in a submit: the first is done, the second refused (G9)."""
    given, stage = drawn
    example.put(given)
    number, copy = example.numbers.notices[0], example.numbers.notices[HALF]
    example.put_copy(given, copy)
    alone = items_of(example.ask(requests.submit([requests.change(copy, stage)])), "results")
    results = items_of(
        example.ask(requests.submit([requests.change(number, stage), requests.change(number, stage)])),
        "results",
    )
    yield from unlike("results", ["FAILED"], [item["outcome"] for item in results[1:]])
    yield from unlike(
        "the first result", compared(alone, names([copy])), compared(results[:1], names([number]))
    )
    yield from unlike_rows("named once, and twice:", rows_of(example, [copy]), rows_of(example, [number]))


def searched(example: Example, drawn: tuple[list[GivenNotice], str, int]) -> Iterator[Difference]:
    """Search: criteria combine with AND, each notice is listed once, and the summary counts them (S1)."""
    notices, stage, person = drawn
    example.put(*notices)
    rows = example.rows()
    identity = example.numbers.identities[person]
    at_stage = {number for (number, *_), row in rows[VON].items() if row["last_processing_stage"] == stage}
    of_person = {
        row["notice_no"]
        for row in rows["ocms_offence_notice_owner_driver"].values()
        if row["id_no"] == identity
    }
    every = set(example.numbers.notices[: len(notices)])
    for criteria, expected in (
        ({}, every),
        ({"currentProcessingStage": stage}, at_stage),
        ({"idNo": identity}, of_person),
        ({"idNo": identity, "currentProcessingStage": stage}, of_person & at_stage),
    ):
        answer = example.ask(requests.search(vehicleNo=example.numbers.vehicle, **criteria))
        lists = [items_of(answer, "eligibleNotices"), items_of(answer, "ineligibleNotices")]
        found = [item["noticeNo"] for each in lists for item in each]
        yield from unlike(f"search {criteria}", sorted(expected), sorted(found))
        summary = (answer.json or {}).get("summary")
        counts = {"total": len(found), "eligible": len(lists[0]), "ineligible": len(lists[1])}
        yield from unlike("summary", counts, {name: (summary or {}).get(name) for name in counts})


def halves(example: Example, notices: list[GivenNotice]) -> tuple[list[str], list[str]]:
    """Put notices twice, and give the numbers of the first ones and of their copies, in the same order."""
    numbers = list(example.numbers.notices)
    first, copies = numbers[: len(notices)], numbers[HALF : HALF + len(notices)]
    example.put(*notices)
    example.put(*notices, numbers=evolve(example.numbers, notices=tuple(copies)))
    return first, copies


def changes(numbers: list[str], asked: list[Any]) -> list[Any]:
    """Return items of a submit."""
    return [requests.change(number, *each) for number, each in zip(numbers, asked, strict=False)]


def names(numbers: list[str]) -> dict[str, str]:
    """Return a name for each notice by its place."""
    return {number: f"notice {place}" for place, number in enumerate(numbers)}


LAWS = (
    Law(
        ("P10", "G9"),
        "API 1 answers a batch as its notices one by one",
        st.tuples(NOTICES, PLACES),
        payment_status,
    ),
    Law(
        ("P30", "G9"),
        "API 4 answers a batch as its notices one by one, or refuses it whole",
        st.tuples(NOTICES, PLACES),
        notice_info,
    ),
    Law(
        ("G9", "S10"),
        "validate answers a batch as its notices one by one",
        st.tuples(NOTICES, PLACES, STAGE),
        validate,
    ),
    Law(("G9", "S22", "S41"), "submit changes a batch as its notices one by one", batches(SUBMITTED), submit),
    Law(
        ("S10", "S15", "S17", "S18", "S19"),
        "validate says what submit does",
        st.tuples(NOTICES, STAGE, st.sampled_from(("SUP", "OTH", "XXX")), st.sampled_from(("", "R"))),
        validated_and_submitted,
    ),
    Law(
        ("P23", "P25", "G9"),
        "API 2 updates a batch as its notices one by one",
        batches(UPDATED),
        court_update,
    ),
    Law(
        ("G9",),
        "of a notice named twice in a submit the first is done, the second refused",
        st.tuples(NOTICES.map(lambda found: found[0]), STAGE),
        named_twice,
    ),
    Law(
        ("S1",),
        "the criteria of a search combine with AND",
        st.tuples(NOTICES, STAGE, st.integers(0, 2)),
        searched,
    ),
)
