#!/usr/bin/env bash
# PgBouncer 1.18.0 (Debian 12) with `pool_mode = transaction`, and psycopg 3.3.6.
#
# psycopg prepares a statement by name once it has run a few times, and calls it `_pg3_0`, `_pg3_1`, ... in every
# process. PgBouncer before 1.21 passes such names on, and gives each transaction any of its server connections. So
# a client can execute the statement that another has prepared by the same name: with as many parameters the answer
# is the other's, and no error says so. `prepare_threshold=None` never prepares. Such a pooler is recognised by
# `pg_backend_pid()`, which is not the number that it gave the client.
#
# Output seen:
#   the statement SELECT 5 + 1 is answered 6, and later 500
#   server and client agree on the number of the session: False
#   with prepare_threshold=None: 6, 6
#
# Needs Debian's packages pgbouncer and postgresql.
set -eu
export PATH="$PATH:/usr/sbin:$(ls -d /usr/lib/postgresql/*/bin | tail -1)"
folder=$(mktemp -d); chmod 755 "$folder"
# Neither server runs as root.
as=(); [ "$(id -u)" != 0 ] || { chown nobody "$folder"; as=(setpriv --reuid=nobody --regid=nogroup --clear-groups); }
trap '"${as[@]}" pg_ctl -s -D "$folder/data" stop -m fast || true; kill "$pooler" 2>/dev/null || true; rm -rf "$folder"' EXIT
pooler=
cd "$folder"
python3 -m venv "$folder/venv"
venv/bin/pip install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.6'
read -r database_port port < <(python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
"${as[@]}" initdb -D data -U ocms --auth=trust --no-sync >/dev/null
"${as[@]}" pg_ctl -s -D data -w -l "$folder/data/log" -o "-p $database_port -h 127.0.0.1 -k ''" start
cat >pgbouncer.ini <<END
[databases]
* = host=127.0.0.1 port=$database_port user=ocms
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
END
"${as[@]}" pgbouncer -q pgbouncer.ini 2>pgbouncer.log & pooler=$!
cat >try.py <<'END'
import sys
import time

import psycopg

address = f"host=127.0.0.1 port={sys.argv[1]} dbname=postgres user=ocms"
PLUS, TIMES = "SELECT %s::int + 1", "SELECT %s::int * 100"


def connect(**options):
    for _ in range(100):
        try:
            return psycopg.connect(address, **options)
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise SystemExit("no pooler")


def answers(threshold):
    """Both clients at once, each on a server connection of its own; then the first again, alone."""
    with connect(prepare_threshold=threshold) as one, connect(prepare_threshold=threshold) as other:
        before = one.execute(PLUS, [5]).fetchone()[0]
        other.execute(TIMES, [5])
        one.commit()
        other.commit()  # its server connection is the one lent next
        after = one.execute(PLUS, [5]).fetchone()[0]
        session = one.execute("SELECT pg_backend_pid()", prepare=False).fetchone()[0]
        same = session == one.info.backend_pid
    return before, after, same


never = answers(None)
before, after, same = answers(0)
print(f"the statement SELECT 5 + 1 is answered {before}, and later {after}")
print(f"server and client agree on the number of the session: {same}")
print(f"with prepare_threshold=None: {never[0]}, {never[1]}")
assert (before, after, same) == (6, 500, False)
assert never[:2] == (6, 6)
END
venv/bin/python try.py "$port"
