"""What an administrator is told a notice would get."""

import pytest

from ocms_core.kernel.explanations import Explanation
from ocms_core.offenders.explaining import explain, explain_furnish, explain_redirect
from ocms_core.offenders.facts import OffenderNotice
from tests.support.cases import Case, parametrize_cases
from tests.support.in_memory_offenders import InMemoryOffenderStores
from tests.support.offender_builders import NUMBER, notice, stands

FURNISH, REDIRECT = "offender-furnish", "offender-redirect"

CASES: tuple[Case[OffenderNotice | None, None, tuple[Explanation, Explanation]], ...] = (
    Case(
        rule=("F10", "F12"),
        name="a notice that can be furnished and redirected",
        given=notice(stands("O", current=True)),
        says=(
            Explanation(FURNISH, "can be furnished: OWNER, HIRER, DRIVER", ("F10",)),
            Explanation(REDIRECT, "can go to HIRER, DRIVER", ("F12",)),
        ),
    ),
    Case(
        rule=("F10", "F12"),
        name="a notice in court",
        given=notice(stands("O", current=True), stage="CPC"),
        says=(
            Explanation(FURNISH, "Notice is at final processing stage", ("F10",)),
            Explanation(REDIRECT, "cannot be redirected", ("F12",)),
        ),
    ),
    Case(
        rule="F10",
        name="no such notice",
        given=None,
        says=(
            Explanation(FURNISH, "Notice not found", ("F10",)),
            Explanation(REDIRECT, "Notice not found", ("F10",)),
        ),
    ),
)


@parametrize_cases(CASES)
def test_explaining(case: Case[OffenderNotice | None, None, tuple[Explanation, Explanation]]) -> None:
    assert (explain_furnish(case.given), explain_redirect(case.given)) == case.says


@pytest.mark.rule("F10", "F11", "F12")
def test_a_notice_is_explained_as_it_is_stored() -> None:
    stored = notice(stands("O", current=True))
    stores = InMemoryOffenderStores({NUMBER: stored})
    assert explain(NUMBER, stores=stores) == (explain_furnish(stored), explain_redirect(stored))
    assert explain("X", stores=stores) == (explain_furnish(None), explain_redirect(None))
    assert (stores.opened, stores.written) == (["reading", "reading"], [])
