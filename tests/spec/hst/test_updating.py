"""Correcting the name and address of a listed identity."""

from datetime import timedelta

import pytest
from attrs import evolve

from ocms_core.hst.request_checks import HstUpdate
from ocms_core.hst.updating import decide
from ocms_core.kernel.changes import FurnishedAddressesWritten, ListedIdentityChanged, OffendersRenamed
from ocms_core.kernel.codes import HST_ID_NOT_FOUND, HST_SUCCESS
from ocms_core.kernel.decisions import Answer, Refusal
from tests.support.cases import outcome, written
from tests.support.hst_facts import IDENTITY, LISTED, NEW_ADDRESS, NOW, facts, notice, record, suspended

UPDATE = HstUpdate(IDENTITY, "John Tan Updated", NEW_ADDRESS)
CHANGED = ListedIdentityChanged(IDENTITY, "John Tan Updated", NEW_ADDRESS, NOW)


@pytest.mark.rule("H6")
def test_list_names_and_furnished_addresses_take_the_new_values_and_suspensions_stay() -> None:
    found = facts(suspended("A", record()), notice("B", owner_driver_indicator="D"), listed=[LISTED])
    verdict = decide(UPDATE, found, NOW)
    offenders = (("A", "O"), ("B", "D"))
    assert written(verdict) == (
        CHANGED,
        OffendersRenamed(offenders, "John Tan Updated"),
        FurnishedAddressesWritten(offenders, NEW_ADDRESS),
    )
    assert not isinstance(verdict, Refusal)
    assert verdict.answers == (Answer("A", HST_SUCCESS, "O"), Answer("B", HST_SUCCESS, "D"))


@pytest.mark.rule("H6")
def test_without_notices_only_the_list_changes() -> None:
    assert written(decide(UPDATE, facts(listed=[LISTED]), NOW)) == (CHANGED,)


@pytest.mark.rule("H3", "H6")
def test_a_part_that_is_left_out_keeps_what_is_stored() -> None:
    landed = evolve(NEW_ADDRESS, floor_no="", unit_no="", bldg_name="")
    update = evolve(UPDATE, address=landed, left_out=frozenset({"floor_no", "bldg_name"}))
    after = evolve(landed, floor_no=LISTED.address.floor_no, bldg_name=LISTED.address.bldg_name)
    assert written(decide(update, facts(notice("A"), listed=[LISTED]), NOW)) == (
        evolve(CHANGED, address=after),
        OffendersRenamed((("A", "O"),), "John Tan Updated"),
        FurnishedAddressesWritten((("A", "O"),), after),
    )


@pytest.mark.rule("H4", "H6")
def test_an_identity_in_two_roles_of_a_notice_is_renamed_in_both_and_the_notice_counts_once() -> None:
    verdict = decide(UPDATE, facts(notice("A", further_roles=("H",)), listed=[LISTED]), NOW)
    offenders = (("A", "O"), ("A", "H"))
    assert written(verdict)[1:] == (
        OffendersRenamed(offenders, "John Tan Updated"),
        FurnishedAddressesWritten(offenders, NEW_ADDRESS),
    )
    assert not isinstance(verdict, Refusal)
    assert [answer.key for answer in verdict.answers] == ["A"]


@pytest.mark.rule("H6", "H31")
def test_an_update_of_the_name_alone_is_no_change_of_address() -> None:
    last = NOW - timedelta(days=9)
    listed = evolve(LISTED, address=NEW_ADDRESS, address_changed_at=last)
    changed = ListedIdentityChanged(IDENTITY, "John Tan Updated", NEW_ADDRESS, last)
    assert written(decide(UPDATE, facts(listed=[listed]), NOW)) == (changed,)


@pytest.mark.rule("H6")
def test_an_identity_that_is_not_listed_is_refused() -> None:
    assert outcome(decide(UPDATE, facts(notice("A")), NOW)) == Refusal(HST_ID_NOT_FOUND)
