"""Who stands in the roles of a notice, for an officer's screen."""

from collections.abc import Mapping

from ocms_core.kernel.offender_details import MailingAddress, RoleHolder
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.facts import WORDS, OffenderNotice


@rule("F41")
def holders_by_word(notice: OffenderNotice) -> Mapping[str, RoleHolder | None]:
    """Return who stands as owner, hirer and driver, by the contract's word; nobody there is None (F41)."""
    return {word: notice.holders.get(role) for role, word in WORDS.items()}


@rule("F41")
def floor_and_unit_text(address: MailingAddress) -> str | None:
    """
    Write floor and unit as `<floor>-<unit>`, so that reading it back gives the same two (F41).

    A unit alone is written without the hyphen unless it has one itself; a # in front is doubled, since
    reading drops one. Only a floor with a hyphen in it, which no call of contract 3 writes, is not read back.
    """
    floor, unit = address.floor_no or "", address.unit_no or ""
    written = f"{floor}-{unit}" if floor or "-" in unit else unit
    return f"#{written}" if written.startswith("#") else written or None


def address_on_record(holder: RoleHolder) -> MailingAddress | None:
    """Return the furnished address; None where there is none or nothing is left of it (F41)."""
    return None if holder.address in {None, MailingAddress()} else holder.address


def identities(notice: OffenderNotice) -> tuple[str, ...]:
    """Return the identity numbers a look at the notice shows, for the access record."""
    return tuple(holder.person.id_no for holder in holders_by_word(notice).values() if holder)
