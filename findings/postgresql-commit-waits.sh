#!/usr/bin/env bash
# PostgreSQL 15.18 (Debian 12) and psycopg 3.3.6.
#
# With `synchronous_standby_names` a COMMIT waits for a standby. `statement_timeout` ends other statements that take
# too long; this wait is ended neither by it nor by `lock_timeout` or `idle_in_transaction_session_timeout`. Only a
# person ends it, by pg_cancel_backend: the COMMIT then succeeds with a warning, though no standby has the transaction.
# The warning has the number of any warning, 01000.
#
# Output seen:
#   with statement_timeout = 200 ms, a sleep of 1 s: ended
#   a COMMIT without a standby, after 2 s: waits for SyncRep
#   once cancelled: committed, with WARNING 01000
#
# Needs Debian's package postgresql.
set -eu
export PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin | tail -1)"
folder=$(mktemp -d); chmod 755 "$folder"
# The server does not run as root.
as=(); [ "$(id -u)" != 0 ] || { chown nobody "$folder"; as=(setpriv --reuid=nobody --regid=nogroup --clear-groups); }
trap '"${as[@]}" pg_ctl -s -D "$folder/data" stop -m immediate || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
venv/bin/pip install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.6'
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" initdb -D data -U ocms --auth=trust --no-sync >/dev/null
"${as[@]}" pg_ctl -s -D data -w -l "$folder/data/log" -o "-p $port -h 127.0.0.1 -k ''" start
cat >try.py <<'END'
import sys
import threading
import time

import psycopg

address = f"host=127.0.0.1 port={sys.argv[1]} dbname=postgres user=ocms"
watch = psycopg.connect(address, autocommit=True)
one = psycopg.connect(address, autocommit=True)
warnings = []
one.add_notice_handler(lambda notice: warnings.append(f"{notice.severity} {notice.sqlstate}"))
watch.execute("CREATE TABLE kept (value int)")
watch.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
watch.execute("SELECT pg_reload_conf()")
for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
    one.execute(f"SET {name} = '200ms'")
try:
    one.execute("SELECT pg_sleep(1)")
    slept = "done"
except psycopg.errors.QueryCanceled:
    slept = "ended"

commit = threading.Thread(target=one.execute, args=("INSERT INTO kept VALUES (1)",))
commit.start()
time.sleep(2)
state = "SELECT wait_event FROM pg_stat_activity WHERE pid = %s"
(waits,) = watch.execute(state, [one.info.backend_pid]).fetchone()
watch.execute("SELECT pg_cancel_backend(%s)", [one.info.backend_pid])
commit.join()
kept = watch.execute("SELECT count(*) FROM kept").fetchone() == (1,)
print(f"with statement_timeout = 200 ms, a sleep of 1 s: {slept}")
print(f"a COMMIT without a standby, after 2 s: waits for {waits}")
print(f"once cancelled: {'committed' if kept else 'undone'}, with {', '.join(warnings)}")
assert (slept, waits, kept, warnings) == ("ended", "SyncRep", True, ["WARNING 01000"])
END
venv/bin/python try.py "$port"
