"""`ocms access`: who has looked somebody up."""

from datetime import datetime, timedelta

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.access_records import SqlAccessRecords
from ocms_app.cli.listing import SECOND, AsJson, show_list
from ocms_app.cli.people import read_identity_number
from ocms_app.databases import open_databases
from ocms_app.keys import access_hash_key
from ocms_app.startup import startup
from ocms_core.kernel.dates import singapore


def access(*, since: datetime | None = None, until: datetime | None = None, as_json: AsJson = False) -> None:
    """
    Show who looked up a person, whose identity number is read from standard input.

    So it stands in no list of processes and no history of commands. Records name people by a keyed hash:
    the number finds them, they do not give it away.

    Parameters
    ----------
    since
        From this day or moment on, in Singapore time; without it the last 30 days.
    until
        Until before this day or moment; without it now.
    as_json
        Print JSON instead of a table.
    """
    settings, now = startup(), SystemClock().now()
    id_no = read_identity_number()
    records = SqlAccessRecords(open_databases(settings).intranet, access_hash_key(settings))
    first = singapore(since) if since else now - timedelta(days=30)
    last = singapore(until) if until else now + timedelta(seconds=1)
    found = (
        (each.looked_up_at, each.principal, each.role, each.operation, each.notice_no)
        for each in records.accesses_to(id_no, first, last)
    )
    columns = ("looked up", "who", "role", "operation", "notice")
    show_list(columns, found, as_json=as_json, wrapped=("who",), moments=SECOND)
