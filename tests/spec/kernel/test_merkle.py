"""The hash tree of RFC 6962, beside its definition and its published values."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ocms_core.kernel.merkle import HashTree, joined, leaf_hash, node_hash, parted

# The leaves and roots with which implementations of RFC 6962 are tested, by the number of leaves.
LEAVES = tuple(map(bytes.fromhex, ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")))
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
)


def root_by_definition(leaves: list[bytes]) -> bytes:
    """Return the hash of a tree as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_by_definition(leaves[:left]), root_by_definition(leaves[left:]))


@pytest.mark.rule("K2")
def test_the_published_values_come_out() -> None:
    tree = HashTree()
    leaves = (*LEAVES, bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
    roots = [tree.root().hex()]
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
        roots.append(tree.root().hex())
    assert tuple(roots[: len(ROOTS)]) == ROOTS
    assert roots[8] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.rule("K2")
@given(some.lists(some.binary(max_size=3), max_size=40), some.integers(0, 40))
def test_a_tree_that_grows_or_goes_on_from_what_was_kept_has_the_root_of_the_definition(
    leaves: list[bytes], kept: int
) -> None:
    tree = HashTree()
    for leaf in leaves[:kept]:
        tree.add(leaf_hash(leaf))
    further = HashTree(tree.size, parted(joined(tree.roots)))
    for leaf in leaves[kept:]:
        further.add(leaf_hash(leaf))
    assert further.root() == root_by_definition(leaves)


def test_a_tree_has_a_complete_tree_for_each_binary_digit() -> None:
    with pytest.raises(ValueError, match="a tree of 3 leaves has 2 complete trees"):
        HashTree(3, [b"1" * 32])
