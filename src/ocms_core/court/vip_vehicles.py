"""API 3: OCMS takes over the list of VIP vehicles that CAS keeps."""

import re
from collections.abc import Mapping
from typing import Any

from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.lengths import length_of
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

RETRIES_EXHAUSTED = "CAS API Refresh VIP Vehicle Failed - All Retries Exhausted"
REFRESH_FAILED = "CAS API Refresh VIP Vehicle Failed"
LIST_HELD_BACK = "CAS API Refresh VIP Vehicle Held Back - List Shrinks"

VEHICLE_NO = re.compile(r"[A-Z0-9]{1,20}")
"""Capital letters and digits, no longer than the column; no check letter is enforced (G1)."""
LONGEST_DESCRIPTION = 255
STATUSES: Mapping[str, str] = {"A": "A", "ACTIVE": "A", "D": "D"}
"""What CAS calls a vehicle's status, and what is stored: A active, D defunct."""


class BadList(OcmsError):
    """The answer of CAS is not a list to take over; the message says why, without naming a vehicle."""


class ListHeldBack(OcmsError):
    """The list shrinks by more than it may; an administrator decides."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            f"the list would shrink from {before} to {after} vehicles and is held back; "
            "`ocms jobs run refresh_vip_vehicle --force --accept` takes it over"
        )


@value_object
class VipChanges:
    """What a refresh changed: how many vehicles there were and are, and which rows it wrote."""

    before: int
    after: int
    added: int
    changed: int
    removed: int


@rule("P41")
def stored_vehicle(vehicle: object, place: int) -> tuple[str, str, str, str]:
    """
    Return a vehicle as it is stored; one that is not as the contract says spoils the whole list (P41).

    Gives number, VIP mark, description (empty for none) and status as they are stored. `place` counts
    from 1 and is what `BadList` names.
    """
    if not isinstance(vehicle, Mapping):
        raise BadList(f"vehicle {place} is no object")
    number: Any = vehicle.get("vehicleNo")
    mark: Any = vehicle.get("vipVehicle")
    status: Any = vehicle.get("status")
    description: Any = "" if vehicle.get("description") is None else vehicle["description"]
    wrong = (
        ("vehicleNo", not isinstance(number, str) or not VEHICLE_NO.fullmatch(number)),
        ("vipVehicle", mark not in ("Y", "N")),
        ("description", not is_text(description, LONGEST_DESCRIPTION)),
        ("status", not isinstance(status, str) or status not in STATUSES),
    )
    for name, is_wrong in wrong:
        if is_wrong:
            raise BadList(f"vehicle {place} has a malformed {name}")
    return number, mark, description, STATUSES[status]


def is_text(value: Any, longest: int) -> bool:
    """Return whether a value is text that a column of so many characters can keep."""
    return isinstance(value, str) and length_of(value) <= longest and "\0" not in value


@rule("P41")
def check_complete(*, total: object, vehicles: int) -> None:
    """Refuse an empty list, and a total other than the number of vehicles (P41)."""
    if vehicles == 0:
        raise BadList("the list is empty")
    if isinstance(total, bool) or total != vehicles:
        raise BadList(f"the total does not say the number of vehicles, {vehicles}")


@rule("P41")
def check_shrinking(*, before: int, after: int, largest_percent: int, accepted: bool) -> None:
    """Refuse a list that shrinks by more than its share, unless that is accepted manually (P41)."""
    if not accepted and (before - after) * 100 > before * largest_percent:
        raise ListHeldBack(before, after)
