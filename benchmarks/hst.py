"""Applying HST suspension to one identity with 10,000 notices, from the service down to the commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine, text

from benchmarks import services
from benchmarks.frame import BEST, OURS, TYPICAL, Bar, Ready, Row, count, time_of
from benchmarks.ground import Ground, outside_transactions
from benchmarks.services import APPLIED_AT, IDENTITY, median_seconds, timed
from benchmarks.serving import service_before
from tests.support.statements import recorded

NOTICES = 10_000
BOUND = {
    "id_no": IDENTITY,
    "now": APPLIED_AT.replace(tzinfo=None),
    "due": (APPLIED_AT + timedelta(days=30)).replace(tzinfo=None),
}

NOBODY = "TRUNCATE ocms_offence_notice_owner_driver"
# Offenders of other rows would stand before these (U7), their suspensions and stages in the way (H4).
AS_AT_FIRST = (
    NOBODY,
    "DELETE FROM ocms_suspended_notice WHERE date_of_revival IS NULL",
    """UPDATE ocms_valid_offence_notice SET last_processing_stage = 'CPC'
        WHERE last_processing_stage NOT IN ('CPC', 'CFC')""",
)
OFFENDERS = text("""
    INSERT INTO ocms_offence_notice_owner_driver
        (notice_no, owner_driver_indicator, id_type, id_no, name, offender_indicator)
    SELECT notice_no, 'O', 'N', :id_no, 'John Tan', 'Y'
      FROM ocms_valid_offence_notice ORDER BY notice_no LIMIT :notices
""")
THEIRS = "notice_no IN (SELECT notice_no FROM ocms_offence_notice_owner_driver)"
FORGET = (
    "TRUNCATE ocms_outbox",
    "TRUNCATE ocms_hst",
    "DELETE FROM ocms_suspended_notice WHERE reason_of_suspension = 'HST'",
    f"UPDATE ocms_valid_offence_notice SET suspension_type = NULL WHERE {THEIRS}",
    "VACUUM (ANALYZE) ocms_suspended_notice, ocms_valid_offence_notice, ocms_offence_notice_owner_driver",
    "CHECKPOINT",
)

LIST = text("""
    INSERT INTO ocms_hst
        (id_no, id_type, name, postal_code, blk_hse_no, street_name, floor_no, unit_no, bldg_name)
    VALUES (:id_no, 'N', 'John Tan', '123456', '1', 'Street', '', '', '')
""")
# The rules are in the WHERE: nothing leaves the database.
SUSPEND = text("""
    INSERT INTO ocms_suspended_notice (notice_no, date_of_suspension, sr_no, suspension_source,
        suspension_type, reason_of_suspension,
        officer_authorising_suspension, due_date_of_revival, suspension_remarks)
    SELECT v.notice_no, :now, 1 + coalesce((SELECT max(sr_no) FROM ocms_suspended_notice s
           WHERE s.notice_no = v.notice_no), 0), 'OCMS', 'TS', 'HST', 'OFFICER', :due, 'HST Suspension'
      FROM (SELECT n.notice_no FROM ocms_valid_offence_notice n
              JOIN ocms_offence_notice_owner_driver o ON o.notice_no = n.notice_no
             WHERE o.id_no = :id_no AND o.offender_indicator = 'Y' AND n.suspension_type IS NULL
               AND n.last_processing_stage IN ('CPC', 'CFC')
             ORDER BY n.notice_no FOR NO KEY UPDATE OF n) AS v
""")
SHOW = text("""
    UPDATE ocms_valid_offence_notice n SET suspension_type = 'TS', epr_reason_of_suspension = 'HST',
           epr_date_of_suspension = :now, due_date_of_revival = :due, is_sync = 'N', upd_date = :now
      FROM ocms_suspended_notice s
     WHERE s.notice_no = n.notice_no AND s.date_of_suspension = :now AND s.reason_of_suspension = 'HST'
""")
SEND = text("""
    INSERT INTO ocms_outbox (kind, notice_no) SELECT 'NOTICE', notice_no FROM ocms_suspended_notice
     WHERE date_of_suspension = :now AND reason_of_suspension = 'HST'
""")
ONE_BY_ONE = (
    text("SELECT suspension_type FROM ocms_valid_offence_notice WHERE notice_no = :notice_no FOR UPDATE"),
    text("SELECT max(sr_no) FROM ocms_suspended_notice WHERE notice_no = :notice_no"),
    text("""UPDATE ocms_valid_offence_notice SET suspension_type = 'TS', epr_reason_of_suspension = 'HST',
        epr_date_of_suspension = :now, due_date_of_revival = :due, is_sync = 'N'
        WHERE notice_no = :notice_no"""),
    text("""INSERT INTO ocms_suspended_notice (notice_no, date_of_suspension, sr_no, suspension_source,
        suspension_type, reason_of_suspension, officer_authorising_suspension, due_date_of_revival)
        VALUES (:notice_no, :now, 9, 'OCMS', 'TS', 'HST', 'OFFICER', :due)"""),
    text("INSERT INTO ocms_outbox (kind, notice_no) VALUES ('NOTICE', :notice_no)"),
)


def list_people(ground: Ground, many: int) -> None:
    """Make one identity the offender of so many notices, in a table as it was at first."""
    outside_transactions(ground.engine, *AS_AT_FIRST)
    with ground.engine.begin() as connection:
        connection.execute(OFFENDERS, {"id_no": IDENTITY, "notices": many})


@contextmanager
def applying(ground: Ground) -> Iterator[Ready]:
    engine = ground.engine
    many = min(NOTICES, ground.size.notices)
    ours = services.apply(engine)

    def set_based() -> None:
        with engine.begin() as connection:
            for statement in (LIST, SUSPEND, SHOW, SEND):
                connection.execute(statement, BOUND)

    def forget() -> None:
        for build in ground.builds:
            outside_transactions(build.engine, *FORGET)

    for build in ground.builds:
        list_people(build, many)
    with service_before(ground, "hst-apply", many) as before:
        yield Ready(
            {
                OURS: partial(median_seconds, ours, [many]),
                BEST: partial(timed, set_based),
                TYPICAL: partial(timed, partial(one_by_one, engine)),
                **before,
            },
            counts={"statements": lambda: statements(engine, forget, partial(ours, many))},
            between=forget,
        )
    forget()
    for build in ground.builds:
        outside_transactions(build.engine, NOBODY)


def one_by_one(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(LIST, BOUND)
        asked = text("SELECT notice_no FROM ocms_offence_notice_owner_driver WHERE id_no = :id_no ORDER BY 1")
        for notice_no in connection.execute(asked, BOUND).scalars().all():
            for statement in ONE_BY_ONE:
                connection.execute(statement, BOUND | {"notice_no": notice_no})


def statements(engine: Engine, forget: Callable[[], None], work: Callable[[], None]) -> float:
    forget()
    with recorded(engine) as sent:
        work()
    return len(sent)


ROWS = (
    Row(
        "hst-apply",
        "one identity listed and its 10,000 notices suspended, outbox included, committed to disk",
        {
            OURS: "the service: facts under lock, one decision, a statement for each kind of change",
            BEST: "four set-based statements with the rules in their WHERE; nothing is answered but a count",
            TYPICAL: "a loop over the notices, five statements each",
        },
        applying,
        (
            Bar("at most 1.2 times the best peer's time", time_of(BEST), at_most=1.2),
            Bar("at most a fifth of the typical peer's time", time_of(TYPICAL), at_most=0.2),
            Bar("at most 12 statements, whatever the number of notices", count("statements"), at_most=12),
        ),
    ),
)
