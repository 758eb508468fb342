"""What is taken back leaves a notice as it was, in whatever state, unless something happened since (K4)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ocms_adapters.sql.schema import INTRANET
from ocms_core.kernel.access import Operation
from tests.spec.http.hst.test_contract import APPLY, REVIVE
from tests.spec.http.stages.test_contract import PORTAL
from tests.spec.http.test_dry_run_property import (
    DrawnCall,
    System,
    calls,
    furnish,
    id_nos,
    notices,
    put,
    redirect,
    stages,
    submit,
    system,
    words,
)
from tests.spec.http.test_repeats import BASE
from tests.spec.http.test_reversals import state
from tests.support.offender_builders import NUMBER

__all__ = ["system"]

EXAMPLES = settings(max_examples=12, database=None, suppress_health_check=list(HealthCheck))
STAGES: DrawnCall = (Operation.REVERSE_STAGES, f"{PORTAL}/reverse", {"items": [{"noticeNo": NUMBER}]})
OFFENDER: DrawnCall = (Operation.REVERSE_OFFENDER, f"{BASE}/reverse", {"noticeNos": [NUMBER]})

# A call that can be taken back, more often one that moves the notice than one that is refused.
reversible = st.one_of(
    st.builds(submit, st.none() | stages, st.just(value=True), st.booleans()),
    st.builds(furnish, words, id_nos),
    st.builds(redirect, words, words, id_nos),
)


REVERSIBLE = {Operation.CHANGE_STAGES, Operation.FURNISH_OFFENDER, Operation.REDIRECT_NOTICE}


def reversal_of(asked: DrawnCall) -> DrawnCall:
    """Return the call that takes a call back."""
    return STAGES if asked[0] is Operation.CHANGE_STAGES else OFFENDER


def state_of_notice(engine: Engine) -> Mapping[str, Any]:
    """Return every column of the notice's rows but those of history and audit."""
    return {
        name: rows
        for name, rows in state(engine).items()
        if name not in INTRANET.tables or "notice_no" in INTRANET.tables[name].columns
    }


def is_reversed(answered: tuple[int, Any]) -> bool:
    """Return whether a reversal has put the notice back."""
    status, answer = answered
    assert status == 200, answer
    (result,) = answer["results"]
    return bool(result.get("reversed", result.get("outcome") == "UPDATED"))


def is_under_hst(rows: Mapping[str, Any]) -> bool:
    """Return whether a notice is under TS-HST, whose offender no example has listed before."""
    return any(row.reason_of_suspension == "HST" for row in rows["open suspensions"])


@pytest.mark.rule("K4", "H10")
def test_a_reversal_puts_back_every_column_in_every_state(system: System) -> None:
    reversed_ones: list[Operation] = []

    @EXAMPLES
    @given(drawn=notices(), asked=reversible, then=st.none() | calls)
    def made_then_taken_back(drawn: Mapping[str, Any], asked: DrawnCall, then: DrawnCall | None) -> None:
        engine = system.deployment.engine
        system.begin()
        put(engine, drawn)
        before = state_of_notice(engine)
        system.call(asked, {})
        made = state_of_notice(engine)
        system.clock.at += timedelta(seconds=1)
        if then:
            system.call(then, {})
            system.clock.at += timedelta(seconds=1)
        present = state_of_notice(engine)
        taken_back = is_reversed(system.call(reversal_of(asked), {}))
        if made == before:  # nothing was made, or a later call has done what this one would
            return
        if then and present != made and reversal_of(then) == reversal_of(asked):
            assert taken_back is (then[0] in REVERSIBLE)
            before = made  # what was made last is what is taken back
        else:
            unlisted = reversal_of(asked) is OFFENDER and is_under_hst(before)
            assert taken_back is (present == made and not unlisted)
        assert state_of_notice(engine) == (before if taken_back else present)
        if taken_back:
            reversed_ones.append(asked[0])

    made_then_taken_back()
    assert reversed_ones


@pytest.mark.rule("K4", "U1")
def test_an_apply_and_a_revive_are_put_back_in_every_state(system: System) -> None:
    reversed_ones: list[Operation] = []

    @EXAMPLES
    @given(drawn=notices(), id_no=id_nos, revived=st.booleans())
    def made_then_taken_back(drawn: Mapping[str, Any], id_no: str, revived: bool) -> None:  # noqa: FBT001  # drawn by name
        engine = system.deployment.engine
        system.begin()
        put(engine, drawn)
        applied = (Operation.APPLY_HST, "/v1/apply-hst", {**APPLY, "idNo": id_no})
        revival = (Operation.REVIVE_HST, "/v1/revive-hst", {**REVIVE, "idNo": id_no})
        before = state(engine)
        assert system.call(applied, {})[0] == 200
        system.clock.at += timedelta(seconds=1)
        if revived:
            before = state(engine)
            assert system.call(revival, {})[0] == 200
            system.clock.at += timedelta(seconds=1)
        status, answer = system.call((Operation.REVERSE_HST, "/v1/reverse-hst", {"idNo": id_no}), {})
        assert (status, answer["data"]["hstListed"]) == (200, revived), answer
        assert state(engine) == before
        if answer["data"]["noticesReversed"]:
            reversed_ones.append(Operation.REVIVE_HST if revived else Operation.APPLY_HST)

    made_then_taken_back()
    assert reversed_ones
