"""
The registry of the simulated MHA and DataHive: made-up people at made-up addresses.

An entry follows from the identity number alone, so that both systems agree.
"""

from hashlib import sha256

from attrs import frozen

from ocms_core.kernel.addresses import RegisteredAddress

STREETS = ("Bras Basah Road", "Clementi Avenue 3", "Jurong West Street 61", "Sims Drive")


@frozen
class RegistryEntry:
    """What the registry has of an identity; an empty address where none is known."""

    name: str
    address: RegisteredAddress
    invalid_tag: str = ""


def registry_entry(id_no: str) -> RegistryEntry:
    """Return the entry of an identity; a quarter of all have an invalid address."""
    number = int(sha256(id_no.encode()).hexdigest()[:8], 16)
    address = RegisteredAddress(
        postal_code=f"{number % 730_000 + 10_000:06}",
        blk_hse_no=str(number % 900 + 1),
        street_name=STREETS[number % len(STREETS)],
        floor_no=f"{number % 25 + 1:02}",
        unit_no=f"{number % 300 + 1:03}",
    )
    return RegistryEntry(f"RESIDENT {number % 1000:03}", address, "G" if number % 4 == 0 else "")
