"""What is known of a person in a role of a notice: identity, contact, address, furnished details."""

from datetime import date

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

OWNER, HIRER, DRIVER, DIRECTOR = "O", "H", "D", "R"
"""The stored letters of the roles of a notice (`owner_driver_indicator`)."""

ROLE_ORDER: tuple[str, ...] = (DRIVER, OWNER, HIRER, DIRECTOR)
"""The roles by who counts where more than one is current; letters of other systems come after them."""


@rule("U7", "S3")
def role_order(role: str) -> tuple[int, str]:
    """Order the roles of a notice by who counts first: driver, owner, hirer, director, then others (U7)."""
    return (ROLE_ORDER.index(role) if role in ROLE_ORDER else len(ROLE_ORDER), role)


@value_object
class Person:
    """An identity with its name and contact; `id_type` is the stored letter N, F, U or P."""

    id_type: str | None
    id_no: str
    name: str | None
    email: str | None = None
    tel_code: str | None = None
    tel_no: str | None = None

    def __repr__(self) -> str:
        """Show nothing of the person, wherever this may be printed."""
        return "Person(...)"


@value_object
class MailingAddress:
    """A mailing address in its parts; a part that is not known is None."""

    block_no: str | None = None
    street_name: str | None = None
    building_name: str | None = None
    floor_no: str | None = None
    unit_no: str | None = None
    postal_code: str | None = None

    def __repr__(self) -> str:
        """Show nothing of the address, wherever this may be printed."""
        return "Address(...)"


@value_object
class FurnishDetail:
    """What was furnished besides: relationship to the owner, rental period, the officer's remarks (F22)."""

    relationship: str | None = None
    rental_period_from: date | None = None
    rental_period_to: date | None = None
    remarks: str | None = None

    def __repr__(self) -> str:
        """Show nothing of what was furnished: remarks may name anybody."""
        return "FurnishDetail(...)"


@value_object
class RoleHolder:
    """
    Who stands in one role of a notice.

    `role` is the stored letter: OWNER, HIRER, DRIVER or DIRECTOR. `address` is the furnished mailing
    address, None when there is none; at most one holder of a notice is its current offender.
    """

    role: str
    is_current: bool
    person: Person
    address: MailingAddress | None = None
    detail: FurnishDetail | None = None
