"""What the answers of MHA and DataHive say of listed identities."""

from collections.abc import Collection, Iterable
from datetime import datetime

from attrs import evolve

from ocms_core.hst.facts import ListedIdentity
from ocms_core.hst.mha_file import ADDRESS_WIDTHS
from ocms_core.kernel.addresses import (
    MHA,
    AddressAnswer,
    RegisteredAddress,
    is_invalid_address,
    other_parts,
)
from ocms_core.kernel.changes import AddressAnswered
from ocms_core.kernel.rule_tags import rule


@rule("H36")
def latest_answers(
    answers: Iterable[AddressAnswer], listed: Collection[str], received_at: datetime
) -> tuple[AddressAnswered, ...]:
    """Match answers by identity number: of several the latest counts, and nobody else's is kept (H36)."""
    latest: dict[str, AddressAnswer] = {}
    for answer in (without_future_time(each, received_at) for each in answers):
        before = latest.get(answer.id_no)
        if answer.id_no in listed and (before is None or before.answered_at <= answer.answered_at):
            latest[answer.id_no] = answer
    return tuple(AddressAnswered(latest[id_no]) for id_no in sorted(latest))


@rule("H36", "H41")
def without_future_time(answer: AddressAnswer, received_at: datetime) -> AddressAnswer:
    """Return an answer with the time of its receipt where it states a later one, which nobody can have."""
    return evolve(answer, answered_at=min(answer.answered_at, received_at))


@rule("H31")
def is_of_listing(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """Return whether an identity is listed, and an answer was given since it was (H31)."""
    return listed is not None and answer.answered_at >= listed.listed_at


@rule("H31", "H37")
def has_address(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """Return whether an answer names an address and was given since its identity was listed (H31, H37)."""
    return is_of_listing(listed, answer) and answer.address != RegisteredAddress()


@rule("H37")
def has_invalid_address(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """Return whether an answer since the listing marks an address as invalid, if by a tag alone (H37)."""
    return is_of_listing(listed, answer) and is_invalid_address(answer.address, answer.invalid_addr_tag)


@rule("H37")
def has_other_address(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """Return whether an answer has an address that is neither the list's nor cut from it (H37)."""
    return listed is not None and has_address(listed, answer) and bool(differing_parts(listed, answer))


@rule("H37")
def differing_parts(listed: ListedIdentity, answer: AddressAnswer) -> frozenset[str]:
    """Return the names of the parts in which an answer has another address than the list (H37)."""
    widths = ADDRESS_WIDTHS if answer.source == MHA else {}
    return frozenset(other_parts(listed.address, answer.address, widths))


@rule("H31", "H37")
def has_valid_address(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """Return whether an answer has an address that nothing marks as invalid (H31, H37)."""
    return has_address(listed, answer) and not is_invalid_address(answer.address, answer.invalid_addr_tag)


@rule("H31", "H37")
def has_valid_new_address(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """
    Return whether an answer found the owner: at a valid address other than the list's (H31, H37).

    That an officer enters the very address into the list afterwards takes nothing from the answer.
    """
    if listed is None or not has_valid_address(listed, answer):
        return False
    taken_over = listed.address_changed_at is not None and listed.address_changed_at > answer.answered_at
    return taken_over or has_other_address(listed, answer)
