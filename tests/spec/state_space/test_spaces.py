"""
Every state that can be reached, and every call from it, by the real decisions: no rule is broken.

What `explain` says of each state is what its calls answer, in each of these spaces.

What makes it short enough for every run, and why nothing is lost by it:

* A decision is made once for all states that agree in what its capability reads. What that does not read
  it is not given: a value stands in its place that fails when it is looked at (`NEVER_READ`). So this is
  no claim.
* Amount payable and acceptance of payment are such values for every call. They are explored in one
  space, with the stages, and left out of the others.
* Stages and money look at suspensions for which type holds; suspensions look at a stage for its class,
  and at people for whether the current offender is listed. So each has a space, in which the rest
  becomes anything at any time. The product of both, with what OCMS and CAS do, is explored beside them:
  all its states have their representatives in the two. So have those of the whole product, which `make
  soak` explores.
* CAS has three reasons that no rule tells apart. Two of them are sent, so that one can replace the
  other.
* Of two people the current offender is called A. Days pass by fifteen, half of TS-HST, since decisions
  compare days with today and with each other and never count them.
"""

import pytest
from hypothesis import settings

from tests.spec.state_space.checking import checked
from tests.spec.state_space.explained import explained_as_answered
from tests.spec.state_space.exploring import Space, explore
from tests.spec.state_space.gaps import met_in
from tests.spec.state_space.page import PAGE, line_of, lists
from tests.spec.state_space.spaces import (
    LISTED_AND_PAID,
    SPACES,
    STAGES_AND_MONEY,
    SUSPENSIONS,
    WHOLE,
    class_of_stage,
    type_of_suspension,
)


@pytest.mark.rule("U1", "U2", "U3", "U4", "U5", "U7", "U8")
@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_no_rule_is_broken_in_any_state_that_can_be_reached(space: Space) -> None:
    exploration = checked(space, explained_as_answered())
    assert 0 not in met_in(exploration).values()
    assert line_of(exploration) in PAGE.read_text(), "run `make docs`"


def test_the_page_lists_the_states_that_no_rule_names() -> None:
    assert lists() in PAGE.read_text(), "run `make docs`"


@pytest.mark.rule("U1", "U2", "U3", "U5", "U8")
def test_the_product_breaks_no_rule_and_stays_within_the_spaces_it_is_divided_into() -> None:
    soaking = settings.get_current_profile_name() == "soak"
    product = checked(WHOLE if soaking else LISTED_AND_PAID, explained_as_answered())
    stages, suspensions = (explore(space, keep_steps=False) for space in (STAGES_AND_MONEY, SUSPENSIONS))
    without_money = {state._replace(amount=None, accepts=None) for state in stages.states}
    assert {type_of_suspension(state) for state in product.states} <= without_money
    assert {class_of_stage(state) for state in product.states} <= set(suspensions.states)
