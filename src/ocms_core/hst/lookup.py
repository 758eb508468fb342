"""Whether an identity is listed already, and what is known of it."""

from ocms_core.hst.facts import KnownOffender
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.rule_tags import rule


@rule("H2")
def floor_unit(address: RegisteredAddress) -> str | None:
    """Show floor and unit as one, `#01-01`; None where there is neither (H2)."""
    parts = [part for part in (address.floor_no, address.unit_no) if part]
    return f"#{'-'.join(parts)}" if parts else None


@rule("H2")
def lookup_result(known: KnownOffender) -> KnownOffender:
    """Show of a listed identity nothing but that it is listed (H2)."""
    return KnownOffender(listed=True) if known.listed else known
