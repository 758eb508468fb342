"""The calls of the campaign, what each is about, and what it has to leave behind exactly once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from attrs import define, evolve, field, frozen
from sqlalchemy import Engine, text

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from tests.support import hst_rows, offender_rows
from tests.support.builders import body
from tests.support.http_server import API_2
from tests.support.offender_builders import FURNISH, OWNER, REDIRECT
from tests.support.rows import AUDIT, put, put_notices
from tests.support.stage_rows import in_stage

OFFENDER = "/api/v1/notice/offender"
APPLICATION = {
    "idType": "N",
    "name": "John Tan",
    "postalCode": "123456",
    "blkHseNo": "123",
    "streetName": "Example Street",
    "floorNo": "01",
    "unitNo": "01",
    "bldgName": "Example Building",
}


@frozen
class Effect:
    """
    What stands of a notice: its stage before, and how many rows there are of each kind.

    `changed` are rows of changed stages, `assigned` those of a new offender, `to_deliver` outbox rows of the
    notice, `opened` and `closed` suspension records.
    """

    prev_stage: str | None = None
    changed: int = 0
    assigned: int = 0
    to_deliver: int = 0
    opened: int = 0
    closed: int = 0


UNTOUCHED = Effect()
NOTICES_TO_DELIVER = """
INSERT INTO ocms_outbox (kind, notice_no, cre_user_id)
SELECT 'NOTICE', notice_no, 'other' FROM ocms_valid_offence_notice WHERE notice_no = ANY(:numbers)
"""
OFFENDERS_TO_DELIVER = """
INSERT INTO ocms_outbox (kind, notice_no, owner_driver_indicator, cre_user_id)
SELECT 'OFFENDER', notice_no, owner_driver_indicator, 'other' FROM ocms_offence_notice_owner_driver
WHERE notice_no = ANY(:numbers)
"""


@frozen
class Step:
    """One call: where it goes, who makes it, its body, and what stands after it."""

    path: str
    role: Role
    body: Mapping[str, Any]
    effect: Effect
    key: str = field(factory=lambda: str(uuid4()))


@define
class Subject:
    """
    Notices that nobody else touches, and the calls about them in order.

    `begun` of the calls have been sent at least once, `answered` were acknowledged.
    """

    numbers: Sequence[str]
    steps: Sequence[Step]
    begun: int = 0
    answered: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether every call was acknowledged."""
        return self.answered == len(self.steps)

    def effects(self, since: int) -> list[Effect]:
        """Return what may stand: the calls acknowledged at first, and any sent since, each all or nothing."""
        every = [UNTOUCHED, *(step.effect for step in self.steps)]
        return every[since : self.begun + 1]


Put = Callable[[Engine, Sequence[str]], None]


def in_court(engine: Engine, numbers: Sequence[str]) -> None:
    put_notices(engine, numbers, last_processing_stage="CPC")


def with_driver(engine: Engine, numbers: Sequence[str]) -> None:
    in_stage(engine, numbers, next_processing_stage="DN2")


def with_owner(engine: Engine, numbers: Sequence[str]) -> None:
    for number in numbers:
        offender_rows.put_notice(engine, number)
        offender_rows.put_person(
            engine, number, "O", evolve(OWNER, id_no=identity(number, "O")), current=True
        )


def with_listable(engine: Engine, numbers: Sequence[str]) -> None:
    offender_rows.put(engine, t.ocms_valid_offence_notice, *(hst_rows.notice(each) for each in numbers))
    offender_rows.put(
        engine,
        t.ocms_offence_notice_owner_driver,
        *(hst_rows.offender(each, identity(each, "A")) for each in numbers),
    )


def identity(number: str, letter: str) -> str:
    """Return the identity number of somebody who has to do with one notice alone."""
    return f"S{number[-7:]}{letter}"


def court_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    updates = tuple({"noticeNo": number, "processingStage": "CSD"} for number in numbers)
    asked = body(updates, requestId=str(uuid4()))
    return (Step(API_2, Role.CAS, asked, Effect("CPC", to_deliver=1)),)


def submit_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    items = [{"noticeNo": number, "reason": "SUP", "isConfirmation": True} for number in numbers]
    effect = Effect("DN1", changed=1, to_deliver=1)
    return (Step("/ocms/v1/change-processing-stage", Role.OIC, {"items": items}, effect),)


def submit_reversal_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    reversal = {"items": [{"noticeNo": number} for number in numbers]}
    effect = Effect(changed=2, to_deliver=2)
    return (
        *submit_steps(numbers),
        Step("/ocms/v1/change-processing-stage/reverse", Role.OIC, reversal, effect),
    )


def toppan_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    run = {"noticeNumbers": list(numbers), "currentStage": "DN2", "processingDate": "2025-12-19T00:30:00"}
    effect = Effect("DN1", to_deliver=1)
    return (Step("/ocms/v1/internal/toppan/update-stages", Role.TOPPAN, run, effect),)


def furnish_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    asked = {**FURNISH, "noticeNo": numbers[0], "idNo": identity(numbers[0], "B")}
    return (Step(f"{OFFENDER}/furnish", Role.OIC, asked, Effect("RD1", assigned=1, to_deliver=1)),)


def furnish_reversal_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    effect = Effect(assigned=2, to_deliver=2)
    reversal = {"noticeNos": list(numbers)}
    return (*furnish_steps(numbers), Step(f"{OFFENDER}/reverse", Role.OIC, reversal, effect))


def redirect_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    asked = {**REDIRECT, "noticeNo": numbers[0], "idNo": identity(numbers[0], "B")}
    return (Step(f"{OFFENDER}/redirect", Role.OIC, asked, Effect("RD1", assigned=1, to_deliver=1)),)


def hst_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    id_no = identity(numbers[0], "A")
    revival = {"idNo": id_no, "revivalReason": "New address", "remarks": "found"}
    listed = Effect(opened=1, to_deliver=1)
    return (
        Step("/v1/apply-hst", Role.OIC, {"idNo": id_no, **APPLICATION}, listed),
        Step("/v1/revive-hst", Role.OIC, revival, Effect(opened=0, closed=1, to_deliver=2)),
    )


def hst_reversal_steps(numbers: Sequence[str]) -> tuple[Step, ...]:
    listing, _ = hst_steps(numbers)
    effect = Effect(closed=1, to_deliver=2)
    return (listing, Step("/v1/reverse-hst", Role.OIC, {"idNo": identity(numbers[0], "A")}, effect))


def put_reversal_days(engine: Engine) -> None:
    """Let what was done on one day be taken back on the next, so that a run may last beyond midnight."""
    days = {"parameter_id": "REVERSAL", "code": "DAYS", "description": "days", "value": "2", **AUDIT}
    put(engine, "ocms_parameter", [days])


def put_outbox(engine: Engine, numbers: Sequence[str]) -> None:
    """Put what another system has written into the outbox, as its own deliveries would."""
    with engine.begin() as connection:
        for statement in (NOTICES_TO_DELIVER, OFFENDERS_TO_DELIVER):
            connection.execute(text(statement), {"numbers": list(numbers)})


KINDS: tuple[tuple[str, int, Put, Callable[[Sequence[str]], tuple[Step, ...]]], ...] = (
    ("API 2", 2, in_court, court_steps),
    ("submit", 2, with_driver, submit_steps),
    ("submit taken back", 2, with_driver, submit_reversal_steps),
    ("print run", 3, with_driver, toppan_steps),
    ("furnish", 1, with_owner, furnish_steps),
    ("furnish taken back", 1, with_owner, furnish_reversal_steps),
    ("redirect", 1, with_owner, redirect_steps),
    ("apply and revive", 1, with_listable, hst_steps),
    ("apply taken back", 1, with_listable, hst_reversal_steps),
)
"""The calls by name: how many notices each is about, what puts them in, and its steps."""
