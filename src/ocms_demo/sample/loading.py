"""Loads the sample into a pair of databases, a part at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain, islice
from time import perf_counter

from attrs import Factory, frozen
from sqlalchemy import Connection, Engine, Table, select

from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.internet_copy import place
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.dates import local
from ocms_core.replication.replicated_tables import REPLICATED_TABLES, ReplicatedTable
from ocms_demo.sample.bulk_insert import insert_absent, insert_rows
from ocms_demo.sample.examples import example_notices, example_rows
from ocms_demo.sample.generator import block, notice_no
from ocms_demo.sample.notices import SampleNotice
from ocms_demo.sample.rows import Row, TableRow, rows_of
from ocms_demo.sample.scenarios import BLOCK

PART = 10_000
"""Notices of one transaction; a whole number of blocks."""
MOST_NOTICES = 10_000_000

# One row of these can belong to several notices, and other programs fill them too.
SHARED = (
    t.ocms_hst, t.ocms_temp_unc_hst_addr, t.ocms_adhoc_nro_queue, t.ocms_vip_vehicle, t.ocms_parameter,
)  # fmt: skip


@frozen
class SampleReport:
    """
    What a load has added, and in how many `seconds`.

    `stages`, `payments` and `suspensions` count notices by stage, payment status and open suspension
    (`TS-HST`), `offenders` the people of notices, `present` the notices that were there before.
    """

    seconds: float = 0.0
    present: int = 0
    offenders: int = 0
    stages: Counter[str] = Factory(Counter)
    payments: Counter[str] = Factory(Counter)
    suspensions: Counter[str] = Factory(Counter)

    @property
    def notices(self) -> int:
        """The number of notices added."""
        return self.stages.total()

    def __str__(self) -> str:
        """Return a few lines about it, the most frequent first."""
        counted = {"stages": self.stages, "payments": self.payments, "open suspensions": self.suspensions}
        added = f"{self.notices:,} notices with {self.offenders:,} people added in {self.seconds:.1f} s"
        lines = [f"{added}, {self.present:,} were there"]
        for what, counts in counted.items():
            if counts:
                lines.append(f"  {what}: " + ", ".join(f"{name} {n:,}" for name, n in counts.most_common()))
        return "\n".join(lines)


def load_sample(
    intranet: Engine,
    internet: Engine,
    *,
    cipher: FieldCipher,
    notices: int,
    seed: int,
    now: datetime,
    progress: Callable[[int, int], None],
) -> SampleReport:
    """
    Add so many invented notices, and those the contract's examples name, to a pair of databases.

    What the Internet database is said to have it has, encrypted by `cipher`; the rest is in the outbox.
    The same `notices`, `seed` and `now` give the same rows; fewer notices are the first of more. A
    notice that is there already is left as it is with all its rows, so a repeat adds nothing; what is
    added later to a smaller sample fits it when the seed is the same.
    `progress(done, notices)` is called after each part. Memory does not grow with `notices`.
    Raises `ValueError` above ten million notices.
    """
    if not 0 <= notices <= MOST_NOTICES:
        raise ValueError(f"The sample has 0 to {MOST_NOTICES:,} notices, not {notices:,}.")
    started, moment = perf_counter(), local(now).replace(microsecond=0)
    parts = [
        load_part(intranet, internet, cipher, moment, list(example_notices()), more=example_rows(moment))
    ]
    for first in range(0, notices, PART):
        last = min(first + PART, notices)
        numbers = [notice_no(index) for index in range(first + 1, last + 1)]
        with reading(intranet) as connection:
            there = len(present(connection, t.ocms_valid_offence_notice, numbers))
        if there == len(numbers):
            parts.append(SampleReport(present=there))
        else:
            blocks = (block(seed, number, moment) for number in range(first // BLOCK, -(-last // BLOCK)))
            generated = list(islice(chain.from_iterable(blocks), len(numbers)))
            parts.append(load_part(intranet, internet, cipher, moment, generated))
        progress(last, notices)
    return summed(parts, perf_counter() - started)


def load_part(
    intranet: Engine,
    internet: Engine,
    cipher: FieldCipher,
    moment: datetime,
    notices: Sequence[SampleNotice],
    *,
    more: Iterable[TableRow] = (),
) -> SampleReport:
    """
    Add the notices that are not there yet with all their rows, and more rows besides.

    What is still to be delivered waits since `moment`.
    """
    numbers = [notice.notice_no for notice in notices]
    # The Internet side is committed first: a notice that says it was delivered was.
    with writing(intranet) as inside, writing(internet) as outside:
        there = present(inside, t.ocms_valid_offence_notice, numbers)
        added = [notice for notice in notices if notice.notice_no not in there]
        rows = by_table(chain(chain.from_iterable(map(rows_of, added)), more))
        for waiting in rows.get(t.ocms_outbox, ()):
            waiting["cre_date"] = moment
        for copy in REPLICATED_TABLES.values():
            table = t.INTERNET.tables[copy.target]
            shown = present(outside, table, numbers)
            copies = [given for given in rows.pop(table, []) if given["notice_no"] not in shown]
            insert_rows(outside, table, [encrypted(given, copy, cipher) for given in copies])
        for table, of_table in rows.items():
            (insert_absent if table in SHARED else insert_rows)(inside, table, of_table)
    return report(added, len(there))


def encrypted(given: Row, copy: ReplicatedTable, cipher: FieldCipher) -> Row:
    """Return a row of the Internet database with what is encrypted there (F62)."""
    key = tuple(given[name] for name in copy.keys)
    return given | {
        name: cipher.encrypt(given[name], place(key, name))
        for name in copy.encrypted
        if given[name] is not None
    }


def present(connection: Connection, table: Table, numbers: Sequence[str]) -> frozenset[str]:
    """Return which of these notices a table has already."""
    question = select(table.c.notice_no).where(among(connection.dialect, table.c.notice_no))
    return frozenset(connection.scalars(question, bind_keys(connection.dialect, numbers)))


def by_table(rows: Iterable[TableRow]) -> dict[Table, list[Row]]:
    """Return rows by their tables."""
    tables: dict[Table, list[Row]] = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    return tables


def report(added: Sequence[SampleNotice], there: int) -> SampleReport:
    """Return what one part has added."""
    return SampleReport(
        present=there,
        offenders=sum(len(notice.offenders) for notice in added),
        stages=Counter(notice.stage for notice in added),
        payments=Counter(notice.payment for notice in added),
        suspensions=Counter(
            f"{given.type}-{given.reason}"
            for notice in added
            for given in notice.suspensions
            if given.revived_at is None
        ),
    )


def summed(parts: Sequence[SampleReport], seconds: float) -> SampleReport:
    """Return the sum of the parts of a load."""
    return SampleReport(
        seconds=seconds,
        present=sum(part.present for part in parts),
        offenders=sum(part.offenders for part in parts),
        stages=sum((part.stages for part in parts), Counter()),
        payments=sum((part.payments for part in parts), Counter()),
        suspensions=sum((part.suspensions for part in parts), Counter()),
    )
