"""Addresses: their parts, what makes one invalid, and when two are the same."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from attrs import asdict, astuple

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

MHA, DATAHIVE = "MHA", "DATAHIVE"
NO_STREET = "NA"
NO_POSTAL_CODE = "000000"
POSTAL_CODE = re.compile(r"[0-9]{6}")
BLANKS = re.compile(r"\s+")


@value_object
class RegisteredAddress:
    """A Singapore address, part by part; a part there is none of is empty."""

    postal_code: str = ""
    blk_hse_no: str = ""
    street_name: str = ""
    floor_no: str = ""
    unit_no: str = ""
    bldg_name: str = ""


@value_object
class AddressAnswer:
    """
    What MHA or DataHive says of where an identity lives.

    `answered_at` is the answering system's own time of the answer, so that a later answer is known as
    such whenever it arrives.
    """

    id_no: str
    id_type: str
    source: str
    address: RegisteredAddress
    answered_at: datetime
    address_type: str = ""
    invalid_addr_tag: str = ""
    effective_date: datetime | None = None


@rule("H37")
def is_invalid_address(address: RegisteredAddress, tag: str) -> bool:
    """Return whether an address is tagged invalid, its street is `NA` or its postal code all zeros (H37)."""
    street = BLANKS.sub("", address.street_name).upper()
    return bool(tag.strip()) or street == NO_STREET or address.postal_code.strip() == NO_POSTAL_CODE


@rule("H37")
def is_address_changed(before: RegisteredAddress, after: RegisteredAddress) -> bool:
    """Return whether any part differs; capitals, blanks and leading zeros of floors do not count (H37)."""
    return normal_form(before) != normal_form(after)


@rule("H37")
def other_parts(
    listed: RegisteredAddress, answered: RegisteredAddress, widths: Mapping[str, int]
) -> Iterator[str]:
    """
    Yield the name of each part an answer gives that is not the listed one, nor the listed one cut (H37).

    `widths` has the widths of the answer's fields by the part's name; a part without one is never cut.
    """
    parts = zip(
        asdict(answered).items(), astuple(listed), normal_form(answered), normal_form(listed), strict=True
    )
    for (name, part), listed_part, normal_part, normal_listed in parts:
        if part.strip() and normal_part != normal_listed and not is_cut(listed_part, part, widths.get(name)):
            yield name


def is_cut(whole: str, part: str, width: int | None) -> bool:
    """
    Return whether a part begins the whole and its field has no room for what comes next.

    A field holds `width` characters or bytes (UTF-8); the blank it may end with is not in the part.
    """
    beginning, text = one_spaced(part).upper(), one_spaced(whole)
    # Capitals may be more letters than the text has, so that their number is no place in the text.
    end = next((end for end in range(len(text)) if text[:end].upper() == beginning), None)
    if width is None or end is None:
        return False
    following = text[end:]
    up_to_next = following[: 1 + len(following) - len(following.lstrip())]
    return len((part.strip() + up_to_next).encode()) > width


def normal_form(address: RegisteredAddress) -> tuple[str, ...]:
    """Return the parts in capitals, without stray blanks, `#`, or leading zeros of floor and unit."""
    parts = RegisteredAddress(*(one_spaced(part).upper() for part in astuple(address)))
    floor, unit = (part.lstrip("#").lstrip("0") for part in (parts.floor_no, parts.unit_no))
    return (parts.postal_code, parts.blk_hse_no, parts.street_name, floor, unit, parts.bldg_name)


def one_spaced(part: str) -> str:
    """Return a part without blanks at its ends and with one between its words."""
    return BLANKS.sub(" ", part).strip()
