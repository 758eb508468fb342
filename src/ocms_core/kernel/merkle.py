"""The hash tree of RFC 6962: one hash says what all leaves are, and in which order."""

from collections.abc import Sequence

from attrs import define, field

from ocms_core.kernel.digests import sha256

LEAF, NODE = b"\x00", b"\x01"
"""What is hashed before a leaf and before a node, so that neither can stand for the other."""


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, section 2.1)."""
    return sha256(LEAF + content)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two trees (RFC 6962, section 2.1)."""
    return sha256(NODE + left + right)


@define
class HashTree:
    """
    A hash tree that grows at its end.

    Kept of it are its number of leaves and the roots of the complete trees it consists of, the largest
    first: one for each 1 in the binary digits of the number.
    """

    size: int = 0
    roots: list[bytes] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        """Raise ValueError where there are not as many roots as the size has."""
        if len(self.roots) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has {self.size.bit_count()} complete trees")

    def add(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        trees, complete = self.size, leaf
        while trees & 1:
            complete = node_hash(self.roots.pop(), complete)
            trees >>= 1
        self.roots.append(complete)
        self.size += 1

    def root(self) -> bytes:
        """Return the hash of the whole tree; that of no leaves is the hash of nothing."""
        if not self.roots:
            return sha256(b"")
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root


def joined(roots: Sequence[bytes]) -> str:
    """Return the roots of complete trees as a text."""
    return " ".join(root.hex() for root in roots)


def parted(text: str) -> list[bytes]:
    """Return the roots of complete trees from a text. Raise ValueError for one that is none."""
    return [bytes.fromhex(each) for each in text.split()]
