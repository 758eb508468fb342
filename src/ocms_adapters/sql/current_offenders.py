"""Who is the current offender of a notice, as a condition of a question."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, case, exists, func, select

from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.transactions import reading
from ocms_core.kernel.offender_details import ROLE_ORDER
from ocms_core.kernel.rule_tags import rule

onod = t.ocms_offence_notice_owner_driver
earlier = onod.alias("earlier")


def order_of(indicator: ColumnElement[Any]) -> ColumnElement[str]:
    """Order roles as the core does: its own by their place, every other by its letter after them."""
    return case(*((indicator == role, str(place)) for place, role in enumerate(ROLE_ORDER)), else_=indicator)


@rule("U7")
def is_current_offender() -> ColumnElement[bool]:
    """
    Select the rows of the current offender: of two people, whom others may leave, the first by role.

    Somebody may be current in two roles, in which they are one offender.
    """
    before = exists().where(
        earlier.c.notice_no == onod.c.notice_no,
        earlier.c.offender_indicator == "Y",
        earlier.c.id_no != onod.c.id_no,
        order_of(earlier.c.owner_driver_indicator) < order_of(onod.c.owner_driver_indicator),
    )
    return and_(onod.c.offender_indicator == "Y", ~before.correlate(onod))


@rule("U7")
def notices_with_several(engine: Engine) -> Sequence[str]:
    """Return the notices with more than one current offender row, which another system has left (U7)."""
    several = (
        select(onod.c.notice_no)
        .where(onod.c.offender_indicator == "Y")
        .group_by(onod.c.notice_no)
        .having(func.count() > 1)
        .order_by(onod.c.notice_no)
    )
    with reading(engine) as connection:
        return connection.execute(several).scalars().all()
