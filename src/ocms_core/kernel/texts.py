"""Texts as people type and paste them: which characters they may hold, and blanks of other kinds."""

import re
from unicodedata import category

from ocms_core.kernel.rule_tags import rule

# The characters of Unicode's property White_Space: no-break and ideographic blanks, tabs, ends of lines.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
BLANKS = re.compile(f"[{WHITE_SPACE}]+")
# Control characters, half surrogate pairs, private use, and what is no character yet.
REFUSED = frozenset({"Cc", "Cs", "Co", "Cn"})
FORMAT_CHARACTER = "Cf"


@rule("F51")
def with_plain_blanks(value: str) -> str:
    """Return a text with one plain blank for each run of blanks of any kind, and none around it (F51)."""
    return BLANKS.sub(" ", value).strip(" ")


@rule("F51")
def stripped(value: str) -> str:
    """
    Return a text without the blanks around it (F51).

    `str.strip` would take control characters off too (U+001C to U+001F), before anybody has refused them.
    """
    return value.strip(WHITE_SPACE)


@rule("F51")
def is_writable(value: str) -> bool:
    """Return whether a text is without control characters and the like; joiners may stand in it (F51)."""
    return value.isprintable() or all(BLANKS.match(each) or category(each) not in REFUSED for each in value)


def is_blank(value: str) -> bool:
    """Return whether nothing of a text would show: blanks and format characters alone."""
    return all(BLANKS.match(each) or category(each) == FORMAT_CHARACTER for each in value)
