"""What the reversal of a furnish or redirect puts back of whoever stood in the role, over HTTP (K4)."""

from datetime import datetime
from typing import Any

import pytest

from ocms_adapters.sql import schema as t
from tests.spec.http.hst.test_contract import APPLY, REVIVE
from tests.spec.http.offenders.conftest import OfficerClient
from tests.spec.http.offenders.test_changes import OLD_ADDRESS, PARTICULARS, PARTS
from tests.spec.http.test_reversals import OFFENDER, state
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER, REDIRECT
from tests.support.offender_rows import put, put_notice, put_person, rows_of

DETAIL = {
    "relationship": "Friend",
    "rental_period_from": datetime.fromisoformat("2024-01-01").date(),
    "rental_period_to": datetime.fromisoformat("2024-12-31").date(),
    "remarks": "Old",
}
MARY = {"idNo": "S7654321C", "name": "MARY LIM", "email": None, "countryCode": None, "contactNo": None}


@pytest.fixture
def hired(officer_client: OfficerClient) -> OfficerClient:
    """Return a client with a notice of an owner and of a hirer with everything that is kept of one."""
    engine = officer_client.intranet
    put_notice(engine, NUMBER)
    put_person(engine, NUMBER, "O", OWNER, current=True)
    put_person(engine, NUMBER, "H", JOHN)
    put(engine, t.ocms_offence_notice_owner_driver_addr, OLD_ADDRESS | {"owner_driver_indicator": "H"})
    put(engine, t.ocms_furnish_detail, {"notice_no": NUMBER, "owner_driver_indicator": "H"} | DETAIL)
    return officer_client


def done(officer_client: OfficerClient, path: str, asked: object) -> Any:
    answer = officer_client.call("POST", path, asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def suspensions(officer_client: OfficerClient) -> list[dict[str, Any]]:
    """Return the suspension records of the notice by number."""
    found = rows_of(officer_client.intranet, t.ocms_suspended_notice, NUMBER)
    return sorted(found, key=lambda row: row["sr_no"])


def apply_for(officer_client: OfficerClient) -> None:
    """Put John on the HST list."""
    answer = officer_client.served.post("/v1/apply-hst", APPLY, headers=officer_client.headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("K4", "F20")
@pytest.mark.parametrize("path", ["furnish", "redirect"])
def test_whoever_was_overwritten_is_put_back_with_address_and_detail(hired: OfficerClient, path: str) -> None:
    before = state(hired.intranet)
    done(hired, f"offender/{path}", {**(FURNISH if path == "furnish" else REDIRECT), **MARY})
    assert state(hired.intranet) != before
    assert done(hired, "offender/reverse", OFFENDER)["results"][0]["reversed"] is True
    assert state(hired.intranet) == before
    hirer = next(
        row
        for row in rows_of(hired.intranet, t.ocms_offence_notice_owner_driver, NUMBER)
        if row["owner_driver_indicator"] == "H"
    )
    assert tuple(hirer[name] for name in PARTICULARS) == (
        *(JOHN.id_type, JOHN.id_no, JOHN.name, JOHN.email, JOHN.tel_code, JOHN.tel_no),
    )
    (address,) = rows_of(hired.intranet, t.ocms_offence_notice_owner_driver_addr, NUMBER)
    assert [address[part] for part in PARTS] == [OLD_ADDRESS[part] for part in PARTS]
    (detail,) = rows_of(hired.intranet, t.ocms_furnish_detail, NUMBER)
    assert {name: detail[name] for name in DETAIL} == DETAIL


@pytest.mark.rule("K4", "F24")
@pytest.mark.parametrize("path", ["furnish", "redirect"])
def test_the_first_answer_is_never_that_of_what_was_taken_back(
    officer_client: OfficerClient, path: str
) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    first = done(officer_client, "offender/furnish", FURNISH)
    assert (first["newProcessingStage"], first["offenderRecordCreated"]) == ("RD2", True)
    another = FURNISH if path == "furnish" else {**REDIRECT, "fromOffenderType": "HIRER"}
    another = {**another, "toOffenderType": "DRIVER", **MARY}
    for _ in range(2):
        done(officer_client, f"offender/{path}", another)
        done(officer_client, "offender/reverse", OFFENDER)
        before = state(officer_client.intranet)
        assert done(officer_client, "offender/furnish", FURNISH) == first
        assert state(officer_client.intranet) == before


@pytest.mark.rule("K4", "F24")
def test_whoever_was_taken_out_is_furnished_anew(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "H", JOHN, current=True)
    least = {name: FURNISH[name] for name in ("noticeNo", "offenderType", "idType", "idNo", "name")}
    asked = {**least, "email": JOHN.email, "countryCode": JOHN.tel_code, "contactNo": JOHN.tel_no}
    for _ in range(2):
        furnished = done(officer_client, "offender/furnish", asked)
        assert (furnished["newProcessingStage"], furnished["offenderRecordCreated"]) == ("RD2", False)
        taken_back = done(officer_client, "offender/reverse", OFFENDER)["results"][0]
        assert (taken_back["previousProcessingStage"], taken_back["newProcessingStage"]) == ("RD2", "RD1")


@pytest.mark.rule("K4", "F20")
def test_a_role_nobody_had_is_empty_again(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    done(officer_client, "offender/furnish", FURNISH)
    done(officer_client, "offender/reverse", OFFENDER)
    (owner,) = rows_of(officer_client.intranet, t.ocms_offence_notice_owner_driver, NUMBER)
    assert (owner["owner_driver_indicator"], owner["offender_indicator"]) == ("O", "Y")
    assert rows_of(officer_client.intranet, t.ocms_offence_notice_owner_driver_addr, NUMBER) == []
    assert rows_of(officer_client.intranet, t.ocms_furnish_detail, NUMBER) == []


@pytest.mark.rule("K4", "G2")
def test_the_timeline_tells_whom_a_reversal_took_out(hired: OfficerClient) -> None:
    done(hired, "offender/furnish", FURNISH)
    done(hired, "offender/reverse", OFFENDER)
    taken_back = hired.call("GET", f"{NUMBER}/timeline").json()["events"][0]
    details = taken_back["details"]
    assert (taken_back["kind"], details["role"], details["from"], details["to"]) == (
        *("OFFENDER", "HIRER", "RD2", "RD1"),
    )
    former = details["former"]
    assert (former["isCurrentOffender"], former["idNo"], former["name"]) == (True, JOHN.id_no, JOHN.name)
    assert (former["email"], former["contactNo"]) == (JOHN.email, JOHN.tel_no)
    assert former["address"] == FURNISH["address"]
    assert (former["relationship"], former["rentalPeriodFrom"], former["rentalPeriodTo"]) == (
        *("Employee", "2025-01-01", "2025-12-31"),
    )


@pytest.mark.rule("K4", "F20", "G2")
@pytest.mark.parametrize("path", ["furnish", "redirect"])
def test_who_took_a_role_with_nothing_but_a_name_is_taken_out_again(
    officer_client: OfficerClient, path: str
) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    roles = {"noticeNo", "offenderType", "fromOffenderType", "toOffenderType"}
    request = FURNISH if path == "furnish" else REDIRECT
    least = {name: request[name] for name in request if name in {*roles, "idType", "idNo", "name"}}
    done(officer_client, f"offender/{path}", least)
    assert done(officer_client, "offender/reverse", OFFENDER)["results"][0]["reversed"] is True
    former = officer_client.call("GET", f"{NUMBER}/timeline").json()["events"][0]["details"]["former"]
    assert (former["isCurrentOffender"], former["idNo"], former["name"]) == (True, JOHN.id_no, JOHN.name)
    assert (former["email"], former["contactNo"], former["address"]) == (None, None, None)
    (owner,) = rows_of(officer_client.intranet, t.ocms_offence_notice_owner_driver, NUMBER)
    assert (owner["owner_driver_indicator"], owner["offender_indicator"]) == ("O", "Y")


@pytest.mark.rule("K4", "H10")
def test_the_suspension_that_a_furnish_brought_ends_with_its_reversal(hired: OfficerClient) -> None:
    apply_for(hired)
    done(hired, "offender/furnish", FURNISH)
    (opened,) = suspensions(hired)
    assert (opened["reason_of_suspension"], opened["date_of_revival"]) == ("HST", None)
    done(hired, "offender/reverse", OFFENDER)
    (closed,) = suspensions(hired)
    assert (closed["revival_reason"], closed["date_of_revival"] is None) == ("OTH", False)
    assert closed["officer_authorising_revival"] == opened["officer_authorising_suspension"]
    assert closed["revival_remarks"].endswith(f"by {opened['officer_authorising_suspension']}")
    (row,) = rows_of(hired.intranet, t.ocms_valid_offence_notice, NUMBER)
    assert (row["suspension_type"], row["epr_reason_of_suspension"]) == (None, None)


@pytest.mark.rule("K4", "H10")
def test_the_suspension_that_a_redirect_lifted_goes_on_as_it_was(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", JOHN, current=True)
    apply_for(officer_client)
    (opened,) = suspensions(officer_client)
    done(officer_client, "offender/redirect", {**REDIRECT, **MARY})
    done(officer_client, "offender/reverse", OFFENDER)
    closed, again = suspensions(officer_client)
    assert (closed["sr_no"], closed["revival_reason"]) == (1, "RDN")
    assert (again["sr_no"], again["date_of_revival"]) == (2, None)
    names = ("date_of_suspension", "due_date_of_revival", "suspension_type", "reason_of_suspension")
    for name in (*names, "suspension_source", "officer_authorising_suspension"):
        assert again[name] == opened[name]
    assert again["suspension_remarks"].endswith(f"by {closed['officer_authorising_revival']}")
    (row,) = rows_of(officer_client.intranet, t.ocms_valid_offence_notice, NUMBER)
    assert (row["suspension_type"], row["epr_reason_of_suspension"]) == ("TS", "HST")
    assert row["epr_date_of_suspension"] == opened["date_of_suspension"]


@pytest.mark.rule("K4", "H10", "U5")
@pytest.mark.parametrize("case", ["redirect", "furnish over", "from listed to listed"])
def test_no_ts_hst_is_put_back_on_somebody_who_was_revived_since(
    officer_client: OfficerClient, case: str
) -> None:
    engine = officer_client.intranet
    put_notice(engine, NUMBER)
    put_person(engine, NUMBER, "H" if case == "furnish over" else "O", JOHN, current=True)
    apply_for(officer_client)
    if case == "from listed to listed":
        mary = {**APPLY, "idNo": MARY["idNo"], "name": MARY["name"]}
        applied = officer_client.served.post("/v1/apply-hst", mary, headers=officer_client.headers)
        assert applied.status_code == 200, applied.text
    path, asked = ("furnish", FURNISH) if case == "furnish over" else ("redirect", REDIRECT)
    done(officer_client, f"offender/{path}", {**asked, **MARY})
    revived = officer_client.served.post("/v1/revive-hst", REVIVE, headers=officer_client.headers)
    assert revived.status_code == 200, revived.text
    before = state(engine)
    (result,) = done(officer_client, "offender/reverse", OFFENDER)["results"]
    assert (result["reversed"], result["code"]) == (False, "CHANGED_SINCE")
    assert result["message"] == (
        "Something else has happened to the notice since: the former offender is not on the HST list"
    )
    assert state(engine) == before
    apply_for(officer_client)
    assert done(officer_client, "offender/reverse", OFFENDER)["results"][0]["reversed"] is True
    assert [row["sr_no"] for row in suspensions(officer_client) if not row["date_of_revival"]] == [
        1 if case == "from listed to listed" else 2
    ]


@pytest.mark.rule("K4")
@pytest.mark.parametrize(
    "change", [None, {"street_name": "OTHER ROAD"}], ids=["taken away", "another street name"]
)
def test_nothing_is_taken_back_once_another_program_has_changed_an_address(
    hired: OfficerClient, change: dict[str, str] | None
) -> None:
    done(hired, "offender/furnish", FURNISH)
    addresses = t.ocms_offence_notice_owner_driver_addr
    with hired.intranet.begin() as connection:
        connection.execute(addresses.delete() if change is None else addresses.update().values(change))
    before = state(hired.intranet)
    (result,) = done(hired, "offender/reverse", OFFENDER)["results"]
    assert result["reversed"] is False
    assert state(hired.intranet) == before
