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
