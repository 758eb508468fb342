"""Laws of offenders and of the HST list: what one call writes is what another one shows."""

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from ocms_conformance import requests
from ocms_conformance.comparison import Difference
from ocms_conformance.example import Answered, Example
from ocms_conformance.given_notices import NOTICES, ROLE, GivenNotice
from ocms_conformance.law import HALF, Law, items_of, plain_rows, rows_of, unlike, unlike_rows
from ocms_conformance.sequence_steps import VON, Scene

BLOCKS = {"O": "owner", "H": "hirer", "D": "driver"}
NOTICE = NOTICES.map(lambda found: found[0])
BLOCK = st.sampled_from(("1", "456A"))
SUSPENSION = ("suspension_type", "epr_reason_of_suspension", "due_date_of_revival")
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(("JOHN LEE UPDATED", "ÉMILE TAN")),
        "email": st.sampled_from(("new@email.com", None)),
        "contactNo": st.just("98765432"),
        "address": st.fixed_dictionaries(
            {}, optional={"blockNo": BLOCK, "buildingName": st.none(), "postalCode": st.just("018989")}
        ).filter(bool),
    },
).filter(bool)


def eligible(example: Example, drawn: tuple[GivenNotice, str]) -> Iterator[Difference]:
    """check-eligibility says whether furnish and redirect are done, and why a furnish is not (F10 to F13)."""
    given, role = drawn
    number, copy = example.numbers.notices[0], example.numbers.notices[HALF]
    example.put(given)
    example.put_copy(given, copy)
    before = example.rows()
    shown = example.ask(requests.eligibility(number, role)).json or {}
    yield from unlike_rows("after check-eligibility:", plain_rows(before), plain_rows(example.rows()))
    person = requests.particulars(example.numbers.identities[1], "JOHN LEE")
    furnished = example.ask(requests.furnish(number, role, person))
    yield from unlike("canFurnish", furnished.succeeded, shown.get("canFurnish"))
    reason = None if furnished.succeeded else (furnished.json or {}).get("reason")
    yield from unlike("reasonCode", reason, shown.get("reasonCode"))
    if given.role != role:
        redirected = example.ask(requests.redirect(copy, given.role or role_but(role), role, person))
        yield from unlike("canRedirect", redirected.succeeded, shown.get("canRedirect"))


def role_but(role: str) -> str:
    """Return another role."""
    return "O" if role != "O" else "H"


def furnished(example: Example, drawn: tuple[GivenNotice, str, str]) -> Iterator[Difference]:
    """The details show who was furnished, alone current; the same furnish again writes nothing (F20, F24)."""
    given, role, block = drawn
    example.put(given)
    number = example.numbers.notices[0]
    person = requests.particulars(example.numbers.identities[2], "JOHN LEE", block)
    first = example.ask(requests.furnish(number, role, person))
    assume(first.succeeded)
    details = shown(example.ask(requests.details(number)))
    current = {letter: details.get(name, {}).get("isCurrentOffender") for letter, name in BLOCKS.items()}
    yield from unlike("current offender", {letter: letter == role for letter in BLOCKS}, current)
    found = details.get(BLOCKS[role], {})
    for name in ("idType", "idNo", "name", "email", "contactNo"):
        yield from unlike(f"details {name}", person[name], found.get(name))
    yield from unlike_fields("details address", person["address"], found.get("address"))
    before = example.rows()
    again = example.ask(requests.furnish(number, role, person))
    yield from unlike("the same furnish again", first.json, again.json)
    yield from unlike_rows("after the same furnish again:", plain_rows(before), plain_rows(example.rows()))


def updated(example: Example, drawn: tuple[GivenNotice, str, Mapping[str, Any]]) -> Iterator[Difference]:
    """The details after an update are those before with the fields given, the address merged (F40, F41)."""
    given, role, changes = drawn
    example.put(given)
    number = example.numbers.notices[0]
    person = requests.particulars(example.numbers.identities[2], "JOHN LEE")
    assume(example.ask(requests.furnish(number, role, person)).succeeded)
    before = shown(example.ask(requests.details(number)))
    answer = example.ask(requests.update(number, role, changes))
    yield from unlike("status of the update", 200, answer.status)
    after = shown(example.ask(requests.details(number)))
    block = before.get(BLOCKS[role], {})
    address = {**(block.get("address") or {}), **changes.get("address", {})}
    expected = {**before, BLOCKS[role]: {**block, **changes, "address": address}}
    for name, value in expected.items():
        yield from unlike(f"details {name}", value, after.get(name))


def unlike_fields(place: str, expected: Mapping[str, Any], found: Any) -> Iterator[Difference]:
    """Yield the fields that are not as expected."""
    for name, value in expected.items():
        yield from unlike(f"{place}.{name}", value, (found or {}).get(name))


def shown(answer: Answered) -> dict[str, Any]:
    """Return the details of a notice."""
    return dict(answer.json or {})


def listed_and_revived(example: Example, _: None) -> Iterator[Difference]:
    """An identity is listed by apply and by nothing else, once; revive takes it off, once (H2, H3, H7)."""
    identity = example.numbers.identities[0]
    exists, apply, revive = (
        call(identity) for call in (requests.hst_exists, requests.apply_hst, requests.revive_hst)
    )
    yield from unlike("exists, at first", False, is_listed(example.ask(exists)))
    yield from unlike("apply", 200, example.ask(apply).status)
    yield from unlike("exists, after apply", True, is_listed(example.ask(exists)))
    yield from unlike("apply again", "OCMS-4004", code_of(example.ask(apply)))
    yield from unlike("revive", 200, example.ask(revive).status)
    yield from unlike("exists, after revive", False, is_listed(example.ask(exists)))
    yield from unlike("revive again", "OCMS-4003", code_of(example.ask(revive)))


def is_listed(answer: Answered) -> Any:
    """Return whether exists says that an identity is listed."""
    return ((answer.json or {}).get("data") or {}).get("isHstId")


def code_of(answer: Answered) -> Any:
    """Return the code of an answer of contract 4."""
    return ((answer.json or {}).get("data") or {}).get("appCode")


def revived(example: Example, notices: list[GivenNotice]) -> Iterator[Difference]:
    """What apply suspends, revive puts back: rows show what they showed, and no TS-HST is open (H4, H7)."""
    example.put(*notices)
    numbers = example.given_numbers(len(notices))
    before = rows_of(example, numbers.notices)
    applied = example.ask(requests.apply_hst(numbers.identities[0]))
    suspended = sorted(item["noticeNo"] for item in items_of(applied, "data", "noticesSuspended"))
    done = example.ask(requests.revive_hst(numbers.identities[0]))
    yield from unlike(
        "noticesRevived",
        suspended,
        sorted(item["noticeNo"] for item in items_of(done, "data", "noticesRevived")),
    )
    after = rows_of(example, numbers.notices)
    for old, new in zip(before[VON], after[VON], strict=True):
        for column in (*SUSPENSION, "last_processing_stage", "amount_payable"):
            yield from unlike(f"{old['notice_no']} {column}", old[column], new[column])
    scene = Scene(numbers, example.rows())
    for number in numbers.notices:
        reasons = [each["reason_of_suspension"] for each in scene.open_records(number)]
        yield from unlike(f"open TS-HST of {number}", 0, reasons.count("HST"))


def paged(example: Example, limit: int) -> Iterator[Difference]:
    """The pages of the HST list together are the list, newest first (H8)."""
    identities = example.numbers.identities
    for each in identities:
        example.ask(requests.apply_hst(each))
    try:
        whole = example.ask(requests.hst_list(0, len(identities)))
        pages = [example.ask(requests.hst_list(skip, limit)) for skip in range(0, len(identities), limit)]
        totals = [(each.json or {}).get("total") for each in (whole, *pages)]
        assume(len(set(totals)) == 1)  # somebody else uses the list at the same time
        found = [item["idNo"] for page in pages for item in items_of(page, "data")][: len(identities)]
        yield from unlike("pages", [item["idNo"] for item in items_of(whole, "data")], found)
        yield from unlike("newest first", list(reversed(identities)), found)
    finally:
        for each in identities:
            example.ask(requests.revive_hst(each))


LAWS = (
    Law(
        ("F13", "F10", "F11", "F12"),
        "check-eligibility says what furnish and redirect do",
        st.tuples(NOTICE, ROLE),
        eligible,
    ),
    Law(
        ("F20", "F23", "F24", "F41"),
        "the details show who was furnished, and the same furnish again writes nothing",
        st.tuples(NOTICE, ROLE, BLOCK),
        furnished,
    ),
    Law(
        ("F40", "F41"),
        "the details show what was updated, and else what they showed",
        st.tuples(NOTICE, ROLE, CHANGES),
        updated,
    ),
    Law(
        ("H3", "H7", "H2"),
        "apply lists an identity once, and revive takes it off once",
        st.none(),
        listed_and_revived,
        needs_rows=False,
    ),
    Law(("H7", "H4", "U1"), "what apply suspends, revive puts back", NOTICES, revived),
    Law(
        ("H8",), "the pages of the HST list together are the list", st.integers(1, 2), paged, needs_rows=False
    ),
)
