"""The sample data is sound: every notice agrees with itself, with its rows and with the rules."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain, islice, pairwise
from typing import Any

import pytest
from sqlalchemy import String, Table

from ocms_adapters.sql import schema as t
from ocms_core.kernel.dates import local
from ocms_core.kernel.reference_defaults import NEXT_STAGE, SAMPLE_FEES, STAGE_MAP
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_demo.sample import loading
from ocms_demo.sample.cases import EVERY_CASE, STAGE_PATHS
from ocms_demo.sample.examples import example_notices, example_rows
from ocms_demo.sample.generator import block
from ocms_demo.sample.rows import Row, rows_of
from tests.support.builders import at

Tables = dict[Table, list[Row]]

VON, ONOD = t.ocms_valid_offence_notice, t.ocms_offence_notice_owner_driver
SUSPENDED, CHANGED = t.ocms_suspended_notice, t.ocms_change_of_processing
ELEVEN = BEFORE_COURT | {"CPC", "CFC"}

BLOCKS = 5
DRAWS = (
    (1, local(at("2026-02-10T15:30:00"))),
    (2, local(at("2028-02-29T00:00:00"))),
    (77, local(at("2026-12-31T23:59:59"))),
)


@pytest.fixture(scope="module", params=DRAWS, ids=lambda draw: f"seed {draw[0]}")
def draw(request: pytest.FixtureRequest) -> tuple[datetime, Tables]:
    """Give the rows of ten thousand drawn notices and of the examples, and the moment they were drawn for."""
    seed, now = request.param
    drawn = chain.from_iterable(block(seed, number, now) for number in range(BLOCKS))
    notices = chain(example_notices(), drawn)
    return now, loading.by_table(chain(chain.from_iterable(map(rows_of, notices)), example_rows(now)))


@pytest.fixture
def now(draw: tuple[datetime, Tables]) -> datetime:
    return draw[0]


@pytest.fixture
def rows(draw: tuple[datetime, Tables]) -> Tables:
    return draw[1]


def by_notice(rows: list[Row]) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row["notice_no"]].append(row)
    return found


def drawn(rows: list[Row]) -> Iterator[Row]:
    return (row for row in rows if row["notice_no"].startswith("SM"))


def test_every_row_names_known_columns_fills_the_required_ones_and_fits(rows: Tables) -> None:
    for table, of_table in rows.items():
        lengths = {c.name: c.type.length for c in table.columns if isinstance(c.type, String)}
        required = {c.name for c in table.columns if not (c.nullable or c.server_default or c.identity)}
        assert required <= set(of_table[0]) <= set(table.columns.keys())
        for row in of_table:
            assert row.keys() == of_table[0].keys()
            assert all(row[name] is not None for name in row if not table.c[name].nullable), row
            assert all(len(row.get(name) or "") <= length for name, length in lengths.items() if length), row


def test_no_two_rows_share_a_key_unless_they_are_one_row(rows: Tables) -> None:
    for table, of_table in rows.items():
        keys = [column.name for column in table.primary_key]
        if table is t.ocms_outbox:
            continue
        seen: dict[tuple[Any, ...], Row] = {}
        for row in of_table:
            same = seen.setdefault(tuple(row[key] for key in keys), row)
            assert same is row or table in loading.SHARED
            assert same == row or table is t.ocms_vip_vehicle


def test_the_amounts_are_those_of_the_stage_and_the_payment_status(rows: Tables) -> None:
    for row in rows[VON]:
        stage, base = row["last_processing_stage"], row["composition_amount"]
        fee = SAMPLE_FEES["ADMIN_FEE"] if stage in {"RR3", "DR3"} else Decimal(0)
        surcharge = Decimal(0) if stage in BEFORE_COURT else SAMPLE_FEES["SURCHARGE"]
        assert row["amount_payable"] == base + fee + surcharge
        assert (row["administration_fee"] or 0, row["surcharge"] or 0) == (fee, surcharge)
        if row["notice_no"] != "1234567890":  # the contract shows this one partly paid with nothing paid
            share = {"FP": Decimal(1), "PP": Decimal("0.5")}.get(row["payment_status"], Decimal(0))
            assert row["amount_paid"] == row["amount_payable"] * share
            assert row["amount_paid"] == round(row["amount_paid"], 2)


def test_the_stages_follow_one_another_in_time_and_by_the_stage_map(rows: Tables, now: datetime) -> None:
    for row in drawn(rows[VON]):
        stage, previous = row["last_processing_stage"], row["prev_processing_stage"]
        assert row["notice_date_and_time"] < row["last_processing_date"] <= now
        if previous is None:
            assert stage == "NPA"
            assert row["prev_processing_date"] is None
        else:
            assert stage in STAGE_MAP[previous]
            assert row["notice_date_and_time"] <= row["prev_processing_date"] < row["last_processing_date"]
        assert row["next_processing_stage"] == NEXT_STAGE.get(stage)
        following = row["next_processing_date"]
        assert (following is None) == (row["next_processing_stage"] is None)
        if following:
            day = datetime.combine(row["last_processing_date"].date(), datetime.min.time())
            assert following == day + timedelta(14)


def test_every_road_takes_only_moves_of_the_stage_map() -> None:
    for stage_path in STAGE_PATHS:
        assert all(after in STAGE_MAP[before] for before, after in pairwise(stage_path))


def test_a_notice_has_one_current_offender_of_its_track_or_nobody_at_all(rows: Tables) -> None:
    people = by_notice(rows[ONOD])
    unknown = 0
    for row in rows[VON]:
        known = people.get(row["notice_no"], [])
        current = [one for one in known if one["offender_indicator"] == "Y"]
        if not known:
            unknown += 1
            assert row["last_processing_stage"] in {"NPA", "ROV"}
            continue
        assert len(current) == 1
        role = current[0]["owner_driver_indicator"]
        if row["last_processing_stage"] in {"DN1", "DN2", "DR3"}:
            assert role == "D"
        if row["last_processing_stage"] in {"ROV", "ENA", "RD1", "RD2", "RR3"}:
            assert role in {"O", "H", "R"}
        assert role != "D" or current[0]["id_type"] != "U"
    assert 0 < unknown < len(rows[VON]) / 10


def test_identity_numbers_keep_their_format_and_no_drawn_one_can_be_real(rows: Tables) -> None:
    patterns = {
        "N": re.compile(r"S\d{7}X"),  # S and T end in A to J or Z
        "F": re.compile(r"F\d{7}A"),  # F and G end in K to X
        "U": re.compile(r"00\d{7}X"),  # a real one begins with its year
        "P": re.compile(r"SP\d{7}"),
    }
    assert all(patterns[row["id_type"]].fullmatch(row["id_no"]) for row in drawn(rows[ONOD]))
    assert all(row["vehicle_no"][-1] in "QNVWFIO" for row in drawn(rows[VON]))


def test_the_notice_shows_its_open_suspensions(rows: Tables, now: datetime) -> None:
    records = by_notice(rows[SUSPENDED])
    for row in rows[VON]:
        of_notice = records.get(row["notice_no"], [])
        assert [record["sr_no"] for record in of_notice] == list(range(1, len(of_notice) + 1))
        assert all(
            record["date_of_suspension"] <= (record["date_of_revival"] or now) <= now for record in of_notice
        )
        still_open = [record for record in of_notice if record["date_of_revival"] is None]
        reasons = {(record["suspension_type"], record["reason_of_suspension"]) for record in still_open}
        permanent = any(kind == "PS" for kind, _ in reasons)
        expected = "PS" if permanent else "TS" if reasons else None
        assert row["suspension_type"] == expected
        assert row["crs_reason_of_suspension"] == ("FP" if ("PS", "FP") in reasons else None)
        shown = [
            record
            for record in still_open
            if record["suspension_type"] == expected and record["reason_of_suspension"] != "FP"
        ]
        latest = max(shown, key=lambda record: record["due_date_of_revival"] or now, default=None)
        assert row["epr_reason_of_suspension"] == (latest and latest["reason_of_suspension"])
        assert row["epr_date_of_suspension"] == (latest and latest["date_of_suspension"])
        assert row["due_date_of_revival"] == (latest and latest["due_date_of_revival"])


def test_a_notice_is_suspended_as_paid_when_it_is_fully_paid(rows: Tables) -> None:
    for row in drawn(rows[VON]):
        assert (row["payment_status"] == "FP") == (row["crs_reason_of_suspension"] == "FP")


def test_the_notices_of_a_listed_identity_are_suspended_and_no_others_are(rows: Tables) -> None:
    listed = {row["id_no"] for row in rows[t.ocms_hst]}
    of_notice = {row["notice_no"]: row["id_no"] for row in rows[ONOD] if row["offender_indicator"] == "Y"}
    under_hst = {
        row["notice_no"]
        for row in rows[SUSPENDED]
        if row["reason_of_suspension"] == "HST" and row["date_of_revival"] is None
    }
    for row in rows[VON]:
        suspended, on_list = row["notice_no"] in under_hst, of_notice.get(row["notice_no"]) in listed
        assert suspended == (on_list and row["last_processing_stage"] in ELEVEN)
    assert len(listed) > 100


def test_a_delivered_notice_has_its_copy_and_an_undelivered_one_waits_in_the_outbox(rows: Tables) -> None:
    copies = {row["notice_no"]: row for row in rows[t.eocms_valid_offence_notice]}
    waiting = {row["notice_no"] for row in rows[t.ocms_outbox]}
    for row in rows[VON]:
        assert (row["is_sync"] == "Y") == (row["notice_no"] in copies) == (row["notice_no"] not in waiting)
        copy = copies.get(row["notice_no"], {})
        shared = copy.keys() - {"cre_date", "cre_user_id"}
        assert {name: copy[name] for name in shared} == {name: row[name] for name in shared}
    assert waiting


def test_every_case_that_can_occur_does_in_ten_thousand(rows: Tables) -> None:
    records = by_notice(rows[SUSPENDED])

    def kinds(row: Row, *, still_open: bool) -> frozenset[tuple[str, str]]:
        return frozenset(
            (record["suspension_type"], record["reason_of_suspension"])
            for record in records.get(row["notice_no"], [])
            if (record["date_of_revival"] is None) == still_open
        )

    found = {
        (
            row["last_processing_stage"],
            row["payment_status"],
            kinds(row, still_open=True),
            kinds(row, still_open=False),
        )
        for row in drawn(rows[VON])
    }
    requested = {
        (case.stage, case.payment, frozenset(case.situation.open), frozenset(case.situation.closed))
        for case in EVERY_CASE
    }
    assert found == requested


def test_there_is_something_for_every_rule_that_looks_at_a_date(rows: Tables, now: datetime) -> None:
    dues = [row["payment_due_date"] for row in drawn(rows[VON]) if row["payment_due_date"]]
    assert any(due < now for due in dues)
    assert any(due > now for due in dues)
    changes = [row["date_of_change"] for row in rows[CHANGED]]
    assert any(moment.date() == now.date() for moment in changes)
    assert any(moment.date() < now.date() for moment in changes)
    revivals = [row["due_date_of_revival"] for row in rows[SUSPENDED] if row["date_of_revival"] is None]
    assert any(due and due < now for due in revivals)
    assert any(due and due > now for due in revivals)


def test_court_cases_furnishings_and_vip_vehicles_belong_to_their_notices(rows: Tables) -> None:
    notices = {row["notice_no"]: row for row in rows[VON]}
    for case in rows[t.ocms_court_case]:
        notice = notices[case["notice_no"]]
        assert notice["last_processing_stage"] not in BEFORE_COURT
        assert case["court_payment_due_date"] == notice["payment_due_date"]
    roles = {(row["notice_no"], row["owner_driver_indicator"]) for row in rows[ONOD]}
    for row in [*rows[t.ocms_furnish_detail], *rows[t.ocms_offence_notice_owner_driver_addr]]:
        assert (row["notice_no"], row["owner_driver_indicator"]) in roles
    vehicles = {row["vehicle_no"] for row in rows[VON]} | {"ABC1234"}
    assert {row["vehicle_no"] for row in rows[t.ocms_vip_vehicle]} <= vehicles
    for change in rows[CHANGED]:
        notice = notices[change["notice_no"]]
        assert change["new_processing_stage"] == notice["last_processing_stage"]
        assert change["last_processing_stage"] == notice["prev_processing_stage"]
        assert change["date_of_change"] == notice["last_processing_date"]


def test_the_same_seed_draws_the_same_and_another_seed_draws_others() -> None:
    _, now = DRAWS[0]
    assert list(block(1, 3, now)) == list(block(1, 3, now))
    assert list(islice(block(1, 3, now), 50)) != list(islice(block(2, 3, now), 50))
