"""Notice numbers."""

import re

from ocms_core.kernel.spec import rule

NOTICE_NO = re.compile(r"[0-9A-Za-z]{1,10}", re.ASCII)


@rule("P1")
def is_notice_no(value: object) -> bool:
    """A notice number is 1 to 10 letters and digits."""
    return isinstance(value, str) and NOTICE_NO.fullmatch(value) is not None
