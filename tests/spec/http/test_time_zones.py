"""Moments mean the same wherever a machine of OCMS stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import engines
from tests.support.databases import Databases
from tests.support.rows import put_notices

ZONES = ("UTC", "Asia/Singapore", "America/New_York", "Pacific/Kiritimati")
ROOT = Path(__file__).parents[3]

# One machine: it updates a notice, asks for it, and tells what it answered and what the tables hold.
MACHINE = """
import sys
from datetime import datetime, timezone
from ocms_adapters.clock import SystemClock
from tests.support import engines
from ocms_adapters.sql.court import SqlCourtStores
from ocms_core.court import service
from ocms_core.court.request_checks import CourtUpdate
from ocms_web.court.replies import court_update_reply, notice_info_reply
from ocms_web.json_codec import encode

url, number = sys.argv[1:]
engine = engines.create(url)
stores = SqlCourtStores(engine)
now = datetime(2025, 1, 14, 16, 30, tzinfo=timezone.utc)
updates = [CourtUpdate(number, "PS", "WWP", "WAR")]
print(encode(court_update_reply(service.update_court_notices(updates, stores=stores, now=now)).body).decode())
for moment in (now, now.replace(month=2, day=13, hour=16, minute=0, second=0), now.replace(month=3)):
    info = service.query_notice_info([number], stores=stores, now=moment)
    print(encode(notice_info_reply(info).body).decode())
with engine.connect() as connection:
    for table, columns in (
        (
            "ocms_valid_offence_notice",
            "prev_processing_date, last_processing_date, epr_date_of_suspension, upd_date",
        ),
        ("ocms_suspended_notice", "date_of_suspension, cre_date"),
        ("ocms_court_case", "court_payment_due_date, cre_date"),
    ):
        asked = ", ".join(f"CAST({column} AS varchar(30))" for column in columns.split(", "))
        print(connection.exec_driver_sql(f"SELECT {asked} FROM {table} WHERE notice_no = '{number}'").one())
print(SystemClock().now().utcoffset())
engine.dispose()
"""

DUE = '"courtPaymentDueDate":"2025-02-14T00:00:00+08:00"'
UPDATED = (
    '{"data":{"appCode":"OCMS-2000","message":"Successfully updated 1 court notices","updatedCount":1,'
    f'"notices":[{{"noticeNo":"NUMBER","amountPayable":150.00,"paymentAllowanceFlag":"Y",{DUE}}}]}}}}'
)
INFO = (
    '{"total":1,"data":{"appCode":"OCMS-2000","message":"Successfully retrieved notice information",'
    f'"notices":[{{"noticeNo":"NUMBER",{DUE},"paymentAllowanceFlag":"FLAG","amountPayable":150.00}}]}}}}'
)
# Half past midnight in Singapore, when New York has the day before.
STAMP = "2025-01-15 00:30:00"
EXPECTED = [
    UPDATED,
    *(INFO.replace("FLAG", flag) for flag in "YYN"),
    f"('2024-12-01 09:00:00', '{STAMP}', '{STAMP}', '{STAMP}')",
    f"('{STAMP}', '{STAMP}')",
    f"('2025-02-14 00:00:00', '{STAMP}')",
    "8:00:00",
]


@pytest.mark.rule("G5", "P31", "P24")
def test_a_machine_in_any_time_zone_writes_and_answers_singapore_time(databases: Databases) -> None:
    engine = engines.create(databases.intranet)
    put_notices(engine, [f"TZ{place}" for place in range(len(ZONES))])
    engine.dispose()
    machines = [
        subprocess.Popen(
            [sys.executable, "-c", MACHINE, databases.intranet, f"TZ{place}"],
            env={**os.environ, "TZ": zone},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place, zone in enumerate(ZONES)
    ]
    for place, machine in enumerate(machines):
        given = machine.communicate(timeout=60)[0].splitlines()
        assert given == [line.replace("NUMBER", f"TZ{place}") for line in EXPECTED]
