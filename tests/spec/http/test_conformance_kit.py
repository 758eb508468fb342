"""The conformance kit on the running system: what it says of it, and of one that breaks a rule."""

import json
from collections.abc import Callable
from threading import Thread

import httpx
from attrs import evolve

from ocms_conformance.case import Case, all_cases, all_rules
from ocms_conformance.mock import mock_server
from ocms_conformance.reports import Report, as_junit, as_page, as_text
from ocms_conformance.results import Outcome, Result
from ocms_conformance.runner import LIMIT_USED_UP, Runner, opened
from ocms_conformance.target import Target
from tests.spec.http.test_court_notices import REQUEST as COURT_REQUEST
from tests.spec.http.test_court_notices import RESPONSE as COURT_RESPONSE
from tests.support.conformance_target import target_of
from tests.support.http_server import API_2, Served

CASES = tuple(all_cases())
# The worked examples of the contracts, and the refusals of one field each.
SHORT = tuple(case for case in CASES if "G1" in case.rule or case.file == "payment_status")


# Refusals of fields by three families of calls; they need no rows.
FIELDS = tuple(case for case in CASES if case.file == "fields" and {"S51", "S60", "S70"} & set(case.rule))
# Moves with a fee, and calls that move without one or not at all.
MOVES = tuple(
    case for case in CASES if case.file == "stage_changes" and case.rule[0] in {"S40", "S15", "S62"}
)


def results(
    target: Target, cases: tuple[Case, ...], change: Callable[[Runner], None] | None = None
) -> list[Result]:
    with opened(target) as runner:
        if change:
            change(runner)
        return list(runner.run(cases))


def report(target: Target, cases: tuple[Case, ...]) -> Report:
    return Report(target.url, all_rules(), results(target, cases))


def test_this_system_passes(served: Served) -> None:
    found = report(target_of(served), SHORT)
    assert not found.failed, as_text(found)
    assert not found.reasons, as_text(found)
    assert "passed" in as_page(found)
    assert b'failures="0"' in as_junit(found)


def test_what_needs_rows_is_not_tried_without_a_database(served: Served) -> None:
    found = results(target_of(served, rows=False), SHORT)
    for result in found:
        assert isinstance(result.case, Case)
        if result.case.needs_rows:
            assert result.outcome is Outcome.NOT_TRIED
            assert result.reason == "it needs rows, and the target gives no database"
        else:
            assert result.outcome is Outcome.PASSED, result
    assert {result.outcome for result in found} == {Outcome.PASSED, Outcome.NOT_TRIED}


def test_what_needs_a_credential_is_not_tried_without_one(served: Served) -> None:
    target = Target(url=str(served.http.base_url), database=served.deployment.databases.intranet)
    asking = tuple(case for case in SHORT if any(call.ask.role for call in case.calls))
    found = results(target, asking)
    assert found
    assert {result.outcome for result in found} == {Outcome.NOT_TRIED}
    assert all(result.reason.startswith("the target gives no credential") for result in found)


def test_what_needs_one_roles_credential_is_not_tried_without_it(served: Served) -> None:
    whole = target_of(served, rows=False, callers=20)
    target = evolve(whole, credentials=[each for each in whole.credentials if each.role != "plus"])
    found = report(target, FIELDS)
    outcomes = {each.rule.id: each.outcome for each in found.by_rule}
    assert (outcomes["S51"], outcomes["S60"], outcomes["S70"]) == ("passed", "not tried", "passed")
    assert [reason for reason, _ in found.reasons] == [
        "the target gives no credential (token) of the role plus"
    ]
    assert "the target gives no credential (token) of the role plus" in as_text(found)


def test_a_level_that_is_not_there_is_named_and_never_passed(served: Served) -> None:
    found = report(target_of(served, rows=False), MOVES)
    assert {result.outcome for result in found.results} == {Outcome.NOT_TRIED}
    assert not [each for each in found.by_rule if each.outcome == "passed"]
    assert f"{len(MOVES)} cases: it needs rows, and the target gives no database" in as_text(found)
    assert not as_junit(found).count(b'skipped="0"')


def test_of_broken_words_only_their_rule_is_named(served: Served) -> None:
    """A print run without a stage is refused in other words (S70)."""

    def reword(answer: httpx.Response) -> None:
        answer.read()
        answer._content = answer.content.replace(b"Current stage required", b"Stage is missing")

    found = results(
        target_of(served, rows=False, callers=20),
        FIELDS,
        lambda runner: runner.client.event_hooks.update(response=[reword]),
    )
    assert Report("", all_rules(), found).broken == ["S70"]


def test_of_a_broken_amount_only_its_rule_is_named(served: Served) -> None:
    """What is payable after a move is a dollar more (S40)."""

    def charge_more(answer: httpx.Response) -> None:
        del answer
        with served.deployment.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE ocms_valid_offence_notice SET amount_payable = amount_payable + 1"
                " WHERE last_processing_stage = 'DR3'"
            )

    cases = tuple(case for case in MOVES if "DR3" not in case.name)
    assert {case.rule[0] for case in cases} == {"S40", "S15", "S62"}
    found = results(
        target_of(served), cases, lambda runner: runner.client.event_hooks.update(response=[charge_more])
    )
    assert Report("", all_rules(), found).broken == ["S40"]


def test_a_broken_rule_is_named(served: Served) -> None:
    """The order of answers is the reverse of the order asked (P10)."""

    def reverse(answer: httpx.Response) -> None:
        answer.read()
        document = answer.json()
        document["data"]["notices"].reverse()
        answer._content = json.dumps(document).encode()

    cases = tuple(case for case in CASES if "P10" in case.rule)
    found = results(
        target_of(served), cases, lambda runner: runner.client.event_hooks.update(response=[reverse])
    )
    broken = [result for result in found if result.outcome is Outcome.FAILED]
    assert [result.case.rule for result in broken if "in the order asked" in result.case.name] == [
        ["P10", "G9"]
    ]


def test_a_broken_row_is_named(served: Served) -> None:
    """Every update writes another stage than the one asked for (P24)."""

    def write(answer: httpx.Response) -> None:
        del answer
        with served.deployment.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE ocms_valid_offence_notice SET last_processing_stage = 'CSR'")

    cases = tuple(case for case in CASES if "P24" in case.rule)
    found = results(
        target_of(served), cases, lambda runner: runner.client.event_hooks.update(response=[write])
    )
    differences = [str(each) for result in found for each in result.differences]
    assert any("last_processing_stage: expected 'WAR', found 'CSR'" in each for each in differences)


def test_a_rate_limit_used_up_is_not_a_failure(served: Served) -> None:
    def limit(answer: httpx.Response) -> None:
        answer.status_code = 429
        answer.headers["Retry-After"] = "60"

    cases = tuple(case for case in CASES if case.rule == ["P11"])
    found = results(
        target_of(served), cases, lambda runner: runner.client.event_hooks.update(response=[limit])
    )
    assert {(each.outcome, each.reason.partition(":")[0]) for each in found} == {
        (Outcome.NOT_TRIED, LIMIT_USED_UP)
    }


def test_the_example_server_answers_the_example_of_the_contract() -> None:
    with mock_server(CASES, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            answer = httpx.post(url + API_2, content=COURT_REQUEST, trust_env=False)
            other = httpx.post(url + API_2, json={"example": "of no case"}, trust_env=False)
            unknown = httpx.get(f"{url}/no/such/path", trust_env=False)
        finally:
            server.shutdown()
            thread.join()
    assert (answer.status_code, answer.content) == (200, COURT_RESPONSE)
    assert other.status_code == 200
    assert unknown.status_code == 404
