"""What the record of audit rows is made of: the hash of a row, and what a head says (K2)."""

from hashlib import sha256

import pytest
from attrs import evolve

from ocms_core.kernel.audit_heads import Head, Leaf, RecordKind
from tests.support.builders import NOW

LEAF = Leaf(3, RecordKind.ACCESS_RECORD, 7, NOW, "ab" * 32)


@pytest.mark.rule("K2")
def test_the_hash_of_a_leaf_is_over_kind_number_moment_and_digest() -> None:
    text = "access record\n7\n2025-01-14T11:00:00+08:00\n" + "ab" * 32
    assert LEAF.hash == sha256(b"\0" + text.encode()).digest()
    assert evolve(LEAF, position=4).hash == LEAF.hash


@pytest.mark.rule("K2")
def test_a_head_is_signed_over_size_root_and_moment() -> None:
    assert Head(5, "cd" * 32, NOW, "key", "signature").statement == (
        b"OCMS audit head\n5\n" + b"cd" * 32 + b"\n2025-01-14T11:00:00+08:00"
    )
