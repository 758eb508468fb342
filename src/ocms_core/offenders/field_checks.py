"""What the fields of a call of contract 3 must look like, and every one that does not."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from attrs import field, frozen

from ocms_core.kernel.codes import FIELDS_INVALID
from ocms_core.kernel.notices import is_notice_no
from ocms_core.kernel.particulars import Address, FurnishDetail, Person
from ocms_core.kernel.persons import FIN, NRIC, PASSPORT, UEN, identity
from ocms_core.kernel.spec import rule
from ocms_core.kernel.verdicts import Refusal
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

Read = TypeVar("Read")


@frozen
class Violation:
    """One field that is not as it must be; None where no single field is to blame."""

    field: str | None
    message: str


class Wrong(Exception):
    """A field cannot be read; the message is the contract's for that field."""


@frozen
class Form:
    """The fields of a body, read one after the other; what is wrong with any of them is collected."""

    body: Mapping[str, Any]
    violations: list[Violation] = field(factory=list)

    def has(self, name: str) -> bool:
        """Tell whether a field was sent, be it as null."""
        return name in self.body

    def required(self, name: str, missing: str) -> str:
        """Read a text that must be there."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Wrong(missing)
        return value.strip()

    def optional(self, name: str) -> str | None:
        """Read a text that may be absent, null or blank; all three mean none."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, str):
            raise Wrong(f"Invalid {name}")
        return value and (value.strip() or None)

    def word(self, name: str, words: Mapping[str, str], missing: str, unknown: str) -> str:
        """Read one of the words of a table; give what it stands for."""
        word = self.required(name, missing)
        if word not in words:
            raise Wrong(unknown)
        return words[word]


def bounded(name: str, text: str | None) -> str | None:
    """
    A text of printable characters that fits its column.

    Counted as SQL Server and the copy on the Internet side count: a character outside the basic plane is two.
    """
    if text is None:
        return None
    if not text.translate(LINE_BREAKS).isprintable():
        raise Wrong(f"Invalid {name}")
    if len(text.encode("utf-16-le")) > 2 * LENGTHS[name]:
        raise Wrong(f"{name} exceeds maximum length ({LENGTHS[name]} characters)")
    return text


def patterned(text: str | None, pattern: re.Pattern[str], message: str) -> str | None:
    """Give a text of a pattern, or nothing."""
    if text is not None and not pattern.fullmatch(text):
        raise Wrong(message)
    return text


def refused(violations: list[Violation]) -> Refusal:
    """Refuse a call for all its violations together, the first in the contract's order in front."""
    return Refusal(FIELDS_INVALID, {"violations": tuple(violations)})


def notice_no(form: Form) -> str:
    """Read a notice number: up to ten letters and digits."""
    text = form.required("noticeNo", NOTICE_NO_REQUIRED)
    bounded("noticeNo", text)
    if not is_notice_no(text):
        raise Wrong("Invalid notice number")
    return text


def role(form: Form, name: str = "offenderType") -> str:
    """Read a role; give its stored letter."""
    return form.word(name, ROLES, INVALID_ROLE, INVALID_ROLE)


def id_type(form: Form) -> str:
    """Read the kind of an identity number; give its stored letter."""
    return form.word("idType", ID_TYPES, "ID type is required", "Invalid ID type")


@rule("F50")
def id_no(form: Form) -> str:
    """An identity number is written in capitals and has the form of its kind; no check letter is tested."""
    text = form.required("idNo", "ID number is required")
    word = form.body.get("idType")
    if not (isinstance(word, str) and word.strip() in ID_TYPES):
        return bounded("idNo", text) or ""
    word = word.strip()
    read = identity(ID_TYPES[word], text)
    if read is None:
        raise Wrong(f"Invalid {word} format")
    return read[1]


def name(form: Form) -> str:
    """Read a name that must be there."""
    return bounded("name", form.required("name", NAME_REQUIRED)) or ""


def email(form: Form) -> str | None:
    """Read an e-mail address."""
    text = optional_of_kind(form, "email", "Invalid email format")
    if text and not text.isprintable():
        raise Wrong("Invalid email format")
    return patterned(bounded("email", text), EMAIL, "Invalid email format")


def country_code(form: Form) -> str | None:
    """Read a telephone country code of one to three digits."""
    return patterned(
        optional_of_kind(form, "countryCode", "Invalid country code"), COUNTRY_CODE, "Invalid country code"
    )


def contact_no(form: Form) -> str | None:
    """Read a telephone number; which ones a country has is told by `dialled`."""
    text = optional_of_kind(form, "contactNo", "Invalid contact number")
    return patterned(text, CONTACT_NO, "Invalid contact number")


def dialled(code: str | None, number: str | None) -> bool:
    """A number in Singapore, which no code means too, has eight digits; elsewhere it has up to twelve (F51)."""
    return (
        number is None or code not in {None, SINGAPORE_CODE} or bool(SINGAPORE_CONTACT_NO.fullmatch(number))
    )


def optional_of_kind(form: Form, name: str, message: str) -> str | None:
    """Read a text whose wrong type is told in the words of its format."""
    try:
        return form.optional(name)
    except Wrong:
        raise Wrong(message) from None


@rule("F51")
def floor_and_unit(text: str | None) -> tuple[str | None, str | None]:
    """`#01-02` is floor 01, unit 02: split at the first hyphen, a leading # dropped; no hyphen is a unit."""
    if text is None:
        return None, None
    floor, hyphen, unit = text.removeprefix("#").strip().partition("-")
    if not hyphen:
        floor, unit = "", floor
    return bounded("floor", floor.strip() or None), bounded("unit", unit.strip() or None)


def day(form: Form, name: str) -> date | None:
    """Read a calendar day, as 2025-01-31."""
    text = form.optional(name)
    try:
        return None if text is None else date.fromisoformat(patterned(text, DAY, f"Invalid {name}") or "")
    except ValueError:
        raise Wrong(f"Invalid {name}") from None


@frozen
class Asked:
    """One role of one notice."""

    notice_no: str
    role: str


@frozen
class Furnished:
    """Everything a furnish or redirect says; `from_role` only of a redirect."""

    notice_no: str
    role: str
    person: Person
    address: Address | None
    detail: FurnishDetail
    from_role: str | None = None


@frozen
class Changed:
    """The fields an update gives, each with its new value, None to clear it; fields not given are not there."""

    notice_no: str
    role: str
    person: Mapping[str, str | None]
    address: Mapping[str, str | None]
    detail: Mapping[str, str | None]


class Reader:
    """Reads a form field by field, in the contract's order, and keeps what is wrong."""

    def __init__(self, body: object) -> None:
        self.form = Form(body if isinstance(body, Mapping) else {})
        if not isinstance(body, Mapping):
            self.blame(None, "Invalid request body")

    def blame(self, name: str | None, message: str) -> None:
        """Keep one violation."""
        self.form.violations.append(Violation(name, message))

    def of(self, name: str, read: Any, *arguments: Any) -> Any:
        """Read one field; None when it is wrong, which is kept."""
        try:
            return read(*arguments)
        except Wrong as wrong:
            self.blame(name, str(wrong))
            return None

    def text(self, name: str) -> Any:
        """Read an optional text of bounded length."""
        return self.of(name, lambda: bounded(name, self.form.optional(name)))

    def notice_no(self) -> Any:
        """Read the notice number."""
        return self.of("noticeNo", notice_no, self.form)

    def role(self, name: str = "offenderType") -> Any:
        """Read a role."""
        return self.of(name, role, self.form, name)

    def contact(self) -> tuple[Any, Any]:
        """Read country code and number, which must suit each other."""
        code, number = (
            self.of("countryCode", country_code, self.form),
            self.of("contactNo", contact_no, self.form),
        )
        if not dialled(code, number):
            self.blame("contactNo", "Invalid contact number")
        return code, number

    def address(self) -> dict[str, str | None] | None:
        """Read the given parts of the address; None when there is none, every part None when it is null."""
        if not self.form.has("address"):
            return None
        sent = self.form.body["address"]
        if sent is None:
            return dict.fromkeys(
                ("block_no", "street_name", "building_name", "floor_no", "unit_no", "postal_code")
            )
        if not isinstance(sent, Mapping):
            self.blame("address", "Invalid address")
            return None
        return self._parts(Reader(sent))

    def _parts(self, inner: "Reader") -> dict[str, str | None]:
        parts: dict[str, str | None] = {}
        for name, part in (
            ("blockNo", "block_no"),
            ("streetName", "street_name"),
            ("buildingName", "building_name"),
        ):
            if inner.form.has(name):
                parts[part] = inner.text(name)
        if inner.form.has("unitNo"):
            split = inner.of("unitNo", lambda: floor_and_unit(inner.form.optional("unitNo")))
            parts["floor_no"], parts["unit_no"] = split or (None, None)
        if inner.form.has("postalCode"):
            parts["postal_code"] = inner.of("postalCode", postal_code, inner.form)
        self.form.violations.extend(inner.form.violations)
        return parts

    def taking(self, *, with_rental: bool) -> tuple[Person, Address | None, FurnishDetail]:
        """Read who takes the role, where they are reached, and what else was furnished."""
        kind, number = self.of("idType", id_type, self.form), self.of("idNo", id_no, self.form)
        named, mail = self.of("name", name, self.form), self.of("email", email, self.form)
        code, contact = self.contact()
        parts = self.address() or {}
        address = Address(**parts) if any(parts.values()) else None
        detail = self.detail(with_rental=with_rental)
        return Person(kind, number, named, mail, code, contact), address, detail

    def detail(self, *, with_rental: bool) -> FurnishDetail:
        """Read relationship and rental period, which only a furnish has, and the remarks."""
        if not with_rental:
            return FurnishDetail(remarks=self.text("remarks"))
        relationship = self.text("relationship")
        first = self.of("rentalPeriodFrom", day, self.form, "rentalPeriodFrom")
        last = self.of("rentalPeriodTo", day, self.form, "rentalPeriodTo")
        if backwards(first, last):
            self.blame("rentalPeriodTo", "Rental period ends before it begins")
        return FurnishDetail(relationship, first, last, self.text("remarks"))

    def read(self, request: Read) -> Read | Refusal:
        """Give the request when all its fields are right."""
        return refused(self.form.violations) if self.form.violations else request


def postal_code(form: Form) -> str | None:
    """Read a postal code of exactly six digits."""
    text = optional_of_kind(form, "postalCode", "Invalid postal code")
    return patterned(text, POSTAL_CODE, "Invalid postal code")


@rule("F22")
def backwards(first: date | None, last: date | None) -> bool:
    """A rental period does not end before it begins; one day is a period."""
    return first is not None and last is not None and last < first


@rule("F52")
def asked(body: object) -> Asked | Refusal:
    """A call about a role names a notice and a role; all that is wrong is told at once, in contract order."""
    reader = Reader(body)
    return reader.read(Asked(reader.notice_no(), reader.role()))


def notice_asked(body: object) -> str | Refusal:
    """Read a call that names a notice only (F52)."""
    reader = Reader(body)
    return reader.read(reader.notice_no())


def furnished(body: object) -> Furnished | Refusal:
    """Read a furnish (F50 to F52)."""
    reader = Reader(body)
    number, to_role = reader.notice_no(), reader.role()
    return reader.read(Furnished(number, to_role, *reader.taking(with_rental=True)))


def redirected(body: object) -> Furnished | Refusal:
    """Read a redirect (F50 to F52)."""
    reader = Reader(body)
    number, from_role, to_role = (
        reader.notice_no(),
        reader.role("fromOffenderType"),
        reader.role("toOffenderType"),
    )
    return reader.read(Furnished(number, to_role, *reader.taking(with_rental=False), from_role=from_role))


@rule("F40")
def changed(body: object) -> Changed | Refusal:
    """An update has the fields it is given and no others: null clears, absent stays; a name is not blank."""
    reader = Reader(body)
    form = reader.form
    number, of_role = reader.notice_no(), reader.role()
    person: dict[str, str | None] = {}
    if form.has("name"):
        person["name"] = None if form.body["name"] is None else reader.of("name", name, form)
    for field_name, part, read in (
        ("email", "email", email),
        ("countryCode", "tel_code", country_code),
        ("contactNo", "tel_no", contact_no),
    ):
        if form.has(field_name):
            person[part] = reader.of(field_name, read, form)
    address = reader.address() or {}
    detail = {"remarks": reader.text("remarks")} if form.has("remarks") else {}
    return reader.read(Changed(number, of_role, person, address, detail))
