"""What OCMS takes over from the list of VIP vehicles, and what it does not (P41)."""

import pytest

from ocms_core.court.vip_vehicles import (
    LIST_HELD_BACK,
    REFRESH_FAILED,
    RETRIES_EXHAUSTED,
    BadList,
    ListHeldBack,
    check_complete,
    check_shrinking,
    stored_vehicle,
)

GOOD = {"vehicleNo": "ABC1234", "vipVehicle": "Y", "description": "Diplomatic vehicle", "status": "A"}


@pytest.mark.rule("P41")
@pytest.mark.parametrize(
    "changes, kept",
    [
        ({}, ("ABC1234", "Y", "Diplomatic vehicle", "A")),
        ({"status": "ACTIVE"}, ("ABC1234", "Y", "Diplomatic vehicle", "A")),
        ({"status": "D"}, ("ABC1234", "Y", "Diplomatic vehicle", "D")),
        ({"description": None}, ("ABC1234", "Y", "", "A")),
        ({"description": "d" * 255}, ("ABC1234", "Y", "d" * 255, "A")),
        ({"vehicleNo": "A" * 20, "vipVehicle": "N"}, ("A" * 20, "N", "Diplomatic vehicle", "A")),
        ({"unknown": 1}, ("ABC1234", "Y", "Diplomatic vehicle", "A")),
    ],
)
def test_a_vehicle_of_the_contract_is_stored(
    changes: dict[str, object], kept: tuple[str, str, str, str]
) -> None:
    assert stored_vehicle(GOOD | changes, 1) == kept


@pytest.mark.rule("P41")
@pytest.mark.parametrize(
    "changes, name",
    [
        ({"vehicleNo": ""}, "vehicleNo"),
        ({"vehicleNo": " A"}, "vehicleNo"),
        ({"vehicleNo": "sba1234a"}, "vehicleNo"),
        ({"vehicleNo": "SBA-1234"}, "vehicleNo"),
        ({"vehicleNo": "SBÄ1234"}, "vehicleNo"),
        ({"vehicleNo": "A\n"}, "vehicleNo"),
        ({"vehicleNo": "A" * 21}, "vehicleNo"),
        ({"vehicleNo": 5}, "vehicleNo"),
        ({"vehicleNo": None}, "vehicleNo"),
        ({"vehicleNo": "A\0"}, "vehicleNo"),
        ({"vipVehicle": "yes"}, "vipVehicle"),
        ({"vipVehicle": ["Y"]}, "vipVehicle"),
        ({"description": "d" * 256}, "description"),
        ({"description": "\U00020bb7" * 128}, "description"),
        ({"description": 1}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"status": "X"}, "status"),
        ({"status": None}, "status"),
        ({"status": ["A"]}, "status"),
    ],
)
def test_a_malformed_vehicle_spoils_the_list_and_is_not_named(changes: dict[str, object], name: str) -> None:
    with pytest.raises(BadList, match=f"^vehicle 7 has a malformed {name}$"):
        stored_vehicle(GOOD | changes, 7)


@pytest.mark.rule("P41")
@pytest.mark.parametrize("vehicle", [None, "ABC1234", [], 3])
def test_a_vehicle_is_an_object(vehicle: object) -> None:
    with pytest.raises(BadList, match=r"^vehicle 7 is no object$"):
        stored_vehicle(vehicle, 7)


@pytest.mark.rule("P41")
@pytest.mark.parametrize(
    "total, vehicles, message",
    [
        (0, 0, "the list is empty"),
        (None, 0, "the list is empty"),
        *(
            (total, vehicles, f"the total does not say the number of vehicles, {vehicles}")
            for total, vehicles in ((1, 2), (None, 2), ("2", 2), (True, 1))
        ),
    ],
)
def test_an_empty_list_and_a_wrong_total_are_refused(total: object, vehicles: int, message: str) -> None:
    with pytest.raises(BadList, match=f"^{message}$"):
        check_complete(total=total, vehicles=vehicles)


@pytest.mark.rule("P41")
def test_a_total_that_fits_is_accepted() -> None:
    check_complete(total=2, vehicles=2)


@pytest.mark.rule("P41")
@pytest.mark.parametrize(
    "before, after, percent, accepted, held_back",
    [
        (0, 5, 20, False, False),
        (100, 80, 20, False, False),
        (100, 79, 20, False, True),
        (100, 79, 20, True, False),
        (100, 99, 0, False, True),
        (3, 2, 20, False, True),
        (100, 200, 20, False, False),
    ],
)
def test_a_list_may_shrink_by_its_share_only(
    before: int, after: int, percent: int, *, accepted: bool, held_back: bool
) -> None:
    if held_back:
        with pytest.raises(
            ListHeldBack,
            match=f"^the list would shrink from {before} to {after} vehicles and is held back; "
            "`ocms jobs run refresh_vip_vehicle --force --accept` takes it over$",
        ):
            check_shrinking(before=before, after=after, largest_percent=percent, accepted=accepted)
    else:
        check_shrinking(before=before, after=after, largest_percent=percent, accepted=accepted)


@pytest.mark.rule("P40", "P41")
def test_operations_are_told_by_these_subjects() -> None:
    assert RETRIES_EXHAUSTED == "CAS API Refresh VIP Vehicle Failed - All Retries Exhausted"
    assert REFRESH_FAILED == "CAS API Refresh VIP Vehicle Failed"
    assert LIST_HELD_BACK == "CAS API Refresh VIP Vehicle Held Back - List Shrinks"
