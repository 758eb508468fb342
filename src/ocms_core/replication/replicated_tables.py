"""The tables and columns that are replicated to the Internet database."""

from collections.abc import Mapping
from typing import TypeAlias

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object
from ocms_core.replication.outbox_rows import NOTICE, OFFENDER


@value_object
class ReplicatedTable:
    """
    One table of the Internet side and the Intranet table it copies.

    `keys` and `plain` are copied as they are, `encrypted` encrypted. No other column ever leaves.
    """

    source: str
    target: str
    keys: tuple[str, ...]
    plain: tuple[str, ...]
    encrypted: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is copied, keys in front."""
        return self.keys + self.plain + self.encrypted


REPLICATED_TABLES: Mapping[str, ReplicatedTable] = {
    NOTICE: ReplicatedTable(
        source="ocms_valid_offence_notice",
        target="eocms_valid_offence_notice",
        keys=("notice_no",),
        plain=(
            "vehicle_no",
            "offence_notice_type",
            "notice_date_and_time",
            "amount_payable",
            "amount_paid",
            "payment_acceptance_allowed",
            "payment_status",
            "last_processing_stage",
            "next_processing_stage",
            "suspension_type",
            "crs_reason_of_suspension",
            "crs_date_of_suspension",
            "epr_reason_of_suspension",
            "epr_date_of_suspension",
        ),
    ),
    OFFENDER: ReplicatedTable(
        source="ocms_offence_notice_owner_driver",
        target="eocms_offence_notice_owner_driver",
        keys=("notice_no", "owner_driver_indicator"),
        plain=("id_type", "offender_indicator"),
        encrypted=("id_no", "name"),
    ),
}
"""What is copied, by the kind of an outbox row."""

Key: TypeAlias = tuple[str, ...]
"""The key of a copied row: the notice number, and the role where the table has one."""

Values: TypeAlias = tuple[object, ...]
"""A copied row, in the order of its `columns`, nothing encrypted."""

State: TypeAlias = Mapping[str, Mapping[Key, Values | None]]
"""Rows as they stand in the Intranet, by kind and key; None for a row that is not there."""


@rule("F62")
def is_encrypted(copy: ReplicatedTable, column: str) -> bool:
    """Return whether a column is encrypted in the copy: identity numbers and names are."""
    return column in copy.encrypted
