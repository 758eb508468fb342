"""
The Intranet tables of reference data that holds from a day on (G18).

Tables of their own: a second row of one key would break the systems that share the tables of the data
dictionary, and their primary keys have no room for it.
"""

from collections.abc import Iterator

from sqlalchemy import CheckConstraint
from sqlalchemy.schema import SchemaItem

from ocms_adapters.sql.schema.columns import day, varchar, whole
from ocms_adapters.sql.schema.intranet import intranet_table


def days_in_order(table: str) -> Iterator[SchemaItem]:
    """Yield the constraints that refuse a last day before the first, and what is no day of the calendar."""
    yield CheckConstraint("last_day >= first_day", name=f"ck_{table}_days")
    # PostgreSQL has days beyond the calendar, such as infinity.
    within = "first_day >= '0001-01-01' AND (last_day IS NULL OR last_day <= '9999-12-31')"
    yield CheckConstraint(within, name=f"ck_{table}_calendar")
    # SQLite keeps any text in a column of days; counting from it shows whether the calendar has it.
    for name in ("first_day", "last_day"):
        is_day = CheckConstraint(f"{name} IS date({name}, '+0 days')", name=f"ck_{table}_{name}")
        yield is_day.ddl_if(dialect="sqlite")


ocms_dated_parameter = intranet_table(
    "ocms_dated_parameter",
    varchar("parameter_id", 20, key=True),
    varchar("code", 20, key=True),
    day("first_day", key=True),
    day("last_day"),
    varchar("value", 200, null=False),
    *days_in_order("ocms_dated_parameter"),
)

ocms_dated_stage_move = intranet_table(
    "ocms_dated_stage_move",
    varchar("last_processing_stage", 3, key=True),
    varchar("next_processing_stage", 3, key=True),
    day("first_day", key=True),
    day("last_day"),
    varchar("allowed", 1, null=False, default="Y"),
    CheckConstraint("allowed IN ('Y', 'N')", name="ck_ocms_dated_stage_move_allowed"),
    *days_in_order("ocms_dated_stage_move"),
)

ocms_dated_suspension_reason = intranet_table(
    "ocms_dated_suspension_reason",
    varchar("reason_of_suspension", 3, key=True),
    varchar("suspension_type", 2, key=True),
    day("first_day", key=True),
    day("last_day"),
    whole("no_of_days_for_revival"),
    varchar("status", 1, null=False, default="A"),
    CheckConstraint("status IN ('A', 'D')", name="ck_ocms_dated_suspension_reason_status"),
    *days_in_order("ocms_dated_suspension_reason"),
)
