"""What the other systems write: new notices, payments, and suspensions for letters that came back."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_core.kernel.dates import local
from ocms_core.kernel.suspensions import SuspensionReason
from tests.campaigns.year.city import VON, City, new_notice
from tests.campaigns.year.known_notices import Entry
from tests.campaigns.year.virtual_clock import midnight

PRINT_STAGES = ("ROV", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3")


# Of a hundred new notices so many are treated so, over their lives.
SHARES = {
    "paid": 55.0,
    "furnished": 8.0,
    "redirected": 2.0,
    "updated": 2.0,
    "moved by hand": 6.0,
    "returned letters": 1.0,
    "lost": 0.3,
    "listed": 0.4,
    "revived": 0.2,
    "asked by PLUS": 5.0,
}
LARGEST_SHARE_FORGOTTEN = 0.1


def times(city: City, what: str, new: int) -> range:
    """Return how often something happens on a day, at random around its share."""
    expected = SHARES[what] * new / 100
    return range(int(expected) + (city.random.random() < expected % 1))


def other_systems(city: City, new: int) -> None:
    """Let the other systems write: new notices with their owners, payments, returned letters."""
    now = city.clock.time
    numbers = [f"Y{len(city.known) + place:09}" for place in range(1, new + 1)]
    people = max(20, len(city.known) // 2)
    owners = [f"S{city.random.randrange(people):07}A" for _ in numbers]
    at = [now - timedelta(minutes=city.random.randrange(60)) for _ in numbers]
    at = [moment.replace(microsecond=0) for moment in at]
    city.write(VON, [new_notice(number, moment) for number, moment in zip(numbers, at, strict=True)])
    city.write(
        t.ocms_offence_notice_owner_driver,
        [holder(number, id_no) for number, id_no in zip(numbers, owners, strict=True)],
    )
    for number, id_no, moment in zip(numbers, owners, at, strict=True):
        city.known[number] = Entry(number, id_no, [("NPA", moment)])
        city.live.append(number)
    paying = dict[str, Entry]()
    for _ in times(city, "paid", new):
        if entry := city.chosen(lambda each: not each.paid and each.number not in paying):
            paying[entry.number] = entry
    pay(city, paying)
    for _ in times(city, "returned letters", new):
        if entry := city.chosen(lambda each: each.stage in PRINT_STAGES and not each.paid):
            return_letter(city, entry)
    for _ in times(city, "lost", new):
        if entry := city.chosen(lambda each: not each.lost):
            entry.lost = True
            city.counts["notices forgotten on purpose"] += 1
    revive_returned(city)
    city.clock.tick(600)


def holder(number: str, id_no: str) -> dict[str, object]:
    """Return the row of an owner."""
    return {
        "notice_no": number,
        "owner_driver_indicator": "O",
        "id_type": "N",
        "id_no": id_no,
        "name": f"OWNER {id_no[1:8]}",
        "offender_indicator": "Y",
        "is_sync": "N",
    }


PAID_IN_FULL, RETURNED = SuspensionReason("PS", "FP"), SuspensionReason("TS", "UNC")
PAID: Mapping[str, object] = {
    "payment_status": "FP",
    "payment_acceptance_allowed": "N",
    "suspension_type": "PS",
    "crs_reason_of_suspension": "FP",
    "due_date_of_revival": None,
}
SHOWN_TEMPORARY = ("epr_reason_of_suspension", "epr_date_of_suspension")


def write_rows(city: City, changes: Mapping[str, Mapping[str, object]]) -> None:
    """Change the rows of notices as another system does."""
    with city.databases.intranet.begin() as connection:
        for number, values in changes.items():
            connection.execute(update(VON).where(VON.c.notice_no == number).values(is_sync="N", **values))


def record(
    city: City, number: str, sr_no: int, reason: SuspensionReason, due: datetime | None
) -> dict[str, object]:
    """Return the row of a suspension of another system."""
    return {
        "notice_no": number,
        "date_of_suspension": local(city.clock.time),
        "sr_no": sr_no,
        "suspension_source": "PLUS",
        "suspension_type": reason.type,
        "reason_of_suspension": reason.code,
        "officer_authorising_suspension": "other_app",
        "due_date_of_revival": local(due) if due else None,
    }


def last_records(city: City, numbers: Collection[str]) -> dict[str, int]:
    """Return the number of the last suspension record of each notice, 0 where there is none."""
    suspended, dialect = t.ocms_suspended_notice.c, city.databases.intranet.dialect
    asked = select(suspended.notice_no, func.max(suspended.sr_no)).where(among(dialect, suspended.notice_no))
    with city.databases.intranet.connect() as connection:
        rows = connection.execute(asked.group_by(suspended.notice_no), bind_keys(dialect, sorted(numbers)))
        return dict.fromkeys(numbers, 0) | {row[0]: row[1] for row in rows}


def pay(city: City, entries: Mapping[str, Entry]) -> None:
    """Record payments in full as the payment system does: PS-FP, shown before anything temporary."""
    last = last_records(city, entries)
    records = [record(city, number, last[number] + 1, PAID_IN_FULL, None) for number in entries]
    city.write(t.ocms_suspended_notice, records)
    permanent = {row.notice_no for row in city.rows(entries) if row.suspension_type == "PS"}
    changes = dict[str, dict[str, object]]()
    for number, entry in entries.items():
        shown = {} if number in permanent else dict.fromkeys(SHOWN_TEMPORARY)
        paid = {"amount_paid": entry.amount, "crs_date_of_suspension": local(city.clock.time)}
        changes[number] = {**PAID, **paid, **shown}
        entry.paid = True
    write_rows(city, changes)
    city.counts["payments"] += len(entries)


def return_letter(city: City, entry: Entry) -> None:
    """Suspend a notice for 21 days because its letter came back."""
    (row,) = city.rows([entry.number])
    if row.suspension_type:
        return
    due = midnight(city.clock.time) + timedelta(days=21)
    last = last_records(city, [entry.number])
    suspended = record(city, entry.number, last[entry.number] + 1, RETURNED, due)
    city.write(t.ocms_suspended_notice, [suspended])
    shown = {
        "suspension_type": "TS",
        "epr_reason_of_suspension": "UNC",
        "epr_date_of_suspension": local(city.clock.time),
        "due_date_of_revival": local(due),
    }
    write_rows(city, {entry.number: shown})
    city.counts["returned letters"] += 1
    if city.random.random() < LARGEST_SHARE_FORGOTTEN:
        city.stuck_suspensions.add(entry.number)


def revive_returned(city: City) -> None:
    """End the suspensions for returned letters whose days are over, but for those that are forgotten."""
    suspended = t.ocms_suspended_notice
    with city.databases.intranet.begin() as connection:
        over = connection.execute(
            select(suspended.c.notice_no).where(
                suspended.c.reason_of_suspension == "UNC",
                suspended.c.date_of_revival.is_(None),
                suspended.c.due_date_of_revival < local(city.clock.time),
            )
        ).scalars()
        for number in sorted(set(over) - city.stuck_suspensions):
            connection.execute(
                update(suspended)
                .where(suspended.c.notice_no == number, suspended.c.reason_of_suspension == "UNC")
                .values(
                    date_of_revival=local(city.clock.time),
                    revival_reason="SPO",
                    officer_authorising_revival="x",
                )
            )
            connection.execute(
                update(VON)
                .where(VON.c.notice_no == number, VON.c.epr_reason_of_suspension == "UNC")
                .values(
                    suspension_type=None,
                    epr_reason_of_suspension=None,
                    epr_date_of_suspension=None,
                    due_date_of_revival=None,
                    is_sync="N",
                )
            )
            city.counts["letters sent again"] += 1
