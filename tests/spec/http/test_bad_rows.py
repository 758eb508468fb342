"""One row the database refuses never undoes the others, in a batch of five hundred."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from ocms_adapters.sql import schema as t
from tests.support.builders import body
from tests.support.http_server import API_2, API_4, Deployment, Served
from tests.support.mutations import missing, mutated
from tests.support.rows import notice_numbers, put_court_case, put_notices, rows_of

REFUSED = {
    "message": "Internal server error occurred while processing request",
    "appCode": "OCMS-5001",
}
# Each refuses one notice, the way a constraint or a trigger of another system might.
SQLITE = """
CREATE TRIGGER refuse BEFORE {when} ON {table} WHEN NEW.notice_no = '{number}'
BEGIN SELECT RAISE(ABORT, 'refused'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.notice_no = '{number}' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$
"""
POSTGRESQL = "CREATE TRIGGER refuse BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
CHECK = """
ALTER TABLE ocms_valid_offence_notice ADD CONSTRAINT refuse
CHECK (notice_no <> '{number}' OR last_processing_stage <> 'WAR')
"""


@contextmanager
def refusing(engine: Engine, table: str, when: str, number: str) -> Iterator[None]:
    """Let the database refuse a notice when a table is written."""
    said = {"table": table, "when": when, "number": number}
    if engine.name == "sqlite":
        made, undone = [SQLITE], ["DROP TRIGGER refuse"]
    else:
        made, undone = [POSTGRESQL_FUNCTION, POSTGRESQL], ["DROP FUNCTION refuse CASCADE"]
    with mutated(engine, [each.format(**said) for each in made], undone):
        yield


@pytest.fixture
def numbers(deployment: Deployment) -> list[str]:
    numbers = notice_numbers(500)
    put_notices(deployment.engine, numbers)
    return numbers


def update_loses_only(served: Served, numbers: list[str], bad: str) -> None:
    """Update all notices; the bad one fails and stays as it is, each other is written once."""
    engine = served.deployment.engine
    (before,) = rows_of(engine, t.ocms_valid_offence_notice, bad)
    fields = {"suspensionType": "PS", "eprReasonOfSuspension": "PS-WWP", "processingStage": "WAR"}
    answer = served.post(API_2, body(tuple({"noticeNo": number, **fields} for number in numbers)))
    data = answer.json()["data"]
    assert (answer.status_code, data["updatedCount"], data["failedCount"]) == (207, 499, 1)
    assert data["errors"] == [{"noticeNo": bad, **REFUSED}]
    good = [number for number in numbers if number != bad]
    assert [notice["noticeNo"] for notice in data["notices"]] == good
    assert rows_of(engine, t.ocms_valid_offence_notice, bad) == [before]
    for row in rows_of(engine, t.ocms_valid_offence_notice, *good):
        assert (row["prev_processing_stage"], row["last_processing_stage"]) == ("CPC", "WAR")
        assert row["epr_reason_of_suspension"] == "WWP"
    for table in (t.ocms_suspended_notice, t.ocms_outbox):
        assert sorted(row["notice_no"] for row in rows_of(engine, table)) == sorted(good)


@pytest.mark.rule("P25", "P23")
@pytest.mark.parametrize("place", [0, 250, 499])
def test_a_refused_notice_row_is_the_only_one_lost(served: Served, numbers: list[str], place: int) -> None:
    bad = numbers[place]
    with refusing(served.deployment.engine, "ocms_valid_offence_notice", "UPDATE", bad):
        update_loses_only(served, numbers, bad)


@pytest.mark.rule("P25", "P24")
def test_a_refused_suspension_takes_its_notice_along_and_no_other(served: Served, numbers: list[str]) -> None:
    with refusing(served.deployment.engine, "ocms_suspended_notice", "INSERT", numbers[123]):
        update_loses_only(served, numbers, numbers[123])


@pytest.mark.rule("P25", "G12")
def test_a_refused_outbox_row_takes_its_notice_along_and_no_other(served: Served, numbers: list[str]) -> None:
    with refusing(served.deployment.engine, "ocms_outbox", "INSERT", numbers[123]):
        update_loses_only(served, numbers, numbers[123])


@pytest.mark.rule("P25")
@pytest.mark.parametrize("running", ["postgresql"], indirect=True)  # SQLite adds none to a table there is
def test_a_check_constraint_refuses_only_its_row(
    served: Served, deployment: Deployment, numbers: list[str]
) -> None:
    drop = "ALTER TABLE ocms_valid_offence_notice DROP CONSTRAINT refuse"
    with mutated(deployment.engine, [CHECK.format(number=numbers[77])], [drop]):
        update_loses_only(served, numbers, numbers[77])


@pytest.mark.rule("P25", "P4")
def test_a_call_of_which_the_database_refuses_everything_is_a_500_without_a_word_of_it(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, ["1234567890"])
    with refusing(deployment.engine, "ocms_valid_offence_notice", "UPDATE", "1234567890"):
        answer = served.post(API_2, body())
    assert (answer.status_code, answer.json()) == (500, REFUSED)


@pytest.mark.rule("P4", "P32")
def test_a_due_date_that_cannot_be_recorded_fails_the_query(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, ["1234567890"])
    put_court_case(deployment.engine, "1234567890", court_payment_due_date=None)
    with refusing(deployment.engine, "ocms_court_case", "UPDATE", "1234567890"):
        answer = served.post(API_4, body())
    assert (answer.status_code, answer.json()) == (500, REFUSED)


@pytest.mark.rule("P4", "G15")
def test_a_table_that_is_missing_is_a_500_without_a_word_of_it(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, ["1234567890"])
    with missing(deployment.engine, "ocms_valid_offence_notice"):
        answers = [served.post(path, body()) for path in (API_2, API_4)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(500, REFUSED)] * 2
    assert [served.post(path, body()).status_code for path in (API_2, API_4)] == [200, 200]
