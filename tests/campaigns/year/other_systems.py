"""What the other systems write: new notices, payments, and suspensions for letters that came back."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from ocms_adapters.sql import schema as t
from ocms_core.kernel.dates import local
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
    for _ in times(city, "paid", new):
        if entry := city.chosen(lambda each: not each.paid):
            pay(city, entry)
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


def record(city: City, number: str, kind: str, reason: str, due: datetime | None) -> dict[str, object]:
    """Return the row of a suspension of another system, with the next number."""
    suspended = t.ocms_suspended_notice.c
    with city.databases.intranet.connect() as connection:
        last = connection.execute(
            select(func.max(suspended.sr_no)).where(suspended.notice_no == number)
        ).scalar()
    return {
        "notice_no": number,
        "date_of_suspension": local(city.clock.time),
        "sr_no": (last or 0) + 1,
        "suspension_source": "PLUS",
        "suspension_type": kind,
        "reason_of_suspension": reason,
        "officer_authorising_suspension": "other_app",
        "due_date_of_revival": local(due) if due else None,
    }


def write_row(city: City, number: str, **values: object) -> None:
    """Change the row of a notice as another system does."""
    with city.databases.intranet.begin() as connection:
        connection.execute(update(VON).where(VON.c.notice_no == number).values(is_sync="N", **values))


def pay(city: City, entry: Entry) -> None:
    """Record a payment in full as the payment system does: PS-FP, shown before anything temporary."""
    (row,) = city.rows([entry.number])
    permanent = row.suspension_type == "PS"
    city.write(t.ocms_suspended_notice, [record(city, entry.number, "PS", "FP", None)])
    shown = {} if permanent else {"epr_reason_of_suspension": None, "epr_date_of_suspension": None}
    write_row(
        city,
        entry.number,
        payment_status="FP",
        amount_paid=entry.amount,
        payment_acceptance_allowed="N",
        suspension_type="PS",
        crs_reason_of_suspension="FP",
        crs_date_of_suspension=local(city.clock.time),
        due_date_of_revival=None,
        **shown,
    )
    entry.paid = True
    city.counts["payments"] += 1


def return_letter(city: City, entry: Entry) -> None:
    """Suspend a notice for 21 days because its letter came back."""
    (row,) = city.rows([entry.number])
    if row.suspension_type:
        return
    due = midnight(city.clock.time) + timedelta(days=21)
    city.write(t.ocms_suspended_notice, [record(city, entry.number, "TS", "UNC", due)])
    write_row(
        city,
        entry.number,
        suspension_type="TS",
        epr_reason_of_suspension="UNC",
        epr_date_of_suspension=local(city.clock.time),
        due_date_of_revival=local(due),
    )
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
