"""The request id a caller gives is kept when it is fit to be logged and sent back."""

import uuid

import pytest

from ocms_web.observability import request_id


@pytest.mark.rule("G11")
@pytest.mark.parametrize("given", [b"1", b"a/b#c", b"~" * 128, b"550e8400-e29b-41d4-a716-446655440000"])
def test_a_visible_id_of_up_to_128_characters_is_kept(given: bytes) -> None:
    assert request_id([(b"host", b"x"), (b"X-Request-ID", given)]) == given.decode()


@pytest.mark.rule("G11")
@pytest.mark.parametrize("given", [b"", b" ", b"a b", b"a\n", b"\x00", b"\xe9", b"a" * 129])
def test_any_other_id_is_replaced_by_a_new_one(given: bytes) -> None:
    assert uuid.UUID(request_id([(b"x-request-id", given)])).version == 4
    assert request_id([]) != request_id([])
