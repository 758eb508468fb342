"""The longest text each kind of field may hold, the widths of the columns, and how it is counted (G10)."""

from ocms_core.kernel.rule_tags import rule

NOTICE_NO = 10
STAGE = 3
OFFENCE_TYPE = 5
VEHICLE_NO = 14
ID_NO = 12
NAME = 66
EMAIL = 320
BLOCK_NO = 10
STREET_NAME = 32
BUILDING_NAME = 65
FLOOR_NO = 3
UNIT_NO = 5
POSTAL_CODE = 6
RELATIONSHIP = 50
REMARKS = 200

# SQL Server counts in its columns, and the copy on the Internet side has room for, units of UTF-16.
UNITS = "utf-16-le"


@rule("G10")
def length_of(text: str) -> int:
    """Return the length of a text as its column counts: a character beyond the basic plane is two (G10)."""
    return len(text) if text.isascii() else len(text.encode(UNITS, "surrogatepass")) // 2


@rule("G10")
def cut(text: str, longest: int) -> str:
    """Return as much of the beginning of a text of ours as a column of `longest` holds (G10)."""
    if length_of(text) <= longest:
        return text
    return text.encode(UNITS, "surrogatepass")[: 2 * longest].decode(UNITS, "ignore")
