"""What contract 3 leaves in the Intranet database, whatever happens at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any, cast

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import ClauseElement, Engine, update
from sqlalchemy.dialects import mssql

from ocms_adapters.sql import schema
from ocms_adapters.sql.access_records import SqlAccessRecords
from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.codes import NOT_CURRENT_OFFENDER, NOT_FURNISHABLE, REDIRECT_SAME_ROLE, Code
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.offenders import service
from ocms_core.offenders.request_reader import FurnishRequest, ParticularsPatch
from ocms_core.offenders.service import ActionOutcome
from tests.support.builders import NOW
from tests.support.databases import Databases
from tests.support.offender_builders import EMPLOYEE, JOHN, NUMBER, OFFICER, ORCHARD, OWNER
from tests.support.offender_rows import (
    Undelivered,
    current_roles,
    opened,
    put,
    put_notice,
    put_person,
    rows_of,
)
from tests.support.statements import recorded

ONOD = schema.ocms_offence_notice_owner_driver
ADDR = schema.ocms_offence_notice_owner_driver_addr
VON = schema.ocms_valid_offence_notice
SUSPENDED = schema.ocms_suspended_notice
LISTED = {
    "id_no": JOHN.id_no,
    "id_type": "N",
    "name": "JOHN LEE",
    **dict.fromkeys(("postal_code", "blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name"), ""),
}
TS_UNC = {
    "suspension_type": "TS",
    "epr_reason_of_suspension": "UNC",
    "epr_date_of_suspension": local(NOW),
}
NUMBERS = count(1)
RACES = 200


@frozen
class OfficerClient:
    """Calls the services as one officer, on one database."""

    engine: Engine
    stores: SqlOffenderStores

    def furnish(self, role: str, notice_no: str = NUMBER, **parts: Any) -> ActionOutcome | Refusal:
        request = evolve(FurnishRequest(notice_no, role, JOHN, ORCHARD, EMPLOYEE), **parts)
        return service.furnish(request, OFFICER, stores=self.stores, delivery=Undelivered(), now=NOW)

    def redirect(self, from_role: str, to_role: str, notice_no: str = NUMBER) -> ActionOutcome | Refusal:
        request = FurnishRequest(notice_no, to_role, JOHN, ORCHARD, FurnishDetail(), from_role=from_role)
        return service.redirect(request, OFFICER, stores=self.stores, delivery=Undelivered(), now=NOW)

    def update(self, role: str, notice_no: str = NUMBER, **person: Any) -> ActionOutcome | Refusal:
        request = ParticularsPatch(notice_no, role, person, {}, {})
        return service.update(request, OFFICER, stores=self.stores, delivery=Undelivered(), now=NOW)

    def new_notice(self, **columns: Any) -> str:
        number = f"N{next(NUMBERS)}"
        put_notice(self.engine, number, **columns)
        put_person(self.engine, number, "O", OWNER, current=True)
        return number


@pytest.fixture
def officer_client(databases: Databases) -> Iterator[OfficerClient]:
    """Return a client with the contract's notice: at RD1, its owner the current offender."""
    with opened(databases.intranet) as (engine,):
        put_notice(engine, NUMBER)
        put_person(
            engine,
            NUMBER,
            "O",
            OWNER,
            current=True,
            life_status="A",
            lta_entity_type="1",
            mha_dh_check_allow="N",
        )
        yield OfficerClient(engine, SqlOffenderStores(engine))


def record_of_unc(number: str, sr_no: int, due: datetime, closed: datetime | None) -> dict[str, Any]:
    return {
        "notice_no": number,
        "date_of_suspension": local(NOW),
        "sr_no": sr_no,
        "suspension_source": "OCMS",
        "suspension_type": "TS",
        "reason_of_suspension": "UNC",
        "officer_authorising_suspension": "OIC9",
        "due_date_of_revival": due,
        "date_of_revival": closed,
    }


def columns(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


@pytest.mark.rule("F20", "F21", "F22", "G4", "G12")
def test_a_furnish_writes_every_column_it_should_and_no_other(officer_client: OfficerClient) -> None:
    assert isinstance(officer_client.furnish("H"), ActionOutcome)
    hirer, owner = rows_of(officer_client.engine, ONOD, NUMBER)
    assert hirer == {
        "notice_no": NUMBER,
        "owner_driver_indicator": "H",
        "id_type": "N",
        "id_no": "S1234567A",
        "name": "JOHN LEE",
        "email_addr": "john.lee@email.com",
        "offender_tel_code": "65",
        "offender_tel_no": "91234567",
        "offender_indicator": "Y",
        "lta_entity_type": None,
        "life_status": None,
        "date_of_birth": None,
        "date_of_death": None,
        "passport_place_of_issue": None,
        "mha_dh_check_allow": "Y",
        "is_sync": "N",
        "cre_date": local(NOW),
        "cre_user_id": "ocmsiz_app_conn",
        "upd_date": None,
        "upd_user_id": None,
    }
    assert columns(owner, "offender_indicator", "is_sync", "upd_user_id", "name", "life_status") == (
        "N",
        "N",
        "ocmsiz_app_conn",
        "VEHICLE OWNER PTE LTD",
        "A",
    )
    (von,) = rows_of(officer_client.engine, VON, NUMBER)
    assert columns(
        von,
        "last_processing_stage",
        "last_processing_date",
        "prev_processing_stage",
        "next_processing_stage",
        "next_processing_date",
        "is_sync",
    ) == (
        "RD2",
        local(NOW),
        "RD1",
        "RD2",
        local(NOW).replace(hour=0, minute=0) + timedelta(days=1),
        "N",
    )
    assert von["amount_payable"] == 70
    (address,) = rows_of(officer_client.engine, ADDR, NUMBER)
    assert columns(address, "type_of_address", "blk_hse_no", "floor_no", "unit_no", "postal_code") == (
        "furnished_mail",
        "123",
        "01",
        "01",
        "238888",
    )
    (detail,) = rows_of(officer_client.engine, schema.ocms_furnish_detail, NUMBER)
    assert columns(detail, "relationship", "rental_period_from", "rental_period_to", "remarks") == (
        "Employee",
        EMPLOYEE.rental_period_from,
        EMPLOYEE.rental_period_to,
        "Furnished by OIC",
    )
    outgoing = rows_of(officer_client.engine, schema.ocms_outbox, NUMBER)
    assert [columns(row, "kind", "owner_driver_indicator") for row in outgoing] == [
        ("NOTICE", None),
        ("OFFENDER", "O"),
        ("OFFENDER", "H"),
    ]


@pytest.mark.rule("F20", "H5", "H20")
def test_a_furnish_to_a_listed_identity_suspends_beside_what_is_there(officer_client: OfficerClient) -> None:
    until = NOW + timedelta(days=90)
    put(officer_client.engine, schema.ocms_hst, LISTED)
    put_notice(officer_client.engine, "UNC", **TS_UNC, due_date_of_revival=local(until))
    put_person(officer_client.engine, "UNC", "O", OWNER, current=True)
    for sr_no, closed in ((1, local(NOW)), (2, None)):
        put(officer_client.engine, SUSPENDED, record_of_unc("UNC", sr_no, local(until), closed))
    hst = {"reason_of_suspension": "HST", "suspension_type": "TS", "description": "HST"}
    for source, days in (("ANY", 60), ("PLUS", None), ("TEST", 10)):
        days_of_source = {"suspension_source": source, "no_of_days_for_revival": days}
        put(officer_client.engine, schema.ocms_suspension_reason, hst | days_of_source)
    reasons = schema.ocms_suspension_reason
    with officer_client.engine.begin() as connection:
        own = reasons.c.suspension_source == "OCMS"
        connection.execute(
            update(reasons)
            .where(own, reasons.c.reason_of_suspension == "HST")
            .values(no_of_days_for_revival=40)
        )
    due = local(NOW + timedelta(days=40))
    for number, sr_no, row in (
        (NUMBER, 1, ("TS", "HST", local(NOW), due)),
        ("UNC", 3, ("TS", "UNC", local(NOW), local(until))),
    ):
        assert isinstance(officer_client.furnish("H", number), ActionOutcome)
        (von,) = rows_of(officer_client.engine, VON, number)
        assert columns(von, *TS_UNC, "due_date_of_revival") == row
        record = rows_of(officer_client.engine, SUSPENDED, number)[-1]
        assert columns(
            record,
            "sr_no",
            "suspension_source",
            "reason_of_suspension",
            "officer_authorising_suspension",
            "date_of_suspension",
            "due_date_of_revival",
            "suspension_remarks",
            "date_of_revival",
        ) == (sr_no, "OCMS", "HST", OFFICER, local(NOW), due, "HST Suspension - Address invalid", None)


@pytest.mark.rule("F20")
def test_who_stood_in_the_role_leaves_nothing_in_it_but_their_other_addresses(
    officer_client: OfficerClient,
) -> None:
    put(
        officer_client.engine,
        ADDR,
        *(
            {"notice_no": NUMBER, "owner_driver_indicator": "O", "type_of_address": kind, "blk_hse_no": "9"}
            for kind in ("furnished_mail", "lta_reg")
        ),
    )
    bare = Person("P", "E1", "ANN")
    assert isinstance(
        officer_client.furnish("O", person=bare, address=None, detail=FurnishDetail()), ActionOutcome
    )
    (owner,) = rows_of(officer_client.engine, ONOD, NUMBER)
    assert columns(
        owner,
        "id_no",
        "email_addr",
        "offender_tel_no",
        "life_status",
        "lta_entity_type",
        "mha_dh_check_allow",
    ) == ("E1", None, None, None, None, "Y")
    assert [row["blk_hse_no"] for row in rows_of(officer_client.engine, ADDR, NUMBER)] == [None, "9"]
    (kept,) = rows_of(officer_client.engine, schema.ocms_offender_history, NUMBER)
    assert columns(
        kept,
        "action",
        "officer",
        "owner_driver_indicator",
        "former_current_indicator",
        "former_offender_indicator",
        "former_id_no",
        "former_name",
        "former_tel_no",
        "former_blk_hse_no",
        "prev_processing_stage",
        "new_processing_stage",
    ) == ("FURNISH", OFFICER, "O", "O", "Y", "S9876543B", OWNER.name, "61234567", "9", "RD1", "RD1")


@pytest.mark.rule("F20", "H2")
def test_nothing_said_of_a_former_address_holds_for_the_one_furnished(officer_client: OfficerClient) -> None:
    put(
        officer_client.engine,
        ADDR,
        {
            "notice_no": NUMBER,
            "owner_driver_indicator": "H",
            "type_of_address": "furnished_mail",
            "blk_hse_no": "9",
            "invalid_addr_tag": "G",
            "error_code": "E1",
        },
    )
    put_person(officer_client.engine, NUMBER, "H", OWNER)
    officer_client.furnish("H")
    (address,) = rows_of(officer_client.engine, ADDR, NUMBER)
    assert columns(
        address,
        "blk_hse_no",
        "invalid_addr_tag",
        "error_code",
        "effective_date",
        "processing_date_time",
    ) == ("123", None, None, local(NOW), local(NOW))


@pytest.mark.rule("F40")
def test_an_update_leaves_identity_indicator_and_stage_alone(officer_client: OfficerClient) -> None:
    assert isinstance(officer_client.update("O", name="NEW NAME", email=None), ActionOutcome)
    (owner,) = rows_of(officer_client.engine, ONOD, NUMBER)
    assert columns(
        owner,
        "id_no",
        "name",
        "email_addr",
        "offender_tel_no",
        "offender_indicator",
        "is_sync",
        "life_status",
    ) == ("S9876543B", "NEW NAME", None, "61234567", "Y", "N", "A")
    (von,) = rows_of(officer_client.engine, VON, NUMBER)
    assert columns(von, "last_processing_stage", "is_sync", "upd_date") == ("RD1", "Y", None)


@pytest.mark.rule("F41")
def test_what_was_written_is_read_back(officer_client: OfficerClient) -> None:
    officer_client.furnish("H")
    with officer_client.stores.reading() as reader:
        notice = reader.notice(NUMBER)
        assert reader.notice("NOBODY") is None
    assert notice
    assert notice.holders["H"].person == JOHN
    assert notice.holders["H"].address == ORCHARD
    assert notice.holders["H"].detail == EMPLOYEE
    assert notice.holders["O"].person == OWNER
    assert (notice.holders["O"].address, notice.holders["O"].detail) == (None, None)


@pytest.mark.rule("F20")
def test_the_past_of_a_notice_is_read_back(officer_client: OfficerClient) -> None:
    officer_client.furnish("H")
    officer_client.redirect("H", "O")
    put(
        officer_client.engine,
        schema.ocms_change_of_processing,
        {
            "notice_no": NUMBER,
            "date_of_change": local(NOW),
            "new_processing_stage": "RD1",
            "authorised_officer": "OIC9",
        },
    )
    put(
        officer_client.engine,
        schema.ocms_suspended_notice,
        {
            "notice_no": NUMBER,
            "date_of_suspension": local(NOW),
            "sr_no": 1,
            "suspension_source": "OCMS",
            "suspension_type": "TS",
            "reason_of_suspension": "HST",
            "officer_authorising_suspension": "OIC8",
        },
    )
    put(officer_client.engine, schema.ocms_court_case, {"notice_no": NUMBER})
    with officer_client.stores.reading() as reader:
        past = reader.history(NUMBER)
        assert reader.history("NOBODY") is None
    assert past
    assert [(kept.action, kept.role) for kept in past.offenders] == [("FURNISH", "H"), ("REDIRECT", "O")]
    former = past.offenders[1].former
    assert former
    assert former.person == OWNER
    assert past.offenders[0].former is None
    assert [change.officer for change in past.stage_changes] == ["OIC9"]
    assert [suspension.officer for suspension in past.suspensions] == ["OIC8"]
    assert past.court
    assert past.payment is None


@pytest.mark.rule("F23", "G13")
@pytest.mark.parametrize("kind", ["redirect x redirect", "furnish x redirect"])
def test_after_a_race_there_is_exactly_one_current_offender(officer_client: OfficerClient, kind: str) -> None:
    numbers = [officer_client.new_notice() for _ in range(RACES)]
    start = Barrier(2)

    def first(number: str) -> ActionOutcome | Refusal:
        start.wait()
        return (
            officer_client.redirect("O", "H", number)
            if kind.startswith("redirect")
            else officer_client.furnish("H", number)
        )

    def second(number: str) -> ActionOutcome | Refusal:
        start.wait()
        return officer_client.redirect("O", "D", number)

    with ThreadPoolExecutor(2) as pool:
        for number in numbers:
            outcomes = [call.result() for call in (pool.submit(first, number), pool.submit(second, number))]
            won = [outcome for outcome in outcomes if isinstance(outcome, ActionOutcome)]
            assert won
            for outcome in outcomes:
                if isinstance(outcome, Refusal):
                    assert outcome.code in {NOT_CURRENT_OFFENDER, NOT_FURNISHABLE}
            assert len(current_roles(officer_client.engine, number)) == 1
            history = rows_of(officer_client.engine, schema.ocms_offender_history, number)
            assert len(history) == len(won), "one row of history for each that won"


@pytest.mark.rule("G9")
def test_an_action_costs_the_same_statements_whatever_stands_at_the_notice(
    officer_client: OfficerClient,
) -> None:
    crowded = officer_client.new_notice()
    for role in "HDR":
        put_person(officer_client.engine, crowded, role, OWNER)
    for _ in range(3):
        officer_client.redirect("O", "H", crowded)
        officer_client.redirect("H", "O", crowded)
    counts = []
    for number in (NUMBER, crowded):
        with recorded(officer_client.engine) as statements:
            assert isinstance(officer_client.furnish("H", number), ActionOutcome)
        counts.append(len(statements))
    # Identity lock (not on SQLite); notice, people and HST list read; seven kinds of rows written, the
    # outbox last; what was before read for the audit row, and that.
    assert counts == [12 if officer_client.engine.name == "sqlite" else 13] * 2


class Model(RuleBasedStateMachine):
    """A notice as officers work on it, beside the little that has to be known to say what must come of it."""

    officer_client: OfficerClient

    def __init__(self) -> None:
        super().__init__()
        self.number = self.officer_client.new_notice(last_processing_stage="ENA")
        self.stage = "ENA"
        self.people = {"O": "S9876543B"}
        self.current: str | None = "O"
        self.first: ActionOutcome | None = None
        self.actions = 0

    def took(self, role: str, identity: str, stage: str, first: ActionOutcome | None = None) -> None:
        self.people[role], self.current, self.stage = identity, role, stage
        self.first = first
        self.actions += 1

    @rule(role=st.sampled_from("OHD"), identity=st.sampled_from(["S1234567A", "F1234567B", "T7654321C"]))
    def furnish(self, role: str, identity: str) -> None:
        outcome = self.officer_client.furnish(role, self.number, person=evolve(JOHN, id_no=identity))
        if self.first and (role, identity) == (self.current, self.people.get(role)):
            assert outcome == self.first
            return
        if self.stage.startswith("D"):
            assert outcome == Refusal(NOT_FURNISHABLE)
            return
        assert isinstance(outcome, ActionOutcome)
        assert outcome.answer.detail
        assert outcome.answer.detail.created is (role not in self.people)
        after = "DN1" if role == "D" else "RD2" if (role, self.stage) == ("H", "RD1") else "RD1"
        self.took(role, identity, after, outcome)

    @rule(from_role=st.sampled_from("OHD"), to_role=st.sampled_from("OHD"))
    def redirect(self, from_role: str, to_role: str) -> None:
        outcome = self.officer_client.redirect(from_role, to_role, self.number)
        refused: Code | None = None
        if from_role == to_role:
            refused = REDIRECT_SAME_ROLE
        elif from_role != self.current:
            refused = NOT_CURRENT_OFFENDER
        if refused:
            assert outcome == Refusal(refused)
            return
        assert isinstance(outcome, ActionOutcome)
        self.took(to_role, JOHN.id_no, "DN1" if to_role == "D" else "RD1")

    @precondition(lambda self: self.current is not None)
    @rule(name=st.sampled_from(["A", "B"]))
    def update(self, name: str) -> None:
        assert self.current
        assert isinstance(self.officer_client.update(self.current, self.number, name=name), ActionOutcome)
        self.first = None
        self.actions += 1

    @invariant()
    def exactly_one_current_offender_and_everything_as_expected(self) -> None:
        assert current_roles(self.officer_client.engine, self.number) == [self.current]
        rows = rows_of(self.officer_client.engine, ONOD, self.number)
        assert {row["owner_driver_indicator"]: row["id_no"] for row in rows} == self.people
        (von,) = rows_of(self.officer_client.engine, VON, self.number)
        assert von["last_processing_stage"] == self.stage
        assert (
            len(rows_of(self.officer_client.engine, schema.ocms_offender_history, self.number))
            == self.actions
        )


@pytest.mark.rule("F23", "F20", "F24", "F31", "F40")
def test_any_sequence_of_actions_leaves_what_the_model_expects(officer_client: OfficerClient) -> None:
    machine = type("Machine", (Model,), {"officer_client": officer_client})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15, stateful_step_count=12, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )


def test_every_change_can_be_written_on_sql_server() -> None:
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]
    writer = ChangeWriter(dialect)
    for kind in CHANGE_STATEMENTS:
        _, statement = writer.statement(kind)
        assert str(cast("ClauseElement", statement).compile(dialect=dialect))


@pytest.mark.rule("G2")
def test_nobody_is_named_by_what_is_printed_of_a_request_or_refused_by_the_database(
    officer_client: OfficerClient,
) -> None:
    canary = Person("N", "T7654321Q", "ZWITSCHER" * 20, "z@zwitscher.example", None, "87654321")
    request = FurnishRequest(
        officer_client.new_notice(), "H", canary, MailingAddress("987C"), FurnishDetail("ZWITSCHER")
    )
    given = [
        repr(request),
        repr(ParticularsPatch(NUMBER, "H", {"name": canary.name}, {}, {"remarks": "ZWITSCHER"})),
    ]
    try:
        given.append(repr(officer_client.furnish("H", request.notice_no, person=canary)))
    except OcmsError as fault:
        given.extend(map(repr, (fault, fault.__cause__, fault.__context__ and fault.__suppress_context__)))
    for leak in ("T7654321Q", "ZWITSCHER", "zwitscher", "87654321", "987C"):
        assert not any(leak in each for each in given)


@pytest.mark.rule("G2")
def test_a_look_up_leaves_who_when_what_and_whom_only_as_a_keyed_hash(officer_client: OfficerClient) -> None:
    records = SqlAccessRecords(officer_client.engine, b"k" * 32)
    officer = Principal(OFFICER, Role.OIC, "staff:OIC001")
    records.record_access(officer, Operation.GET_OFFENDERS, ["S1234567A", "s1234567a"], NOW, notice_no=NUMBER)
    (row,) = rows_of(officer_client.engine, schema.ocms_access_record)
    assert columns(row, "principal", "role", "operation", "notice_no", "looked_up_at") == (
        OFFICER,
        "oic",
        "offender-getDetails",
        NUMBER,
        local(NOW),
    )
    assert row["identity_set"] == records.hashed("S1234567A")
    assert SqlAccessRecords(officer_client.engine, b"j" * 32).hashed("S1234567A") != row["identity_set"]
