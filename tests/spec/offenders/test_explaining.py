"""What an administrator is told a notice would get."""

import pytest
from attrs import evolve

from ocms_core.kernel.explanations import Explanation
from ocms_core.offenders.explaining import explain, explain_furnish, explain_redirect
from ocms_core.offenders.facts import OffenderNotice, PastAssignment
from tests.support.cases import Case, parametrize_cases
from tests.support.in_memory_offenders import InMemoryOffenderStores
from tests.support.offender_builders import EMPLOYEE, JOHN, NUMBER, notice, stands

FURNISH, REDIRECT = "offender-furnish", "offender-redirect"

CASES: tuple[Case[OffenderNotice | None, None, tuple[Explanation, Explanation]], ...] = (
    Case(
        rule=("F10", "F30"),
        name="a notice that can be furnished and redirected",
        given=notice(stands("O", current=True)),
        says=(
            Explanation(FURNISH, "can be furnished: OWNER, HIRER, DRIVER", ("F10",)),
            Explanation(REDIRECT, "can go from OWNER to HIRER, DRIVER", ("F30",)),
        ),
    ),
    Case(
        rule=("F10", "F30"),
        name="a notice in court",
        given=notice(stands("O", current=True), stage="CPC"),
        says=(
            Explanation(FURNISH, "Notice is at final processing stage", ("F10",)),
            Explanation(REDIRECT, "Notice is at final processing stage", ("F30",)),
        ),
    ),
    Case(
        rule=("F10", "F30"),
        name="a notice under a permanent suspension",
        given=notice(stands("O", current=True), suspension_type="PS"),
        says=(
            Explanation(FURNISH, "Notice has active permanent suspension", ("F10",)),
            Explanation(REDIRECT, "Notice has active permanent suspension", ("F30",)),
        ),
    ),
    Case(
        rule=("F11", "F24"),
        name="a driver furnished before, whose notice can be furnished no more",
        given=evolve(
            notice(stands("D", JOHN, current=True, detail=EMPLOYEE), stage="DN1"),
            assigned={"D": PastAssignment(created=True, new_stage="DN1")},
        ),
        says=(
            Explanation(
                FURNISH,
                "Notice is not at furnishable stage; the same DRIVER sent again has the first answer",
                ("F10", "F24"),
            ),
            Explanation(REDIRECT, "can go from DRIVER to OWNER, HIRER", ("F30",)),
        ),
    ),
    Case(
        rule=("F24", "F30"),
        name="a current offender in a role that no call can name, who was never furnished",
        given=notice(stands("R", current=True, detail=EMPLOYEE)),
        says=(
            Explanation(FURNISH, "can be furnished: OWNER, HIRER, DRIVER", ("F10",)),
            Explanation(REDIRECT, "Cannot update - not the current offender", ("F30",)),
        ),
    ),
    Case(
        rule="F30",
        name="a notice of nobody",
        given=notice(stands("O")),
        says=(
            Explanation(FURNISH, "can be furnished: OWNER, HIRER, DRIVER", ("F10",)),
            Explanation(REDIRECT, "Offender record not found", ("F30",)),
        ),
    ),
    Case(
        rule=("F10", "F30"),
        name="no such notice",
        given=None,
        says=(
            Explanation(FURNISH, "Notice not found", ("F10",)),
            Explanation(REDIRECT, "Notice not found", ("F30",)),
        ),
    ),
)


@parametrize_cases(CASES)
def test_explaining(case: Case[OffenderNotice | None, None, tuple[Explanation, Explanation]]) -> None:
    assert (explain_furnish(case.given), explain_redirect(case.given)) == case.says


@pytest.mark.rule("F10", "F11", "F30")
def test_a_notice_is_explained_as_it_is_stored() -> None:
    stored = notice(stands("O", current=True))
    stores = InMemoryOffenderStores({NUMBER: stored})
    assert explain(NUMBER, stores=stores) == (explain_furnish(stored), explain_redirect(stored))
    assert explain("X", stores=stores) == (explain_furnish(None), explain_redirect(None))
    assert (stores.opened, stores.written) == (["reading", "reading"], [])


@pytest.mark.rule("F52")
def test_a_number_that_the_calls_refuse_is_explained_as_they_answer_it() -> None:
    stores = InMemoryOffenderStores({"N-001": notice(stands("O", current=True))})
    said = [(each.operation, each.answer) for each in explain("N-001", stores=stores)]
    assert said == [(FURNISH, "Invalid notice number"), (REDIRECT, "Invalid notice number")]
