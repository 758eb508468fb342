"""An officer corrects the name and address of a listed identity."""

from datetime import datetime

from ocms_core.hst.facts import IdentityFacts
from ocms_core.hst.request_checks import Update
from ocms_core.kernel.addresses import changed
from ocms_core.kernel.changes import (
    Change,
    FurnishedAddressesWritten,
    ListedIdentityChanged,
    OffendersRenamed,
)
from ocms_core.kernel.codes import HST_ID_NOT_FOUND, HST_SUCCESS
from ocms_core.kernel.spec import rule
from ocms_core.kernel.verdicts import Answer, Refusal, Settled


@rule("H6")
def decide(update: Update, facts: IdentityFacts, now: datetime) -> Settled[str] | Refusal:
    """List and current-offender rows of the identity take the new name and address; nothing is lifted."""
    listed = facts.listed.get(update.id_no)
    if listed is None:
        return Refusal(HST_ID_NOT_FOUND)
    offenders = tuple((notice.notice_no, notice.owner_driver_indicator) for notice in facts.notices)
    since = now if changed(listed.address, update.address) else listed.address_changed_at
    changes: list[Change] = [ListedIdentityChanged(update.id_no, update.name, update.address, since)]
    if offenders:
        changes += [
            OffendersRenamed(offenders, update.name),
            FurnishedAddressesWritten(offenders, update.address),
        ]
    answers = tuple(Answer(notice_no, HST_SUCCESS, indicator) for notice_no, indicator in offenders)
    return Settled(answers, tuple(changes))
