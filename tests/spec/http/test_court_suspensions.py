"""API 2 over HTTP: what a type of suspension without a reason does, by what the notice shows."""

from typing import Any

import pytest

from ocms_adapters.sql import schema as t
from tests.support.builders import body
from tests.support.http_server import API_2, Served
from tests.support.rows import put_notices, put_suspension, row_of, rows_of

NO = "1234567890"
COLUMNS = (
    *("suspension_type", "epr_reason_of_suspension", "epr_date_of_suspension"),
    *("due_date_of_revival", "crs_reason_of_suspension"),
)
SINCE, UNTIL = "2024-12-05 10:00:00", "2049-03-01 00:00:00"


def shown(served: Served) -> tuple[str | None, ...]:
    """Return what the notice row shows, as text."""
    row = row_of(served.deployment.engine, t.ocms_valid_offence_notice, NO)
    return tuple(None if row[name] is None else str(row[name]) for name in COLUMNS)


def updated(served: Served, **fields: str) -> Any:
    """Update the notice, beside one that is always updated; return the errors."""
    put_notices(served.deployment.engine, ["1234567891"])
    answer = served.post(API_2, body(({"noticeNo": NO, **fields}, {"noticeNo": "1234567891"})))
    data = answer.json()["data"]
    assert answer.status_code == (207 if "errors" in data else 200), answer.text
    return [(each["noticeNo"], each["appCode"]) for each in data.get("errors", [])]


@pytest.mark.rule("P21", "P24", "U1")
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("TS", "UNC", SINCE, UNTIL, None), id="TS with a reason"),
        pytest.param(("TS", "ZZZ", SINCE, UNTIL, None), id="TS with a reason of no pair"),
        pytest.param(("TS", None, None, UNTIL, None), id="TS alone"),
        pytest.param(("PS", "WWP", SINCE, None, None), id="PS with a reason"),
        pytest.param(("PS", None, None, None, "FP"), id="PS of a payment"),
    ],
)
def test_the_type_a_notice_shows_already_changes_nothing(served: Served, row: tuple[str | None, ...]) -> None:
    put_notices(served.deployment.engine, [NO], **dict(zip(COLUMNS, row, strict=True)))
    kind = row[0]
    assert kind is not None
    assert updated(served, suspensionType=kind) == []
    assert shown(served) == row
    assert rows_of(served.deployment.engine, t.ocms_suspended_notice, NO) == []


@pytest.mark.rule("P21", "P24", "U1")
@pytest.mark.parametrize(
    "row, kind",
    [
        pytest.param((None, None, None, None, None), "TS", id="TS over nothing"),
        pytest.param((None, None, None, None, None), "PS", id="PS over nothing"),
        pytest.param(("TS", None, None, UNTIL, None), "PS", id="PS over TS alone"),
        pytest.param(("PS", None, None, None, None), "TS", id="TS over PS alone"),
    ],
)
def test_a_type_stands_on_the_row_alone_where_no_reason_is_shown(
    served: Served, row: tuple[str | None, ...], kind: str
) -> None:
    put_notices(served.deployment.engine, [NO], **dict(zip(COLUMNS, row, strict=True)))
    assert updated(served, suspensionType=kind) == []
    stands = shown(served)
    assert (stands[0], stands[1], stands[3]) == (kind, None, None)
    assert rows_of(served.deployment.engine, t.ocms_suspended_notice, NO) == []


@pytest.mark.rule("P21", "P24", "U1", "U2")
@pytest.mark.parametrize(
    "row, kind, refused",
    [
        pytest.param(("TS", "APP", SINCE, UNTIL, None), "PS", False, id="PS over TS-APP, both pairs"),
        pytest.param(("PS", "APP", SINCE, None, None), "TS", False, id="TS over PS-APP, both pairs"),
        pytest.param(("TS", "UNC", SINCE, UNTIL, None), "PS", True, id="PS over TS-UNC, no PS-UNC"),
        pytest.param(("PS", "WWP", SINCE, None, None), "TS", True, id="TS over PS-WWP, no TS-WWP"),
        pytest.param(("PS", None, None, None, "FP"), "TS", True, id="TS over a payment"),
    ],
)
def test_another_type_over_a_reason_needs_their_pair(
    served: Served,
    row: tuple[str | None, ...],
    kind: str,
    refused: bool,  # noqa: FBT001
) -> None:
    put_notices(served.deployment.engine, [NO], **dict(zip(COLUMNS, row, strict=True)))
    assert updated(served, suspensionType=kind) == ([(NO, "OCMS-4005")] if refused else [])
    assert shown(served)[:2] == (row[:2] if refused else (kind, row[1]))
    opened = rows_of(served.deployment.engine, t.ocms_suspended_notice, NO)
    assert [(each["suspension_type"], each["reason_of_suspension"], each["sr_no"]) for each in opened] == (
        [] if refused else [(kind, row[1], 1)]
    )


@pytest.mark.rule("P24", "U1", "H9")
@pytest.mark.parametrize("reason, left_open", [("OTH", False), ("HST", True)])
def test_of_what_is_replaced_only_ts_hst_stays_open(
    served: Served,
    reason: str,
    left_open: bool,  # noqa: FBT001
) -> None:
    kind = "TS" if reason == "HST" else "PS"
    engine = served.deployment.engine
    row = (kind, reason, SINCE, UNTIL if kind == "TS" else None, None)
    put_notices(engine, [NO], **dict(zip(COLUMNS, row, strict=True)))
    columns = {"suspension_type": kind, "reason_of_suspension": reason, "due_date_of_revival": row[3]}
    put_suspension(engine, NO, **columns)
    assert updated(served, eprReasonOfSuspension="PS-WWP") == []
    assert shown(served)[:2] == ("PS", "WWP")
    old, new = sorted(rows_of(engine, t.ocms_suspended_notice, NO), key=lambda each: each["sr_no"])
    assert (old["date_of_revival"] is None, old["revival_reason"]) == (
        left_open,
        None if left_open else "CSR",
    )
    assert (new["sr_no"], new["reason_of_suspension"], new["date_of_revival"]) == (2, "WWP", None)


@pytest.mark.rule("P24", "U1")
def test_a_pair_with_an_open_record_gets_no_second_one(served: Served) -> None:
    engine = served.deployment.engine
    put_notices(engine, [NO])
    put_suspension(engine, NO, reason_of_suspension="WWP")
    assert updated(served, suspensionType="PS", eprReasonOfSuspension="PS-WWP") == []
    assert shown(served)[:2] == ("PS", "WWP")
    assert len(rows_of(engine, t.ocms_suspended_notice, NO)) == 1


@pytest.mark.rule("P24", "U1")
def test_an_open_record_of_the_pair_is_shown_again_once_another_is_replaced(served: Served) -> None:
    engine = served.deployment.engine
    put_notices(engine, [NO], suspension_type="PS", epr_reason_of_suspension="OTH")
    put_suspension(engine, NO, reason_of_suspension="WWP")
    newer = {"sr_no": "2", "date_of_suspension": "2024-12-06 10:00:00"}
    put_suspension(engine, NO, reason_of_suspension="OTH", **newer)
    assert updated(served, eprReasonOfSuspension="PS-WWP") == []
    assert shown(served)[:2] == ("PS", "WWP")
    records = sorted(rows_of(engine, t.ocms_suspended_notice, NO), key=lambda each: each["sr_no"])
    assert [(each["reason_of_suspension"], each["revival_reason"]) for each in records] == [
        *(("WWP", None), ("OTH", "CSR")),
    ]
