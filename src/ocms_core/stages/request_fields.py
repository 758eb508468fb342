"""How the fields of a contract 2 call are read, and refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ocms_core.kernel import codes, lengths
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import timestamp
from ocms_core.kernel.notice_numbers import HYPHENATED, normal_notice_no
from ocms_core.kernel.rule_tags import rule

# No change of stage is older, or planned for later; arithmetic beyond would leave the calendar.
YEARS = range(1900, 3000)

TOO_LONG = "must be at most {most} characters"
NOT_TEXT = "must be text"
NOT_YES_NO = "must be true or false"
NOT_A_DATE = "must be a date as yyyy-MM-dd"
NOT_A_NUMBER = "must be 1 to 10 letters, digits or hyphens"
NOT_AN_OBJECT = "must be a list of objects"


class InvalidRequest(Exception):
    """A call that is malformed; `notice_no` is the item to blame where it is one item."""

    def __init__(self, code: Code, notice_no: str = "", *, too_large: bool = False) -> None:
        super().__init__()
        self.code = code
        self.notice_no = notice_no
        self.too_large = too_large


def invalid_field(name: str, problem: str, notice_no: str = "") -> InvalidRequest:
    """Return the refusal of one field."""
    return InvalidRequest(codes.CPS_INVALID_FIELD.worded(field=name, problem=problem), notice_no)


@rule("G7")
def word(given: Mapping[str, Any], name: str, notice_no: str = "") -> str | None:
    """Read a text of any length, which no column has to hold; blank is as good as absent (G7)."""
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not is_encodable(value):
        raise invalid_field(name, NOT_TEXT, notice_no)
    return value if value.strip() else None


@rule("G10")
def text(given: Mapping[str, Any], name: str, most: int, notice_no: str = "") -> str | None:
    """Read a text; one its column cannot hold is refused, never cut; blank is as good as absent."""
    value = word(given, name, notice_no)
    if value and "\x00" in value:
        raise invalid_field(name, NOT_TEXT, notice_no)
    if value and lengths.length_of(value) > most:
        raise invalid_field(name, TOO_LONG.format(most=most), notice_no)
    return value


def is_encodable(value: str) -> bool:
    """Return whether a text can be written down at all: half a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def flag(given: Mapping[str, Any], name: str, notice_no: str) -> bool:
    """Read a yes or no; absent is no."""
    value = given.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid_field(name, NOT_YES_NO, notice_no)
    return bool(value)


@rule("S10", "S20")
def number(given: Mapping[str, Any]) -> str:
    """Read the notice number of an item; a text that no notice can have is an unknown one (S10, S20)."""
    value = word(given, "noticeNo")
    if value is None:
        raise InvalidRequest(codes.CPS_NOTICE_NO_REQUIRED)
    return normal_notice_no(value)


def fields(body: object) -> Mapping[str, Any]:
    """Take a body's fields; a body that is no object has none."""
    return body if isinstance(body, Mapping) else {}


def objects_in(given: Mapping[str, Any], name: str, empty: Code) -> Sequence[Mapping[str, Any]]:
    """Read a list of objects that has something in it."""
    value = given.get(name)
    if not (isinstance(value, list) and value):
        raise InvalidRequest(empty)
    if not all(isinstance(each, Mapping) for each in value):
        raise invalid_field(name, NOT_AN_OBJECT)
    return value


@rule("G8")
def check_count(many: int, cap: int) -> None:
    """Refuse more items than the cap, when every field is right: what is malformed comes first (G8)."""
    if many > cap:
        raise InvalidRequest(codes.CPS_TOO_MANY.worded(cap=cap), too_large=True)


def in_capitals(value: str | None) -> str | None:
    """Write a text the way the tables keep it."""
    return value and value.upper()


@rule("S27")
def plate(value: str | None) -> str | None:
    """Return a plate in normal form, its letters and digits in capitals; None where it has none (S27)."""
    return None if value is None else "".join(filter(str.isalnum, value.upper())) or None


def moment(value: object) -> datetime | None:
    """Read a moment as ISO 8601; None when it is none."""
    read = timestamp(value) if isinstance(value, str) else None
    return read if read and read.year in YEARS else None


def is_number(value: object) -> bool:
    """Return whether a value can be a notice number."""
    return isinstance(value, str) and HYPHENATED.fullmatch(value) is not None
