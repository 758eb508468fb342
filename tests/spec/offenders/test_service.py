"""The offender services, start to end, over stores in memory."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ocms_core.kernel.access import Operation
from ocms_core.kernel.changes import NoticeChanged, OffenderHistoryKept
from ocms_core.kernel.codes import (
    DB_UPDATE,
    NOT_CURRENT_OFFENDER,
    NOTICE_NOT_FOUND,
    NOTICE_REDIRECTED,
    OFFENDER_FURNISHED,
    PARTICULARS_UPDATED,
    REDIRECT_SAME_ROLE,
)
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.idempotency import IdempotencyKey, IdempotentCall, KeyOrigin
from ocms_core.kernel.offender_details import FurnishDetail, RoleHolder
from ocms_core.offenders import service
from ocms_core.offenders.effects import RoleAssigned, RoleAssignment
from ocms_core.offenders.eligibility import eligibility
from ocms_core.offenders.request_reader import (
    FurnishRequest,
    ParticularsPatch,
    RoleRequest,
    parse_furnish,
    parse_redirect,
)
from ocms_core.offenders.service import ActionOutcome
from ocms_core.offenders.timeline import NoticeHistory, TimelineStageChange
from tests.support.builders import NOW, SINCE
from tests.support.in_memory_offenders import InMemoryDelivery, InMemoryOffenderStores
from tests.support.offender_builders import (
    EMPLOYEE,
    FURNISH,
    JOHN,
    NUMBER,
    OFFICER,
    ORCHARD,
    REDIRECT,
    notice,
    stands,
)

OWNED = notice(stands("O", current=True))
PATCH = ParticularsPatch(NUMBER, "O", {"name": "ANN"}, {}, {})

Call = IdempotentCall[Decision[Any]]
Action = Callable[..., ActionOutcome | Refusal]


def furnished(
    stores: InMemoryOffenderStores, delivery: InMemoryDelivery, call: Call | None = None
) -> ActionOutcome | Refusal:
    request = parse_furnish(FURNISH)
    assert isinstance(request, FurnishRequest)
    return service.furnish(request, OFFICER, stores=stores, delivery=delivery, now=NOW, call=call)


def redirected(
    stores: InMemoryOffenderStores, delivery: InMemoryDelivery, call: Call | None = None
) -> ActionOutcome | Refusal:
    request = parse_redirect(REDIRECT)
    assert isinstance(request, FurnishRequest)
    return service.redirect(request, OFFICER, stores=stores, delivery=delivery, now=NOW, call=call)


def updated(
    stores: InMemoryOffenderStores, delivery: InMemoryDelivery, call: Call | None = None
) -> ActionOutcome | Refusal:
    return service.update(PATCH, OFFICER, stores=stores, delivery=delivery, now=NOW, call=call)


def stored() -> InMemoryOffenderStores:
    return InMemoryOffenderStores({NUMBER: OWNED})


@pytest.mark.rule("F10", "F13")
def test_eligibility_is_a_read_and_nothing_else() -> None:
    stores = stored()
    request = RoleRequest(NUMBER, "H")
    assert service.check_eligibility(request, stores=stores) == eligibility(OWNED, "H")
    assert service.check_eligibility(RoleRequest("X", "H"), stores=stores) == Refusal(NOTICE_NOT_FOUND)
    assert (stores.opened, stores.written) == (["reading", "reading"], [])


@pytest.mark.rule("F41")
def test_the_offenders_of_a_notice_are_those_stored() -> None:
    stores = stored()
    assert service.offenders_of(NUMBER, stores=stores) == OWNED
    assert service.offenders_of("X", stores=stores) == Refusal(NOTICE_NOT_FOUND)
    assert stores.opened == ["reading", "reading"]


def test_the_history_of_a_notice_is_the_one_stored() -> None:
    history = NoticeHistory(current=TimelineStageChange(SINCE, "RD1"))
    stores = InMemoryOffenderStores(histories={NUMBER: history})
    assert service.history_of(NUMBER, stores=stores) == history
    assert service.history_of("X", stores=stores) == Refusal(NOTICE_NOT_FOUND)


@pytest.mark.rule("F20", "G4", "G13")
def test_a_furnish_locks_whom_it_furnishes_and_is_the_officers() -> None:
    stores, delivery = stored(), InMemoryDelivery()
    answer = Answer(NUMBER, OFFENDER_FURNISHED, RoleAssigned("H", created=True, new_stage="RD2"))
    assert furnished(stores, delivery) == ActionOutcome(answer, shown_on_internet=True)
    assert stores.opened == ["writing", (NUMBER, "S1234567A")]
    (kept,) = (each for each in stores.written if isinstance(each, OffenderHistoryKept))
    assert (kept.action, kept.officer, kept.at) == ("FURNISH", OFFICER, NOW)


@pytest.mark.rule("F31", "G13")
def test_a_redirect_locks_whom_it_goes_to_and_names_whom_it_left() -> None:
    stores, delivery = stored(), InMemoryDelivery()
    said = RoleAssigned("H", created=True, new_stage="RD1", redirected_from="O")
    answer = Answer(NUMBER, NOTICE_REDIRECTED, said)
    assert redirected(stores, delivery) == ActionOutcome(answer, shown_on_internet=True)
    assert stores.opened == ["writing", (NUMBER, "S1234567A")]
    (kept,) = (each for each in stores.written if isinstance(each, OffenderHistoryKept))
    assert (kept.action, kept.officer, kept.at) == ("REDIRECT", OFFICER, NOW)


@pytest.mark.rule("F40", "F61")
def test_an_update_changes_the_notice_it_names() -> None:
    stores, delivery = stored(), InMemoryDelivery()
    outcome = updated(stores, delivery)
    assert isinstance(outcome, ActionOutcome)
    assert (outcome.answer.key, outcome.answer.code) == (NUMBER, PARTICULARS_UPDATED)
    assert isinstance(outcome.answer.detail, RoleHolder)
    assert outcome.answer.detail.person.name == "ANN"
    assert stores.opened == ["writing"]
    (kept,) = (each for each in stores.written if isinstance(each, OffenderHistoryKept))
    assert (kept.action, kept.officer, kept.at) == ("UPDATE", OFFICER, NOW)


@pytest.mark.rule("F60", "F61")
@pytest.mark.parametrize("action", [furnished, redirected, updated])
def test_an_action_is_delivered_at_once_and_stands_when_the_internet_side_is_away(action: Action) -> None:
    for reachable in (True, False):
        stores, delivery = stored(), InMemoryDelivery(reachable)
        outcome = action(stores, delivery)
        assert isinstance(outcome, ActionOutcome)
        assert outcome.shown_on_internet is reachable
        assert delivery.tried == [(frozenset({NUMBER}), NOW)]
        assert stores.written


@pytest.mark.rule("F60", "F40")
def test_what_the_internet_does_not_show_needs_no_delivery() -> None:
    stores, delivery = stored(), InMemoryDelivery(reachable=False)
    patch = ParticularsPatch(NUMBER, "O", {}, {}, {"remarks": "seen"})
    outcome = service.update(patch, OFFICER, stores=stores, delivery=delivery, now=NOW)
    assert isinstance(outcome, ActionOutcome)
    assert outcome.shown_on_internet
    assert delivery.tried == []


@pytest.mark.rule("F61")
@pytest.mark.parametrize("action", [furnished, redirected, updated])
def test_a_row_the_database_refuses_is_told_and_nothing_is_delivered(action: Action) -> None:
    stores, delivery = stored(), InMemoryDelivery()
    stores.refuses = frozenset({NUMBER})
    assert action(stores, delivery) == Refusal(DB_UPDATE)
    assert (stores.written, delivery.tried) == ([], [])


@pytest.mark.rule("G20")
@pytest.mark.parametrize("action", [furnished, redirected, updated])
def test_an_action_is_dated_after_the_moment_the_notice_entered_its_stage(action: Action) -> None:
    soon = NOW + timedelta(minutes=1)
    delivery = InMemoryDelivery()
    stores = InMemoryOffenderStores({NUMBER: notice(stands("O", current=True), since=soon)})
    assert isinstance(action(stores, delivery), ActionOutcome)
    ((_, moment),) = delivery.tried
    assert moment > soon


@pytest.mark.rule("F10", "F40")
@pytest.mark.parametrize("action", [furnished, redirected, updated])
def test_an_unknown_notice_is_refused(action: Action) -> None:
    stores, delivery = InMemoryOffenderStores(), InMemoryDelivery()
    assert action(stores, delivery) == Refusal(NOTICE_NOT_FOUND)
    assert (stores.written, delivery.tried) == ([], [])


@pytest.mark.rule("F30", "F40")
def test_a_refused_action_writes_and_delivers_nothing() -> None:
    stores, delivery = (
        InMemoryOffenderStores({NUMBER: notice(stands("O"), stands("D", current=True))}),
        (InMemoryDelivery()),
    )
    assert updated(stores, delivery) == Refusal(NOT_CURRENT_OFFENDER)
    same = FurnishRequest(NUMBER, "D", JOHN, ORCHARD, FurnishDetail(), from_role="D")
    said = service.redirect(same, OFFICER, stores=stores, delivery=delivery, now=NOW)
    assert said == Refusal(REDIRECT_SAME_ROLE)
    assert (stores.written, delivery.tried) == ([], [])


@pytest.mark.rule("K1")
@pytest.mark.parametrize("action", [furnished, redirected, updated])
def test_an_action_with_a_key_needs_a_store_that_keeps_answers(action: Action) -> None:
    key = IdempotencyKey(Operation.FURNISH_OFFENDER, "staff:OIC001", KeyOrigin.HEADER, "k", "hash")
    stores = stored()
    with pytest.raises(TypeError, match="keeps no answers"):
        action(stores, InMemoryDelivery(), IdempotentCall(key, lambda _: None))
    assert stores.written == []


@pytest.mark.rule("F20", "G4")
def test_what_is_furnished_is_what_was_asked_by_the_officer_of_the_token() -> None:
    request = FurnishRequest(NUMBER, "H", JOHN, ORCHARD, EMPLOYEE)
    assert service.assignment_of(request, OFFICER) == RoleAssignment(
        NUMBER, "H", JOHN, ORCHARD, EMPLOYEE, OFFICER
    )


@pytest.mark.rule("F20")
def test_a_furnish_begins_the_stage_on_the_notice() -> None:
    stores = stored()
    furnished(stores, InMemoryDelivery())
    (changed,) = (each for each in stores.written if isinstance(each, NoticeChanged))
    assert changed.move
    assert (changed.move.prev_stage, changed.move.stage, changed.move.date) == ("RD1", "RD2", NOW)
