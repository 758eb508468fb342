"""The record of audit rows: leaves of a hash tree, and the signed heads that say what they were (K2)."""

from datetime import datetime
from enum import Enum, unique
from typing import Protocol

from ocms_core.kernel.merkle import leaf_hash
from ocms_core.kernel.value_objects import value_object


@unique
class RecordKind(Enum):
    """A kind of row that is sealed: what was changed, and who looked at whom."""

    AUDIT_ROW = "audit row"
    ACCESS_RECORD = "access record"


@value_object
class Leaf:
    """A sealed row: its place in the tree from 0, which row, its moment, the SHA-256 of all it says."""

    position: int
    kind: RecordKind
    number: int
    recorded_at: datetime
    digest: str

    @property
    def hash(self) -> bytes:
        """The hash of the leaf, over everything but its place, which the tree itself gives."""
        moment = self.recorded_at.isoformat()
        return leaf_hash(f"{self.kind.value}\n{self.number}\n{moment}\n{self.digest}".encode())


@value_object
class Head:
    """The root of the first `size` leaves in hex, signed at a moment with a key by its id."""

    size: int
    root: str
    signed_at: datetime
    key_id: str = ""
    signature: str = ""

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return f"OCMS audit head\n{self.size}\n{self.root}\n{self.signed_at.isoformat()}".encode()


class HeadSigner(Protocol):
    """What signs heads."""

    def signed(self, head: Head) -> Head:
        """Return the head with the id of the key and the signature."""


class HeadChecker(Protocol):
    """What knows whether a head was signed with a key that counts."""

    def is_signed(self, head: Head) -> bool:
        """Return whether the signature is one of a known key over this head."""
