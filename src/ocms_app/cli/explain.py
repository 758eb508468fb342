"""`ocms explain`."""

from rich.console import Console
from rich.table import Table

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_app.databases import open_databases
from ocms_app.startup import startup
from ocms_app.wiring import court_stores
from ocms_core.court import explaining as court
from ocms_core.hst import explaining as hst
from ocms_core.kernel.notice_numbers import normal_notice_no
from ocms_core.offenders import explaining as offenders
from ocms_core.stages import explaining as stages
from ocms_core.stages.request_fields import is_number


def explain(notice_no: str) -> int:
    """
    Show the state of a notice, what each operation would answer for it now, and which rule decides it.

    Parameters
    ----------
    notice_no
        The notice number.
    """
    if not is_number(notice_no):
        raise ValueError("A notice number has 1 to 10 letters, digits or hyphens.")
    notice_no = normal_notice_no(notice_no)
    settings = startup()
    intranet = open_databases(settings).intranet
    stores, now = court_stores(settings, intranet), SystemClock().now()
    with stores.reading() as reader:
        notice = reader.court_notices([notice_no]).get(notice_no)
    if notice is None:
        print(f"{notice_no}: no such notice")
    else:
        print(f"{notice_no}: stage {notice.stage} since {notice.stage_date:%Y-%m-%d %H:%M}")
    table = Table("operation", "answer now", "rules")
    for given in (
        *court.explain(notice_no, stores=stores, now=now),
        *stages.explain(notice_no, stores=SqlStageStores(intranet), now=now),
        *offenders.explain(notice_no, stores=SqlOffenderStores(intranet)),
        *hst.explain(notice_no, stores=SqlHstStores(intranet), now=now),
    ):
        table.add_row(given.operation, given.answer, ", ".join(given.rules))
    Console().print(table)
    return 0 if notice else 1
