"""Everything that happened to a notice, in order."""

import pytest

from ocms_core.kernel.changes import OffenderHistoryKept
from ocms_core.offenders.timeline import (
    CourtMark,
    NoticeHistory,
    PaymentMark,
    TimelineStageChange,
    TimelineSuspension,
    identities,
    newest_first,
)
from tests.support.builders import DOLLARS, DUE, at
from tests.support.offender_builders import JOHN, NUMBER, OFFICER, stands


def day(number: int) -> str:
    return f"2025-01-{number:02}T09:00:00"


FURNISHED = OffenderHistoryKept(
    NUMBER, "H", "FURNISH", OFFICER, at(day(5)), "O", "RD1", "RD2", stands("H", JOHN)
)
PAST = NoticeHistory(
    current=TimelineStageChange(at(day(5)), "RD2", from_stage="RD1"),
    previous=TimelineStageChange(at(day(3)), "RD1"),
    stage_changes=(TimelineStageChange(at(day(2)), "ENA", "ROV", "OIC002", "OCMS", "REC", None),),
    suspensions=(
        TimelineSuspension(
            at(day(4)), "TS", "HST", "OCMS", "OIC003", None, None, at(day(8)), "HAV", "OIC004", "moved"
        ),
    ),
    offenders=(FURNISHED,),
    court=CourtMark(at(day(6)), DUE, None),
    payment=PaymentMark(at(day(7)), "FP", "FP", DOLLARS),
)


@pytest.mark.rule("G4")
def test_everything_is_there_once_newest_first_with_who_did_it() -> None:
    events = [(event.at.day, event.kind, event.officer) for event in newest_first(PAST)]
    assert events == [
        (8, "REVIVAL", "OIC004"),
        (7, "PAYMENT", None),
        (6, "COURT", None),
        (5, "OFFENDER", OFFICER),
        (4, "SUSPENSION", "OIC003"),
        (3, "STAGE", None),
        (2, "STAGE", "OIC002"),
    ]


def test_a_stage_change_on_record_is_not_told_again_from_the_notice_row() -> None:
    past = NoticeHistory(
        current=TimelineStageChange(at(day(5)), "RD2", "RD1"),
        stage_changes=(TimelineStageChange(at(day(5)), "RD2", "RD1", "OIC001"),),
    )
    assert [event.officer for event in newest_first(past)] == ["OIC001"]


def test_the_timeline_tells_whom_it_shows() -> None:
    assert identities(PAST) == ("S1234567A",)
    assert identities(NoticeHistory(current=TimelineStageChange(at(day(5)), "RD2"))) == ()


def test_each_event_says_what_is_on_record_of_it() -> None:
    suspended = {"type": "TS", "reason": "HST"}
    assert [event.what for event in newest_first(PAST)] == [
        {**suspended, "revivalReason": "HAV", "remarks": "moved"},
        {"reason": "FP", "status": "FP", "paid": DOLLARS},
        {"due": DUE, "reason": None},
        {
            "action": "FURNISH",
            "role": "H",
            "formerCurrent": "O",
            "from": "RD1",
            "to": "RD2",
            "former": stands("H", JOHN),
        },
        {**suspended, "source": "OCMS", "due": None, "remarks": None},
        {"from": None, "to": "RD1", "reason": None, "source": None, "remarks": None},
        {"from": "ROV", "to": "ENA", "reason": "REC", "source": "OCMS", "remarks": None},
    ]


def test_a_suspension_that_lasts_has_no_revival_and_says_until_when() -> None:
    lasting = TimelineSuspension(at(day(4)), "TS", "UNC", "OCMS", "OIC003", DUE, "no address")
    past = NoticeHistory(TimelineStageChange(at(day(5)), "RD2"), suspensions=(lasting,))
    (event,) = (event for event in newest_first(past) if event.kind == "SUSPENSION")
    assert event.what == {
        "type": "TS",
        "reason": "UNC",
        "source": "OCMS",
        "due": DUE,
        "remarks": "no address",
    }
    assert [event.kind for event in newest_first(past)] == ["STAGE", "SUSPENSION"]
