"""An officer updates the particulars of the current offender."""

from collections.abc import Iterator
from datetime import datetime

from attrs import evolve

from ocms_core.kernel.changes import (
    AddressFurnished,
    Change,
    DetailFurnished,
    OffenderHistoryKept,
    OffenderUpdated,
)
from ocms_core.kernel.codes import (
    NOT_CURRENT_OFFENDER,
    NOTICE_NOT_FOUND,
    OFFENDER_NOT_FOUND,
    PARTICULARS_UPDATED,
)
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, RoleHolder
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.effects import UPDATE
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.request_reader import (
    ParticularsPatch,
    Violation,
    is_contact_no_of_country,
    violations_refused,
)


@rule("F40", "U7")
def decide(
    patch: ParticularsPatch, notice: OffenderNotice | None, officer: str, now: datetime
) -> Decision[RoleHolder] | Refusal:
    """Update only the current offender of a known notice, by at least one field, at whatever stage (F40)."""
    if notice is None:
        return Refusal(NOTICE_NOT_FOUND)
    holder = notice.holders.get(patch.role)
    if holder is None:
        return Refusal(OFFENDER_NOT_FOUND)
    if notice.current_role != patch.role:
        return Refusal(NOT_CURRENT_OFFENDER)
    if not (patch.person or patch.address or patch.detail):
        return violations_refused([Violation(None, "No changes detected")])
    updated = evolve(holder, person=evolve(holder.person, **patch.person))
    telephone = {"tel_code", "tel_no"} & patch.person.keys()
    if telephone and not is_contact_no_of_country(updated.person.tel_code, updated.person.tel_no):
        return violations_refused([Violation("contactNo", "Invalid contact number")])
    history = OffenderHistoryKept(notice.notice_no, patch.role, UPDATE, officer, now, former=holder)
    return Decision(
        answers=(Answer(notice.notice_no, PARTICULARS_UPDATED, updated),),
        changes=(*update_changes(patch, updated), history),
    )


def update_changes(patch: ParticularsPatch, holder: RoleHolder) -> Iterator[Change]:
    """Yield what is written: the parts given, merged field by field into what is there."""
    if patch.person:
        yield OffenderUpdated(patch.notice_no, patch.role, holder.person)
    if patch.address:
        address = evolve(holder.address or MailingAddress(), **patch.address)
        yield AddressFurnished(patch.notice_no, patch.role, address)
    if patch.detail:
        detail = evolve(holder.detail or FurnishDetail(), **patch.detail)
        yield DetailFurnished(patch.notice_no, patch.role, detail)
