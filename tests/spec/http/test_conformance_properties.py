"""The property level of the conformance kit on the running system, and on one that breaks a rule."""

import re
from collections.abc import Mapping, Sequence

import httpx
import pytest

from ocms_conformance import property_level
from ocms_conformance.case import all_rules
from ocms_conformance.finding import find
from ocms_conformance.random_sequences import DRAWN
from ocms_conformance.reports import Report, as_junit, as_page, as_text
from ocms_conformance.results import Outcome, Result
from ocms_conformance.runner import LIMIT_USED_UP, opened
from ocms_conformance.target import Target
from tests.support.conformance_target import target_of
from tests.support.http_server import Served


def run(target: Target, *, examples: int = 3, seed: int = 1, **chosen: Sequence[str]) -> list[Result]:
    with opened(target) as runner:
        found = property_level.run_property_level(runner, examples=examples, seed=seed, **chosen)
        return list(found)


def report(target: Target, results: list[Result]) -> Report:
    return Report(target.url, all_rules(), results)


def rows(served: Served) -> Mapping[str, int]:
    with served.deployment.engine.connect() as connection:
        return {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            for table in ("ocms_valid_offence_notice", "ocms_suspended_notice", "ocms_hst", "ocms_parameter")
        }


@pytest.mark.rule("U1", "U2", "U3", "U4")
def test_this_system_keeps_the_laws_and_invariants(served: Served) -> None:
    target, before = target_of(served, callers=10), rows(served)
    results = run(target, examples=2)
    said = as_text(report(target, results))
    assert [each.outcome for each in results if each.case.file == "sequences"] == [Outcome.PASSED] * 13, said
    assert not [each for each in results if each.outcome is Outcome.FAILED], said
    assert len([each for each in results if each.outcome is Outcome.PASSED]) >= 25, said
    assert rows(served) == before


def test_what_needs_rows_is_not_tried_without_a_database(served: Served) -> None:
    results = run(target_of(served, rows=False, callers=2))
    passed = [each.case.rule[0] for each in results if each.outcome is Outcome.PASSED]
    assert passed == ["H3", "H8"]
    others = [each for each in results if each.case.rule[0] not in passed]
    assert {(each.outcome, each.reason) for each in others} == {
        (Outcome.NOT_TRIED, "it needs rows, and the target gives no database")
    }


def test_what_has_no_credential_is_not_tried(served: Served) -> None:
    target = Target(url=str(served.http.base_url), database=served.deployment.databases.intranet)
    results = run(target, rules=["S1", "K1", "H3", "U1"])
    assert {each.outcome for each in results} == {Outcome.NOT_TRIED}
    assert all("gives no credential" in each.reason for each in results)


def test_a_broken_invariant_is_found_shrunk_and_written_as_a_script(served: Served) -> None:
    """Every notice under TS loses what its row shows of it (U1)."""

    def lose(answer: httpx.Response) -> None:
        del answer
        with served.deployment.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE ocms_valid_offence_notice SET suspension_type = NULL"
                " WHERE suspension_type = 'TS' AND crs_reason_of_suspension IS NULL"
            )

    target = target_of(served, callers=4)
    with opened(target) as runner:
        runner.client.event_hooks.update(response=[lose])
        chosen = property_level.run_property_level(
            runner, examples=20, seed=1, rules=["H5"], files=["sequences"]
        )
        (result,) = chosen
    assert result.outcome is Outcome.FAILED
    (difference,) = result.differences
    assert re.search(r"expected \('TS', '[A-Z]+', '[0-9T:.-]+'\), found \(None, '[A-Z]+',", str(difference))
    assert result.script.count("curl -sS") == 1
    assert result.script.count("INSERT INTO ocms_valid_offence_notice") == 1
    values = [each.value for each in target.credentials]
    assert not [value for value in values if value in result.script]
    assert re.search(r"(?m)^: \$\{OCMS_URL:\?\} \$\{OCMS_[A-Z]+_(TOKEN|KEY):\?\}$", result.script)
    written = report(target, [result])
    assert "curl -sS" in as_text(written)
    assert "curl -sS" in as_page(written)
    assert b"curl -sS" in as_junit(written)


def test_the_same_seed_makes_the_same_examples() -> None:
    def drawn(number: int) -> list[object]:
        found: list[object] = []
        find(DRAWN, found.append, examples=20, number=number)
        return found

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_a_rate_limit_used_up_is_not_a_failure(served: Served) -> None:
    def limit(answer: httpx.Response) -> None:
        answer.status_code = 429
        answer.headers["Retry-After"] = "60"

    with opened(target_of(served, callers=4)) as runner:
        runner.client.event_hooks.update(response=[limit])
        results = list(property_level.run_property_level(runner, examples=2, seed=1, rules=["P10", "U1"]))
    assert {(each.outcome, each.reason.partition(":")[0]) for each in results} == {
        (Outcome.NOT_TRIED, LIMIT_USED_UP)
    }
