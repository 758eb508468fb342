"""The people a command names: the officer who acts, and a person whose number is typed, not written down."""

import sys

from ocms_core.kernel.lengths import length_of
from ocms_core.kernel.texts import is_blank

LONGEST_NAME = 50
MOST_READ = 100
NO_NUMBER = "No identity number was given."


def is_officer(name: str) -> bool:
    """Return whether a name fits the columns that name officers."""
    return not is_blank(name) and length_of(name) <= LONGEST_NAME


def check_officer(name: str) -> None:
    """Raise ValueError for a name no column holds."""
    if not is_officer(name):
        raise ValueError(f"An officer is named by 1 to {LONGEST_NAME} characters.")


def read_identity_number() -> str:
    """
    Return the identity number that stands on standard input; raise ValueError where there is none.

    So it stands in no list of processes and no history of commands.
    """
    if sys.stdin.isatty():
        print("Type the identity number, then press Enter.", file=sys.stderr)
    number = sys.stdin.readline(MOST_READ).strip()
    if not number:
        raise ValueError(NO_NUMBER)
    return number
