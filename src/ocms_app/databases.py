"""The Intranet and the Internet database of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from zoneinfo import ZoneInfo

from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql import engines, migrations
from ocms_adapters.sql.audit_rows import with_cipher
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.lock_times import IN_UTC, LockTimes
from ocms_adapters.sql.locks import SqlJobStore
from ocms_adapters.sql.replication import TRY_SECONDS
from ocms_adapters.sql.transactions import translated
from ocms_adapters.sql.write_probe import write_and_delete
from ocms_app.keys import audit_cipher, field_cipher
from ocms_app.settings import UTC, Settings
from ocms_core.kernel.errors import OcmsError, Unavailable
from ocms_core.kernel.rule_tags import rule

# What the codes of the databases for a failed write mean, in words.
REASONS = (
    (("25006", "SQLITE_READONLY"), "it only reads"),
    (("53100", "SQLITE_FULL", "SQLITE_IOERR"), "its disk is full or fails"),
)

# A statement of a whole round of deliveries is given this long; one that takes longer is tried again.
RELAY_PATIENCE = 5.0


@frozen
class Databases:
    """
    The two databases.

    `internet_at_once` is the Internet one for deliveries that an officer waits for; the probes have a
    connection of their own, so that a busy system is not taken for one that does not work.
    """

    intranet: Engine
    internet: Engine
    internet_at_once: Engine
    intranet_probe: Engine
    internet_probe: Engine

    def sides(self) -> Iterator[tuple[migrations.Side, Engine]]:
        """Yield both by name."""
        yield "intranet", self.intranet
        yield "internet", self.internet

    @rule("G21")
    def ready(self) -> None:
        """
        Raise `Unavailable` unless this version works with both databases and the Intranet one takes writes.

        The Internet one only has to answer: what cannot be delivered to it is delivered later (G12, G21).
        """
        with named("intranet"):
            check_schema(self.intranet_probe, "intranet")
            write_and_delete(self.intranet_probe)
        with named("internet"):
            check_schema(self.internet_probe, "internet")

    def dispose(self) -> None:
        """Close every connection."""
        for engine in (
            self.intranet,
            self.internet,
            self.internet_at_once,
            self.intranet_probe,
            self.internet_probe,
        ):
            engine.dispose()


def lock_times(settings: Settings) -> LockTimes:
    """Return how the nodes that share the locks write their times."""
    return IN_UTC if settings.lock_times == UTC else LockTimes(ZoneInfo(settings.lock_times))


def job_store(settings: Settings, databases: Databases) -> SqlJobStore:
    """Return the locks and runs of all workers."""
    return SqlJobStore(databases.intranet, lock_times(settings))


@contextmanager
def named(side: migrations.Side) -> Iterator[None]:
    """Raise whatever fails as `Unavailable` that names the side and says why."""
    try:
        with translated():
            yield
    except Unavailable as fault:
        state = fault.code or ""
        why = next((words for codes, words in REASONS if state.startswith(codes)), "it cannot be reached")
        raise Unavailable(f"the {side} database ({why})", fault.code) from None
    except OcmsError as fault:
        raise Unavailable(f"the {side} database ({fault})") from None


def check_schema(engine: Engine, side: migrations.Side) -> None:
    """Raise `OcmsError` unless this version works with the schema of a database."""
    found = migrations.schema_state(engine, side)
    if found in (migrations.SchemaState.BEHIND, migrations.SchemaState.INCOMPATIBLE):
        raise OcmsError(f"it is {found.value}")


def open_databases(settings: Settings, *, may_make: bool = False) -> Databases:
    """Open both databases; nothing is connected yet, and later none is made unless they `may_make` one."""
    create = partial(engines.create, may_make=may_make)
    return Databases(
        with_cipher(
            create(settings.intranet_url, pool_size=settings.threads), partial(audit_cipher, settings)
        ),
        create(settings.internet_url, pool_size=settings.threads),
        create(settings.internet_url, pool_size=settings.threads, patience=TRY_SECONDS),
        create(settings.intranet_url, pool_size=1, patience=settings.ready_seconds),
        create(settings.internet_url, pool_size=1, patience=settings.ready_seconds),
    )


@contextmanager
def internet_copy(settings: Settings) -> Iterator[InternetCopy]:
    """Open the copies on the Internet database, for work that nobody waits for."""
    engine = engines.create(settings.internet_url, patience=RELAY_PATIENCE, may_make=False)
    try:
        yield InternetCopy(engine, field_cipher(settings))
    finally:
        engine.dispose()
