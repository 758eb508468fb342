"""Whether an identity is listed already, and what is known of it."""

from ocms_core.hst.facts import KnownOffender
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.rule_tags import rule


@rule("H2")
def floor_unit(address: RegisteredAddress) -> str | None:
    """Floor and unit are shown as one, `#01-01`; nothing where there is neither."""
    parts = [part for part in (address.floor_no, address.unit_no) if part]
    return f"#{'-'.join(parts)}" if parts else None


@rule("H2")
def shown(known: KnownOffender) -> KnownOffender:
    """Of a listed identity nothing is shown but that it is listed."""
    return KnownOffender(listed=True) if known.listed else known
