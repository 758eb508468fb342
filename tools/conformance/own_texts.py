"""Texts of answers and rows that neither contract nor ruling names: another OCMS may word them otherwise."""

import re

from ocms_core.kernel import codes
from ocms_core.stages import request_fields

# The codes whose texts are this product's.
OWN = (
    *(codes.INVALID_KEY, codes.INVALID_DRY_RUN, codes.CALL_RUNNING, codes.KEY_REUSED),
    *(codes.NO_SUCH_PATH, codes.NO_SUCH_METHOD, codes.CPS_INVALID_REASON, codes.CPS_FEE_MISSING),
    *(codes.CPS_UNEXPECTED, codes.CPS_NOTHING_TO_REVERSE, codes.CPS_CHANGED_SINCE, codes.PLUS_NOTICES),
    codes.CPS_LEFT_SEEN_STAGE,
    *(codes.OFFENDER_CALL_RUNNING, codes.OFFENDER_KEY_REUSED, codes.OFFENDER_REVERSED),
    *(codes.NOTHING_TO_REVERSE, codes.CHANGED_SINCE, codes.DB_READ),
    *(codes.HST_REVERSED, codes.HST_NOTHING_TO_REVERSE, codes.HST_CHANGED_SINCE, codes.HST_NOT_REVERSED),
    *(codes.HST_NOT_UPDATED, codes.HST_NOT_REVIVED, codes.HST_BODY_INVALID, codes.HST_BODY_TOO_LARGE),
    *(codes.HST_INVALID_KEY, codes.HST_INVALID_DRY_RUN),
)
# What is wrong with a field of contract 2, of which the rules name the code and no words.
PROBLEMS = (
    *(request_fields.TOO_LONG, request_fields.NOT_TEXT, request_fields.NOT_YES_NO, request_fields.NOT_A_DATE),
    *(request_fields.NOT_A_NUMBER, request_fields.NOT_AN_OBJECT),
)
# What the rows that a reversal leaves say of it, of which the rules name the content and no words.
REVERSAL = "Reverses {operation} of {moment} by {officer}"
TEXTS = (REVERSAL, *(code.text for code in OWN), *(f"{{field}} {problem}" for problem in PROBLEMS))
PATTERN = re.compile("|".join(re.sub(r"\\{\w+\\}", ".*", re.escape(text)) for text in TEXTS), re.DOTALL)


def is_own(value: object) -> bool:
    """Return whether a value of an answer or a row is a text of this product's own."""
    return isinstance(value, str) and PATTERN.fullmatch(value) is not None
