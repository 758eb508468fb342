"""What the HST operations would do with a notice now, told with the rules that decide it."""

from typing import TypeAlias

import pytest
from attrs import evolve

from ocms_core.hst import service
from ocms_core.hst.explaining import explain, explain_facts
from ocms_core.hst.facts import IdentityFacts
from ocms_core.kernel.suspensions import PERMANENT, ShownSuspension, SuspensionReason
from tests.support.cases import Case, parametrize_cases
from tests.support.databases import Databases
from tests.support.hst_facts import (
    DUE,
    IDENTITY,
    LISTED,
    NOW,
    OFFICER,
    SINCE,
    answer,
    facts,
    notice,
    record,
    suspended,
)
from tests.support.hst_rows import application, hst_database

Explained: TypeAlias = Case[IdentityFacts, None, tuple[tuple[str, str, tuple[str, ...]], ...]]
HELD = suspended("A", record())
RECORD = "record 1 of 2024-12-20 due 2025-02-01"
APPLY, REVIVE = "apply-hst", "revive-hst"
NEW_NOTICES, LOOP = "suspend_hst_new_notices", "loop_hst_suspensions"

CASES: tuple[Explained, ...] = (
    Case(
        rule=("H4", "H7"),
        name="a notice an application would suspend",
        given=facts(notice("A")),
        says=(
            (APPLY, "suspended under TS-HST", ("H4", "H5")),
            (REVIVE, "OCMS-4003 HST ID not found; not under TS-HST", ("H7",)),
        ),
    ),
    Case(
        rule="H4",
        name="a notice in court is left alone",
        given=facts(notice("A", stage="WAR")),
        says=(
            (APPLY, "left alone: its stage is the court's", ("H4", "H5")),
            (REVIVE, "OCMS-4003 HST ID not found; not under TS-HST", ("H7",)),
        ),
    ),
    Case(
        rule=("H3", "H7", "H31"),
        name="a notice held by a record goes round while its offender is listed",
        given=facts(HELD, listed=[LISTED]),
        says=(
            (APPLY, "OCMS-4004 HST ID already exists", ("H3", "H4")),
            (REVIVE, f"lifts {RECORD}; then ACTIVE", ("H7",)),
            (NEW_NOTICES, "left alone: not new", ("H30", "H31", "U3", "U8")),
            (LOOP, f"goes round when {RECORD} ends", ("H31",)),
        ),
    ),
    Case(
        rule="H7",
        name="a notice held by two records",
        given=facts(evolve(suspended("A", record(), record(sr_no=2)), id_no="S7654321B")),
        says=(
            (APPLY, "left alone: under TS-HST already", ("H4", "H5")),
            (
                REVIVE,
                f"OCMS-4003 HST ID not found; held by {RECORD}, record 2 of 2024-12-20 due 2025-02-01",
                ("H7",),
            ),
            (LOOP, f"expires when {RECORD} ends", ("H31",)),
            (LOOP, "expires when record 2 of 2024-12-20 due 2025-02-01 ends", ("H31",)),
        ),
    ),
    Case(
        rule="H31",
        name="a notice whose offender has been found at a valid new address",
        given=facts(HELD, listed=[LISTED], answers=[answer()]),
        says=(
            (APPLY, "OCMS-4004 HST ID already exists", ("H3", "H4")),
            (REVIVE, f"lifts {RECORD}; then ACTIVE", ("H7",)),
            (NEW_NOTICES, "left alone: not new", ("H30", "H31", "U3", "U8")),
            (LOOP, f"expires when {RECORD} ends", ("H31",)),
        ),
    ),
    Case(
        rule=("H7", "H31"),
        name="a notice still held although nobody lists its offender",
        given=facts(suspended("A", record(due=NOW))),
        says=(
            (APPLY, "left alone: under TS-HST already", ("H4", "H5")),
            (
                REVIVE,
                "OCMS-4003 HST ID not found; held by record 1 of 2024-12-20 due 2025-01-14",
                ("H7",),
            ),
            (LOOP, "expires now", ("H31",)),
        ),
    ),
    Case(
        rule="H31",
        name="a paid notice keeps its record until the revival",
        given=facts(evolve(HELD, payment_status="FP"), listed=[LISTED]),
        says=(
            (APPLY, "OCMS-4004 HST ID already exists", ("H3", "H4")),
            (REVIVE, f"lifts {RECORD}; then ACTIVE", ("H7",)),
            (NEW_NOTICES, "left alone: not new", ("H30", "H31", "U3", "U8")),
            (LOOP, "left alone: paid or permanently suspended", ("H31", "H10", "U5")),
        ),
    ),
    Case(
        rule="H4",
        name="a notice under a permanent suspension",
        given=facts(suspended("A", record(SuspensionReason(PERMANENT, "WWP"))), listed=[LISTED]),
        says=(
            (APPLY, "OCMS-4004 HST ID already exists", ("H3", "H4")),
            (REVIVE, "not under TS-HST", ("H7",)),
            (NEW_NOTICES, "left alone: not new", ("H30", "H31", "U3", "U8")),
        ),
    ),
    Case(
        rule=("H7", "U1"),
        name="a notice whose row alone shows TS-HST is lifted too",
        given=facts(notice("A", shown=ShownSuspension("TS", "HST", SINCE, DUE)), listed=[LISTED]),
        says=(
            (APPLY, "OCMS-4004 HST ID already exists", ("H3", "H4")),
            (REVIVE, "lifts TS-HST, of which there is no record; then ACTIVE", ("H7",)),
            (NEW_NOTICES, "left alone: not new", ("H30", "H31", "U3", "U8")),
        ),
    ),
    Case(
        rule=("H30", "U8"),
        name="a notice of somebody listed that nothing suspends",
        given=facts(notice("A"), listed=[LISTED]),
        says=(
            (APPLY, "OCMS-4004 HST ID already exists", ("H3", "H4")),
            (REVIVE, "not under TS-HST", ("H7",)),
            (NEW_NOTICES, "suspended under TS-HST", ("H30", "H31", "U3", "U8")),
        ),
    ),
    Case(
        rule="H31",
        name="a record without an end is never due",
        given=facts(suspended("A", record(due=None))),
        says=(
            (APPLY, "left alone: under TS-HST already", ("H4", "H5")),
            (REVIVE, "OCMS-4003 HST ID not found; held by record 1 of 2024-12-20", ("H7",)),
            (
                LOOP,
                "left alone: record 1 of 2024-12-20 has no day it ends",
                ("H31", "H10", "U5"),
            ),
        ),
    ),
    Case(
        rule="H4",
        name="a notice that does not exist",
        given=facts(),
        says=((APPLY, "no such notice", ("H4", "H5")),),
    ),
    Case(
        rule=("H4", "H10"),
        name="nobody is the current offender of a notice still under TS-HST",
        given=facts(suspended("A", record(due=NOW), id_no="")),
        says=(
            (APPLY, "left alone: nobody is its current offender", ("H4", "H5")),
            (LOOP, "expires now", ("H31",)),
        ),
    ),
)


@parametrize_cases(CASES)
def test_explained(case: Explained) -> None:
    given = explain_facts(case.given, NOW)
    assert (
        tuple(
            (parametrize_cases.operation, parametrize_cases.answer, parametrize_cases.rules)
            for parametrize_cases in given
        )
        == case.says
    )


@pytest.mark.rule("H3", "H7", "H31")
def test_explaining_reads_what_an_application_has_written(databases: Databases) -> None:
    database = hst_database(databases)
    database.notices(["A"])
    apply, _ = explain("A", stores=database.stores, now=NOW)
    assert apply.answer == "suspended under TS-HST"
    service.apply(application(), officer=OFFICER, stores=database.stores, now=NOW)
    after = explain("A", stores=database.stores, now=NOW)
    held = "record 1 of 2025-01-14 due 2025-02-13"
    assert [given.answer for given in after] == [
        "OCMS-4004 HST ID already exists",
        f"lifts {held}; then ACTIVE",
        "left alone: not new",
        f"goes round when {held} ends",
    ]
    assert IDENTITY not in str(after)
    assert len(explain("B", stores=database.stores, now=NOW)) == 1
    database.engine.dispose()
