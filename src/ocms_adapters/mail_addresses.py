"""E-mail addresses as people write them; apart from what sends mail, which reading settings does not need."""

import re

QUOTED_NAME = re.compile(r'"[^"]*"')
SEPARATORS = re.compile(r"[,;\r\n]+")
NAMED_ADDRESS = re.compile(r"[^<>]*<\s*([^<>\s]*)\s*>")
ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+@[0-9A-Za-z.-]*[0-9A-Za-z]")


def addresses(text: str) -> list[str]:
    """
    Return the e-mail addresses of a list as people write one, each once, in order.

    Commas, semicolons, blanks and line ends separate them, and `Name <address>` is the address. Raises
    `ValueError` naming what is no address.
    """
    found: dict[str, None] = {}
    for entry in SEPARATORS.split(QUOTED_NAME.sub("", text)):
        named = NAMED_ADDRESS.fullmatch(entry.strip())
        for word in [named[1]] if named else entry.split():
            if not ADDRESS.fullmatch(word):
                raise ValueError(f"{word!r} is no e-mail address")
            found[word] = None
    return list(found)
