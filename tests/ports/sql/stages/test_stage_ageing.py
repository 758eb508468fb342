"""The figures of the dashboard count what their lists show, in one statement each, on both databases."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.stage_ageing import SqlAgeingStores
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.stage_moves import StageChange
from ocms_core.stages.ageing import (
    AGE_BANDS,
    AgedNotice,
    StageAges,
    changes_of_day,
    count_ages,
    notices_of_age,
)
from tests.support.builders import at
from tests.support.hst_rows import notice
from tests.support.rows import notice_numbers
from tests.support.statements import recorded

TODAY = date(2025, 3, 10)
NOW = at("2025-03-10T00:30:00")
MIDNIGHT = datetime(2025, 3, 10)  # noqa: DTZ001  # columns are local


def put(engine: Engine, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table), list(rows))


def aged(number: str, stage: str, entered: datetime, shown: str | None = None) -> dict[str, Any]:
    return notice(number) | {
        "last_processing_stage": stage,
        "last_processing_date": entered,
        "suspension_type": shown,
    }


@pytest.mark.rule("S1")
def test_open_notices_are_counted_and_listed_by_stage_and_band(engine: Engine) -> None:
    days, kinds = (-1, 0, 14, 15, 30, 31, 90, 91, 4000), (None, "TS", "PS")
    each = list(product(("RD1", "DN1"), days, kinds))
    numbers = notice_numbers(len(each) + 1)
    # The first and the last moment of a day are of that day.
    rows = [
        aged(number, stage, MIDNIGHT - timedelta(days=day), shown)
        for number, (stage, day, shown) in zip(numbers, each, strict=False)
    ]
    rows.append(aged(numbers[-1], "ROV", MIDNIGHT - timedelta(days=13, microseconds=1)))
    put(engine, t.ocms_valid_offence_notice, rows)
    stores = SqlAgeingStores(engine)
    figures = count_ages(stores=stores, now=NOW)
    assert figures == (
        StageAges("ROV", (1, 0, 0, 0)),
        StageAges("RD1", (6, 4, 4, 4)),
        StageAges("DN1", (6, 4, 4, 4)),
    )
    for found in figures:
        for band, count in zip(AGE_BANDS, found.notices, strict=True):
            listed = notices_of_age(found.stage, band, stores=stores, now=NOW)
            assert len(listed) == count
            assert [(line.entered_at, line.notice_no) for line in listed] == sorted(
                (line.entered_at, line.notice_no) for line in listed
            )


@pytest.mark.rule("S1")
def test_a_line_says_where_the_notice_goes_and_what_is_payable(engine: Engine) -> None:
    (number,) = notice_numbers(1)
    row = aged(number, "RD1", MIDNIGHT) | {
        "next_processing_stage": "RD2",
        "next_processing_date": MIDNIGHT + timedelta(days=14),
        "amount_payable": Decimal("80.50"),
    }
    put(engine, t.ocms_valid_offence_notice, [row])
    stores = SqlAgeingStores(engine)
    due = singapore(MIDNIGHT) + timedelta(days=14)
    assert notices_of_age("RD1", AGE_BANDS[0], stores=stores, now=NOW) == [
        AgedNotice(number, "SGX1234A", "RD1", singapore(MIDNIGHT), "RD2", due, Decimal("80.50"))
    ]


@pytest.mark.rule("S51")
def test_the_changes_of_an_officer_and_day_are_listed_the_latest_first(engine: Engine) -> None:
    numbers = notice_numbers(6)
    last_moment = MIDNIGHT + timedelta(days=1, microseconds=-1)
    change: dict[str, Any] = {
        "new_processing_stage": "RD2",
        "last_processing_stage": "RD1",
        "reason_of_change": "SUP",
        "remarks": "soon",
        "source": "PORTAL",
        "authorised_officer": "OIC.TAN",
    }
    places: tuple[dict[str, Any], ...] = (
        {"date_of_change": MIDNIGHT},
        {"date_of_change": last_moment},
        {"date_of_change": MIDNIGHT - timedelta(microseconds=1)},
        {"date_of_change": MIDNIGHT + timedelta(days=1)},
        {"date_of_change": MIDNIGHT, "authorised_officer": "OIC.LIM"},
        # Another system says who it is, not who its officer was, nor what was before.
        {
            "date_of_change": MIDNIGHT,
            "authorised_officer": None,
            "source": "PLUS",
            "last_processing_stage": None,
        },
    )
    rows = [{**change, **place, "notice_no": number} for number, place in zip(numbers, places, strict=True)]
    put(engine, t.ocms_change_of_processing, rows)
    stores = SqlAgeingStores(engine)

    def line(number: str, moment: datetime) -> StageChange:
        return StageChange(number, singapore(moment), "RD2", "RD1", "SUP", "OIC.TAN", "PORTAL", "soon")

    assert changes_of_day("OIC.TAN", TODAY, stores=stores) == [
        line(numbers[1], last_moment),
        line(numbers[0], MIDNIGHT),
    ]
    assert changes_of_day("PLUS", TODAY, stores=stores) == [
        StageChange(numbers[5], singapore(MIDNIGHT), "RD2", "", "SUP", "PLUS", "PLUS", "soon")
    ]


@pytest.mark.rule("S1", "S51")
@pytest.mark.parametrize("many", [1, 300])
def test_figures_and_lists_cost_one_statement_each_however_many_there_are(engine: Engine, many: int) -> None:
    put(
        engine,
        t.ocms_valid_offence_notice,
        [aged(number, "RD1", MIDNIGHT) for number in notice_numbers(many)],
    )
    stores = SqlAgeingStores(engine)
    for ask in (
        lambda: count_ages(stores=stores, now=NOW),
        lambda: notices_of_age("RD1", AGE_BANDS[0], stores=stores, now=NOW),
        lambda: changes_of_day("OIC.TAN", TODAY, stores=stores),
    ):
        with recorded(engine) as statements:
            ask()
        assert len(statements) == 1
