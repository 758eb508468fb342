"""An officer corrects the name and address of a listed identity."""

from datetime import datetime

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


@rule("H6")
def decide(update: HstUpdate, facts: IdentityFacts, now: datetime) -> Decision[str] | Refusal:
    """List and current-offender rows of the identity take the new name and address; nothing is lifted."""
    listed = facts.listed.get(update.id_no)
    if listed is None:
        return Refusal(HST_ID_NOT_FOUND)
    offenders = tuple((notice.notice_no, notice.owner_driver_indicator) for notice in facts.notices)
    since = now if is_address_changed(listed.address, update.address) else listed.address_changed_at
    changes: list[Change] = [ListedIdentityChanged(update.id_no, update.name, update.address, since)]
    if offenders:
        changes += [
            OffendersRenamed(offenders, update.name),
            FurnishedAddressesWritten(offenders, update.address),
        ]
    answers = tuple(Answer(notice_no, HST_SUCCESS, indicator) for notice_no, indicator in offenders)
    return Decision(answers, tuple(changes))
