"""Identity numbers hidden in texts that may hold any, such as the id a client gives its request."""

import re

from ocms_core.kernel.rule_tags import rule

# The forms of the contract's identity numbers: NRIC and FIN, and company numbers (UEN) old and new.
IDENTITY = re.compile(r"[STFGM]\d{7}[A-Z]|[TSR]\d{2}[A-Z]{2}\d{4}[A-Z]|\d{8}[A-Z]", re.ASCII | re.IGNORECASE)
# What is masked or left as a whole: a UUID, or letters and digits without anything between them.
WORD = re.compile(
    r"(?<![0-9A-Z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9A-Z])|[0-9A-Z]+",
    re.ASCII | re.IGNORECASE,
)
# Request ids and digests: one in five of 32 digits holds such a run by chance, and must be found in a log.
RANDOM = re.compile(r"[0-9a-f]{8}-.*|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
MASK = "***"


@rule("G2")
def masked_text(text: str) -> str:
    """
    Return a text with the identity numbers in it hidden (G2).

    The letters and digits beside one are hidden with it: where it begins and ends among them, nobody knows.
    """
    return WORD.sub(without_identity, text) if IDENTITY.search(text) else text


def without_identity(word: re.Match[str]) -> str:
    """Return a word, masked if it holds an identity number."""
    text = word[0]
    return text if RANDOM.fullmatch(text) or not IDENTITY.search(text) else MASK
