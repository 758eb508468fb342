"""What happened to a notice is told in order and in words, and of people only that it did (K2)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ocms_adapters.sql import schema
from ocms_core.kernel.actors import UNNAMED, Actor, acting, present_actor
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.audit_story import PARTICULARS, Look, OutsideEvent, story
from ocms_core.kernel.dates import local
from tests.support.builders import NOW

NO = "500500303J"
OFFICER = Actor("OIC001", "oic", "portal", "changeProcessingStage", "r-1")
JOB = Actor("node:1", "job", "-", "seal_audit_rows")
MOVED = RowChange(
    "ocms_valid_offence_notice",
    {"notice_no": NO},
    {"last_processing_stage": "DN1", "amount_payable": Decimal("70.00"), "next_processing_stage": None},
    {"last_processing_stage": "DN2", "amount_payable": Decimal("80.00"), "next_processing_stage": None},
)
SUSPENDED = RowChange(
    "ocms_suspended_notice",
    {"notice_no": NO, "date_of_suspension": local(NOW), "sr_no": 1},
    None,
    {"suspension_type": "TS", "due_date_of_revival": None, "suspension_remarks": "JOHN LEE moved"},
)
ROLE = {"notice_no": NO, "owner_driver_indicator": "O"}


def lines_of(*rows: AuditRow, looks: tuple[Look, ...] = ()) -> list[str]:
    return list(story(rows, looks))


def change(table: str, before: Any, after: Any, **key: Any) -> str:
    """Return the one line of a change."""
    return lines_of(AuditRow(1, NOW, JOB, (RowChange(table, {**ROLE, **key}, before, after),)))[1]


@pytest.mark.rule("K2")
def test_changes_and_looks_come_in_order_with_who_made_them() -> None:
    later = NOW + timedelta(minutes=1)
    lines = lines_of(
        AuditRow(2, later, JOB, (SUSPENDED,)),
        AuditRow(1, NOW, OFFICER, (MOVED,)),
        looks=(Look(later + timedelta(minutes=1), "OIC002", "oic", "notice-getTimeline"),),
    )
    assert lines == [
        "2025-01-14 11:00:00  OIC001 (oic), changeProcessingStage, request r-1",
        "  notice changed: last processing stage DN1 → DN2, amount payable $70.00 → $80.00",
        "2025-01-14 11:01:00  node:1 (job), seal_audit_rows",
        "  suspension 1 of 2025-01-14 11:00:00 added: suspension type TS, suspension remarks (hidden)",
        "2025-01-14 11:02:00  OIC002 (oic), notice-getTimeline: looked at its people",
    ]


@pytest.mark.rule("K2")
def test_looks_of_one_moment_come_in_the_order_they_were_recorded() -> None:
    looks = tuple(Look(NOW, name, "oic", "offender-getDetails") for name in ("OIC003", "OIC001", "OIC002"))
    assert [line.split()[2] for line in lines_of(looks=looks)] == ["OIC003", "OIC001", "OIC002"]


@pytest.mark.rule("K2")
def test_what_another_program_did_comes_before_the_changes_of_its_moment_as_a_look_does() -> None:
    row = AuditRow(1, NOW, JOB, (MOVED,))
    change = "2025-01-14 11:00:00  node:1 (job), seal_audit_rows"
    created = OutsideEvent(NOW, "created")
    assert list(story([row], [], [created]))[:2] == [
        "2025-01-14 11:00:00  created, by another program",
        change,
    ]
    look = Look(NOW, "OIC002", "oic", "notice-getTimeline")
    assert lines_of(row, looks=(look,))[1] == change


@pytest.mark.rule("K2", "G2")
def test_what_is_hidden_are_columns_of_the_schema() -> None:
    columns = {column.name for table in schema.INTRANET.sorted_tables for column in table.columns}
    assert columns >= PARTICULARS


@pytest.mark.rule("K2")
def test_a_court_case_is_told_by_its_name() -> None:
    line = change("ocms_court_case", {"court_payment_due_date": None}, {"court_payment_due_date": "x"})
    assert line == "  court case changed: court payment due date nothing → x"


@pytest.mark.rule("K2")
def test_a_stage_change_is_told_by_its_new_stage() -> None:
    line = change("ocms_change_of_processing", None, {"source": "005"}, new_processing_stage="DN2")
    assert line == "  stage change to DN2 added: source 005"


@pytest.mark.rule("K2")
def test_a_moment_is_told_to_the_second() -> None:
    since = local(NOW + timedelta(microseconds=5))
    line = change(
        "ocms_suspended_notice", None, {"due_date_of_revival": since}, sr_no=1, date_of_suspension=since
    )
    assert line == "  suspension 1 of 2025-01-14 11:00:00 added: due date of revival 2025-01-14 11:00:00"


@pytest.mark.rule("K2", "G2")
@pytest.mark.parametrize(
    "line, expected",
    [
        (
            ("ocms_offence_notice_owner_driver", {"name": "A", "offender_indicator": "Y"},
             {"name": "B", "offender_indicator": "N"}),
            "  person in role O changed: name (hidden) → (hidden), offender indicator Y → N",
        ),
        (
            ("ocms_offence_notice_owner_driver", {"name": None}, {"name": "B"}),
            "  person in role O changed: name nothing → (hidden)",
        ),
        (
            ("ocms_offence_notice_owner_driver", {"name": "A"}, {"name": "A"}),
            "  person in role O written again, with the same values",
        ),
        (("ocms_furnish_detail", None, {"remarks": None}), "  furnished details of role O added"),
        (("ocms_hst", {"name": "A"}, None), "  ocms_hst removed"),
    ],
    ids=str,
)  # fmt: skip
def test_of_a_person_it_is_told_that_something_changed_and_not_what(line: Any, expected: str) -> None:
    assert change(*line) == expected


def test_an_address_is_told_by_its_kind_and_role() -> None:
    line = change(
        "ocms_offence_notice_owner_driver_addr", None, {"postal_code": "1"}, type_of_address="mha_reg"
    )
    assert line == "  mha_reg address of role O added: postal code (hidden)"


@pytest.mark.rule("K2")
def test_who_acts_is_named_while_a_block_lasts() -> None:
    assert present_actor() == UNNAMED == Actor("unnamed", "none", "none", "none")
    with acting(OFFICER):
        with acting(JOB):
            assert present_actor() == JOB
        assert present_actor() == OFFICER
    assert present_actor() == UNNAMED
