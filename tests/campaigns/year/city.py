"""A city on a pair of SQLite databases: its systems, its clock, and what it knows of its notices."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, evolve, field
from sqlalchemy import insert, select

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.access_records import SqlAccessRecords
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.rate_limits import SqlRateLimits
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.stages import SqlStageStores
from ocms_app.databases import Databases, open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.reports import report_store
from ocms_app.settings import Settings
from ocms_core.kernel.access import OPERATIONS, Operation, Principal
from ocms_core.kernel.actors import Actor, acting
from ocms_core.kernel.credentials import CallAllowed
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.idempotency import (
    AlreadyAnswered,
    IdempotencyKey,
    IdempotentCall,
    KeyOrigin,
    StoredAnswer,
)
from ocms_core.offenders.service import ActionOutcome
from ocms_core.stages.toppan import ToppanResult
from ocms_demo.simulators.cas import CasSimulator, sample_vehicles
from ocms_demo.simulators.certificates import authority
from ocms_demo.simulators.datahive import DataHiveSimulator
from ocms_demo.simulators.mha import HOST, MhaSimulator
from tests.campaigns.year.known_notices import COMPOSITION, Action, Entry, Unexplained, amount_after
from tests.campaigns.year.virtual_clock import VirtualClock
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.stage_rows import put_fees

VON = t.ocms_valid_offence_notice
REPEATS = 0.1
"""The share of calls that a partner makes again, the next ones or a later one."""


@define
class City:
    """
    The databases, the partners, and what is known of the notices.

    `last_ids` has the last number of each table with a retention on each day, `repeats` the calls that will
    be made again, `today` and `yesterday` what officers did, `audit_rows` how many each call has to have left
    by its request id.
    """

    clock: VirtualClock
    random: Random
    settings: Settings
    databases: Databases
    known: dict[str, Entry] = field(factory=dict)
    live: list[str] = field(factory=list)
    counts: Counter[str] = field(factory=Counter)
    repeats: list[Callable[[], None]] = field(factory=list)
    last_ids: list[tuple[datetime, dict[str, int]]] = field(factory=list)
    stuck_suspensions: set[str] = field(factory=set)
    listed: list[str] = field(factory=list)
    today: list[Action] = field(factory=list)
    yesterday: list[Action] = field(factory=list)
    audit_rows: dict[str, int] = field(factory=dict)
    court: SqlCourtStores = field(init=False)
    stages: SqlStageStores = field(init=False)
    offenders: SqlOffenderStores = field(init=False)
    hst: SqlHstStores = field(init=False)
    reversals: SqlReversalStores = field(init=False)
    limits: SqlRateLimits = field(init=False)
    access: SqlAccessRecords = field(init=False)
    runner: JobRunner = field(init=False)

    def __attrs_post_init__(self) -> None:
        intranet = self.databases.intranet
        self.court, self.stages = SqlCourtStores(intranet), SqlStageStores(intranet)
        self.offenders, self.hst = SqlOffenderStores(intranet), SqlHstStores(intranet)
        self.reversals = SqlReversalStores(intranet)
        self.limits, self.access = SqlRateLimits(intranet), SqlAccessRecords(intranet, b"k" * 32)
        self.runner = JobRunner(self.settings, self.databases, now=self.clock.now, sleep=self.clock.tick)
        self.reports = report_store(self.settings)

    reports: Any = field(init=False)

    def call(
        self,
        operation: Operation,
        who: Principal,
        made: Callable[[datetime, IdempotentCall[Any] | None], Any],
        *,
        id_nos: Sequence[str] = (),
        notice_no: str | None = None,
    ) -> Any:
        """
        Make a call as the API does: count it, do it with a key of its own, record the look at particulars.

        Returns None where the caller has to wait for its limit. Some calls are made again later, which
        has to change nothing and answer the same.
        """
        now = self.clock.now()
        allowed = self.limits.take(operation, OPERATIONS[operation].limit, who.credential, now)
        if not isinstance(allowed, CallAllowed):
            self.counts["calls put off by their limit"] += 1
            return None
        if id_nos:
            self.access.record_access(who, operation, id_nos, now, notice_no=notice_no)
            self.counts["looks at particulars"] += 1
        self.counts["calls"] += 1
        key = f"{self.counts['calls']}"
        actor = Actor(who.name, who.role.value, who.credential, operation.value, f"call-{key}")
        if not OPERATIONS[operation].changes:
            return self._acting(actor, lambda: made(now, None))
        body = f'{{"call":{key}}}'.encode()
        identity = IdempotencyKey(operation, who.credential, KeyOrigin.HEADER, key, key)
        call = IdempotentCall[Any](identity, lambda _: StoredAnswer(key, 200, body, now))
        result = self._acting(actor, lambda: made(now, call))
        self.clock.tick()
        if self.random.random() < REPEATS:
            again = evolve(actor, request_id=f"call-{key}-again")
            self.repeats.append(lambda: self._acting(again, lambda: self._again(made, call, body)))
        return result

    def _acting(self, actor: Actor, act: Callable[[], Any]) -> Any:
        """Do something as somebody, and note how many audit rows that has to leave: one if it changed."""
        with acting(actor):
            result = act()
        if actor.request_id and has_changed(result):
            self.audit_rows[actor.request_id] = 1
        return result

    def _again(self, made: Callable[..., Any], call: IdempotentCall[Any], body: bytes) -> None:
        with self.databases.intranet.connect() as connection:
            key = t.ocms_idempotent_answer.c.idempotency_key
            kept = connection.execute(select(key).where(key == call.key.key)).first()
        if kept is None:
            return  # it was refused, so nothing is kept of it
        try:
            made(self.clock.now(), call)
        except AlreadyAnswered as repeated:
            if repeated.answer.body != body:
                raise Unexplained(f"call {call.key.key} got another answer when it was repeated") from None
            self.counts["calls repeated"] += 1
        else:
            raise Unexplained(f"call {call.key.key} was done twice")

    def repeat_calls(self) -> None:
        """Make the calls again whose answer never arrived."""
        repeats, self.repeats = self.repeats, []
        for repeat in repeats:
            repeat()

    def observe(
        self, numbers: Iterable[str], stage: str | None, how: str, officer: str = ""
    ) -> datetime | None:
        """
        Read notices that were moved, and enter what follows from what was done to them to what is known.

        Raises `Unexplained` where the row stands otherwise: it keeps the stage before with its date, has the
        new one, and the amount of the move.
        """
        moved_at = None
        for row in self.rows(numbers):
            entry = self.known[row.notice_no]
            before, since = entry.stages[-1]
            target = stage or row.last_processing_stage
            date = singapore(row.last_processing_date)
            amount = amount_after(entry.amount, before, target, how)
            found = (
                row.last_processing_stage,
                row.prev_processing_stage,
                row.prev_processing_date,
                row.amount_payable,
            )
            if found != (target, before, local(since), amount) or date < since:
                raise Unexplained(f"{entry.number}, moved by {how}: {found}, known: {entry}")
            entry.stages.append((target, date))
            entry.record.append((target, date))
            entry.amount, moved_at = amount, date
            if officer:
                entry.changes.append((date, target, officer))
            self.counts[f"moves by {how}"] += 1
        return moved_at

    def rows(self, numbers: Iterable[str]) -> Sequence[Any]:
        """Return the rows of notices."""
        dialect = self.databases.intranet.dialect
        asked = select(VON).where(among(dialect, VON.c.notice_no))
        with self.databases.intranet.connect() as connection:
            return connection.execute(asked, bind_keys(dialect, sorted(numbers))).all()

    def write(self, table: Any, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows as another system does."""
        if rows:
            stamp = {"cre_date": local(self.clock.time), "cre_user_id": "other_app"}
            with self.databases.intranet.begin() as connection:
                connection.execute(insert(table), [stamp | row for row in rows])

    def chosen(self, fits: Callable[[Entry], bool]) -> Entry | None:
        """Choose a notice at random; None where none was found to fit in some attempts."""
        for _ in range(30):
            if not self.live:
                return None
            entry = self.known[self.random.choice(self.live)]
            if not entry.closed and fits(entry):
                return entry
        return None


def has_changed(result: object) -> bool:
    """Return whether a call has changed something, by what it came to."""
    if isinstance(result, Decision):
        return bool(result.changes)
    return isinstance(result, ActionOutcome) or (isinstance(result, ToppanResult) and result.automatic > 0)


@contextmanager
def city(folder: Path, seed: int, clock: VirtualClock) -> Iterator[City]:
    """Yield an empty city below a folder, with its partners simulated."""
    for name in ("empty", "databases"):
        (folder / name).mkdir()
    pair = sqlite_databases(sqlite_templates(folder / "empty"), folder / "databases")
    signer = authority(folder / "tls")
    ours = signer.issue("ocms")
    mha = MhaSimulator(folder / "mha", clock.now)
    datahive = DataHiveSimulator(signer.issue("datahive"), "token", now=clock.now)
    cas = CasSimulator(signer.issue("cas"), signer.file, sample_vehicles(20))
    settings = Settings(
        intranet_url=pair.intranet,
        internet_url=pair.internet,
        dev_issuer=True,
        dev_keys=str(folder / "dev"),
        reports=str(folder / "reports"),
        threads=2,
    )
    with ExitStack() as running:
        for simulator in (mha, datahive, cas):
            running.enter_context(simulator.running())
        settings = evolve(
            settings,
            vip_url=cas.address,
            vip_ca=str(signer.file),
            vip_certificate=str(ours.certificate),
            vip_key=str(ours.key),
            mha_host=HOST,
            mha_port=mha.port,
            mha_key=str(mha.keys.client_key),
            mha_known_hosts=str(mha.keys.known_hosts),
            datahive_url=datahive.url,
            datahive_token="token",
            datahive_ca=str(signer.file),
        )
        databases = open_databases(settings)
        put_fees(databases.intranet)
        try:
            yield City(clock, Random(seed), settings, databases)
        finally:
            databases.dispose()


def new_notice(number: str, at: datetime, days: int = 14) -> dict[str, Any]:
    """Return the row of a new notice; its owner is looked up when its days are over."""
    return {
        "notice_no": number,
        "vehicle_no": f"SGX{int(number[1:]) % 9999:04}A",
        "offence_notice_type": "O",
        "notice_date_and_time": local(at),
        "computer_rule_code": 10300,
        "vehicle_category": "C",
        "pp_code": "A0001",
        "composition_amount": COMPOSITION,
        "amount_payable": COMPOSITION,
        "payment_status": "NP",
        "payment_due_date": local(at + timedelta(days=30)),
        "last_processing_stage": "NPA",
        "last_processing_date": local(at),
        "next_processing_stage": "ROV",
        "next_processing_date": local(
            at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days)
        ),
        "is_sync": "N",
    }
