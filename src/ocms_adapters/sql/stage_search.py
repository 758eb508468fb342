"""The search of notices by number, identity, vehicle, stage and day, each on its own index."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import cache, partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)

from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.driver_statements import DriverStatement
from ocms_adapters.sql.moments import MOMENT
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.suspension_rows import ON_ROW, RECORD, STILL_OPEN, open_suspension, suspensions
from ocms_core.kernel.dates import day_after, singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import Suspensions
from ocms_core.stages.facts import FoundNotice, Offender
from ocms_core.stages.request_checks import Criteria

von = t.ocms_valid_offence_notice.c
onod = t.ocms_offence_notice_owner_driver.c
suspended = t.ocms_suspended_notice.c

SHOWN = (
    von.notice_no,
    func.coalesce(von.offence_type, von.offence_notice_type),
    von.notice_date_and_time,
    von.vehicle_no,
    von.last_processing_stage,
    von.last_processing_date,
    *ON_ROW,
)
PEOPLE = (
    onod.owner_driver_indicator,
    onod.offender_indicator,
    onod.id_no,
    onod.name,
    onod.lta_entity_type,
)
ON_ROW_AT, PERSON_AT, RECORD_AT = len(SHOWN) - len(ON_ROW), len(SHOWN), len(SHOWN) + len(PEOPLE)
# The notices of an identity come from its own rows, then the notices; one they share is found once.
OF_IDENTITY = select(onod.notice_no).where(onod.id_no == bindparam("id_no", type_=String))

CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "notice_no": von.notice_no == bindparam("notice_no", type_=String),
    "id_no": von.notice_no.in_(OF_IDENTITY),
    "vehicle_no": von.vehicle_no == bindparam("vehicle_no", type_=String),
    "stage": von.last_processing_stage == bindparam("stage", type_=String),
    "since": von.last_processing_date >= bindparam("since", type_=MOMENT),
    "until": von.last_processing_date < bindparam("until", type_=MOMENT),
}
# What narrows a search down to few notices; sorting those is cheaper than walking all in order.
NARROW = frozenset({"notice_no", "vehicle_no"})


@rule("S1")
def search(connection: Connection, criteria: Criteria, most: int) -> tuple[Sequence[FoundNotice], int]:
    """
    Return the notices that meet all criteria; the day is the Singapore day a notice entered its stage.

    One statement, and a second to count where more are found than are returned.
    """
    bound = bound_by(criteria)
    statement = built_once(searching(tuple(bound)), connection.dialect)
    found = found_notices(statement.rows(connection, {**bound, "most": most + 1}))
    return found[:most], len(found) if len(found) <= most else counted(connection, bound)


def listed(connection: Connection, notice_nos: Iterable[str]) -> Sequence[FoundNotice]:
    """Return the notices of some numbers that exist, in notice order; one statement."""
    dialect = connection.dialect
    return found_notices(built_once(listing, dialect).rows(connection, bind_keys(dialect, notice_nos)))


def listing(dialect: Dialect) -> DriverStatement:
    """Build the statement that finds the notices of some numbers."""
    first = select(*SHOWN).where(among(dialect, von.notice_no)).subquery("first")
    return DriverStatement(with_people(first), dialect)


def found_notices(rows: Iterable[Sequence[Any]]) -> list[FoundNotice]:
    """Return the notices of the rows of a search, in which everyone stands beside every open record."""
    # Most notices have these in common with others, so they are made once for each value.
    suspensions_of = cache(suspensions)
    return [found_notice(list(of_one), suspensions_of) for _, of_one in groupby(rows, itemgetter(0))]


@cache
def searching(criteria: tuple[str, ...]) -> Callable[[Dialect], DriverStatement]:
    """Return what builds the statement of a search for a database."""
    return partial(DriverStatement, search_statement(criteria))


def search_statement(criteria: tuple[str, ...]) -> Select[Any]:
    """
    Build the search of a set of criteria: its first notices, each with all its offenders.

    One that finds few finds them first and sorts them then. One of an identity reads them in order.
    """
    meeting = select(*SHOWN)
    by_number: ColumnElement[str] = von.notice_no
    if NARROW & set(criteria):
        few = meeting.where(*(CONDITIONS[name] for name in criteria)).cte("few")
        few = few.prefix_with("MATERIALIZED", dialect="postgresql")
        meeting, by_number = select(*few.c), few.c.notice_no
    else:
        if "id_no" in criteria:
            of_identity = OF_IDENTITY.distinct().subquery("of_identity")
            by_number = of_identity.c.notice_no
            meeting = meeting.join_from(of_identity, t.ocms_valid_offence_notice, von.notice_no == by_number)
        meeting = meeting.where(*(CONDITIONS[name] for name in criteria if name != "id_no"))
    return with_people(meeting.order_by(by_number).limit(bindparam("most")).subquery("first"))


def with_people(first: Subquery) -> Select[Any]:
    """Build the statement that adds its people and open suspensions to each notice found."""
    return (
        select(*first.c, *PEOPLE, *RECORD)
        .outerjoin_from(first, t.ocms_offence_notice_owner_driver, onod.notice_no == first.c.notice_no)
        .outerjoin(t.ocms_suspended_notice, and_(suspended.notice_no == first.c.notice_no, STILL_OPEN))
        .order_by(first.c.notice_no)
    )


def counted(connection: Connection, bound: Mapping[str, Any]) -> int:
    """Return how many notices a search finds."""
    conditions = [CONDITIONS[name] for name in bound]
    everything = select(func.count(literal_column("1"))).select_from(t.ocms_valid_offence_notice)
    return int(connection.execute(everything.where(*conditions), bound).scalar_one())


def bound_by(criteria: Criteria) -> dict[str, Any]:
    """Return the parameters of the criteria that are set; a day is its midnights, one for the last."""
    bound: dict[str, Any] = {
        "notice_no": criteria.notice_no,
        "id_no": criteria.id_no,
        "vehicle_no": criteria.vehicle_no,
        "stage": criteria.stage,
    }
    if criteria.day:
        bound["since"] = datetime.combine(criteria.day, time())
        following = day_after(criteria.day)
        bound["until"] = following and datetime.combine(following, time())
    return {name: value for name, value in bound.items() if value is not None}


def found_notice(rows: Sequence[Any], suspensions_of: Callable[..., Suspensions]) -> FoundNotice:
    """Return a notice from its rows of a search."""
    notice_no, offence_type, offence_at, vehicle_no, stage, since = rows[0][:ON_ROW_AT]
    people = {row[PERSON_AT]: row[PERSON_AT:RECORD_AT] for row in rows if row[PERSON_AT] is not None}
    records = dict.fromkeys(row[RECORD_AT:] for row in rows if row[RECORD_AT] is not None)
    return FoundNotice(
        notice_no,
        offence_type,
        singapore(offence_at),
        vehicle_no,
        stage,
        singapore(since),
        tuple(
            Offender(indicator, current == "Y", id_no, name, entity_type)
            for indicator, current, id_no, name, entity_type in people.values()
        ),
        suspensions_of(rows[0][ON_ROW_AT:PERSON_AT], tuple(open_suspension(*record) for record in records)),
    )
