"""The requests of contract 3: every field read in the contract's order, and all that is invalid reported."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, TypeAlias, TypeVar

from attrs import field

from ocms_core.kernel import dates, lengths, notice_numbers
from ocms_core.kernel.addresses import POSTAL_CODE
from ocms_core.kernel.codes import FIELDS_INVALID
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.identity_numbers import ID_TYPES, identity
from ocms_core.kernel.notice_numbers import is_notice_no, normal_notice_no
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.texts import is_blank, is_writable, stripped, with_plain_blanks
from ocms_core.kernel.value_objects import value_object
from ocms_core.offenders.facts import ROLES

SINGAPORE_CODE = "65"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
COUNTRY_CODE = re.compile(r"[0-9]{1,3}")
CONTACT_NO = re.compile(r"[0-9]{1,12}")
SINGAPORE_CONTACT_NO = re.compile(r"[0-9]{8}")

LENGTHS: Mapping[str, int] = {
    "noticeNo": lengths.NOTICE_NO,
    "idNo": lengths.ID_NO,
    "name": lengths.NAME,
    "email": lengths.EMAIL,
    "blockNo": lengths.BLOCK_NO,
    "streetName": lengths.STREET_NAME,
    "buildingName": lengths.BUILDING_NAME,
    "floor": lengths.FLOOR_NO,
    "unit": lengths.UNIT_NO,
    "relationship": lengths.RELATIONSHIP,
    "remarks": lengths.REMARKS,
}
"""The longest each text may be (G10); what has a pattern of its own needs no length besides."""

PAGE, LONGEST_PAGE = 20, 100
"""The events of a page of the timeline when no limit is sent, and at most."""

ADDRESS_TEXTS = {"blockNo": "block_no", "streetName": "street_name", "buildingName": "building_name"}
ADDRESS_PARTS = (*ADDRESS_TEXTS.values(), "floor_no", "unit_no", "postal_code")

Body: TypeAlias = Mapping[str, Any]
Parsed = TypeVar("Parsed")


@value_object
class Violation:
    """One field that is not as it must be; None where no single field is to blame."""

    field: str | None
    message: str


@value_object
class RoleRequest:
    """One role of one notice."""

    notice_no: str
    role: str


@value_object
class TimelinePage:
    """A part of the timeline of a notice: `limit` events behind the first `skip`."""

    notice_no: str
    skip: int
    limit: int


@value_object
class FurnishRequest:
    """Everything a furnish or redirect says; `from_role` only of a redirect."""

    notice_no: str
    role: str
    person: Person
    address: MailingAddress | None
    detail: FurnishDetail
    from_role: str | None = None


@value_object
class ParticularsPatch:
    """The fields of an update, each with its new value, None to clear it; others are not there."""

    notice_no: str
    role: str
    person: Mapping[str, Any] = field(repr=False)
    address: Mapping[str, Any] = field(repr=False)
    detail: Mapping[str, Any] = field(repr=False)


class InvalidField(Exception):
    """A field cannot be read; the message is the contract's for that field."""


class FieldReader:
    """Reads the fields of a body one after the other and collects the violations of all of them."""

    def __init__(self, body: object) -> None:
        self.body: Body = body if isinstance(body, Mapping) else {}
        self.violations: list[Violation] = []
        if not isinstance(body, Mapping):
            self.report(None, "Invalid request body")

    def report(self, name: str | None, message: str) -> None:
        """Add one violation."""
        self.violations.append(Violation(name, message))

    def has(self, name: str) -> bool:
        """Return whether a field was sent, be it as null."""
        return name in self.body

    def read(self, name: str, parse: Callable[[Body, str], Any]) -> Any:
        """
        Return one field as `parse` reads it; None, and a violation, when it is invalid.

        Typed Any because `result` returns no request with an invalid field in it.
        """
        try:
            return parse(self.body, name)
        except InvalidField as invalid:
            self.report(name, str(invalid))
            return None

    def result(self, request: Parsed) -> Parsed | Refusal:
        """Return the request, or its refusal for all violations together."""
        return violations_refused(self.violations) if self.violations else request


def violations_refused(violations: list[Violation]) -> Refusal:
    """Return the refusal of a request for its violations, in the contract's order (F52)."""
    return Refusal(FIELDS_INVALID, {"violations": tuple(violations)})


@rule("F52")
def parse_role_request(body: object) -> RoleRequest | Refusal:
    """Read a request about a role of a notice, or report all that is invalid at once, in contract order."""
    reader = FieldReader(body)
    return reader.result(RoleRequest(reader.read("noticeNo", notice_no), reader.read("offenderType", role)))


def parse_notice_request(body: object) -> str | Refusal:
    """Read a request that names a notice only (F52)."""
    reader = FieldReader(body)
    return reader.result(reader.read("noticeNo", notice_no))


def parse_timeline_page(body: object) -> TimelinePage | Refusal:
    """Read a request for a page of a timeline: `skip` is 0 or more, `limit` 1 to 100 (F52)."""
    reader = FieldReader(body)
    number = reader.read("noticeNo", notice_no)
    skip = reader.read("skip", partial(whole_number, least=0, default=0))
    limit = reader.read("limit", partial(whole_number, least=1, most=LONGEST_PAGE, default=PAGE))
    return reader.result(TimelinePage(number, skip, limit))


def parse_furnish(body: object) -> FurnishRequest | Refusal:
    """Read a furnish request (contract 3, 2.2; F50 to F52)."""
    reader = FieldReader(body)
    number, to_role = reader.read("noticeNo", notice_no), reader.read("offenderType", role)
    person, address = read_person(reader), read_mailing_address(reader)
    return reader.result(FurnishRequest(number, to_role, person, address, read_furnish_detail(reader)))


def parse_redirect(body: object) -> FurnishRequest | Refusal:
    """Read a redirect request, which furnishes remarks at most (contract 3, 2.3; F50 to F52)."""
    reader = FieldReader(body)
    number = reader.read("noticeNo", notice_no)
    from_role, to_role = reader.read("fromOffenderType", role), reader.read("toOffenderType", role)
    person, address = read_person(reader), read_mailing_address(reader)
    detail = FurnishDetail(remarks=reader.read("remarks", text))
    return reader.result(FurnishRequest(number, to_role, person, address, detail, from_role))


@rule("F40")
def parse_update(body: object) -> ParticularsPatch | Refusal:
    """Read an update, of which only the fields sent count: null clears one, and a name is never blank."""
    reader = FieldReader(body)
    number, of_role = reader.read("noticeNo", notice_no), reader.read("offenderType", role)
    person = {part: reader.read(name, parse) for name, part, parse in UPDATABLE if reader.has(name)}
    if person.keys() >= {"tel_code", "tel_no"}:
        check_contact_no(reader, person["tel_code"], person["tel_no"])
    address = read_address_parts(reader) or {}
    detail = {"remarks": reader.read("remarks", text)} if reader.has("remarks") else {}
    return reader.result(ParticularsPatch(number, of_role, person, address, detail))


def read_person(reader: FieldReader) -> Person:
    """Read the person who takes the role."""
    kind, number = reader.read("idType", id_type), reader.read("idNo", id_no)
    name, mail = reader.read("name", required_name), reader.read("email", email)
    code, contact = reader.read("countryCode", country_code), reader.read("contactNo", contact_no)
    check_contact_no(reader, code, contact)
    return Person(kind, number, name, mail, code, contact)


@rule("F51")
def check_contact_no(reader: FieldReader, code: str | None, contact: str | None) -> None:
    """Report a telephone number that does not suit its country; of a code that is invalid none is known."""
    is_known = all(each.field != "countryCode" for each in reader.violations)
    if is_known and not is_contact_no_of_country(code, contact):
        reader.report("contactNo", "Invalid contact number")


def read_mailing_address(reader: FieldReader) -> MailingAddress | None:
    """Read the address of the person who takes the role; None when no part of it is given."""
    parts = read_address_parts(reader) or {}
    return MailingAddress(**parts) if any(parts.values()) else None


def read_furnish_detail(reader: FieldReader) -> FurnishDetail:
    """Read relationship, rental period and remarks (F22)."""
    relationship = reader.read("relationship", text)
    start, end = reader.read("rentalPeriodFrom", day), reader.read("rentalPeriodTo", day)
    if ends_before_start(start, end):
        reader.report("rentalPeriodTo", "Rental period ends before it begins")
    return FurnishDetail(relationship, start, end, reader.read("remarks", text))


def read_address_parts(reader: FieldReader) -> dict[str, str | None] | None:
    """Read the parts of the address that were sent; all of them None when it is null, None without one."""
    if not reader.has("address"):
        return None
    sent = reader.body["address"]
    if sent is None:
        return dict.fromkeys(ADDRESS_PARTS)
    if not isinstance(sent, Mapping):
        reader.report("address", "Invalid address")
        return None
    inner = FieldReader(sent)
    parts = {part: inner.read(name, line) for name, part in ADDRESS_TEXTS.items() if inner.has(name)}
    if inner.has("unitNo"):
        parts["floor_no"], parts["unit_no"] = inner.read("unitNo", floor_and_unit_field) or (None, None)
    if inner.has("postalCode"):
        parts["postal_code"] = inner.read("postalCode", postal_code)
    reader.violations.extend(inner.violations)
    return parts


def required_text(body: Body, name: str, message: str) -> str:
    """Return a text without the blanks around it. Raises `InvalidField` when there is none."""
    value = body.get(name)
    if not isinstance(value, str) or is_blank(value):
        raise InvalidField(message)
    return stripped(value)


def optional_text(body: Body, name: str, message: str | None = None) -> str | None:
    """Return a text that may be absent, null or blank, which all mean none. Raises `InvalidField`."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidField(message or f"Invalid {name}")
    return None if value is None or is_blank(value) else stripped(value)


def bounded(name: str, value: str) -> str:
    """Check that a text can be written and fits its column, and return it (F51). Raises `InvalidField`."""
    if not is_writable(value):
        raise InvalidField(f"Invalid {name}")
    if lengths.length_of(value) > LENGTHS[name]:
        raise InvalidField(f"{name} exceeds maximum length ({LENGTHS[name]} characters)")
    return value


def optional_match(body: Body, name: str, pattern: re.Pattern[str], message: str) -> str | None:
    """Return a text of a pattern; None where there is none. Raises `InvalidField`."""
    value = optional_text(body, name, message)
    if value is not None and not pattern.fullmatch(value):
        raise InvalidField(message)
    return value


def word_of(body: Body, name: str, words: Mapping[str, str], missing: str, unknown: str) -> str:
    """Return what one of the words of a table stands for. Raises `InvalidField`."""
    word = required_text(body, name, missing)
    if word not in words:
        raise InvalidField(unknown)
    return words[word]


def text(body: Body, name: str) -> str | None:
    """Return an optional text that fits its column. Raises `InvalidField`."""
    value = optional_text(body, name)
    return value and bounded(name, value)


def line(body: Body, name: str) -> str | None:
    """Return an optional text of one line, its blanks plain (F51). Raises `InvalidField`."""
    value = optional_text(body, name)
    return value and bounded(name, with_plain_blanks(value))


def notice_no(body: Body, name: str) -> str:
    """Return a notice number. Raises `InvalidField`."""
    value = bounded(name, required_text(body, name, "Notice number is required"))
    if not is_notice_no(value):
        raise InvalidField(notice_numbers.INVALID)
    return normal_notice_no(value)


def role(body: Body, name: str) -> str:
    """Return the stored letter of a role. Raises `InvalidField`."""
    return word_of(body, name, ROLES, "Invalid offender type", "Invalid offender type")


def id_type(body: Body, name: str) -> str:
    """Return the stored letter of a kind of identity number. Raises `InvalidField`."""
    return word_of(body, name, ID_TYPES, "ID type is required", "Invalid ID type")


@rule("F50")
def id_no(body: Body, name: str) -> str:
    """
    Return an identity number in capitals if it has the form of its kind; check letters go untested.

    Raises `InvalidField`.
    """
    value = required_text(body, name, "ID number is required")
    kind = body.get("idType")
    word = stripped(kind) if isinstance(kind, str) else ""
    if word not in ID_TYPES:
        return bounded(name, value)
    found = identity(ID_TYPES[word], value)
    if found is None:
        raise InvalidField(f"Invalid {word} format")
    return found[1]


def required_name(body: Body, name: str) -> str:
    """Return a name that is not blank, its blanks plain (F51). Raises `InvalidField`."""
    return bounded(name, with_plain_blanks(required_text(body, name, "Name is required")))


def updated_name(body: Body, name: str) -> str | None:
    """Return the name of an update: null clears it, blank is invalid (F40). Raises `InvalidField`."""
    return None if body[name] is None else required_name(body, name)


def email(body: Body, name: str) -> str | None:
    """Return an e-mail address. Raises `InvalidField`."""
    value = optional_text(body, name, "Invalid email format")
    if value is not None and not (value.isprintable() and EMAIL.fullmatch(bounded(name, value))):
        raise InvalidField("Invalid email format")
    return value


def country_code(body: Body, name: str) -> str | None:
    """Return a telephone country code of one to three digits. Raises `InvalidField`."""
    return optional_match(body, name, COUNTRY_CODE, "Invalid country code")


def contact_no(body: Body, name: str) -> str | None:
    """Return a telephone number of any country. Raises `InvalidField`."""
    return optional_match(body, name, CONTACT_NO, "Invalid contact number")


@rule("K4")
def parse_reversal(body: object, cap: int) -> tuple[str, ...] | Refusal:
    """Return the notices of a reversal, at least one and no more than the cap (K4)."""
    reader = FieldReader(body)
    numbers = reader.read("noticeNos", partial(notice_nos, cap=cap))
    return reader.result(numbers or ())


def notice_nos(body: Body, name: str, *, cap: int) -> tuple[str, ...]:
    """Return a list of notice numbers. Raises `InvalidField`."""
    given = body.get(name)
    if not (isinstance(given, list) and given):
        raise InvalidField("Notice numbers are required")
    if not all(is_notice_no(each) for each in given):
        raise InvalidField(notice_numbers.INVALID)
    if len(given) > cap:
        raise InvalidField(f"Request exceeds maximum batch limit of {cap} notices")
    return tuple(map(normal_notice_no, given))


def postal_code(body: Body, name: str) -> str | None:
    """Return a postal code of six digits. Raises `InvalidField`."""
    return optional_match(body, name, POSTAL_CODE, "Invalid postal code")


def day(body: Body, name: str) -> date | None:
    """Return a calendar day, written as 2025-01-31. Raises `InvalidField`."""
    value = optional_text(body, name)
    found = None if value is None else dates.calendar_day(value)
    if value is not None and found is None:
        raise InvalidField(f"Invalid {name}")
    return found


def floor_and_unit_field(body: Body, name: str) -> tuple[str | None, str | None]:
    """Return the floor and the unit of an address (F51). Raises `InvalidField`."""
    return floor_and_unit(optional_text(body, name))


@rule("F51")
def floor_and_unit(value: str | None) -> tuple[str | None, str | None]:
    """
    Split `#01-02` at its first hyphen into floor 01 and unit 02, a leading # dropped; no hyphen is a unit.

    Raises `InvalidField`.
    """
    if value is None:
        return None, None
    floor, hyphen, unit = (with_plain_blanks(part) for part in value.removeprefix("#").partition("-"))
    if not hyphen:
        floor, unit = "", floor
    return bounded("floor", floor) if floor else None, bounded("unit", unit) if unit else None


def whole_number(body: Body, name: str, *, least: int, default: int, most: int | None = None) -> int:
    """Return a whole number within bounds, the default where it is absent or null. Raises `InvalidField`."""
    value = body.get(name)
    if value is None:
        return default
    if type(value) is not int or value < least or (most is not None and value > most):
        raise InvalidField(f"Invalid {name}")
    return value


def is_contact_no_of_country(code: str | None, number: str | None) -> bool:
    """Return whether a number suits its country: eight digits in Singapore, which no code means (F51)."""
    if number is None or code not in {None, SINGAPORE_CODE}:
        return True
    return SINGAPORE_CONTACT_NO.fullmatch(number) is not None


@rule("F22")
def ends_before_start(start: date | None, end: date | None) -> bool:
    """Return whether a rental period ends before it begins; one day is a period."""
    return start is not None and end is not None and end < start


UPDATABLE: tuple[tuple[str, str, Callable[[Body, str], str | None]], ...] = (
    ("name", "name", updated_name),
    ("email", "email", email),
    ("countryCode", "tel_code", country_code),
    ("contactNo", "tel_no", contact_no),
)
"""The fields of a person an update may change, the part each is stored as, and how it is read."""
