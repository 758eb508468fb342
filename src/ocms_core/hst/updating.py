"""An officer corrects the name and address of a listed identity."""

from datetime import datetime

from attrs import evolve

from ocms_core.hst.facts import IdentityFacts
from ocms_core.hst.request_checks import HstUpdate
from ocms_core.kernel.addresses import is_address_changed
from ocms_core.kernel.changes import (
    Change,
    FurnishedAddressesWritten,
    ListedIdentityChanged,
    OffendersRenamed,
)
from ocms_core.kernel.codes import HST_ID_NOT_FOUND, HST_SUCCESS
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule


@rule("H3", "H4", "H6")
def decide(update: HstUpdate, facts: IdentityFacts, now: datetime) -> Decision[str] | Refusal:
    """Write the new name and address to list and current-offender rows; nothing is lifted (H3, H6)."""
    listed = facts.listed.get(update.id_no)
    if listed is None:
        return Refusal(HST_ID_NOT_FOUND)
    offenders = tuple((notice.notice_no, role) for notice in facts.notices for role in notice.roles)
    stored = {part: getattr(listed.address, part) for part in update.left_out}
    address = evolve(update.address, **stored)
    since = now if is_address_changed(listed.address, address) else listed.address_changed_at
    changes: list[Change] = [ListedIdentityChanged(update.id_no, update.name, address, since)]
    if offenders:
        changes += [
            OffendersRenamed(offenders, update.name),
            FurnishedAddressesWritten(offenders, address),
        ]
    answers = (Answer(each.notice_no, HST_SUCCESS, each.owner_driver_indicator) for each in facts.notices)
    return Decision(tuple(answers), tuple(changes))
