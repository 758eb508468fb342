#!/usr/bin/env bash
# The T-SQL grammars of sqlglot 30.30.0 and sqlfluff 4.5.0 take a predicate for a column, as SQLAlchemy 2.1.9 writes it.
#
# Versions: SQLAlchemy 2.1.9, sqlglot 30.30.0, sqlfluff 4.5.0, Python 3.11.
#
# T-SQL has no truth values: EXISTS, IN and comparisons are predicates, allowed where a search condition is, and the
# list of a SELECT takes expressions (Transact-SQL reference, "Search condition" and "SELECT clause"; a server answers
# such a column with an error of syntax, so CASE WHEN EXISTS (...) THEN 1 ELSE 0 END is the way to write it).
# SQLAlchemy compiles select(exists()) for SQL Server to SELECT EXISTS (...) all the same, without a warning, though it
# writes CASE or 1 = 1 in other places. Both grammars parse that statement, and an IN as a column too,
# without a complaint; so "it parses as T-SQL" says nothing about this. No server was asked here.
#
# Output seen:
#   compiled: SELECT EXISTS (SELECT * FROM t WHERE t.a = :a_1) AS anon_1
#   SELECT EXISTS (SELECT * FROM t WHERE a = 1) AS x   sqlglot Exists, sqlfluff 0 violations
#   SELECT a IN (1, 2) AS x FROM t                     sqlglot In, sqlfluff 0 violations
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check SQLAlchemy==2.1.9 sqlglot==30.30.0 sqlfluff==4.5.0
"$folder/venv/bin/python" - <<'PY'
import sqlglot
from sqlalchemy import column, exists, select, table
from sqlalchemy.dialects import mssql
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp

t = table("t", column("a"))
compiled = " ".join(str(select(exists().where(t.c.a == 1)).compile(dialect=mssql.dialect())).split())
print("compiled:", compiled)
assert compiled == "SELECT EXISTS (SELECT * FROM t WHERE t.a = :a_1) AS anon_1", "SQLAlchemy compiles it otherwise now"

linter = Linter(config=FluffConfig(overrides={"dialect": "tsql"}))
for statement in (
    "SELECT EXISTS (SELECT * FROM t WHERE a = 1) AS x",
    "SELECT a IN (1, 2) AS x FROM t",
):
    found = sqlglot.parse_one(statement, dialect="tsql").expressions[0].unalias()
    violations = linter.parse_string(statement + "\n").violations
    print(f"{statement:50} sqlglot {type(found).__name__}, sqlfluff {len(violations)} violations")
    assert isinstance(found, exp.Exists | exp.In), "sqlglot reads it otherwise now"
    assert not violations, "sqlfluff complains now"
PY
