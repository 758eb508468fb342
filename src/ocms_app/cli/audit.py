"""`ocms audit`: what was changed and who looked, and whether the record of both is whole."""

import base64
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import msgspec
from cyclopts import App
from sqlalchemy import Engine

from ocms_adapters.clock import SystemClock
from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql.access_records import looks_at_notice
from ocms_adapters.sql.audit_check import AuditCheck
from ocms_adapters.sql.audit_rows import rows_of_notice
from ocms_adapters.sql.audit_tree import heads_of
from ocms_adapters.sql.outside_events import outside_events
from ocms_adapters.sql.transactions import reading, streaming
from ocms_app.databases import open_databases
from ocms_app.keys import audit_cipher, head_checker, head_signer
from ocms_app.settings import Settings, WrongSettings
from ocms_app.startup import startup
from ocms_core.kernel.audit_heads import Head
from ocms_core.kernel.audit_story import story
from ocms_core.kernel.dates import SINGAPORE, singapore
from ocms_core.kernel.notice_numbers import normal_notice_no

app = App(name="audit", help="Show what happened to a notice; check and export the record of all changes.")


@app.command
def verify(*, heads: Path | None = None, looks_from: date | None = None) -> int:
    """
    Check that no audit row, access record or head was altered, removed, added or put elsewhere.

    Each problem is a line on standard output; the exit status is 1 when there is one. The public key is all
    it takes; with OCMS_AUDIT_KEYS, rows that are not sealed yet are looked into too.

    Parameters
    ----------
    heads
        A file that `ocms audit export` wrote and that was kept elsewhere: what its heads were signed for must
        still be there.
    looks_from
        The first day whose access records must still be there, as 2026-01-31: without it, by the
        OCMS_KEEP_ACCESS_RECORDS of this machine, which may be another than that of the worker that removes
        them.
    """
    settings, now = startup(), SystemClock().now()
    days = settings.keep_access_records
    kept_from = now - timedelta(days=days) if days else None
    if looks_from is not None:
        kept_from = datetime.combine(looks_from, time(), SINGAPORE)
    check = AuditCheck(
        head_checker(settings),
        kept_from,
        cipher_if_set(settings),
        tuple(read_heads(heads)) if heads else (),
    )
    with streaming(open_databases(settings).intranet) as connection:
        report = check.report(connection)
    for problem in report.problems:
        print(problem)
    counts = f"{report.sealed} rows sealed by {report.heads} heads, {report.waiting} waiting to be"
    ended = f"{report.expired} removed after their time, {len(report.problems)} problems"
    print(f"audit: {counts}, {ended}", file=sys.stderr)
    return 1 if report.problems else 0


@app.command
def show(notice_no: str) -> int:
    """
    Print what happened to a notice, in order: what was changed, by whom, and who looked at its people.

    It begins with the creation of the notice and tells of its payment, which are other programs'. Of a
    person it says that something was changed, not what.

    Parameters
    ----------
    notice_no
        Number of the notice.
    """
    intranet, notice_no = open_databases(startup()).intranet, normal_notice_no(notice_no)
    lines = list(story_of(intranet, notice_no))
    for line in lines:
        print(line)
    if not lines:
        print(f"no audit row names notice {notice_no}", file=sys.stderr)
    return 0 if lines else 1


@app.command
def export() -> None:
    """Print the signed heads, a JSON object a line, to be kept elsewhere or with a notary."""
    with reading(open_databases(startup()).intranet) as connection:
        for head in heads_of(connection):
            print(msgspec.json.encode(head).decode())


@app.command
def public_key() -> None:
    """Print the public key by which heads signed with OCMS_AUDIT_SIGNING_KEY are checked."""
    print(base64.b64encode(head_signer(startup()).public_key).decode())


def story_of(intranet: Engine, notice_no: str) -> Iterator[str]:
    """Yield what happened to a notice, line by line."""
    with reading(intranet) as connection:
        yield from story(
            rows_of_notice(connection, notice_no),
            looks_at_notice(connection, notice_no),
            outside_events(connection, notice_no),
        )


def cipher_if_set(settings: Settings) -> FieldCipher | None:
    """Return the cipher of audit rows; None where there are no keys."""
    try:
        return audit_cipher(settings)
    except WrongSettings:
        if settings.audit_keys:
            raise
        return None


def read_heads(path: Path) -> Iterator[Head]:
    """Yield the heads of a file; raise ValueError for a line that is none."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            head = msgspec.json.decode(line, type=Head)
        except msgspec.MsgspecError as problem:
            raise ValueError(f"{path}, line {number}: this is no head ({problem})") from None
        yield Head(head.size, head.root, singapore(head.signed_at), head.key_id, head.signature)
