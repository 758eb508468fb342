"""What each field of a call of contract 3 must look like."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import field

from ocms_core.kernel.identity_numbers import FIN, NRIC, PASSPORT, UEN, identity
from ocms_core.kernel.notice_numbers import is_notice_no
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object
from ocms_core.offenders.facts import ROLES

ID_TYPES: Mapping[str, str] = {"NRIC": NRIC, "FIN": FIN, "UEN": UEN, "PASSPORT": PASSPORT}
"""The stored letter of each kind of identity number, by the contract's word."""

NOTICE_NO_REQUIRED = "Notice number is required"
INVALID_ROLE = "Invalid offender type"
NAME_REQUIRED = "Name is required"

SINGAPORE_CODE = "65"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
COUNTRY_CODE = re.compile(r"[0-9]{1,3}", re.ASCII)
CONTACT_NO = re.compile(r"[0-9]{1,12}", re.ASCII)
SINGAPORE_CONTACT_NO = re.compile(r"[0-9]{8}", re.ASCII)
POSTAL_CODE = re.compile(r"[0-9]{6}", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
LINE_BREAKS = str.maketrans("\r\n\t", "   ")

# The longest each text may be (G10); what has a pattern of its own needs no length besides.
LENGTHS: Mapping[str, int] = {
    "noticeNo": 10,
    "idNo": 12,
    "name": 66,
    "email": 320,
    "blockNo": 10,
    "streetName": 32,
    "buildingName": 65,
    "floor": 3,
    "unit": 5,
    "relationship": 50,
    "remarks": 200,
}


@value_object
class Violation:
    """One field that is not as it must be; None where no single field is to blame."""

    field: str | None
    message: str


class InvalidField(Exception):
    """A field cannot be read; the message is the contract's for that field."""


@value_object
class FieldReader:
    """The fields of a body, read one after the other; what is wrong with any of them is collected."""

    body: Mapping[str, Any] = field(repr=False)
    violations: list[Violation] = field(factory=list)

    def has(self, name: str) -> bool:
        """Tell whether a field was sent, be it as null."""
        return name in self.body

    def required(self, name: str, missing: str) -> str:
        """Read a text that must be there."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise InvalidField(missing)
        return value.strip()

    def optional(self, name: str) -> str | None:
        """Read a text that may be absent, null or blank; all three mean none."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, str):
            raise InvalidField(f"Invalid {name}")
        return None if value is None else value.strip() or None

    def word(self, name: str, words: Mapping[str, str], missing: str, unknown: str) -> str:
        """Read one of the words of a table; give what it stands for."""
        word = self.required(name, missing)
        if word not in words:
            raise InvalidField(unknown)
        return words[word]


def bounded(name: str, text: str | None) -> str | None:
    """
    A text of printable characters that fits its column.

    Counted as SQL Server and the copy on the Internet side count: a character outside the basic plane is two.
    """
    if text is None:
        return None
    if not text.translate(LINE_BREAKS).isprintable():
        raise InvalidField(f"Invalid {name}")
    if len(text.encode("utf-16-le")) > 2 * LENGTHS[name]:
        raise InvalidField(f"{name} exceeds maximum length ({LENGTHS[name]} characters)")
    return text


def patterned(text: str | None, pattern: re.Pattern[str], message: str) -> str | None:
    """Give a text of a pattern, or nothing."""
    if text is not None and not pattern.fullmatch(text):
        raise InvalidField(message)
    return text


def notice_no(form: FieldReader) -> str:
    """Read a notice number: up to ten letters and digits."""
    text = form.required("noticeNo", NOTICE_NO_REQUIRED)
    bounded("noticeNo", text)
    if not is_notice_no(text):
        raise InvalidField("Invalid notice number")
    return text


def role(form: FieldReader, name: str = "offenderType") -> str:
    """Read a role; give its stored letter."""
    return form.word(name, ROLES, INVALID_ROLE, INVALID_ROLE)


def id_type(form: FieldReader) -> str:
    """Read the kind of an identity number; give its stored letter."""
    return form.word("idType", ID_TYPES, "ID type is required", "Invalid ID type")


@rule("F50")
def id_no(form: FieldReader) -> str:
    """An identity number is written in capitals and has the form of its kind; no check letter is tested."""
    text = form.required("idNo", "ID number is required")
    word = form.body.get("idType")
    if not (isinstance(word, str) and word.strip() in ID_TYPES):
        return bounded("idNo", text) or ""
    word = word.strip()
    read = identity(ID_TYPES[word], text)
    if read is None:
        raise InvalidField(f"Invalid {word} format")
    return read[1]


def name(form: FieldReader) -> str:
    """Read a name that must be there."""
    return bounded("name", form.required("name", NAME_REQUIRED)) or ""


def email(form: FieldReader) -> str | None:
    """Read an e-mail address."""
    text = optional_of_kind(form, "email", "Invalid email format")
    if text and not text.isprintable():
        raise InvalidField("Invalid email format")
    return patterned(bounded("email", text), EMAIL, "Invalid email format")


def country_code(form: FieldReader) -> str | None:
    """Read a telephone country code of one to three digits."""
    return patterned(
        optional_of_kind(form, "countryCode", "Invalid country code"), COUNTRY_CODE, "Invalid country code"
    )


def contact_no(form: FieldReader) -> str | None:
    """Read a telephone number; which ones a country has is told by `dialled`."""
    text = optional_of_kind(form, "contactNo", "Invalid contact number")
    return patterned(text, CONTACT_NO, "Invalid contact number")


def dialled(code: str | None, number: str | None) -> bool:
    """A number in Singapore, which no code means too, has eight digits; elsewhere up to twelve (F51)."""
    if number is None or code not in {None, SINGAPORE_CODE}:
        return True
    return SINGAPORE_CONTACT_NO.fullmatch(number) is not None


def optional_of_kind(form: FieldReader, name: str, message: str) -> str | None:
    """Read a text whose wrong type is told in the words of its format."""
    try:
        return form.optional(name)
    except InvalidField:
        raise InvalidField(message) from None


@rule("F51")
def floor_and_unit(text: str | None) -> tuple[str | None, str | None]:
    """`#01-02` is floor 01, unit 02: split at the first hyphen, a leading # dropped; no hyphen is a unit."""
    if text is None:
        return None, None
    floor, hyphen, unit = text.removeprefix("#").strip().partition("-")
    if not hyphen:
        floor, unit = "", floor
    return bounded("floor", floor.strip() or None), bounded("unit", unit.strip() or None)


def day(form: FieldReader, name: str) -> date | None:
    """Read a calendar day, as 2025-01-31."""
    text = form.optional(name)
    try:
        return None if text is None else date.fromisoformat(patterned(text, DAY, f"Invalid {name}") or "")
    except ValueError:
        raise InvalidField(f"Invalid {name}") from None


def postal_code(form: FieldReader) -> str | None:
    """Read a postal code of exactly six digits."""
    text = optional_of_kind(form, "postalCode", "Invalid postal code")
    return patterned(text, POSTAL_CODE, "Invalid postal code")


@rule("F22")
def backwards(first: date | None, last: date | None) -> bool:
    """A rental period does not end before it begins; one day is a period."""
    return first is not None and last is not None and last < first


def whole_number(form: FieldReader, name: str, least: int, most: int | None, default: int) -> int:
    """Read a whole number of a range; absent or null is the default."""
    value = form.body.get(name)
    if value is None:
        return default
    if type(value) is not int or value < least or (most is not None and value > most):
        raise InvalidField(f"Invalid {name}")
    return value
