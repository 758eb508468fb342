"""`ocms explain`."""

from datetime import date, datetime

from sqlalchemy import Engine

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.reference import read_reference_from
from ocms_app.cli.listing import AsJson, show_list
from ocms_app.court_stores import court_stores
from ocms_app.databases import open_databases
from ocms_app.explanations import explanations
from ocms_app.settings import Settings
from ocms_app.startup import startup
from ocms_core.kernel.dates import singapore, today
from ocms_core.kernel.notice_numbers import normal_notice_no
from ocms_core.kernel.reference_overview import held_values
from ocms_core.kernel.rule_tags import rule
from ocms_core.stages.request_fields import is_number


def explain(notice_no: str | None = None, *, on: date | None = None, as_json: AsJson = False) -> int:
    """
    Show the state of a notice, what each operation would answer for it, and which rule decides it.

    Without a notice, show the values of the reference data, and since and until when each holds.

    Parameters
    ----------
    notice_no
        The notice number.
    on
        The day whose values and moment count, as 2026-01-31; today by default. The notice itself is always
        taken as it stands now.
    as_json
        Print JSON instead of a table.
    """
    if notice_no is not None and not is_number(notice_no):
        raise ValueError("A notice number has 1 to 10 letters, digits or hyphens.")
    if on and on.year == date.max.year:
        raise ValueError("--on takes a day before the year 9999.")
    notice_no = normal_notice_no(notice_no) if notice_no else None
    settings = startup()
    intranet, now = open_databases(settings).intranet, singapore(SystemClock().now())
    if notice_no is None:
        return show_values(intranet, on or today(now), as_json=as_json)
    moment = datetime.combine(on, now.timetz()) if on else now
    return show_answers(settings, intranet, notice_no, moment, as_json=as_json)


@rule("G18")
def show_values(intranet: Engine, day: date, *, as_json: bool) -> int:
    """Show what the reference data holds on a day, each value with its first and its last day (G18)."""
    if not as_json:
        print(f"Values of {day}:")
    found = (
        (held.name, held.text, held.first_day, held.last_day)
        for held in held_values(read_reference_from(intranet), day)
    )
    show_list(("value", "holds", "since", "until"), found, as_json=as_json, wrapped=("value", "holds"))
    return 0


def show_answers(
    settings: Settings, intranet: Engine, notice_no: str, moment: datetime, *, as_json: bool
) -> int:
    """Show what each operation would answer for a notice at a moment; the status is 1 without the notice."""
    stores = court_stores(settings, intranet)
    with stores.reading() as reader:
        notice = reader.court_notices([notice_no]).get(notice_no)
    stage = f"stage {notice.stage} since {notice.stage_date:%Y-%m-%d %H:%M}" if notice else "no such notice"
    if not as_json:
        print(f"{notice_no}: {stage}; answers on {moment:%Y-%m-%d %H:%M}:")
    found = explanations(settings, intranet, notice_no, moment)
    rows = ((given.operation, given.answer, ", ".join(given.rules)) for given in found)
    show_list(("operation", "answer", "rules"), rows, as_json=as_json, wrapped=("answer", "rules"))
    return 0 if notice else 1
