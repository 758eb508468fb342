"""Values an administrator may change."""

import pytest

from ocms_core.kernel.reference import EMPTY
from tests.support.builders import reference
from tests.support.cases import Case, parametrize_cases

NUMBERS: tuple[Case[str | None, int, int], ...] = (
    Case(rule="G14", name="a whole number is read from its text", given="250", ask=500, says=250),
    Case(rule="G14", name="blanks around it are ignored", given=" 250 ", ask=500, says=250),
    Case(rule="G14", name="the least value is 1", given="1", ask=500, says=1),
    Case(rule="G14", name="a missing value is the default", given=None, ask=500, says=500),
    Case(rule="G14", name="an empty value is the default", given="", ask=500, says=500),
    Case(rule="G14", name="nought is the default", given="0", ask=500, says=500),
    Case(rule="G14", name="a negative value is the default", given="-5", ask=500, says=500),
    Case(rule="G14", name="a fraction is the default", given="2.5", ask=500, says=500),
    Case(rule="G14", name="words are the default", given="many", ask=500, says=500),
    Case(rule="G14", name="digits of another script are the default", given="٢٥", ask=500, says=500),
    Case(rule="G14", name="a number beyond all sense is the default", given="9" * 5000, ask=500, says=500),
)


@parametrize_cases(NUMBERS)
def test_whole_number(case: Case[str | None, int, int]) -> None:
    parameters = {} if case.given is None else {("BATCH_CAP", "API1"): case.given}
    assert reference(parameters=parameters).whole_number("BATCH_CAP", "API1", case.ask) == case.says


@pytest.mark.rule("G14")
def test_a_parameter_is_found_by_its_id_and_its_code() -> None:
    parameters = {("BATCH_CAP", "API2"): "7", ("REPORT", "API1"): "8"}
    assert reference(parameters=parameters).whole_number("BATCH_CAP", "API1", 500) == 500


@pytest.mark.rule("P20", "G14")
def test_a_stage_is_known_on_either_side_of_a_move() -> None:
    known = reference(stage_map={("NPA", "ROV"), ("WAR", "CWT")}).known_stages
    assert known == {"NPA", "ROV", "WAR", "CWT"}


@pytest.mark.rule("G14")
def test_an_empty_database_knows_no_stage() -> None:
    assert EMPTY.known_stages == frozenset()
