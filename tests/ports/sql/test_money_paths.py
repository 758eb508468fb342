"""The paths of calls that once lost money or moved a notice wrongly, over the stores on both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import mutable
from sqlalchemy import Engine

from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.codes import CPS_PS_BLOCKED, CPS_SUCCESS, INVALID_SUSPENSION_TYPE, SUCCESS, Code
from ocms_core.kernel.decisions import Decision
from ocms_core.offenders import service as offenders
from ocms_core.offenders.effects import RoleAssigned
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.offenders.service import ActionOutcome
from ocms_core.stages import service as stages
from ocms_core.stages.client_checks import PlusChange, ToppanRun
from ocms_core.stages.toppan import ToppanResult
from tests.support.builders import NOW
from tests.support.databases import Databases
from tests.support.hst_rows import hst_database
from tests.support.offender_builders import EMPLOYEE, JOHN, OFFICER, ORCHARD
from tests.support.offender_rows import Undelivered
from tests.support.rows import row_of
from tests.support.stage_builders import item, requested
from tests.support.stage_rows import put_fees

NO = "A"
FINE, WITH_FEE, WITH_SURCHARGE = Decimal("70.00"), Decimal("80.00"), Decimal("110.00")
AUTOMATIC, MANUAL = ToppanResult(1, automatic=1), ToppanResult(1, manual=1)


@mutable
class CalledNotice:
    """One notice in a database; every call on it comes a minute after the one before."""

    engine: Engine
    now: datetime = NOW

    def later(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def stands(self) -> tuple[Any, ...]:
        row = row_of(self.engine, t.ocms_valid_offence_notice, NO)
        names = ("last_processing_stage", "next_processing_stage", "amount_payable")
        return tuple(row[name] for name in (*names, "payment_acceptance_allowed"))

    def cas(self, update: CourtUpdate) -> Code:
        decision = court.update_court_notices([update], stores=SqlCourtStores(self.engine), now=self.later())
        assert isinstance(decision, Decision)
        return decision.answers[0].code

    def officer(self, target: str) -> Code:
        moved = item(NO, change=requested(target, confirmed=True))
        stores = SqlStageStores(self.engine)
        return stages.submit([moved], OFFICER, stores=stores, now=self.later()).answers[0].code

    def plus(self, last: str, target: str) -> bool:
        call = PlusChange((NO,), last, target, None, "D")
        return isinstance(
            stages.plus_change(call, stores=SqlStageStores(self.engine), now=self.later()), Decision
        )

    def print_run(self, stage: str) -> ToppanResult:
        run = ToppanRun((NO,), stage, self.later())
        return stages.update_toppan_stages(run, stores=SqlStageStores(self.engine), now=run.printed_at)

    def furnish(self, role: str, *, from_role: str | None = None) -> RoleAssigned:
        outcome = (offenders.redirect if from_role else offenders.furnish)(
            FurnishRequest(NO, role, JOHN, ORCHARD, EMPLOYEE, from_role=from_role),
            OFFICER,
            stores=SqlOffenderStores(self.engine),
            delivery=Undelivered(),
            now=self.later(),
        )
        assert isinstance(outcome, ActionOutcome)
        taken = outcome.answer.detail
        assert isinstance(taken, RoleAssigned)
        return taken


def at_stage(databases: Databases, stage: str, **columns: Any) -> Iterator[CalledNotice]:
    database = hst_database(databases)
    put_fees(database.engine)
    given = {"last_processing_stage": stage, "payment_acceptance_allowed": "Y", "amount_payable": FINE}
    database.notices([NO], **{**given, **columns})
    yield CalledNotice(database.engine)
    database.engine.dispose()


@pytest.fixture
def notice(databases: Databases, request: pytest.FixtureRequest) -> Iterator[CalledNotice]:
    """Yield a notice of its owner, in the stage and with the columns that the test's mark names."""
    yield from at_stage(databases, **request.param)


def standing(stage: str, **columns: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("notice", [{"stage": stage, **columns}], indirect=True, ids=[stage])


@pytest.mark.rule("S76", "P24")
@standing("CPC", next_processing_stage="CSD", amount_payable=WITH_SURCHARGE)
def test_a_print_run_does_not_move_what_cas_has_moved_into_court(notice: CalledNotice) -> None:
    assert notice.cas(CourtUpdate(NO, processing_stage="CSD")) == SUCCESS
    before = notice.stands()
    assert before == ("CSD", "CSR", WITH_SURCHARGE, "Y")
    for stage in ("CSD", "CSR"):
        expected = f"A: Stage mismatch (expected {stage}, actual CSR)"
        assert notice.print_run(stage) == ToppanResult(1, errors=(expected,))
    assert notice.stands() == before


@pytest.mark.rule("S40", "S76", "U4")
@standing("ROV")
def test_going_further_into_court_never_lowers_what_is_owed(notice: CalledNotice) -> None:
    assert notice.plus("ROV", "CPC")
    assert notice.stands() == ("CPC", "CSD", WITH_SURCHARGE, "Y")
    expected = "A: Stage mismatch (expected CSD, actual CSD)"
    assert notice.print_run("CSD") == ToppanResult(1, errors=(expected,))
    assert notice.stands() == ("CPC", "CSD", WITH_SURCHARGE, "Y")
    assert notice.plus("CPC", "CSD")
    assert notice.stands() == ("CSD", "CSR", WITH_SURCHARGE, "Y")


@pytest.mark.rule("F21", "F31", "U4")
@pytest.mark.parametrize("from_role", [None, "O"], ids=["furnish", "redirect"])
@standing("ENA", payment_acceptance_allowed="N", amount_payable=WITH_FEE)
def test_a_new_offender_owes_the_fine_and_can_pay_it(notice: CalledNotice, from_role: str | None) -> None:
    assert notice.furnish("H", from_role=from_role).new_stage == "RD1"
    assert notice.stands() == ("RD1", "RD1", FINE, "Y")


@pytest.mark.rule("S72", "S73", "F31")
@standing("ROV")
def test_a_stage_begun_anew_after_a_move_by_hand_goes_on(notice: CalledNotice) -> None:
    assert notice.officer("RD1") == CPS_SUCCESS
    assert notice.print_run("RD1") == MANUAL
    assert notice.furnish("H", from_role="O").new_stage == "RD1"
    assert notice.stands()[:2] == ("RD1", "RD1")
    assert notice.print_run("RD1") == AUTOMATIC
    assert notice.print_run("RD2") == AUTOMATIC
    assert notice.stands() == ("RD2", "RR3", FINE, "Y")


@pytest.mark.rule("U4", "P21", "S12", "S76")
@standing(
    "CPC",
    next_processing_stage="CFC",
    suspension_type="PS",
    payment_status="FP",
    crs_reason_of_suspension="FP",
    amount_payable=Decimal("0.00"),
    payment_acceptance_allowed="N",
)
def test_nothing_is_payable_of_a_paid_notice_again(notice: CalledNotice) -> None:
    before = notice.stands()
    assert notice.cas(CourtUpdate(NO, "TS")) == INVALID_SUSPENSION_TYPE
    assert notice.officer("RD1") == CPS_PS_BLOCKED
    assert not notice.plus("CPC", "RD1")
    refused = ToppanResult(1, errors=("A: Notice has permanent suspension",))
    assert notice.print_run("CFC") == refused
    assert notice.stands() == before


@pytest.mark.rule("F24", "F21")
@pytest.mark.parametrize("role, after", [("H", "RD2"), ("D", "DN1")])
@standing("RD1")
def test_a_furnish_sent_again_moves_the_notice_once(notice: CalledNotice, role: str, after: str) -> None:
    first = notice.furnish(role)
    assert first == RoleAssigned(role, created=True, new_stage=after)
    rows = row_of(notice.engine, t.ocms_valid_offence_notice, NO)
    assert notice.furnish(role) == first
    assert row_of(notice.engine, t.ocms_valid_offence_notice, NO) == rows
    assert notice.print_run(after) == AUTOMATIC
    assert notice.furnish(role) == first
    assert notice.stands()[0] == after
