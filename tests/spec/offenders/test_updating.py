"""What an update refuses, changes and leaves alone."""

from typing import Any

from ocms_core.kernel.changes import AddressFurnished, DetailFurnished, OffenderHistoryKept, OffenderUpdated
from ocms_core.kernel.codes import (
    FIELDS_INVALID,
    NOT_CURRENT_OFFENDER,
    NOTICE_NOT_FOUND,
    OFFENDER_NOT_FOUND,
    PARTICULARS_UPDATED,
    Code,
)
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.request_reader import ParticularsPatch, Violation
from ocms_core.offenders.updating import decide
from tests.support.builders import NOW
from tests.support.cases import Case, outcome, parametrize_cases, written
from tests.support.offender_builders import EMPLOYEE, JOHN, NUMBER, OFFICER, ORCHARD, notice, stands

CURRENT = stands("H", JOHN, current=True, address=ORCHARD, detail=EMPLOYEE)
UNREACHABLE = stands("H", Person("N", "S1234567A", "A", None, "65", "12"), current=True)
ABROAD = stands("H", Person("P", "X1", "A", None, "60", "123456789012"), current=True)
KEPT = OffenderHistoryKept(NUMBER, "H", "UPDATE", OFFICER, NOW, former=CURRENT)


def changed(**parts: Any) -> ParticularsPatch:
    given: dict[str, Any] = {"person": {}, "address": {}, "detail": {}}
    return ParticularsPatch(NUMBER, "H", **{**given, **parts})


def invalid(field: str | None, message: str) -> Refusal:
    return Refusal(FIELDS_INVALID, {"violations": (Violation(field, message),)})


CASES: tuple[Case[OffenderNotice | None, ParticularsPatch, Refusal | Code | None], ...] = (
    Case(
        rule=("F40", "G1"),
        name="only what is given changes, at a court stage too",
        given=notice(CURRENT, stage="CPC"),
        ask=changed(
            person={"name": "JOHN LEE UPDATED"}, address={"block_no": "456"}, detail={"remarks": "Moved"}
        ),
        says=None,
        writes=(
            OffenderUpdated(
                NUMBER,
                "H",
                Person("N", "S1234567A", "JOHN LEE UPDATED", "john.lee@email.com", "65", "91234567"),
            ),
            AddressFurnished(
                NUMBER, "H", MailingAddress("456", "ORCHARD ROAD", "PLAZA TOWER", "01", "01", "238888")
            ),
            DetailFurnished(
                NUMBER,
                "H",
                FurnishDetail("Employee", EMPLOYEE.rental_period_from, EMPLOYEE.rental_period_to, "Moved"),
            ),
            KEPT,
        ),
    ),
    Case(
        rule="F40",
        name="null clears",
        given=notice(CURRENT),
        ask=changed(person={"email": None}),
        says=None,
        writes=(
            OffenderUpdated(NUMBER, "H", Person("N", "S1234567A", "JOHN LEE", None, "65", "91234567")),
            KEPT,
        ),
    ),
    Case(
        rule="F40",
        name="an address given where there was none is written as it is",
        given=notice(stands("H", JOHN, current=True)),
        ask=changed(address={"postal_code": "018989"}),
        says=None,
        writes=(
            AddressFurnished(NUMBER, "H", MailingAddress(postal_code="018989")),
            OffenderHistoryKept(NUMBER, "H", "UPDATE", OFFICER, NOW, former=stands("H", JOHN, current=True)),
        ),
    ),
    Case(rule="F40", name="no such notice", given=None, ask=changed(), says=NOTICE_NOT_FOUND),
    Case(
        rule="F40",
        name="nobody in the role",
        given=notice(stands("O", current=True)),
        ask=changed(),
        says=OFFENDER_NOT_FOUND,
    ),
    Case(
        rule="F40",
        name="not the current offender",
        given=notice(stands("H"), stands("O", current=True)),
        ask=changed(),
        says=NOT_CURRENT_OFFENDER,
    ),
    Case(
        rule=("F40", "U7"),
        name="of two current offenders the second by role",
        given=notice(CURRENT, stands("O", current=True)),
        ask=changed(person={"name": "ANN"}),
        says=NOT_CURRENT_OFFENDER,
    ),
    Case(
        rule=("F40", "U7"),
        name="of two current offenders the first by role is updated",
        given=notice(CURRENT, stands("R", current=True)),
        ask=changed(person={"email": None}),
        says=None,
        writes=(
            OffenderUpdated(NUMBER, "H", Person("N", "S1234567A", "JOHN LEE", None, "65", "91234567")),
            KEPT,
        ),
    ),
    Case(
        rule="F40",
        name="no field at all",
        given=notice(CURRENT),
        ask=changed(),
        says=invalid(None, "No changes detected"),
    ),
    Case(
        rule=("F40", "F51"),
        name="a stored number that is none keeps no other field from changing",
        given=notice(UNREACHABLE),
        ask=changed(person={"name": "ANN"}),
        says=None,
        writes=(
            OffenderUpdated(NUMBER, "H", Person("N", "S1234567A", "ANN", None, "65", "12")),
            OffenderHistoryKept(NUMBER, "H", "UPDATE", OFFICER, NOW, former=UNREACHABLE),
        ),
    ),
    Case(
        rule=("F40", "F51"),
        name="a number is taken away",
        given=notice(UNREACHABLE),
        ask=changed(person={"tel_no": None}),
        says=None,
        writes=(
            OffenderUpdated(NUMBER, "H", Person("N", "S1234567A", "A", None, "65", None)),
            OffenderHistoryKept(NUMBER, "H", "UPDATE", OFFICER, NOW, former=UNREACHABLE),
        ),
    ),
    Case(
        rule=("F40", "F51"),
        name="a new number is judged by the country code that is kept",
        given=notice(CURRENT),
        ask=changed(person={"tel_no": "123456789012"}),
        says=invalid("contactNo", "Invalid contact number"),
    ),
    Case(
        rule=("F40", "F51"),
        name="a new number under the foreign country code that is kept",
        given=notice(ABROAD),
        ask=changed(person={"tel_no": "1234567"}),
        says=None,
        writes=(
            OffenderUpdated(NUMBER, "H", Person("P", "X1", "A", None, "60", "1234567")),
            OffenderHistoryKept(NUMBER, "H", "UPDATE", OFFICER, NOW, former=ABROAD),
        ),
    ),
    Case(
        rule=("F40", "F51"),
        name="a country code taken away makes the kept number one of Singapore",
        given=notice(ABROAD),
        ask=changed(person={"tel_code": None}),
        says=invalid("contactNo", "Invalid contact number"),
    ),
)


@parametrize_cases(CASES)
def test_updating(case: Case[OffenderNotice | None, ParticularsPatch, Refusal | Code | None]) -> None:
    verdict = decide(case.ask, case.given, OFFICER, NOW)
    if isinstance(case.says, Code):
        assert verdict == Refusal(case.says)
    elif case.says:
        assert verdict == case.says
    else:
        assert outcome(verdict) == ((NUMBER, PARTICULARS_UPDATED),)
    assert written(verdict) == case.writes
