"""Furnishing: several officers at one notice, each change shown on the Internet side before the answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from itertools import cycle, islice
from time import perf_counter

from sqlalchemy import Engine, delete, insert, update

from benchmarks.contenders.furnishing import TypicalFurnish
from benchmarks.frame import OURS, TYPICAL, Bar, Ready, Row, milliseconds, time_of
from benchmarks.ground import Ground, notice_no
from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql import schema
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.replication import SqlReplication
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.offenders import service
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.offenders.service import ActionOutcome
from tests.support import engines

OFFICERS = 8
NUMBER = notice_no(1)
ADDRESS = MailingAddress("123", "ORCHARD ROAD", "PLAZA TOWER", "01", "01", "238888")

Furnish = Callable[[str, Person], None]


def wired(intranet: Engine, internet: Engine) -> Furnish:
    """Wire OCMS once, as a server process does."""
    stores = SqlOffenderStores(intranet)
    delivery = SqlReplication(intranet, InternetCopy(internet, FieldCipher({"k1": b"1" * 32})))

    def furnish(role: str, person: Person) -> None:
        outcome = service.furnish(
            FurnishRequest(NUMBER, role, person, ADDRESS, FurnishDetail(remarks="measured")),
            "OIC001",
            stores=stores,
            delivery=delivery,
            now=datetime.now(SINGAPORE),
        )
        if not (isinstance(outcome, ActionOutcome) and outcome.shown_on_internet):
            raise AssertionError("not furnished and shown")

    return furnish


def at_once(furnish: Furnish, calls: int) -> float:
    """Let the officers furnish as many times in all; the seconds of one furnish."""
    roles = list(islice(cycle("OH"), calls))
    people = [Person("N", f"S{number:07}A", f"PERSON {number}") for number in range(calls)]
    with ThreadPoolExecutor(OFFICERS) as officers:
        started = perf_counter()
        list(officers.map(furnish, roles, people))
        return (perf_counter() - started) / calls


def back_at_rd1(engine: Engine) -> None:
    """Put the notice where it can be furnished, its owner the current offender."""
    von = schema.ocms_valid_offence_notice
    with engine.begin() as connection:
        connection.execute(
            update(von)
            .where(von.c.notice_no == NUMBER)
            .values(last_processing_stage="RD1", suspension_type=None, epr_reason_of_suspension=None)
        )


@contextmanager
def furnishing(ground: Ground) -> Iterator[Ready]:
    """Furnishing on both databases of the ground, each contender with as many connections as officers."""
    with ExitStack() as stack:
        urls = (ground.databases.intranet, ground.databases.internet) * 2
        opened = [engines.create(url, pool_size=OFFICERS) for url in urls]
        for engine in opened:
            stack.callback(engine.dispose)
        back_at_rd1(ground.engine)
        people = schema.ocms_offence_notice_owner_driver
        with ground.engine.begin() as connection:
            connection.execute(delete(people).where(people.c.notice_no == NUMBER))  # those of other rows
            connection.execute(
                insert(people).values(
                    notice_no=NUMBER, owner_driver_indicator="O", id_no="S9876543B", offender_indicator="Y"
                )
            )
        ours = wired(opened[0], opened[1])
        typical = TypicalFurnish(opened[2], opened[3], NUMBER)
        yield Ready(
            {
                OURS: partial(at_once, ours, ground.size.calls),
                TYPICAL: partial(at_once, typical.furnish, ground.size.calls),
            },
            between=partial(back_at_rd1, ground.engine),
        )


ROWS = (
    Row(
        "furnish",
        f"Furnishing, {OFFICERS} officers at one notice",
        {
            OURS: "locks, decides, writes with history and outbox, delivers encrypted, marks in sync",
            TYPICAL: "SQLAlchemy ORM: load, change, flush; then the same to the other database, no outbox, "
            "no history, nothing encrypted",
        },
        furnishing,
        (
            Bar(
                "at most the time of the typical peer, which does half the work", time_of(TYPICAL), at_most=1
            ),
            Bar("at most 50 ms a furnish, every one at the same notice", milliseconds, at_most=50),
        ),
    ),
)
