#!/usr/bin/env bash
# APScheduler 3.11.3, CronTrigger.from_crontab.
#
# It takes "a standard crontab expression", but joins day of the month and weekday by AND. In a crontab (POSIX, and
# crontab(5) of every cron) a line that restricts both runs on the days that meet EITHER. "0 3 13 * fri" is every
# 13th and every Friday; APScheduler makes it Friday the 13th only, one to three days a year, without an error. Its
# docstring warns of the numbers of weekdays (0 is Monday) and not of this. cronsim 2.8 reads the line as cron does.
#
# Output seen, the runs of 2025:
#   apscheduler 3.11.3: 1 runs (2025-06-13)
#   cronsim 2.8: 63 runs, the first 2025-01-03 2025-01-10 2025-01-13
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check apscheduler==3.11.3 tzlocal==5.4.5 cronsim==2.8
cat >try.py <<'END'
from datetime import datetime, timedelta, timezone

from apscheduler.triggers.cron import CronTrigger
from cronsim import CronSim

LINE, START, END = "0 3 13 * fri", datetime(2025, 1, 1, tzinfo=timezone.utc), datetime(2026, 1, 1, tzinfo=timezone.utc)


def runs(next_after):
    found, moment = [], next_after(START)
    while moment and moment < END:
        found.append(moment.strftime("%Y-%m-%d"))
        moment = next_after(moment)
    return found


trigger = CronTrigger.from_crontab(LINE, timezone=timezone.utc)
by_apscheduler = runs(lambda moment: trigger.get_next_fire_time(None, moment + timedelta(seconds=1)))
by_cronsim = runs(lambda moment: next(CronSim(LINE, moment)))
days = (START + timedelta(days=number) for number in range(365))
by_posix = [day.strftime("%Y-%m-%d") for day in days if day.day == 13 or day.weekday() == 4]
print(f"apscheduler 3.11.3: {len(by_apscheduler)} runs ({' '.join(by_apscheduler)})")
print(f"cronsim 2.8: {len(by_cronsim)} runs, the first {' '.join(by_cronsim[:3])}")
assert by_apscheduler == ["2025-06-13"]
assert by_cronsim == by_posix and len(by_posix) > 50
assert "weekday" in CronTrigger.from_crontab.__doc__ and "either" not in CronTrigger.from_crontab.__doc__
END
venv/bin/python try.py
