"""The ground all contenders stand on: one durable PostgreSQL with a table of notices."""

import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path

from attrs import define, field, frozen
from sqlalchemy import Engine, make_url, text

from benchmarks.delay import delayed
from ocms_adapters.sql.migrations import Side
from ocms_core.kernel.dates import SINGAPORE
from tests.support import engines
from tests.support.databases import SIDES, Databases, migrate
from tests.support.postgres import PostgresServer, running_server

ROOT = Path(__file__).parents[1]
# One moment for all tables of a run: those of two builds hold the same dates.
MOMENT = datetime.now(SINGAPORE).replace(tzinfo=None, microsecond=0)
# Times lie on whole seconds within the last year and the coming month; a third is suspended, a fifth paid.
NOTICES = text("""
    INSERT INTO ocms_valid_offence_notice (
        notice_no, vehicle_no, offence_notice_type, notice_date_and_time, computer_rule_code,
        vehicle_category, pp_code, composition_amount, amount_payable, amount_paid, payment_status,
        payment_due_date, last_processing_stage, last_processing_date, prev_processing_stage,
        next_processing_stage, suspension_type, epr_reason_of_suspension, is_sync)
    SELECT '5' || lpad(i::text, 8, '0') || 'J', 'SBA' || i % 10000 || 'Z', 'O',
           CAST(:moment AS timestamp) - i % 365 * interval '1 day', 10300, 'C', 'A0023', 70,
           70 + i % 200, CASE WHEN i % 5 = 0 THEN 70 END, CASE WHEN i % 5 = 0 THEN 'FP' END,
           CAST(:moment AS timestamp) + (i % 395 - 365) * interval '1 day',
           CASE WHEN i % 2 = 0 THEN 'CPC' ELSE 'CFC' END,
           CAST(:moment AS timestamp) - interval '20 days', 'DN2', 'CSD',
           CASE WHEN i % 3 = 0 THEN 'PS' END, CASE WHEN i % 3 = 0 THEN 'WWP' END, 'Y'
      FROM generate_series(1, :notices) AS i
""")
SUSPENSIONS = text("""
    INSERT INTO ocms_suspended_notice (
        notice_no, date_of_suspension, sr_no, suspension_source, suspension_type, reason_of_suspension,
        officer_authorising_suspension, date_of_revival)
    SELECT notice_no, notice_date_and_time, 1, 'OCMS', 'TS', 'UNC', 'OCMS',
           notice_date_and_time + interval '21 days'
      FROM ocms_valid_offence_notice
""")
SETTLE = "VACUUM (ANALYZE)"


@frozen
class Size:
    """How much is measured: notices in the table, rounds, calls of a run; and whether commits are on disk."""

    notices: int = 200_000
    rounds: int = 15
    calls: int = 100
    durable: bool = True


# API 2 moves each notice once a run: as many as its calls name.
QUICK = Size(notices=2_000, rounds=1, calls=4, durable=False)


@define(slots=False)
class Ground:
    """
    What rows are measured on; the database is there from the moment a row asks for it.

    Its contenders reach it by a Unix socket, or over a network that takes `delay` milliseconds a round trip.
    It belongs to the build of a `checkout`, and `before` is that of an earlier build.
    """

    size: Size
    delay: float = 0
    checkout: Path = ROOT
    before: "Ground | None" = None
    held: ExitStack = field(factory=ExitStack)

    def __attrs_post_init__(self) -> None:
        """Hold the ground of the build before for as long as this one."""
        if self.before:
            self.held.enter_context(self.before.held)

    @property
    def builds(self) -> "tuple[Ground, ...]":
        """Return this ground and, where it is given, that of the build before."""
        return (self, self.before) if self.before else (self,)

    @cached_property
    def server(self) -> PostgresServer:
        """Give the server of all databases."""
        return self.held.enter_context(running_server(durable=self.size.durable))

    @cached_property
    def databases(self) -> Databases:
        """Give the URLs of a pair of databases, the Intranet's filled with notices."""
        for side in SIDES:
            self.server.create(side)
        urls = {side: self.server.url(side) for side in SIDES}
        if self.checkout == ROOT:
            for side in SIDES:
                migrate(side, urls[side])
        else:
            migrate_by_itself(self.checkout, urls)
        engine = engines.create(urls["intranet"])
        with engine.begin() as connection:
            connection.execute(NOTICES, {"notices": self.size.notices, "moment": MOMENT})
            connection.execute(SUSPENSIONS)
        outside_transactions(engine, SETTLE, "CHECKPOINT")
        engine.dispose()
        return Databases(**{side: self._reached(side) for side in SIDES})

    def _reached(self, side: str) -> str:
        if not self.delay:
            return self.server.url(side)
        url = make_url(self.server.url(side, tcp=True))
        port = self.held.enter_context(delayed(url.port or 0, self.delay))
        return url.set(port=port).render_as_string(hide_password=False)

    @cached_property
    def engine(self) -> Engine:
        """Give connections of our own to the Intranet database, beside those of the contenders."""
        engine = engines.create(self.databases.intranet)
        self.held.callback(engine.dispose)
        return engine


def migrate_by_itself(checkout: Path, urls: Mapping[Side, str]) -> None:
    """Let an earlier build migrate its databases as it needs them."""
    subprocess.run(
        [checkout / ".venv/bin/ocms", "db", "upgrade"],
        cwd=checkout,
        env={**os.environ, **{f"OCMS_{side.upper()}_URL": url for side, url in urls.items()}},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def outside_transactions(engine: Engine, *statements: str) -> None:
    """Run statements that cannot be part of a transaction."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def notice_no(number: int) -> str:
    """Give the number of the so-manieth notice of the table, counted from 1."""
    return f"5{number:08}J"
