"""The statements of stage changes compile for SQL Server, with as many values for every size of a call."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import combinations
from typing import Any, cast

import pytest
from attrs import Factory, frozen
from sqlalchemy import ClauseElement, Compiled, Connection, Dialect
from sqlalchemy.dialects import mssql

from ocms_adapters.sql import stage_reports, stage_search
from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.found_rows import FindingStatement
from ocms_adapters.sql.row_sets import bind_keys
from ocms_adapters.sql.stages import StageStatements
from ocms_core.kernel.report_store import StoredReport
from ocms_core.stages.reports import ReportBatch, ReportEntry
from tests.support.builders import NOW
from tests.support.rows import notice_numbers

SERVER: Dialect = mssql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
SERVER.server_version_info = (15,)  # SQL Server 2019, as a connection would tell
BATCH = ReportBatch("USER01", "OCMS", NOW, NOW)


class Answerless(Exception):
    """There is no SQL Server to answer."""


@frozen
class Recording:
    """Takes statements as a connection to SQL Server does, compiles them and sends them nowhere."""

    dialect: Dialect = SERVER
    seen: list[Compiled] = Factory(list)

    def execution_options(self, **_: object) -> "Recording":
        return self

    def execute(self, statement: ClauseElement, _bound: Mapping[str, Any] | None = None) -> None:
        self.seen.append(statement.compile(dialect=SERVER))
        raise Answerless


def compiled_for_server(ask: Any, *given: object) -> Compiled:
    """Return the statement that a function of the adapter would send."""
    recording = Recording()
    with suppress(Answerless):
        rows = ask(cast("Connection", recording), *given)
        if isinstance(rows, Iterator):
            next(rows)
    (compiled,) = recording.seen
    return compiled


@pytest.mark.rule("G13", "G9")
def test_the_statements_bind_all_their_notices_as_one_value_and_lock_where_they_say_so() -> None:
    period = {"since", "until"}
    further = {"changed": period, "changed_to": {*period, "changed_to"}}
    for name, each in vars(StageStatements(SERVER)).items():
        statement = each.select if isinstance(each, FindingStatement) else each
        compiled = statement.compile(dialect=SERVER)
        open_values = {parameter for parameter, value in compiled.params.items() if value is None}
        assert open_values == {"keys", *further.get(name, ())}
        assert len(compiled.params) < 10
        assert ("WITH (UPDLOCK, ROWLOCK)" in str(compiled)) == name.endswith("locked")
    for many in (1, 5_000):
        assert list(bind_keys(SERVER, notice_numbers(many))) == ["keys"]


@pytest.mark.rule("G13")
def test_every_search_compiles_and_binds_no_more_than_its_criteria() -> None:
    names = tuple(stage_search.CONDITIONS)
    for many in range(1, len(names) + 1):
        for criteria in combinations(names, many):
            found = stage_search.search_statement(criteria).compile(dialect=SERVER)
            assert set(found.params) == {*criteria, "most"}
            counted = compiled_for_server(stage_search.counted, dict.fromkeys(criteria))
            assert set(counted.params) == set(criteria)


@pytest.mark.rule("G13")
def test_the_statements_of_reports_compile() -> None:
    day, entry = NOW.date(), ReportEntry("a.xlsx", BATCH)
    for compiled in (
        compiled_for_server(stage_reports.batch_rows, BATCH),
        compiled_for_server(stage_reports.day_rows, day),
        compiled_for_server(stage_reports.days, day, day),
        compiled_for_server(stage_reports.find, "a.xlsx"),
        compiled_for_server(stage_reports.register, entry),
        compiled_for_server(stage_reports.note_stored, "a.xlsx", StoredReport(1, "0" * 64), NOW),
    ):
        assert "ocms_" in str(compiled)
        assert len(compiled.params) < 20


@pytest.mark.rule("G13")
def test_what_is_grouped_by_binds_no_value_for_two_places_of_one_value_are_two_values_to_sql_server() -> None:
    day = NOW.date()
    statement = str(compiled_for_server(stage_reports.days, day, day))
    grouped = statement[statement.index("GROUP BY") :]
    assert "UNKNOWN" in grouped
    assert ":" not in grouped


@pytest.mark.rule("G13")
def test_every_change_can_be_written() -> None:
    writer = ChangeWriter(SERVER)
    for kind in CHANGE_STATEMENTS:
        _, statement = writer.statement(kind)
        assert str(cast("ClauseElement", statement).compile(dialect=SERVER))
