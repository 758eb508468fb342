"""What the answers of MHA and DataHive say of listed identities."""

from collections.abc import Collection, Iterable
from datetime import datetime

from attrs import evolve

from ocms_core.hst.facts import ListedIdentity
from ocms_core.kernel.addresses import AddressAnswer, RegisteredAddress, changed, invalid
from ocms_core.kernel.changes import AddressAnswered
from ocms_core.kernel.rule_tags import rule


@rule("H36")
def accepted(
    answers: Iterable[AddressAnswer], listed: Collection[str], received_at: datetime
) -> tuple[AddressAnswered, ...]:
    """Answers are matched by identity number; of several the latest counts, and nobody else's is kept."""
    latest: dict[str, AddressAnswer] = {}
    for answer in (timed(each, received_at) for each in answers):
        before = latest.get(answer.id_no)
        if answer.id_no in listed and (before is None or before.answered_at <= answer.answered_at):
            latest[answer.id_no] = answer
    return tuple(AddressAnswered(latest[id_no]) for id_no in sorted(latest))


@rule("H36", "H41")
def timed(answer: AddressAnswer, received_at: datetime) -> AddressAnswer:
    """Nobody answers later than we hear of it: such a time counts as none, and the receipt in its stead."""
    return answer if answer.answered_at <= received_at else evolve(answer, answered_at=received_at)


@rule("H31", "H37")
def brought_address(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """An answer brings an address when it names one, and was given since its identity was listed."""
    return (
        listed is not None
        and answer.answered_at >= listed.listed_at
        and answer.address != RegisteredAddress()
    )


@rule("H37")
def brought_another(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """It is another one when the list has not the same."""
    return listed is not None and brought_address(listed, answer) and changed(listed.address, answer.address)


@rule("H31", "H37")
def brought_valid(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """It is a valid one when nothing marks it as invalid."""
    return brought_address(listed, answer) and not invalid(answer.address, answer.invalid_addr_tag)


@rule("H31", "H37")
def found_valid_new_address(listed: ListedIdentity | None, answer: AddressAnswer) -> bool:
    """
    An answer found the owner when its address is valid and another than the list has.

    An officer who gives the list that very address afterwards takes nothing from the answer.
    """
    if listed is None or not brought_valid(listed, answer):
        return False
    taken_over = listed.address_changed_at is not None and listed.address_changed_at > answer.answered_at
    return taken_over or brought_another(listed, answer)
