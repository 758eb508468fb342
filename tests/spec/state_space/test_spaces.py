"""Every state that can be reached, and every call from it, by the real decisions: no rule is broken."""

import pytest

from tests.spec.state_space.checking import checked
from tests.spec.state_space.exploring import Space
from tests.spec.state_space.spaces import SPACES


@pytest.mark.rule("U1", "U2", "U3", "U4", "U5", "U7", "U8")
@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_no_rule_is_broken_in_any_state_that_can_be_reached(space: Space) -> None:
    checked(space)
