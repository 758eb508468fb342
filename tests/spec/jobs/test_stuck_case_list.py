"""The stuck cases page by page: which page is read from what was sent, and what is on it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.jobs.stuck_case_list import StuckCaseQuery, stuck_case_page, stuck_case_query
from ocms_core.jobs.stuck_cases import GRACE, StuckKind, stuck_case
from ocms_core.kernel.codes import FIELD_INVALID
from ocms_core.kernel.decisions import Refusal
from tests.spec.jobs.test_stuck_cases import DAY, EACH, InMemoryCases, moved_to
from tests.support.builders import NOW
from tests.support.cases import Case, parametrize_cases

QUERIES: tuple[Case[None, dict[str, Any], StuckCaseQuery], ...] = (
    Case(rule="K5", name="twenty of every kind where nothing is said", ask={}, says=StuckCaseQuery()),
    Case(
        rule="K5",
        name="nulls and a blank kind say nothing",
        ask={"kind": "", "skip": None, "limit": None},
        says=StuckCaseQuery(None, 0, 20),
    ),
    Case(
        rule="K5",
        name="a page of one kind",
        ask={"kind": "job_run", "skip": 40, "limit": 100},
        says=StuckCaseQuery(StuckKind.JOB_RUN, 40, 100),
    ),
    Case(
        rule="K5",
        name="the first page",
        ask={"skip": 0, "limit": 20},
        says=StuckCaseQuery(None, 0, 20),
    ),
    Case(
        rule="K5",
        name="the least and the most",
        ask={"skip": 2**31 - 1, "limit": 1},
        says=StuckCaseQuery(None, 2**31 - 1, 1),
    ),
)
WRONG: tuple[Case[None, dict[str, Any], str], ...] = tuple(
    Case(rule="K5", name=f"{name} is not {value!r}", ask={name: value}, says=name)
    for name, values in (
        ("kind", ("NOTICE", "case", 1, ["notice"], {"a": 1}, 0, False, [], {})),
        ("skip", (-1, 2**31, "1", 1.0, True)),
        ("limit", (0, 101, "x", 1.5, False)),
    )
    for value in values
)


@parametrize_cases(QUERIES)
def test_a_page_is_read(case: Case[None, dict[str, Any], StuckCaseQuery]) -> None:
    assert stuck_case_query(case.ask) == case.says


@parametrize_cases(WRONG)
def test_what_cannot_be_read_is_refused_by_its_name(case: Case[None, dict[str, Any], str]) -> None:
    assert stuck_case_query(case.ask) == Refusal(FIELD_INVALID, {"field": case.says})


@pytest.mark.rule("K5")
@given(
    many=st.tuples(*[st.integers(0, 4)] * 5),
    kind=st.none() | st.sampled_from(StuckKind),
    skip=st.integers(0, 12),
    limit=st.integers(1, 12),
)
def test_the_pages_together_are_the_list_kind_by_kind_the_oldest_first(
    many: tuple[int, ...], kind: StuckKind | None, skip: int, limit: int
) -> None:
    late = [
        [moved_to(case, name, getattr(case, name) - day * DAY) for day in range(number)]
        for (case, name, _), number in zip(EACH, many, strict=True)
    ]
    whole = [
        stuck_case(each, NOW, GRACE)
        for of_kind, cases in zip(StuckKind, late, strict=True)
        if kind in {None, of_kind}
        for each in reversed(cases)
    ]
    in_time = tuple(moved_to(case, name, NOW - grace) for case, name, grace in EACH)
    waiting = InMemoryCases((*(case for cases in late for case in cases), *in_time))
    query = StuckCaseQuery(kind, skip, limit)
    page = stuck_case_page(waiting, query, NOW, GRACE)
    assert page.query == query
    assert list(page.cases) == whole[skip : skip + limit]
    assert page.total == len(whole)
    assert len(waiting.since) == len({case.kind for case in page.cases}), "no other kind is read"
