"""What a call of contract 4 must look like before anything is looked up."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.hst.request_checks import (
    HstApplication,
    HstListQuery,
    HstRevival,
    HstUpdate,
    application,
    enquiry,
    list_query,
    revival,
    update,
)
from ocms_core.kernel.codes import FIELD_INVALID, FIELD_REQUIRED, HST_BODY_INVALID
from ocms_core.kernel.decisions import Refusal
from tests.support.cases import Case, parametrize_cases
from tests.support.hst_facts import ADDRESS, IDENTITY, NEW_ADDRESS

ADDRESS_SENT = {
    "postalCode": "123456",
    "blkHseNo": "123",
    "streetName": "Example Street",
    "floorNo": "01",
    "unitNo": "01",
    "bldgName": "Example Building",
}
APPLY: Mapping[str, Any] = {"idNo": "S1234567A", "idType": "N", "name": "John Tan", **ADDRESS_SENT}
UPDATE: Mapping[str, Any] = {
    "idNo": "S1234567A",
    "name": "John Tan Updated",
    "postalCode": "654321",
    "blkHseNo": "456",
    "streetName": "New Street",
    "floorNo": "02",
    "unitNo": "02",
    "bldgName": "New Building",
}
REVIVE = {
    "idNo": "S1234567A",
    "revivalReason": "New address confirmed valid",
    "remarks": "Offender contacted successfully",
}
LIST = {"$skip": 0, "$limit": 10, "filter": {"idNo": "", "dateFrom": "2025-01-01", "dateTo": "2026-01-07"}}


def required(field: str) -> Refusal:
    return Refusal(FIELD_REQUIRED, {"field": field})


def invalid(field: str) -> Refusal:
    return Refusal(FIELD_INVALID, {"field": field})


def without(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


Check = Callable[[object], object]
Checking = Case[Check, object, object]
LISTED = HstApplication(IDENTITY, "N", "John Tan", ADDRESS)
UPDATED = HstUpdate(IDENTITY, "John Tan Updated", NEW_ADDRESS)
MUST_SAY = ("idNo", "idType", "name", "postalCode", "blkHseNo", "streetName")
MAY_BE_EMPTY = {"floorNo": "floor_no", "unitNo": "unit_no", "bldgName": "bldg_name"}
LONGEST = {"name": 66, "blkHseNo": 10, "streetName": 32, "floorNo": 3, "unitNo": 5, "bldgName": 65}

CASES: tuple[Checking, ...] = (
    Case(rule="G1", name="the contract's application", given=application, ask=APPLY, says=LISTED),
    Case(
        rule="G1",
        name="the contract's update",
        given=update,
        ask=UPDATE,
        says=UPDATED,
    ),
    Case(
        rule=("G1", "H7"),
        name="the contract's revival, reason and remarks kept as one",
        given=revival,
        ask=REVIVE,
        says=HstRevival(IDENTITY, "New address confirmed valid: Offender contacted successfully"),
    ),
    Case(
        rule=("G1", "H8"),
        name="the contract's list, its blank filter ignored and its last day included",
        given=list_query,
        ask=LIST,
        says=HstListQuery(0, 10, None, date(2025, 1, 1), date(2026, 1, 8)),
    ),
    Case(rule="H2", name="the contract's enquiry", given=enquiry, ask={"idNo": "S1234567A"}, says=IDENTITY),
    Case(rule="H1", name="an enquiry without an identity", given=enquiry, ask={}, says=required("idNo")),
    Case(rule="H1", name="an enquiry about a blank", given=enquiry, ask={"idNo": " "}, says=required("idNo")),
    Case(rule="G7", name="an enquiry about a number", given=enquiry, ask={"idNo": 1}, says=invalid("idNo")),
    Case(
        rule="H1",
        name="an enquiry about no identity",
        given=enquiry,
        ask={"idNo": "S12-4567A"},
        says=invalid("idNo"),
    ),
    Case(
        rule="H1", name="an enquiry in small letters", given=enquiry, ask={"idNo": "s1234567a"}, says=IDENTITY
    ),
    Case(rule="G7", name="a body that is no object", given=enquiry, ask=[1], says=Refusal(HST_BODY_INVALID)),
    *(
        Case(
            rule=("H1", "H3"),
            name=f"an application without {name}",
            given=application,
            ask=without(APPLY, name),
            says=required(name),
        )
        for name in MUST_SAY
    ),
    Case(
        rule="H1",
        name="an application with a number of no kind, and without the kind its form depends on",
        given=application,
        ask={**without(APPLY, "idType"), "idNo": "S12-4567A"},
        says=required("idType"),
    ),
    Case(
        rule="H1",
        name="an application with a number of no kind, and a kind there is none of",
        given=application,
        ask={**APPLY, "idType": "X", "idNo": "S12-4567A"},
        says=invalid("idType"),
    ),
    *(
        Case(
            rule="H3",
            name=f"an application with a blank {name}",
            given=application,
            ask={**APPLY, name: "  "},
            says=required(name),
        )
        for name in MUST_SAY
    ),
    *(
        Case(
            rule="H3",
            name=f"an application with {nothing!r} as {name}",
            given=application,
            ask={**APPLY, name: nothing},
            says=evolve(LISTED, address=evolve(ADDRESS, **{part: ""})),
        )
        for name, part in MAY_BE_EMPTY.items()
        for nothing in ("", "  ", None)
    ),
    *(
        Case(
            rule="H3",
            name=f"an application without {name}",
            given=application,
            ask=without(APPLY, name),
            says=evolve(LISTED, address=evolve(ADDRESS, **{part: ""})),
        )
        for name, part in MAY_BE_EMPTY.items()
    ),
    *(
        Case(
            rule=("H3", "H6"),
            name=f"an update with {nothing!r} as {name} empties it",
            given=update,
            ask={**UPDATE, name: nothing},
            says=evolve(UPDATED, address=evolve(NEW_ADDRESS, **{part: ""})),
        )
        for name, part in MAY_BE_EMPTY.items()
        for nothing in ("", "  ", None)
    ),
    *(
        Case(
            rule=("H3", "H6"),
            name=f"an update without {name} leaves it",
            given=update,
            ask=without(UPDATE, name),
            says=evolve(UPDATED, address=evolve(NEW_ADDRESS, **{part: ""}), left_out=frozenset({part})),
        )
        for name, part in MAY_BE_EMPTY.items()
    ),
    *(
        Case(
            rule=("H1", "H6"),
            name=f"an update without {name}",
            given=update,
            ask=without(UPDATE, name),
            says=required(name),
        )
        for name in ("idNo", "name", "postalCode", "blkHseNo", "streetName")
    ),
    *(
        Case(
            rule="G10",
            name=f"a {name} of {longest + 1} characters",
            given=application,
            ask={**APPLY, name: "X" * (longest + 1)},
            says=invalid(name),
        )
        for name, longest in LONGEST.items()
    ),
    *(
        Case(
            rule="G10",
            name=f"a {name} of {longest} characters",
            given=lambda body: isinstance(application(body), HstApplication),
            ask={**APPLY, name: "X" * longest},
            says=True,
        )
        for name, longest in LONGEST.items()
    ),
    *(
        Case(
            rule=("G10", "F51", "F62"),
            name=f"{kind} with a name of {many} characters beyond the basic plane, which count as two",
            given=lambda body, check=check: isinstance(check(body), Refusal),
            ask={**body, "name": "\U00020bb7" * many},
            says=many > 33,  # half the width of the column
        )
        for kind, check, body in (("an application", application, APPLY), ("an update", update, UPDATE))
        for many in (33, 34)
    ),
    *(
        Case(
            rule=("G10", "F51"),
            name=f"a {name} with {longest // 2 + 1} characters beyond the basic plane",
            given=application,
            ask={**APPLY, name: "\U00020bb7" * (longest // 2 + 1)},
            says=invalid(name),
        )
        for name, longest in LONGEST.items()
    ),
    *(
        Case(
            rule="G7",
            name=f"a number as {name}",
            given=application,
            ask={**APPLY, name: 5},
            says=invalid(name),
        )
        for name in APPLY
    ),
    *(
        Case(
            rule="H1",
            name=f"{id_no} as {id_type}",
            given=lambda body: (
                found.id_type if isinstance(found := application(body), HstApplication) else found
            ),
            ask={**APPLY, "idType": id_type, "idNo": id_no},
            says=kept,
        )
        for id_type, id_no, kept in (
            ("N", "S1234567A", "N"),
            ("N", "F1234567A", invalid("idNo")),
            ("F", "G1234567A", "F"),
            ("F", "S1234567A", invalid("idNo")),
            ("U", "201812345A", "U"),
            ("B", "201812345A", "U"),
            ("U", "2018", invalid("idNo")),
            ("P", "E1234", "P"),
            ("P", "E123456789012", invalid("idNo")),
            ("X", "S1234567A", invalid("idType")),
        )
    ),
    Case(
        rule="H1",
        name="letters as postal code",
        given=application,
        ask={**APPLY, "postalCode": "12345A"},
        says=invalid("postalCode"),
    ),
    Case(
        rule="G7",
        name="a name with a control character",
        given=application,
        ask={**APPLY, "name": "John\0Tan"},
        says=invalid("name"),
    ),
    *(
        Case(
            rule=("F51", "G7"),
            name=f"a {name} that ends in a control character",
            given=application,
            ask={**APPLY, name: f"{APPLY[name]}\x1f"},
            says=invalid(name),
        )
        for name in APPLY
    ),
    Case(
        rule="H1",
        name="of two wrong fields the first is named",
        given=application,
        ask={**APPLY, "name": "", "idType": "X"},
        says=invalid("idType"),
    ),
    Case(
        rule=("H3", "F51"),
        name="blanks of any kind in name and address are plain ones",
        given=application,
        ask={
            **APPLY,
            "name": "\xa0John\u3000\r\nTan",
            "streetName": APPLY["streetName"].replace(" ", "\xa0"),
        },
        says=application({**APPLY, "name": "John Tan"}),
    ),
    Case(
        rule="H7",
        name="a revival without remarks",
        given=revival,
        ask=without(REVIVE, "remarks"),
        says=HstRevival(IDENTITY, "New address confirmed valid"),
    ),
    Case(
        rule="H7",
        name="line breaks in the remarks are folded to a blank",
        given=revival,
        ask=REVIVE | {"revivalReason": "Found", "remarks": "Called.\r\n\r\nWill pay \n soon.\n"},
        says=HstRevival(IDENTITY, "Found: Called. Will pay soon."),
    ),
    Case(
        rule=("H7", "G7"),
        name="remarks with another control character",
        given=revival,
        ask=REVIVE | {"remarks": "bell\a"},
        says=invalid("remarks"),
    ),
    Case(
        rule=("H7", "G7"),
        name="remarks that are a number",
        given=revival,
        ask=REVIVE | {"remarks": 5},
        says=invalid("remarks"),
    ),
    Case(
        rule="H7",
        name="a revival without a reason",
        given=revival,
        ask=without(REVIVE, "revivalReason"),
        says=required("revivalReason"),
    ),
    Case(
        rule="H7",
        name="reason and remarks of 200 characters together",
        given=revival,
        ask=REVIVE | {"revivalReason": "X" * 98, "remarks": "Y" * 100},
        says=HstRevival(IDENTITY, "X" * 98 + ": " + "Y" * 100),
    ),
    Case(
        rule="H7",
        name="reason and remarks of 201 characters together",
        given=revival,
        ask=REVIVE | {"revivalReason": "X" * 99, "remarks": "Y" * 100},
        says=invalid("remarks"),
    ),
    *(
        Case(
            rule=("H7", "G10"),
            name=f"reason and remarks of {98 + 2 + 2 * many}, those beyond the basic plane counted as two",
            given=lambda body: isinstance(revival(body), HstRevival),
            ask=REVIVE | {"revivalReason": "X" * 98, "remarks": "\U00020bb7" * many},
            says=many == 50,  # 200 in all
        )
        for many in (50, 51)
    ),
    Case(
        rule="H7",
        name="a reason of 200 characters without remarks",
        given=revival,
        ask={"idNo": IDENTITY, "revivalReason": "X" * 200},
        says=HstRevival(IDENTITY, "X" * 200),
    ),
    Case(
        rule="H7",
        name="a reason of 201 characters",
        given=revival,
        ask=REVIVE | {"revivalReason": "X" * 201},
        says=invalid("revivalReason"),
    ),
    *(
        Case(
            rule=("H3", "H6", "G10"),
            name=f"{kind} with a name that its column cannot hold",
            given=check,
            ask={**body, "name": "N" * 67},
            says=invalid("name"),
        )
        for kind, check, body in (("an application", application, APPLY), ("an update", update, UPDATE))
    ),
    Case(rule="H8", name="an empty list query", given=list_query, ask={}, says=HstListQuery(0, 10)),
    Case(rule="H8", name="a blank filter", given=list_query, ask={"filter": " "}, says=HstListQuery(0, 10)),
    Case(
        rule=("H8", "F51"),
        name="a control character is no blank filter",
        given=list_query,
        ask={"filter": {"idNo": "\x1f"}},
        says=invalid("idNo"),
    ),
    Case(
        rule="H8",
        name="a filter that says something",
        given=list_query,
        ask={"filter": "x"},
        says=invalid("filter"),
    ),
    Case(
        rule="H8",
        name="no skip and a limit of one",
        given=list_query,
        ask={"$skip": 0, "$limit": 1},
        says=HstListQuery(0, 1),
    ),
    Case(
        rule="H8",
        name="the largest skip a database counts to",
        given=list_query,
        ask={"$skip": 2_147_483_647},
        says=HstListQuery(2_147_483_647, 10),
    ),
    Case(rule="H8", name="a limit of 100", given=list_query, ask={"$limit": 100}, says=HstListQuery(0, 100)),
    *(
        Case(rule="H8", name=f"{name} {value!r}", given=list_query, ask={name: value}, says=invalid(name))
        for name, value in (
            ("$limit", 0),
            ("$limit", 101),
            ("$limit", "10"),
            ("$limit", True),
            ("$limit", 1.5),
            ("$skip", -1),
            ("$skip", 2_147_483_648),
            ("$skip", 10**30),
            ("$skip", "0"),
            ("$skip", False),
            ("filter", []),
        )
    ),
    *(
        Case(
            rule="H8",
            name=f"filter {name} {value!r}",
            given=list_query,
            ask={"filter": {name: value}},
            says=invalid(name),
        )
        for name, value in (
            ("dateFrom", "01/01/2025"),
            ("dateFrom", "2025-02-30"),
            ("dateTo", 5),
            ("idNo", "S-1"),
        )
    ),
    Case(
        rule=("H1", "H8"),
        name="a filter for an identity",
        given=list_query,
        ask={"filter": {"idNo": "s1234567a"}},
        says=HstListQuery(0, 10, IDENTITY),
    ),
    Case(
        rule="H8",
        name="a first day that is the last",
        given=list_query,
        ask={"filter": {"dateFrom": "2025-01-31", "dateTo": "2025-01-31"}},
        says=HstListQuery(0, 10, None, date(2025, 1, 31), date(2025, 2, 1)),
    ),
    Case(
        rule="H8",
        name="the last day of the calendar bounds nothing",
        given=list_query,
        ask={"filter": {"dateFrom": "2025-01-31", "dateTo": "9999-12-31"}},
        says=HstListQuery(0, 10, None, date(2025, 1, 31)),
    ),
    Case(
        rule="H8",
        name="a first day that is the calendar's last",
        given=list_query,
        ask={"filter": {"dateFrom": "9999-12-31", "dateTo": "9999-12-31"}},
        says=HstListQuery(0, 10, None, date(9999, 12, 31)),
    ),
    Case(
        rule="H8",
        name="a first day after the last",
        given=list_query,
        ask={"filter": {"dateFrom": "2025-02-01", "dateTo": "2025-01-31"}},
        says=invalid("dateTo"),
    ),
)


@parametrize_cases(CASES)
def test_checks(case: Checking) -> None:
    assert case.given(case.ask) == case.says


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*APPLY, *REVIVE, *LIST]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.rule("G7")
@given(JSON)
def test_whatever_json_is_sent_each_check_reads_or_refuses_it(body: object) -> None:
    for check in (enquiry, application, update, revival, list_query):
        assert isinstance(check(body), str | HstApplication | HstUpdate | HstRevival | HstListQuery | Refusal)
