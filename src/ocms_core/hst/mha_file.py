"""
The files exchanged with MHA, as text: requests, responses and their control files.

Records have a fixed width, one a line; positions count characters, or bytes in a line that has its
full width only in bytes. Reading never fails: it returns the records or a named fault. What is read
from an encoded file is what was encoded.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from enum import Enum, unique
from typing import Any

from attrs import field

from ocms_core.kernel.addresses import MHA, AddressAnswer, RegisteredAddress
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.digests import sha256_hex
from ocms_core.kernel.identity_numbers import FIN, NRIC, identity
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

REQUEST_PREFIX, RESPONSE_PREFIX, CONTROL_PREFIX = "URA2NRO_", "NRO2URA_", "REPORT_"
CONTROL_SUFFIXES = TOTALS_SUFFIX, EXCEPTIONS_SUFFIX = ".TOT", ".EXP"
MOMENT_FORMAT = "%Y%m%d%H%M%S"
MOMENT = re.compile(r"[0-9]{14}")
HEADER_WIDTH, DETAIL_WIDTH, RESPONSE_WIDTH = 33, 56, 238
ENCODING = "utf-8-sig"  # UTF-8, with or without a byte-order mark
END_OF_FILE = "\x1a"  # DOS and mainframe transfers end a text with it
NO_RECORD = b"\xef\xbb\xbf\x1a \t\r\n"  # what stands in a file besides records: marks, blanks, line ends

TAGS: dict[str, str] = {
    "D": "delisted",
    "M": "demolished",
    "F": "fail to report",
    "G": "gone away",
    "I": "invalid",
    "N": "no such number",
    "P": "outdated",
    "S": "overseas",
}
"""What MHA's invalid-address tags mean."""


@unique
class MhaFileFault(Enum):
    """What can be wrong with a file; a faulty file is not applied."""

    NOT_UTF8 = "is not UTF-8"
    ZERO_BYTE = "holds a zero byte"
    CUT = "ends within a record"
    TOO_LONG = "has a record that is too long"
    NEITHER_WIDTH = "has a record that fits neither in characters nor in bytes"
    NO_UIN = "has a record without a valid UIN or FIN"
    BAD_HEADER = "has no proper header"
    BAD_DETAIL = "has a detail record of another width"
    WRONG_COUNT = "has another number of records than its header says"
    BAD_TOTALS = "does not state its totals"
    BAD_EXCEPTION = "has an exception that cannot be read"


@value_object
class UnusableFile:
    """A file that cannot be used: what is wrong, and in which line; never what the line holds."""

    fault: MhaFileFault
    line: int = 0

    def __str__(self) -> str:
        """Return what is wrong, and in which line."""
        return f"{self.fault.value} (line {self.line})" if self.line else self.fault.value


@value_object
class MhaRequest:
    """Whom MHA is asked about, at which moment."""

    asked_at: datetime
    uins: tuple[str, ...]


@rule("H41")
@value_object
class MhaRecord:
    """One answer of MHA about one identity; a date MHA does not know, or does not write as one, is None."""

    uin: str
    name: str = ""
    birth: date | None = None
    address_type: str = ""
    address: RegisteredAddress = field(factory=RegisteredAddress)
    death: date | None = None
    life_status: str = ""
    invalid_tag: str = ""
    ura_reference: str = ""
    batch_time: datetime | None = None
    address_change: date | None = None
    timestamp: datetime | None = None


@value_object
class Totals:
    """What MHA says it has read and found."""

    read: int
    matched: int
    invalid: int
    not_found: int


@value_object
class ExceptionLine:
    """An identity MHA could not answer for."""

    serial: int
    uin: str
    status: str


@value_object
class FieldPosition:
    """Where a value stands in a response: its first position, counted from 1, and its width."""

    name: str
    start: int
    width: int
    read: Callable[[str], Any] = str.strip
    write: Callable[[Any], str] = str


def format_moment(moment: datetime | None) -> str:
    """Write a moment as MHA does: fourteen digits of Singapore time."""
    return "" if moment is None else singapore(moment).strftime("%Y%m%d%H%M%S").zfill(14)


def parse_moment(text: str) -> datetime | None:
    """Read fourteen digits; anything else is no moment."""
    digits = text.strip()
    if not MOMENT.fullmatch(digits):
        return None
    try:
        return singapore(datetime.strptime(digits, MOMENT_FORMAT))  # noqa: DTZ007  # singapore() gives it its zone
    except ValueError:
        return None


def format_day(day: date | None) -> str:
    """Write a day as eight digits."""
    return "" if day is None else day.strftime("%Y%m%d").zfill(8)


def parse_day(text: str) -> date | None:
    """Read eight digits; anything else is no day."""
    found = parse_moment(text.strip() + "000000")
    return None if found is None else found.date()


FIELD_POSITIONS: tuple[FieldPosition, ...] = (
    FieldPosition("uin", 1, 9),
    FieldPosition("name", 10, 66),
    FieldPosition("birth", 76, 8, parse_day, format_day),
    FieldPosition("address_type", 84, 1),
    FieldPosition("blk_hse_no", 85, 10),
    FieldPosition("street_name", 95, 32),
    FieldPosition("floor_no", 127, 2),
    FieldPosition("unit_no", 129, 5),
    FieldPosition("bldg_name", 134, 30),
    FieldPosition("postal_code", 168, 6),
    FieldPosition("death", 174, 8, parse_day, format_day),
    FieldPosition("life_status", 182, 1),
    FieldPosition("invalid_tag", 183, 1),
    FieldPosition("ura_reference", 184, 10),
    FieldPosition("batch_time", 194, 14, parse_moment, format_moment),
    FieldPosition("address_change", 208, 8, parse_day, format_day),
    FieldPosition("timestamp", 216, 23, parse_moment, format_moment),
)
"""The layout of a response record, but for its filler (H41)."""

FILLER = FieldPosition("filler", 164, 4)
DIGITS = {
    place: 8 if place.read is parse_day else 14 for place in FIELD_POSITIONS if place.read is not str.strip
}
ADDRESS_PARTS = frozenset({"blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name", "postal_code"})
ADDRESS_WIDTHS = {place.name: place.width for place in FIELD_POSITIONS if place.name in ADDRESS_PARTS}


def request_name(asked_at: datetime) -> str:
    """Name a request after its moment."""
    return REQUEST_PREFIX + format_moment(asked_at)


@rule("H40")
def encode_request(request: MhaRequest) -> bytes:
    """Encode a request: a header of 33 and a detail of 56 for each identity, without a trailer (H40)."""
    at = format_moment(request.asked_at)
    header = f"{'':9}{at}{len(request.uins):06}{'':4}"
    details = (f"{uin:<9}{'':10}{at}{at:<23}" for uin in request.uins)
    return "".join(f"{line}\n" for line in (header, *details)).encode()


def parse_request(content: bytes) -> MhaRequest | UnusableFile:
    """Read a request, as MHA does (H40)."""
    lines = lines_of(content)
    if isinstance(lines, UnusableFile):
        return lines
    header = lines[0] if lines else ""
    asked_at = parse_moment(header[9:23])
    count = header[23:29]
    if len(header) != HEADER_WIDTH or asked_at is None or not re.fullmatch(r"[0-9]{6}", count):
        return UnusableFile(MhaFileFault.BAD_HEADER, 1)
    for number, line in enumerate(lines[1:], 2):
        if len(line) != DETAIL_WIDTH or not line[:9].strip():
            return UnusableFile(MhaFileFault.BAD_DETAIL, number)
    if int(count) != len(lines) - 1:
        return UnusableFile(MhaFileFault.WRONG_COUNT)
    return MhaRequest(asked_at, tuple(line[:9].strip() for line in lines[1:]))


@rule("H41")
def encode_response(records: Iterable[MhaRecord]) -> bytes:
    """Encode a response: one record of 238 a line (H41)."""
    return "".join(f"{encode_record(record)}\n" for record in records).encode()


def encode_record(record: MhaRecord) -> str:
    """Encode one record, each value at its position."""
    line = [" "] * RESPONSE_WIDTH
    for place in FIELD_POSITIONS:
        value = getattr(record.address if place.name in ADDRESS_PARTS else record, place.name)
        text = place.write(value)[: place.width].ljust(place.width)
        line[place.start - 1 : place.start - 1 + place.width] = text
    return "".join(line)


@rule("H41", "H43")
def parse_response(content: bytes) -> tuple[MhaRecord, ...] | UnusableFile:
    """
    Parse a response: short lines padded, blank ones skipped, bad dates ignored; a file cut is a faulty one.

    A last line of the full width is whole without its end. A line whole in bytes but short in
    characters is read by bytes; one that fits neither is a fault.
    """
    lines = lines_of(content, has_full_width)
    if isinstance(lines, UnusableFile):
        return lines
    records = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line.rstrip()) > RESPONSE_WIDTH:
            return UnusableFile(MhaFileFault.TOO_LONG, number)
        laid_out = by_characters(line)
        if laid_out is None:
            return UnusableFile(MhaFileFault.NEITHER_WIDTH, number)
        record = parse_record(laid_out)
        if uin_of(record.uin) is None:
            return UnusableFile(MhaFileFault.NO_UIN, number)
        records.append(record)
    return tuple(records)


def parse_record(line: str) -> MhaRecord:
    """Read one record of a response, laid out by characters."""
    found = {place.name: place.read(text_at(place, line)) for place in FIELD_POSITIONS}
    address = RegisteredAddress(**{part: found.pop(part) for part in ADDRESS_PARTS})
    return MhaRecord(address=address, **found)


def text_at(place: FieldPosition, line: str) -> str:
    """Return the characters of a field as they stand, blanks and all."""
    return line[place.start - 1 : place.start - 1 + place.width]


@rule("H41")
def by_characters(line: str) -> str | None:
    """
    Return a line with its fields at their positions in characters; None when it fits no layout (H41).

    A line with wide letters may have them at their positions in bytes. The full width decides; in a
    short line, the digits of times and days and the blank filler.
    """
    if line.isascii() or len(line) == RESPONSE_WIDTH:
        return line
    from_bytes = from_byte_positions(line)
    if from_bytes is not None and parse_record(from_bytes) == parse_record(line):
        return line
    fitting = [each for each in (from_bytes, line) if each is not None and fits_layout(each)]
    if len(fitting) == 1:
        return fitting[0]
    return from_bytes if len(line.encode()) == RESPONSE_WIDTH else None


def has_full_width(line: str) -> bool:
    """Return whether a line is whole in characters, or in bytes and no line of characters cut off."""
    if len(line) == RESPONSE_WIDTH:
        return True
    if len(line.encode()) != RESPONSE_WIDTH or fits_layout(line):
        return False
    from_bytes = from_byte_positions(line)
    return from_bytes is not None and fits_layout(from_bytes)


def from_byte_positions(line: str) -> str | None:
    """Return a line of bytes laid out by characters; None when it is too long or a field splits one."""
    content, laid_out = line.rstrip().encode(), [" "] * RESPONSE_WIDTH
    if len(content) > RESPONSE_WIDTH:
        return None
    for place in (*FIELD_POSITIONS, FILLER):
        try:
            text = content[place.start - 1 : place.start - 1 + place.width].decode()
        except UnicodeDecodeError:
            return None
        laid_out[place.start - 1 : place.start - 1 + place.width] = text.ljust(place.width)
    return "".join(laid_out)


def fits_layout(line: str) -> bool:
    """Return whether the filler is blank and each time and day is blank or has all its digits in front."""
    return not text_at(FILLER, line).strip() and all(
        re.fullmatch(rf"[0-9]{{{digits}}}|", text_at(place, line).rstrip())
        for place, digits in DIGITS.items()
    )


def lines_of(
    content: bytes, is_whole: Callable[[str], bool] = lambda _: False
) -> Sequence[str] | UnusableFile:
    """
    Split a file into its lines, without the marks some systems begin or end a text with.

    The last one must be ended or be known to be whole, or the file may have been cut.
    """
    try:
        text = content.decode(ENCODING)
    except UnicodeDecodeError:
        return UnusableFile(MhaFileFault.NOT_UTF8)
    if "\0" in text:
        return UnusableFile(MhaFileFault.ZERO_BYTE)
    *lines, rest = text.split("\n")
    if rest.strip() and rest != END_OF_FILE:
        if not is_whole(rest.removesuffix("\r")):
            return UnusableFile(MhaFileFault.CUT, len(lines) + 1)
        lines.append(rest)
    return [line.removesuffix("\r") for line in lines]


def uin_of(text: str) -> tuple[str, str] | None:
    """Return kind and number of a UIN or FIN; None for any other text."""
    return identity(NRIC, text) or identity(FIN, text)


@rule("H42", "H43")
def known_by(name: str, content: bytes) -> str:
    """
    Return the SHA-256 that a response is known by: of its content, or of its name where it has no record.

    All responses without a record are alike, and each has totals of its own.
    """
    return sha256_hex(content if content.strip(NO_RECORD) else name.encode())


@rule("H42")
def control_names(response_name: str) -> tuple[str, str]:
    """Return the control files of a response: its ending with `.TOT` (totals) and `.EXP` (exceptions)."""
    ending = response_name.removeprefix(RESPONSE_PREFIX)
    return CONTROL_PREFIX + ending + TOTALS_SUFFIX, CONTROL_PREFIX + ending + EXCEPTIONS_SUFFIX


@rule("H42")
def waiting_files(names: Collection[str]) -> tuple[str, ...]:
    """Return the responses without their totals and the control files without their response (H42)."""
    responses = {name for name in names if name.startswith(RESPONSE_PREFIX)}
    belonging = {control for response in responses for control in control_names(response)}
    return tuple(
        name
        for name in sorted(names)
        if (name in responses and control_names(name)[0] not in names)
        or (name.startswith(CONTROL_PREFIX) and name.endswith(CONTROL_SUFFIXES) and name not in belonging)
    )


TOTAL_LINES: dict[str, str] = {
    "read": "TOTAL RECORDS READ",
    "matched": "TOTAL RECORDS MATCHED",
    "invalid": "TOTAL INVALID UIN/FIN",
    "not_found": "TOTAL VALID UIN/FIN NOT FOUND",
}


def encode_totals(totals: Totals) -> bytes:
    """Write the totals, one a line."""
    lines = (f"{label}: {getattr(totals, name)}\n" for name, label in TOTAL_LINES.items())
    return "".join(lines).encode()


def parse_totals(content: bytes) -> Totals | UnusableFile:
    """Read the totals, in whatever order and spacing they stand (H42)."""
    text = content.decode(ENCODING, errors="replace")
    found = {
        name: re.search(
            rf"^[ \t]*{re.escape(label)}[ \t]*:[ \t]*([0-9]{{1,9}})[ \t]*\r?$", text, re.MULTILINE
        )
        for name, label in TOTAL_LINES.items()
    }
    stated = {name: int(match[1]) for name, match in found.items() if match}
    return Totals(**stated) if len(stated) == len(TOTAL_LINES) else UnusableFile(MhaFileFault.BAD_TOTALS)


EXCEPTION = re.compile(r"\s*(\d{1,9})[\s,|]+(\S{1,12}?)[\s,|]+(\S.*?)\s*", re.ASCII)


def encode_exceptions(exceptions: Iterable[ExceptionLine]) -> bytes:
    """Write the exceptions, one a line: serial, id, status."""
    return "".join(f"{each.serial:06} {each.uin:<9} {each.status}\n" for each in exceptions).encode()


def parse_exceptions(content: bytes) -> tuple[ExceptionLine, ...] | UnusableFile:
    """Read the exceptions (H42)."""
    lines = lines_of(content)
    if isinstance(lines, UnusableFile):
        return lines
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            match = EXCEPTION.fullmatch(line)
            if match is None:
                return UnusableFile(MhaFileFault.BAD_EXCEPTION, number)
            found.append(ExceptionLine(int(match[1]), match[2], match[3]))
    return tuple(found)


@rule("H42")
def mismatch(records: Sequence[MhaRecord], totals: Totals, exceptions: Sequence[ExceptionLine]) -> str | None:
    """Return in words what of records, exceptions and totals does not add up; None when all does (H42)."""
    if len(records) != totals.matched:
        return f"{len(records)} records, but {totals.matched} matched"
    unmatched = totals.invalid + totals.not_found
    if len(exceptions) != unmatched:
        return f"{len(exceptions)} exceptions, but {unmatched} invalid or not found"
    if totals.read != totals.matched + unmatched:
        return f"{totals.read} read, but {totals.matched + unmatched} accounted for"
    return None


@rule("H36")
def address_answer(record: MhaRecord, received_at: datetime) -> AddressAnswer:
    """Return an answer, counted from MHA's own time of it, or from its receipt where MHA states none."""
    id_type, id_no = uin_of(record.uin) or (NRIC, record.uin)
    changed_on = record.address_change
    return AddressAnswer(
        id_no=id_no,
        id_type=id_type,
        source=MHA,
        address=record.address,
        answered_at=record.timestamp or record.batch_time or received_at,
        address_type=record.address_type,
        invalid_addr_tag=record.invalid_tag,
        effective_date=None
        if changed_on is None
        else singapore(datetime(changed_on.year, changed_on.month, changed_on.day)),  # noqa: DTZ001  # singapore() gives it its zone
    )
