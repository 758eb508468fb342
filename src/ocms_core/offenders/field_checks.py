"""Reads the calls of contract 3: every field in the contract's order, and all that is wrong with them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import field

from ocms_core.kernel.codes import FIELDS_INVALID
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object
from ocms_core.offenders import fields
from ocms_core.offenders.fields import FieldReader, InvalidField, Violation

Read = TypeVar("Read")

ADDRESS_TEXTS = {"blockNo": "block_no", "streetName": "street_name", "buildingName": "building_name"}
ADDRESS_PARTS = (*ADDRESS_TEXTS.values(), "floor_no", "unit_no", "postal_code")
CONTACTS = (
    ("email", "email", fields.email),
    ("countryCode", "tel_code", fields.country_code),
    ("contactNo", "tel_no", fields.contact_no),
)


def refused(violations: list[Violation]) -> Refusal:
    """Refuse a call for all its violations together, the first in the contract's order in front."""
    return Refusal(FIELDS_INVALID, {"violations": tuple(violations)})


@value_object
class RoleRequest:
    """One role of one notice."""

    notice_no: str
    role: str


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
    """The fields an update gives, each with its new value, None to clear it; others are not there."""

    notice_no: str
    role: str
    person: Mapping[str, Any] = field(repr=False)
    address: Mapping[str, Any] = field(repr=False)
    detail: Mapping[str, Any] = field(repr=False)


class RequestReader:
    """Reads a form field by field, in the contract's order, and keeps what is wrong."""

    def __init__(self, body: object) -> None:
        self.form = FieldReader(body if isinstance(body, Mapping) else {})
        if not isinstance(body, Mapping):
            self.blame(None, "Invalid request body")

    def blame(self, name: str | None, message: str) -> None:
        """Keep one violation."""
        self.form.violations.append(Violation(name, message))

    def of(self, name: str, read: Callable[..., Any], *arguments: Any) -> Any:
        """Read one field; None when it is wrong, which is kept."""
        try:
            return read(*arguments)
        except InvalidField as wrong:
            self.blame(name, str(wrong))
            return None

    def text(self, name: str) -> Any:
        """Read an optional text of bounded length."""
        return self.of(name, lambda: fields.bounded(name, self.form.optional(name)))

    def notice_no(self) -> Any:
        """Read the notice number."""
        return self.of("noticeNo", fields.notice_no, self.form)

    def role(self, name: str = "offenderType") -> Any:
        """Read a role."""
        return self.of(name, fields.role, self.form, name)

    def contact(self) -> tuple[Any, Any]:
        """Read country code and number, which must suit each other."""
        code = self.of("countryCode", fields.country_code, self.form)
        number = self.of("contactNo", fields.contact_no, self.form)
        if not fields.dialled(code, number):
            self.blame("contactNo", "Invalid contact number")
        return code, number

    def address(self) -> dict[str, str | None] | None:
        """Read the given parts of the address; None when there is none, every part None when it is null."""
        if not self.form.has("address"):
            return None
        sent = self.form.body["address"]
        if sent is None:
            return dict.fromkeys(ADDRESS_PARTS)
        if not isinstance(sent, Mapping):
            self.blame("address", "Invalid address")
            return None
        return self._parts(RequestReader(sent))

    def _parts(self, inner: "RequestReader") -> dict[str, str | None]:
        parts: dict[str, str | None] = {}
        for name, part in ADDRESS_TEXTS.items():
            if inner.form.has(name):
                parts[part] = inner.text(name)
        if inner.form.has("unitNo"):
            split = inner.of("unitNo", lambda: fields.floor_and_unit(inner.form.optional("unitNo")))
            parts["floor_no"], parts["unit_no"] = split or (None, None)
        if inner.form.has("postalCode"):
            parts["postal_code"] = inner.of("postalCode", fields.postal_code, inner.form)
        self.form.violations.extend(inner.form.violations)
        return parts

    def assignment(self, *, with_rental: bool) -> tuple[Person, MailingAddress | None, FurnishDetail]:
        """Read who takes the role, where they are reached, and what else was furnished."""
        kind, number = self.of("idType", fields.id_type, self.form), self.of("idNo", fields.id_no, self.form)
        named, mail = self.of("name", fields.name, self.form), self.of("email", fields.email, self.form)
        code, contact = self.contact()
        parts = self.address() or {}
        address = MailingAddress(**parts) if any(parts.values()) else None
        detail = self.detail(with_rental=with_rental)
        return Person(kind, number, named, mail, code, contact), address, detail

    def detail(self, *, with_rental: bool) -> FurnishDetail:
        """Read relationship and rental period, which only a furnish has, and the remarks."""
        if not with_rental:
            return FurnishDetail(remarks=self.text("remarks"))
        relationship = self.text("relationship")
        first = self.of("rentalPeriodFrom", fields.day, self.form, "rentalPeriodFrom")
        last = self.of("rentalPeriodTo", fields.day, self.form, "rentalPeriodTo")
        if fields.backwards(first, last):
            self.blame("rentalPeriodTo", "Rental period ends before it begins")
        return FurnishDetail(relationship, first, last, self.text("remarks"))

    def read(self, request: Read) -> Read | Refusal:
        """Give the request when all its fields are right."""
        return refused(self.form.violations) if self.form.violations else request


@rule("F52")
def parse_role_request(body: object) -> RoleRequest | Refusal:
    """A call about a role names a notice and a role; all that is wrong is told at once, in contract order."""
    reader = RequestReader(body)
    return reader.read(RoleRequest(reader.notice_no(), reader.role()))


def parse_notice_request(body: object) -> str | Refusal:
    """Read a call that names a notice only (F52)."""
    reader = RequestReader(body)
    return reader.read(reader.notice_no())


LONGEST_PAGE = 100
PAGE = 20


@value_object
class TimelinePage:
    """A part of the timeline of a notice: `limit` events behind the first `skip`."""

    notice_no: str
    skip: int
    limit: int


def parse_timeline_page(body: object) -> TimelinePage | Refusal:
    """Read a call for a page of a timeline: `skip` is 0 or more, `limit` 1 to 100."""
    reader = RequestReader(body)
    number = reader.notice_no()
    skip = reader.of("skip", fields.whole_number, reader.form, "skip", 0, None, 0)
    limit = reader.of("limit", fields.whole_number, reader.form, "limit", 1, LONGEST_PAGE, PAGE)
    return reader.read(TimelinePage(number, skip, limit))


def parse_furnish(body: object) -> FurnishRequest | Refusal:
    """Read a furnish (F50 to F52)."""
    reader = RequestReader(body)
    number, to_role = reader.notice_no(), reader.role()
    return reader.read(FurnishRequest(number, to_role, *reader.assignment(with_rental=True)))


def parse_redirect(body: object) -> FurnishRequest | Refusal:
    """Read a redirect (F50 to F52)."""
    reader = RequestReader(body)
    number = reader.notice_no()
    from_role, to_role = reader.role("fromOffenderType"), reader.role("toOffenderType")
    return reader.read(
        FurnishRequest(number, to_role, *reader.assignment(with_rental=False), from_role=from_role)
    )


@rule("F40")
def parse_update(body: object) -> ParticularsPatch | Refusal:
    """An update has the fields it is given and no others: null clears, absent stays; a name is not blank."""
    reader = RequestReader(body)
    form = reader.form
    number, of_role = reader.notice_no(), reader.role()
    person: dict[str, str | None] = {}
    if form.has("name"):
        person["name"] = None if form.body["name"] is None else reader.of("name", fields.name, form)
    for name, part, read in CONTACTS:
        if form.has(name):
            person[part] = reader.of(name, read, form)
    address = reader.address() or {}
    detail = {"remarks": reader.text("remarks")} if form.has("remarks") else {}
    return reader.read(ParticularsPatch(number, of_role, person, address, detail))
