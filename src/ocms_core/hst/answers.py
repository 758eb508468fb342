"""What the answers of MHA and DataHive say of listed identities."""

from collections.abc import Collection, Iterable

from ocms_core.hst.facts import ListedIdentity
from ocms_core.kernel.addresses import Address, AddressAnswer, changed, invalid
from ocms_core.kernel.changes import AddressAnswered
from ocms_core.kernel.spec import rule


@rule("H36")
def accepted(answers: Iterable[AddressAnswer], listed: Collection[str]) -> tuple[AddressAnswered, ...]:
    """Answers are matched by identity number; of several the latest counts, and nobody else's is kept."""
    latest: dict[str, AddressAnswer] = {}
    for answer in answers:
        before = latest.get(answer.id_no)
        if answer.id_no in listed and (before is None or before.answered_at <= answer.answered_at):
            latest[answer.id_no] = answer
    return tuple(AddressAnswered(latest[id_no]) for id_no in sorted(latest))


@rule("H31", "H37")
def found_valid_new_address(listed: ListedIdentity, answer: AddressAnswer) -> bool:
    """An answer found the owner when its address is valid and another than the list has."""
    if answer.address == Address() or invalid(answer.address, answer.invalid_addr_tag):
        return False
    return changed(listed.address, answer.address)
