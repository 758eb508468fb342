"""Stage changes: submit, print runs, search and workbooks, each at its service, without HTTP."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any

from attrs import evolve
from openpyxl import Workbook
from sqlalchemy import TextClause, text
from xlsxwriter import Workbook as Writer  # type: ignore[import-untyped]  # it comes without types

from benchmarks import services
from benchmarks.contenders.stages import by_hand, core_toppan, orm_submit
from benchmarks.frame import BEST, OURS, TYPICAL, Bar, Ready, Row, count, milliseconds, rate_of, time_of
from benchmarks.ground import Ground, notice_no, outside_transactions
from benchmarks.memory import megabytes_grown
from benchmarks.services import median_seconds, now, timed
from benchmarks.serving import service_before
from ocms_adapters.files.xlsx import write_workbook
from ocms_core.stages import reports
from tests.support import engines
from tests.support.statements import recorded

PEOPLE = text("""
    INSERT INTO ocms_offence_notice_owner_driver (
        notice_no, owner_driver_indicator, id_type, id_no, name, offender_indicator)
    SELECT '5' || lpad(i::text, 8, '0') || 'J', substring('DOH', 1 + i % 3, 1), 'N',
           'S' || lpad((i / 5)::text, 7, '0') || 'A',
           'PERSON ' || i / 5, 'Y'
      FROM generate_series(1, :notices) AS i
    ON CONFLICT DO NOTHING
""")
FEE = text("""
    INSERT INTO ocms_parameter (parameter_id, code, value, description)
    VALUES ('ADMIN_FEE', 'AMOUNT', '10.00', 'Administration fee')
    ON CONFLICT DO NOTHING
""")
# Stages, compositions, roles and suspensions as they are mixed in a table, all of which a run moves (S76).
TO_PRINT = text("""
    UPDATE ocms_valid_offence_notice
       SET last_processing_stage = (ARRAY['DN1', 'ENA', 'NPA'])[1 + right(left(notice_no, 9), 2)::int % 3],
           next_processing_stage = 'DN2', payment_status = NULL, epr_reason_of_suspension = NULL,
           suspension_type = CASE WHEN right(left(notice_no, 9), 2)::int % 7 = 0 THEN 'TS' END,
           composition_amount = (ARRAY[30, 70, 100, 150, 300])[1 + right(left(notice_no, 9), 3)::int % 5]
     WHERE notice_no = ANY(CAST(:numbers AS varchar[]))
""")
# By role: the stages of a driver, and of an owner or hirer.
TO_SUBMIT = text("""
    UPDATE ocms_valid_offence_notice
       SET last_processing_stage = CASE substring(notice_no, 2, 8)::int % 3
               WHEN 0 THEN (ARRAY['DN1', 'DN2', 'NPA'])[1 + right(left(notice_no, 9), 2)::int % 3]
               ELSE (ARRAY['ROV', 'RD1', 'RD2', 'NPA'])[1 + right(left(notice_no, 9), 2)::int % 4] END,
           next_processing_stage = 'CPC', payment_status = NULL, epr_reason_of_suspension = NULL,
           suspension_type = CASE WHEN right(left(notice_no, 9), 2)::int % 7 = 0 THEN 'TS' END,
           composition_amount = (ARRAY[30, 70, 100, 150, 300])[1 + right(left(notice_no, 9), 3)::int % 5]
     WHERE notice_no = ANY(CAST(:numbers AS varchar[]))
""")
FORGET = (
    "TRUNCATE ocms_change_of_processing, ocms_outbox",
    "UPDATE ocms_offence_notice_owner_driver SET mha_dh_check_allow = 'Y' WHERE mha_dh_check_allow <> 'Y'",
    "VACUUM ocms_valid_offence_notice, ocms_offence_notice_owner_driver",
    "CHECKPOINT",
)
HAND = "asyncpg with prepared statements"
TENTH = "OCMS, a tenth of the table"
BATCH = 500
PRINT_RUN = 100_000
WORKBOOK_ROWS = 100_000


def local() -> datetime:
    return now().replace(tzinfo=None)


def drawn(ground: Ground, many: int) -> list[str]:
    """Draw notices of the table, and see that everyone has a person, and moves a fee."""
    for build in ground.builds:
        with build.engine.begin() as connection:
            connection.execute(PEOPLE, {"notices": build.size.notices})
            connection.execute(FEE)
        outside_transactions(build.engine, "ANALYZE ocms_offence_notice_owner_driver")
    every = range(1, ground.size.notices + 1)
    return [notice_no(n) for n in random.Random(20250114).sample(every, min(many, len(every)))]


def put_back(ground: Ground, numbers: Sequence[str], state: TextClause = TO_PRINT) -> None:
    """Put notices back where they were before a run."""
    for build in ground.builds:
        with build.engine.begin() as connection:
            connection.execute(state, {"numbers": numbers})
        outside_transactions(build.engine, *FORGET)


@contextmanager
def submit(ground: Ground) -> Iterator[Ready]:
    """A submit of 500 to the stages that follow theirs, which depend on the offender's role."""
    numbers, ours = drawn(ground, BATCH), services.submit(ground.engine)
    with (
        by_hand(ground.databases.intranet) as hand,
        service_before(ground, "stage-submit", numbers) as before,
    ):
        yield Ready(
            {
                OURS: partial(median_seconds, ours, [numbers]),
                TYPICAL: lambda: timed(lambda: orm_submit(ground.engine, numbers, local())),
                BEST: lambda: timed(lambda: hand.submit(numbers, local())),
                **before,
            },
            {"extra statements": partial(extra_statements, ground, numbers, ours)},
            between=partial(put_back, ground, numbers, TO_SUBMIT),
        )


def extra_statements(ground: Ground, numbers: Sequence[str], ours: Callable[[Sequence[str]], None]) -> float:
    """Count the statements 500 notices take over those one takes."""
    counts = []
    for some in (numbers[:1], numbers):
        put_back(ground, numbers, TO_SUBMIT)
        with recorded(ground.engine) as sent:
            ours(some)
        counts.append(len(sent))
    return counts[1] - counts[0]


@contextmanager
def print_run(ground: Ground) -> Iterator[Ready]:
    """A Toppan call of 100,000, or half the table if it is smaller."""
    numbers = drawn(ground, min(PRINT_RUN, ground.size.notices // 2))
    url = ground.databases.intranet

    def grown() -> float:
        put_back(ground, numbers)
        return megabytes_grown(partial(print_letters, url, numbers))

    ours = services.toppan(ground.engine)
    with by_hand(url) as hand, service_before(ground, "toppan", numbers) as before:
        yield Ready(
            {
                OURS: partial(median_seconds, ours, [numbers]),
                TYPICAL: lambda: timed(lambda: core_toppan(ground.engine, numbers, local())),
                BEST: lambda: timed(lambda: hand.toppan(numbers, local())),
                **before,
            },
            {"megabytes": grown},
            between=partial(put_back, ground, numbers),
        )


def print_letters(url: str, numbers: Sequence[str]) -> None:
    """Work off a print run in a process that has nothing open yet."""
    services.toppan(engines.create(url))(numbers)


@contextmanager
def search(ground: Ground) -> Iterator[Ready]:
    """A search for an identity with five notices, in the table and in one with a tenth of its notices."""
    small = Ground(evolve(ground.size, notices=ground.size.notices // 10), ground.delay)
    identities = searched(ground)
    with (
        small.held,
        by_hand(ground.databases.intranet) as hand,
        service_before(ground, "stage-search", *identities) as before,
    ):
        yield Ready(
            {
                OURS: partial(median_seconds, services.search(ground.engine), identities),
                BEST: partial(median_seconds, hand.search, identities),
                TENTH: partial(median_seconds, services.search(small.engine), searched(small)),
                **before,
            }
        )


def searched(ground: Ground) -> Sequence[str]:
    """Draw identities from the people of a table."""
    drawn(ground, 1)
    for build in ground.builds:
        outside_transactions(build.engine, "VACUUM (ANALYZE)")
    people = range(1, ground.size.notices // 5)
    return [f"S{n:07}A" for n in random.Random(20250114).choices(people, k=ground.size.calls * 5)]


def report_rows() -> Iterator[tuple[object, ...]]:
    """Make up the rows of a report."""
    start = datetime(2025, 1, 1)  # noqa: DTZ001  # as a table keeps it
    for number in range(WORKBOOK_ROWS):
        offence = start - timedelta(minutes=number)
        moved = (
            f"{number:010}",
            "SP",
            offence,
            f"SBA{number % 9999}A",
            "S1234567A",
            "JOHN DOE",
            "DN1",
            offence,
        )
        yield (*moved, "DN2", start, "SUP", "Manual adjustment", "USER01", start, "OCMS")


def with_openpyxl(rows: Sequence[tuple[Any, ...]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(BytesIO())


def with_xlsxwriter(rows: Sequence[tuple[Any, ...]]) -> None:
    book = Writer(BytesIO(), {"constant_memory": True, "default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()


@contextmanager
def workbook(_ground: Ground) -> Iterator[Ready]:
    """A report of 100,000 rows, its rows made up beforehand; for the memory they are made up on the way."""
    rows = list(report_rows())
    yield Ready(
        {
            OURS: lambda: timed(lambda: write_workbook(reports.sheet(rows), BytesIO())),
            TYPICAL: lambda: timed(lambda: with_openpyxl(rows)),
            BEST: lambda: timed(lambda: with_xlsxwriter(rows)),
        },
        {"megabytes": lambda: megabytes_grown(to_a_file)},
    )


def to_a_file() -> None:
    with TemporaryFile() as target:
        write_workbook(reports.sheet(report_rows()), target)


ROWS = (
    Row(
        "stage-submit",
        "Stage submit of 500 notices of mixed stages, compositions and roles, committed to disk",
        {
            OURS: "The service: reference data, notices locked in order, roles and changes of today read, "
            "decided, notices, records, flags and outbox written",
            TYPICAL: "SQLAlchemy ORM, notice by notice, flushed each; no lock, one target, no stage map",
            BEST: f"{HAND}: lock with role, changes of today, update, records, flags, outbox; the next stage "
            "from a table, no check, no audit row",
        },
        submit,
        (
            Bar("at most 1.15 of the best peer's time", time_of(BEST), at_most=1.15),
            Bar("at least 15 times faster than the typical peer", rate_of(TYPICAL), at_least=15),
            Bar("as many statements for 500 notices as for one", count("extra statements"), at_most=0),
        ),
    ),
    Row(
        "toppan",
        "Toppan, a print run of 100,000 notices of mixed stages and compositions (at most half the table)",
        {
            OURS: "The service: chunks of 5,000, each locked, looked at, decided, written and committed",
            TYPICAL: "SQLAlchemy Core, one executemany, one commit",
            BEST: f"{HAND}: sorted chunks of 5,000, each an update, an insert and a commit; no lock, no look",
        },
        print_run,
        (
            Bar("at most 1.2 of the best peer's time", time_of(BEST), at_most=1.2),
            Bar("at most 64 MB over an idle process", count("megabytes"), at_most=64),
        ),
    ),
    Row(
        "stage-search",
        "Search by identity, five notices each: the median of many",
        {
            OURS: "The service: notices of the identity, then everyone of those notices",
            BEST: f"{HAND}: the same in one join",
            TENTH: "The service, in a table with a tenth of the notices",
        },
        search,
        (
            Bar("at most 1.2 of the best peer's median", time_of(BEST), at_most=1.2),
            Bar("the same in ten times the table, within a fifth", time_of(TENTH), at_least=0.8, at_most=1.2),
        ),
    ),
    Row(
        "workbook",
        "A workbook of 100,000 rows and 16 columns",
        {
            OURS: "Streamed, typed cells, a column of a thousand rows at once",
            TYPICAL: "openpyxl, write-only",
            BEST: "xlsxwriter, constant memory",
        },
        workbook,
        (
            Bar("at least 5 times faster than xlsxwriter", rate_of(BEST), at_least=5),
            Bar("at most 1,000 ms", milliseconds, at_most=1_000),
            Bar("at most 40 MB over an idle process", count("megabytes"), at_most=40),
        ),
    ),
)
