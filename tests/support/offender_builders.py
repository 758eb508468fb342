"""Test data of contract 3: notices with their people, and the contract's own requests."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from attrs import evolve

from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person, RoleHolder
from ocms_core.kernel.suspensions import ShownSuspension, Suspensions
from ocms_core.offenders.effects import RoleAssignment
from ocms_core.offenders.facts import OffenderNotice
from tests.support.builders import SINCE

NUMBER = "500500303J"
OFFICER = "OIC001"
COMPOSITION = Decimal("70.00")

JOHN = Person("N", "S1234567A", "JOHN LEE", "john.lee@email.com", "65", "91234567")
OWNER = Person("N", "S9876543B", "VEHICLE OWNER PTE LTD", "owner@company.com", None, "61234567")
ORCHARD = MailingAddress("123", "ORCHARD ROAD", "PLAZA TOWER", "01", "01", "238888")
EMPLOYEE = FurnishDetail("Employee", date(2025, 1, 1), date(2025, 12, 31), "Furnished by OIC")
NO_DETAIL = FurnishDetail()

ADDRESS: Mapping[str, Any] = {
    "blockNo": "123",
    "streetName": "ORCHARD ROAD",
    "buildingName": "PLAZA TOWER",
    "unitNo": "01-01",
    "postalCode": "238888",
}
FURNISH: Mapping[str, Any] = {
    "noticeNo": NUMBER,
    "offenderType": "HIRER",
    "idType": "NRIC",
    "idNo": "S1234567A",
    "name": "JOHN LEE",
    "email": "john.lee@email.com",
    "countryCode": "65",
    "contactNo": "91234567",
    "address": ADDRESS,
    "relationship": "Employee",
    "rentalPeriodFrom": "2025-01-01",
    "rentalPeriodTo": "2025-12-31",
    "remarks": "Furnished by OIC",
}
REDIRECT: Mapping[str, Any] = {
    "noticeNo": NUMBER,
    "fromOffenderType": "OWNER",
    "toOffenderType": "HIRER",
    "idType": "NRIC",
    "idNo": "S1234567A",
    "name": "JOHN LEE",
    "email": "john.lee@email.com",
    "countryCode": "65",
    "contactNo": "91234567",
    "address": ADDRESS,
    "remarks": "Redirected by OIC",
}
UPDATE: Mapping[str, Any] = {
    "noticeNo": NUMBER,
    "offenderType": "HIRER",
    "name": "JOHN LEE UPDATED",
    "email": "john.lee.new@email.com",
    "countryCode": "65",
    "contactNo": "98765432",
    "address": {
        "blockNo": "456",
        "streetName": "MARINA BAY",
        "buildingName": "TOWER A",
        "unitNo": "02-02",
        "postalCode": "018989",
    },
    "remarks": "Address updated by OIC",
}


def stands(role: str, person: Person = OWNER, *, current: bool = False, **parts: Any) -> RoleHolder:
    """Build somebody in a role, without address or furnished details unless given."""
    return RoleHolder(role, current, person, **parts)


def notice(
    *holders: RoleHolder,
    stage: str = "RD1",
    since: datetime = SINCE,
    suspension_type: str | None = None,
    suspensions: Suspensions | None = None,
) -> OffenderNotice:
    """Build a notice at RD1 with these people in its roles."""
    by_role = {holder.role: holder for holder in holders}
    held = suspensions or Suspensions(ShownSuspension(suspension_type, None, None, None))
    return OffenderNotice(NUMBER, "SNC7392R", stage, since, COMPOSITION, by_role, held)


def assignment(role: str = "H", person: Person = JOHN, **parts: Any) -> RoleAssignment:
    """Build somebody taking a role as in the contract's example."""
    taken = RoleAssignment(NUMBER, role, person, ORCHARD, EMPLOYEE, OFFICER)
    return evolve(taken, **parts)
