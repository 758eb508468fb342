"""What happened to a notice, in words: from its audit rows and the looks at its people (K2)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

WORDS: Mapping[str, str] = {
    "ocms_valid_offence_notice": "notice",
    "ocms_offence_notice_owner_driver": "person in role {owner_driver_indicator}",
    "ocms_offence_notice_owner_driver_addr": "{type_of_address} address of role {owner_driver_indicator}",
    "ocms_furnish_detail": "furnished details of role {owner_driver_indicator}",
    "ocms_suspended_notice": "suspension {sr_no} of {date_of_suspension}",
    "ocms_change_of_processing": "stage change to {new_processing_stage}",
    "ocms_court_case": "court case",
}
"""What a row of each table is, by its key."""

PARTICULARS = frozenset(
    {"id_type", "id_no", "name", "email_addr", "offender_tel_code", "offender_tel_no", "lta_entity_type"}
    | {"life_status", "date_of_birth", "date_of_death", "passport_place_of_issue", "blk_hse_no"}
    | {"street_name", "floor_no", "unit_no", "bldg_name", "postal_code", "relationship"}
    | {"rental_period_from", "rental_period_to", "remarks", "suspension_remarks", "revival_remarks"}
)
"""Columns that say something of a person, or in which an officer may have written it."""

HIDDEN = "(hidden)"
NOTHING = "nothing"


@value_object
class Look:
    """A look at the people of a notice: when, who, as what, and by which operation."""

    looked_up_at: datetime
    principal: str
    role: str
    operation: str


@value_object
class OutsideEvent:
    """What another program did to a notice, as its row tells: its creation, or its payment."""

    at: datetime
    what: str


@rule("K2")
def story(
    rows: Sequence[AuditRow], looks: Sequence[Look], outside: Sequence[OutsideEvent] = ()
) -> Iterator[str]:
    """
    Yield the lines that tell what happened to a notice, in order; of people only that it did (K2).

    Creation and payment are another program's, so they have no audit row: the notice's row tells of them.
    """
    entries: list[tuple[datetime, int, list[str]]] = []
    for row in rows:
        actor = row.actor
        request = f", request {actor.request_id}" if actor.request_id else ""
        first = f"{moment(row.changed_at)}  {actor.name} ({actor.role}), {actor.operation}{request}"
        entries.append((row.changed_at, row.number, [first, *(f"  {line(each)}" for each in row.changes)]))
    for look in looks:
        first = f"{moment(look.looked_up_at)}  {look.principal} ({look.role}), {look.operation}"
        entries.append((look.looked_up_at, 0, [f"{first}: looked at its people"]))
    entries += [(each.at, 0, [f"{moment(each.at)}  {each.what}, by another program"]) for each in outside]
    for *_, lines in sorted(entries, key=lambda each: each[:2]):
        yield from lines


def line(change: RowChange) -> str:
    """Return the change of a row in words."""
    shown_key = {name: shown(name, value) for name, value in change.key.items()}
    subject = WORDS.get(change.table, change.table).format_map(shown_key)
    if change.before is None:
        values = ", ".join(
            f"{words(name)} {shown(name, value)}"
            for name, value in (change.after or {}).items()
            if value is not None
        )
        return f"{subject} added: {values}" if values else f"{subject} added"
    if change.after is None:
        return f"{subject} removed"
    after = change.after
    different = [name for name, value in change.before.items() if after[name] != value]
    if not different:
        return f"{subject} written again, with the same values"
    values = ", ".join(
        f"{words(name)} {shown(name, change.before[name])} → {shown(name, after[name])}" for name in different
    )
    return f"{subject} changed: {values}"


def words(name: str) -> str:
    """Return the name of a column as words."""
    return name.replace("_", " ")


def shown(name: str, value: Any) -> str:
    """Return a value for a reader, hidden where it says something of a person."""
    if value is None:
        return NOTHING
    if name in PARTICULARS:
        return HIDDEN
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return f"${value}" if isinstance(value, Decimal) else str(value)


def moment(at: datetime) -> str:
    """Return a moment in Singapore time, to the second."""
    return singapore(at).strftime("%Y-%m-%d %H:%M:%S")
