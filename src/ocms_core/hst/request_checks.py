"""What a call of contract 4 must look like before anything is looked up."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ocms_core.kernel import lengths
from ocms_core.kernel.addresses import POSTAL_CODE, RegisteredAddress
from ocms_core.kernel.codes import FIELD_INVALID, FIELD_REQUIRED, HST_BODY_INVALID
from ocms_core.kernel.dates import calendar_day, day_after
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.identity_numbers import FORMS, PASSPORT, STORED_AS, identity
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.texts import is_blank, is_writable, with_plain_blanks
from ocms_core.kernel.value_objects import value_object

ID_TYPES = frozenset({*FORMS, *STORED_AS})
DEFAULT_LIMIT, LARGEST_LIMIT = 10, 100
LARGEST_SKIP = 2**31 - 1

# The parts of an address by their names on the wire, in the contract's order: the length of the
# column behind each, and whether the part may be empty (H3).
ADDRESS_FIELDS: Mapping[str, tuple[str, int, bool]] = {
    "postalCode": ("postal_code", lengths.POSTAL_CODE, False),
    "blkHseNo": ("blk_hse_no", lengths.BLOCK_NO, False),
    "streetName": ("street_name", lengths.STREET_NAME, False),
    "floorNo": ("floor_no", lengths.FLOOR_NO, True),
    "unitNo": ("unit_no", lengths.UNIT_NO, True),
    "bldgName": ("bldg_name", lengths.BUILDING_NAME, True),
}


class InvalidHstField(Exception):
    """A field is missing or wrong; carries the refusal of the call."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal


@value_object
class HstApplication:
    """An identity as an officer wants it on the list."""

    id_no: str
    id_type: str
    name: str
    address: RegisteredAddress


@value_object
class HstUpdate:
    """
    The new name and address of a listed identity.

    `left_out` names the parts of the address that are not given: they keep what is stored.
    """

    id_no: str
    name: str
    address: RegisteredAddress
    left_out: frozenset[str] = frozenset()


@value_object
class HstRevival:
    """A listed identity that is to be revived, and what is kept of why."""

    id_no: str
    remarks: str


@value_object
class HstListQuery:
    """Which rows of the HST list to show: `since` and `before` bound the day of creation."""

    skip: int = 0
    limit: int = DEFAULT_LIMIT
    id_no: str | None = None
    since: date | None = None
    before: date | None = None


def enquiry(body: object) -> str | Refusal:
    """Read whom an officer asks about (H1, H2)."""
    try:
        return id_no_in(fields_of(body))
    except InvalidHstField as wrong:
        return wrong.refusal


@rule("H1", "H3")
def application(body: object) -> HstApplication | Refusal:
    """Read an application: identity, kind, name, address, not always with floor, unit, building (H1, H3)."""
    try:
        fields = fields_of(body)
        id_no, id_type = text(fields, "idNo"), text(fields, "idType")
        if id_type not in ID_TYPES:
            raise invalid_field("idType")
        found = identity(id_type, id_no)
        if found is None:
            raise invalid_field("idNo")
        return HstApplication(found[1], found[0], text(fields, "name", lengths.NAME), address_in(fields))
    except InvalidHstField as wrong:
        return wrong.refusal


@rule("H3", "H6")
def update(body: object) -> HstUpdate | Refusal:
    """Read an update: name and address anew; building, floor or unit that is left out stays (H3, H6)."""
    try:
        fields = fields_of(body)
        return HstUpdate(
            id_no_in(fields),
            text(fields, "name", lengths.NAME),
            address_in(fields),
            frozenset(
                part
                for name, (part, _, may_be_empty) in ADDRESS_FIELDS.items()
                if may_be_empty and name not in fields
            ),
        )
    except InvalidHstField as wrong:
        return wrong.refusal


@rule("H7")
def revival(body: object) -> HstRevival | Refusal:
    """Read a revival, its reason kept as `reason: remarks`, of 200 characters at most, in one line (H7)."""
    try:
        fields = fields_of(body)
        id_no = id_no_in(fields)
        reason = text(fields, "revivalReason", lengths.REMARKS)
        remarks = "" if fields.get("remarks") is None else string(fields, "remarks")
        kept = f"{reason}: {remarks}" if remarks else reason
        if lengths.length_of(kept) > lengths.REMARKS:
            raise invalid_field("remarks")
        return HstRevival(id_no, kept)
    except InvalidHstField as wrong:
        return wrong.refusal


@rule("H8")
def list_query(body: object) -> HstListQuery | Refusal:
    """Read a page of the list: `$skip`, `$limit` (1 to 100, or 10); a blank filter filters nothing."""
    try:
        fields = fields_of(body)
        skip = whole_number(fields, "$skip", 0, LARGEST_SKIP, 0)
        limit = whole_number(fields, "$limit", 1, LARGEST_LIMIT, DEFAULT_LIMIT)
        if not is_set(fields, "filter"):
            return HstListQuery(skip, limit)
        filters = fields["filter"]
        if not isinstance(filters, Mapping):
            raise invalid_field("filter")
        id_no = id_no_in(filters) if is_set(filters, "idNo") else None
        since, last = (
            day(filters, name) if is_set(filters, name) else None for name in ("dateFrom", "dateTo")
        )
        if since and last and last < since:
            raise invalid_field("dateTo")
        return HstListQuery(skip, limit, id_no, since, last and day_after(last))
    except InvalidHstField as wrong:
        return wrong.refusal


def fields_of(body: object) -> Mapping[str, Any]:
    """Take the fields of a body; a body that is no object is invalid."""
    if not isinstance(body, Mapping):
        raise InvalidHstField(Refusal(HST_BODY_INVALID))
    return body


def missing_field(name: str) -> InvalidHstField:
    """Return the error of a field that is missing."""
    return InvalidHstField(Refusal(FIELD_REQUIRED, {"field": name}))


def invalid_field(name: str) -> InvalidHstField:
    """Return the error of a field that is wrong."""
    return InvalidHstField(Refusal(FIELD_INVALID, {"field": name}))


def string(fields: Mapping[str, Any], name: str, longest: int | None = None) -> str:
    """Take a text that is there, empty or not, with plain blanks (F51); a number there is wrong (G7)."""
    value = fields.get(name)
    if value is None:
        raise missing_field(name)
    if not isinstance(value, str) or not is_writable(value):
        raise invalid_field(name)
    line = with_plain_blanks(value)
    if longest and lengths.length_of(line) > longest:
        raise invalid_field(name)
    return line


def text(fields: Mapping[str, Any], name: str, longest: int | None = None) -> str:
    """Take a text that says something."""
    value = string(fields, name, longest)
    if is_blank(value):
        raise missing_field(name)
    return value


def id_no_in(fields: Mapping[str, Any]) -> str:
    """Take an identity number of any kind; the widest form is a passport's."""
    found = identity(PASSPORT, text(fields, "idNo"))
    if found is None:
        raise invalid_field("idNo")
    return found[1]


def address_in(fields: Mapping[str, Any]) -> RegisteredAddress:
    """Take an address, part by part in the contract's order."""
    return RegisteredAddress(**dict(parts_of(fields)))


def parts_of(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Take each part of an address; the postal code has six digits, one that may be empty may be absent."""
    for name, (part, longest, may_be_empty) in ADDRESS_FIELDS.items():
        if may_be_empty and fields.get(name) is None:
            yield part, ""
            continue
        value = string(fields, name, longest) if may_be_empty else text(fields, name, longest)
        if name == "postalCode" and not POSTAL_CODE.fullmatch(value):
            raise invalid_field(name)
        yield part, value


def whole_number(fields: Mapping[str, Any], name: str, least: int, most: int, default: int) -> int:
    """Take a whole number within bounds, or its default where it is not stated."""
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise invalid_field(name)
    return value


def is_set(fields: Mapping[str, Any], name: str) -> bool:
    """Return whether a filter is set; a blank one is not."""
    value = fields.get(name)
    return value is not None and not (isinstance(value, str) and is_blank(value))


def day(filters: Mapping[str, Any], name: str) -> date:
    """Take a calendar day, as 2025-01-31."""
    found = calendar_day(string(filters, name))
    if found is None:
        raise invalid_field(name)
    return found
