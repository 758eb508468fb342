"""Identity numbers: their kinds and their forms."""

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from ocms_core.kernel.rule_tags import rule

NRIC, FIN, UEN, PASSPORT = "N", "F", "U", "P"

IdTypeWord: TypeAlias = Literal["NRIC", "FIN", "UEN", "PASSPORT"]
"""Contract 3's words for the kinds of identity number."""

ID_TYPE_WORDS: Mapping[str, IdTypeWord] = {NRIC: "NRIC", FIN: "FIN", UEN: "UEN", PASSPORT: "PASSPORT"}
"""The word for each kind of identity number, by its stored letter."""

ID_TYPES: Mapping[str, str] = {word: kind for kind, word in ID_TYPE_WORDS.items()}
"""The stored letter of each kind of identity number, by its word."""

# Check letters are never enforced (G1): the contract's own examples do not have them right.
FORMS: dict[str, re.Pattern[str]] = {
    NRIC: re.compile(r"[STst][0-9]{7}[A-Za-z]"),
    FIN: re.compile(r"[FGMfgm][0-9]{7}[A-Za-z]"),
    UEN: re.compile(r"[0-9A-Za-z]{9,10}"),
    PASSPORT: re.compile(r"[0-9A-Za-z]{1,12}"),
}
STORED_AS: dict[str, str] = {"B": UEN}
"""The kind a letter of other systems is stored as."""


@rule("F50")
def kind_of(letter: str) -> str:
    """Return the kind a stored letter stands for: B is U (F50)."""
    return STORED_AS.get(letter, letter)


@rule("F50")
def identity(id_type: str, id_no: str) -> tuple[str, str] | None:
    """
    Return kind and number, in capitals, if it has the form of its kind: N, F, U (B is U) or P (F50).

    None for an unknown kind and for a number not of its form in ASCII letters and digits as sent.
    """
    kind = kind_of(id_type)
    # Matched as sent: the capitals of some other letters are ASCII letters, a long s becomes S.
    return (kind, id_no.upper()) if kind in FORMS and FORMS[kind].fullmatch(id_no) else None
