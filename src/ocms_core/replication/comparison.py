"""The comparison of both databases, page by page and then row by row."""

from collections.abc import Iterator, Mapping
from enum import Enum, unique

from ocms_core.kernel.digests import sha256_hex
from ocms_core.kernel.rule_tags import rule
from ocms_core.replication.replicated_tables import Key, Values


@unique
class Difference(Enum):
    """How a copy differs from its row."""

    MISSING = "missing"
    DIFFERENT = "different"
    SURPLUS = "surplus"
    UNMARKED = "unmarked"


def checksum(rows: Mapping[Key, Values | None]) -> str:
    """Return the SHA-256 of rows in key order; equal for equal rows, whichever side they are from."""
    return sha256_hex("".join(repr((key, rows[key])) for key in sorted(rows)).encode())


@rule("G12")
def differences(
    intranet: Mapping[Key, Values], internet: Mapping[Key, Values | None], unmarked: frozenset[Key]
) -> Iterator[tuple[Key, Difference]]:
    """
    Yield what differs in a page: where the checksums agree nothing does, else each row is compared.

    A copy that cannot be decrypted (None) is different. `unmarked` are rows that hold the same but are not
    marked as in sync.
    """
    if checksum(intranet) != checksum(internet):
        for key, values in intranet.items():
            if key not in internet:
                yield key, Difference.MISSING
            elif internet[key] != values:
                yield key, Difference.DIFFERENT
        for key in internet.keys() - intranet.keys():
            yield key, Difference.SURPLUS
    for key in unmarked:
        if internet.get(key) == intranet[key]:
            yield key, Difference.UNMARKED
