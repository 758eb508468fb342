"""What was done to a target, as a script of `curl` lines to paste into a shell."""

import json
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.sql import ClauseElement

from ocms_conformance.comparison import Difference
from ocms_conformance.example import AskStep, PutStep
from ocms_conformance.requests import REQUEST_ID
from ocms_conformance.rows import ABOUT, Database, Row, about, is_row, typed
from ocms_conformance.target import KINDS

NEW_ID = r"""new_id() { # a UUID
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' |
        sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)/\1-\2-4\3-8\4-/'
}"""
SQL = """# Runs SQL with a command of yours, such as OCMS_SQL='sqlite3 intranet.db' or 'psql -q postgresql://...'.
sql() { sh -c "${OCMS_SQL:?}"; }"""
SHOWN = {
    "ocms_valid_offence_notice": (
        *("notice_no", "last_processing_stage", "suspension_type", "epr_reason_of_suspension"),
        *("crs_reason_of_suspension", "due_date_of_revival", "amount_payable", "payment_acceptance_allowed"),
    ),
    "ocms_suspended_notice": (
        *("notice_no", "sr_no", "suspension_type", "reason_of_suspension", "due_date_of_revival"),
        "date_of_revival",
    ),
    "ocms_offence_notice_owner_driver": (
        *("notice_no", "owner_driver_indicator", "id_no", "offender_indicator"),
    ),
    "ocms_hst": ("id_no",),
}


def variable(role: object, kind: object) -> str:
    """Return the environment variable that holds a credential, such as `OCMS_OIC_TOKEN`."""
    return f"OCMS_{role}_{kind}".upper()


def curl_script(
    heading: Iterable[str],
    steps: Sequence[PutStep | AskStep],
    differences: Iterable[Difference],
    database: Database | None,
    numbers: Collection[str],
    *,
    shared: Mapping[str, list[Row]],
) -> str:
    """
    Return a script that puts the rows in, makes the calls, and shows the rows that are there at the end.

    `shared` are rows that the run has put in for all examples. Address and credentials are variables of the
    environment. Run again it begins anew, with new keys.
    """
    asked = [step for step in steps if isinstance(step, AskStep)]
    needed = dict.fromkeys(variable(step.ask.role, step.ask.credential) for step in asked)
    lines = ["#!/bin/sh", *(f"# {line}" for line in heading)]
    lines += [f"# {line}" for each in differences for line in str(each).splitlines()]
    lines.append(" ".join((": ${OCMS_URL:?}", *(f"${{{each}:?}}" for each in needed))))
    if any(step.request_id or REQUEST_ID in json.dumps(body_of(step)) for step in asked):
        lines.append(NEW_ID)
    lines += [f"{id_of(each)}=$(new_id)" for each in dict.fromkeys(step.request_id for step in asked) if each]
    if database is not None:
        tables = [each for each in database.tables.values() if any(name in each.c for name in ABOUT)]
        removed = [delete(each).where(about(each, numbers)) for each in reversed(tables)]
        lines += [SQL, *statements(database, [*removed, *replaced(database, shared)])]
    for step in steps:
        lines += [curl_line(step)] if isinstance(step, AskStep) else put_lines(step, database)
    if database is not None:
        lines += ["# What is there now:", *statements(database, shown_rows(database.tables, numbers))]
    return "\n".join(lines) + "\n"


def replaced(database: Database, rows: Mapping[str, list[Row]]) -> Iterator[ClauseElement]:
    """Yield the statements that put rows in, instead of those with the same key."""
    for name, of in rows.items():
        table = database.tables[name]
        for row in of:
            key = {column.name: row[column.name] for column in table.primary_key}
            yield delete(table).where(*is_row(table, key))
            yield insert(table).values(typed(table, row))


def put_lines(step: PutStep, database: Database | None) -> Iterator[str]:
    """Yield the lines that put rows in."""
    if database is not None:
        tables = database.tables
        rows = [
            insert(tables[name]).values(typed(tables[name], row))
            for name, rows in step.given.items()
            for row in rows
        ]
        yield from statements(database, rows)


def shown_rows(tables: dict[str, Table], numbers: Collection[str]) -> Iterator[ClauseElement]:
    """Yield the statements that show the rows at the end."""
    for name, columns in SHOWN.items():
        if name in tables:
            table = tables[name]
            yield select(*(table.c[each] for each in columns)).where(about(table, numbers))


def statements(database: Database, found: Iterable[ClauseElement]) -> Iterator[str]:
    """Yield the lines that run some statements."""
    options = {"literal_binds": True}
    yield "sql <<'ROWS'"
    for each in found:
        text = str(each.compile(database.engine, compile_kwargs=options))
        yield text.replace("\n", " ") + ";"
    yield "ROWS"


def curl_line(step: AskStep) -> str:
    """Return the line that makes a call and prints its answer."""
    ask = step.ask
    header, word = KINDS[str(ask.credential)]
    parts = [f'curl -sS -X {ask.method} "$OCMS_URL"{shlex.quote(ask.path)}']
    parts.append(f'-H "{header}: {word}${variable(ask.role, ask.credential)}"')
    for name, value in ask.headers.items():
        text = f'"{name}: ${id_of(value)}"' if value == step.request_id else shlex.quote(f"{name}: {value}")
        parts.append(f"-H {text}")
    body = body_of(step)
    if body is not None:
        own = f"${id_of(step.request_id)}" if step.request_id else "$(new_id)"
        text = shlex.quote(json.dumps(body, ensure_ascii=False)).replace(REQUEST_ID, f"""'"{own}"'""")
        parts += ["-H 'Content-Type: application/json'", f"-d {text}"]
    return " ".join(parts) + "; echo"


def body_of(step: AskStep) -> object:
    """Return the JSON a call sends; None where it sends none."""
    return None if step.ask.json is ... else step.ask.json


def id_of(request_id: str) -> str:
    """Return the shell variable that holds a key, which a repeat of a call has too."""
    return f"ID_{request_id[:8]}"
