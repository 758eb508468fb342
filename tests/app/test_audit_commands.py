"""`ocms audit` as an auditor uses it: show, verify, export, and keys that are missing or wrong."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from sqlalchemy import Engine, delete, update

from ocms_adapters.clock import SystemClock
from ocms_adapters.encryption import DecryptionFailed
from ocms_adapters.signing import Ed25519Signer, key_id_of
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.access_records import SqlAccessRecords
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.replication import SqlReplication
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_adapters.sql.transactions import writing
from ocms_app.cli import COMMANDS, audit, command_actor, databases
from ocms_app.databases import Databases, open_databases
from ocms_app.deployment_check import Severity, check_audit_signing
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named
from ocms_app.keys import field_cipher, head_checker, head_signer, new_secret
from ocms_app.settings import Settings, WrongSettings
from ocms_core.jobs.runs import RunOutcome, RunResult
from ocms_core.kernel.access import Operation, Principal, Role
from ocms_core.kernel.actors import Actor, acting
from ocms_core.kernel.audit_heads import Head
from ocms_core.kernel.changes import CourtDueDateRecorded
from ocms_core.kernel.dates import local
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.offenders.service import furnish
from ocms_core.reversals.reversing import OFFENDER_REVERSAL
from ocms_core.reversals.service import reverse
from ocms_core.stages.request_checks import ChangeItem
from ocms_core.stages.service import submit
from tests.support.builders import DUE, NOW
from tests.support.databases import sqlite_databases
from tests.support.offender_builders import EMPLOYEE, JOHN, ORCHARD, OWNER
from tests.support.offender_rows import put_notice, put_person
from tests.support.stage_builders import requested
from tests.support.stage_rows import put_fees

NO = "500500303J"
KEY = base64.b64encode(b"1" * 32).decode()
PUBLIC = Ed25519Signer(b"1" * 32).public_key


@frozen
class Console:
    """The settings in the environment, and what commands print."""

    settings: Settings
    opened: Databases
    capsys: pytest.CaptureFixture[str]

    @property
    def engine(self) -> Engine:
        """The Intranet database."""
        return self.opened.intranet

    def printed(self) -> list[str]:
        """Return the lines that went to standard output."""
        return self.capsys.readouterr().out.splitlines()

    def change(self) -> None:
        """Change a notice as an officer."""
        with acting(Actor("OIC001", "oic", "portal", "furnish", "r-1")), writing(self.engine) as connection:
            change = CourtDueDateRecorded(NO, DUE)
            ChangeWriter(self.engine.dialect).record(connection, [change], NOW, isolate=False)

    def seal(self) -> dict[str, int]:
        """Run the job."""
        outcome = JobRunner(self.settings, self.opened).run(job_named("seal_audit_rows"))
        self.printed()  # its log lines, as no command has set the log up
        assert isinstance(outcome, RunOutcome)
        assert outcome.result is RunResult.DONE
        return dict(outcome.counts)


@pytest.fixture
def console(
    sqlite_templates: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Console]:
    pair = sqlite_databases(sqlite_templates, tmp_path)
    values: dict[str, Any] = {
        "intranet_url": pair.intranet,
        "internet_url": pair.internet,
        "audit_keys": new_secret("audit_keys"),
        "audit_signing_key": KEY,
        "dev_keys": str(tmp_path / "dev"),
    }
    for name, value in values.items():
        monkeypatch.setenv(f"OCMS_{name.upper()}", value)
    monkeypatch.chdir(tmp_path)
    settings = Settings(**values)
    opened = open_databases(settings)
    yield Console(settings, opened, capsys)
    opened.dispose()


@pytest.mark.rule("K2", "K3")
def test_an_auditor_says_from_which_day_on_access_records_must_be_there(console: Console) -> None:
    looker = Principal("OIC001", Role.OIC, "portal")
    SqlAccessRecords(console.engine, b"k" * 32).record_access(looker, Operation.GET_OFFENDERS, [], NOW)
    console.seal()
    with writing(console.engine) as connection:
        connection.execute(delete(t.ocms_access_record))
    day = NOW.date()
    assert audit.verify() == 1
    assert console.printed() == ["access record 1: it was removed"]
    assert audit.verify(looks_from=day) == 1
    assert console.printed() == ["access record 1: it was removed"]
    assert audit.verify(looks_from=day + timedelta(days=1)) == 0
    assert "1 removed after their time, 0 problems" in console.capsys.readouterr().err


@pytest.mark.rule("K2")
def test_a_notice_is_shown_its_record_verified_and_its_heads_exported(console: Console) -> None:
    assert audit.show(NO) == 1
    console.change()
    assert audit.show(NO.lower()) == 0  # read as every other number is (G9)
    assert console.printed() == [
        "2025-01-14 11:00:00  OIC001 (oic), furnish, request r-1",
        "  court case added: court payment due date 2025-02-14 00:00:00",
    ]
    assert audit.verify() == 0
    assert "0 rows sealed by 0 heads, 1 waiting" in console.capsys.readouterr().err
    assert console.seal() == {"sealed": 1}
    assert console.seal() == {"sealed": 0}
    assert audit.verify() == 0
    assert "1 rows sealed by 1 heads, 0 waiting" in console.capsys.readouterr().err
    audit.export()
    (line,) = console.printed()
    assert json.loads(line)["key_id"] == key_id_of(PUBLIC)
    kept = Path("heads.jsonl")
    kept.write_text(line)
    assert audit.verify(heads=kept) == 0
    with writing(console.engine) as connection:
        connection.execute(t.ocms_audit_head.delete())
        connection.execute(t.ocms_audit_leaf.delete())
    assert audit.verify() == 0  # nothing in the database says that there was a head
    assert audit.verify(heads=kept) == 1
    assert "head of 1 leaves: there are only 0 leaves" in console.printed()
    with writing(console.engine) as connection:
        connection.execute(update(t.ocms_audit_row).values(principal="SOMEBODY"))
    assert audit.verify() == 1
    assert "audit row 1: OCMS did not write it" in console.printed()
    with pytest.raises(DecryptionFailed, match="audit row 1: encrypted content was altered or moved"):
        audit.show(NO)


@pytest.mark.rule("K2", "K4")
def test_the_record_of_a_notice_tells_its_story_from_creation_to_payment_in_order(console: Console) -> None:
    created = local(NOW - timedelta(days=30))
    put_fees(console.engine)
    columns = {"last_processing_date": created, "cre_date": created, "cre_user_id": "LTA_LOADER"}
    put_notice(console.engine, NO, **columns)
    put_person(console.engine, NO, "O", OWNER, current=True)
    officer = partial(Actor, "OIC001", "oic", "portal")
    stores, reversals = SqlOffenderStores(console.engine), SqlReversalStores(console.engine)
    delivery = SqlReplication(
        console.engine, InternetCopy(console.opened.internet, field_cipher(console.settings))
    )
    with acting(officer("offender-furnish", "r-1")):
        furnished = FurnishRequest(NO, "H", JOHN, ORCHARD, EMPLOYEE)
        furnish(furnished, "OIC001", stores=stores, delivery=delivery, now=NOW)
    with acting(officer("offender-reverse", "r-2")):
        reverse([NO], OFFENDER_REVERSAL, "OIC001", stores=reversals, now=NOW + timedelta(minutes=1))
    who = Principal("OIC002", Role.OIC, "c")
    looked = NOW + timedelta(minutes=2)
    SqlAccessRecords(console.engine, b"k" * 32).record_access(
        who, Operation.GET_OFFENDERS, ["S1234567A"], looked, notice_no=NO
    )
    with acting(officer("changeProcessingStage", "r-3")):
        items = [ChangeItem(NO, requested("RR3"))]
        submit(items, "OIC001", stores=SqlStageStores(console.engine), now=NOW + timedelta(minutes=3))
    paid = {"payment_status": "FP", "amount_paid": 80, "crs_reason_of_suspension": "FP"}
    with console.engine.begin() as connection:
        at = {"crs_date_of_suspension": local(NOW + timedelta(days=1))}
        connection.execute(update(t.ocms_valid_offence_notice).values(paid | at))
    assert audit.show(NO) == 0
    events = [line for line in console.printed() if not line.startswith("  ")]
    assert events == [
        "2024-12-15 11:00:00  LTA_LOADER: notice added, by another program",
        "2025-01-14 11:00:00  OIC001 (oic), offender-furnish, request r-1",
        "2025-01-14 11:01:00  OIC001 (oic), offender-reverse, request r-2",
        "2025-01-14 11:02:00  OIC002 (oic), offender-getDetails: looked at its people",
        "2025-01-14 11:03:00  OIC001 (oic), changeProcessingStage, request r-3",
        "2025-01-15 11:00:00  payment: status FP, amount paid $80.00, by another program",
    ]


@pytest.mark.rule("K2")
def test_a_file_that_holds_no_heads_is_named_with_its_line(console: Console) -> None:
    Path("wrong").write_text('{"size": "one"}\n')
    with pytest.raises(ValueError, match="wrong, line 1: this is no head"):
        audit.verify(heads=Path("wrong"))
    assert console.printed() == []


@pytest.mark.rule("K2")
def test_the_public_key_is_all_an_auditor_needs(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    console.change()
    console.seal()
    audit.public_key()
    (public_key,) = console.printed()
    for name in ("OCMS_AUDIT_KEYS", "OCMS_AUDIT_SIGNING_KEY", "OCMS_DEV_KEYS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OCMS_AUDIT_PUBLIC_KEYS", public_key)
    assert audit.verify() == 0
    stranger = base64.b64encode(Ed25519Signer(b"2" * 32).public_key).decode()
    monkeypatch.setenv("OCMS_AUDIT_PUBLIC_KEYS", stranger)
    assert audit.verify() == 1
    assert "head of 1 leaves: it is not signed with a known key" in console.printed()


@pytest.mark.rule("K2")
def test_heads_of_an_earlier_key_count_while_its_public_key_is_set() -> None:
    earlier = Ed25519Signer(b"2" * 32)
    listed = f"{base64.b64encode(earlier.public_key).decode()}, "
    checker = head_checker(Settings(audit_signing_key=KEY, audit_public_keys=listed))
    for signer in (earlier, head_signer(Settings(audit_signing_key=KEY))):
        assert checker.is_signed(signer.signed(Head(1, "ab", NOW)))


@pytest.mark.parametrize("keys", ["x", "AAAA", "AAAA,"])
def test_keys_that_cannot_be_are_named_with_what_makes_one(keys: str) -> None:
    with pytest.raises(WrongSettings, match="OCMS_AUDIT_PUBLIC_KEYS: write base64,base64"):
        head_checker(Settings(audit_public_keys=keys))
    with pytest.raises(WrongSettings, match="OCMS_AUDIT_SIGNING_KEY: is no 32 bytes in base 64"):
        head_signer(Settings(audit_signing_key=keys))
    with pytest.raises(WrongSettings, match="OCMS_AUDIT_SIGNING_KEY: is no 32 bytes in base 64"):
        head_signer(Settings(audit_signing_key=base64.b64encode(bytes(33)).decode()))


def test_a_check_of_the_deployment_says_whether_heads_can_be_signed(console: Console) -> None:
    on_server = "postgresql://ocms@127.0.0.1:1/none"
    cases = (
        (console.settings, Severity.GOOD, "signs as"),
        (evolve(console.settings, audit_signing_key="x"), Severity.WRONG, "is no 32 bytes"),
        (
            evolve(console.settings, audit_signing_key="", intranet_url=on_server),
            Severity.NOTE,
            "`ocms work` needs it",
        ),
    )
    for settings, severity, text in cases:
        (found,) = check_audit_signing(settings, SystemClock().now())
        assert (found.severity, text in found.text) == (severity, True)


@pytest.mark.rule("K2")
def test_a_command_is_named_without_what_it_was_given() -> None:
    assert set(COMMANDS) >= {"audit", "access"}
    assert command_actor(["access", "S1234567A"]).operation == "ocms access"
    assert command_actor(["S1234567A"]).operation == "ocms"
    assert command_actor([]).role == "command"
    assert command_actor([]).name


def test_grants_are_printed_for_each_side(capsys: pytest.CaptureFixture[str]) -> None:
    databases.grants()
    assert "CREATE ROLE ocms_auditor LOGIN;" in capsys.readouterr().out
    databases.grants("intranet", prefix="x")
    assert "GRANT SELECT, INSERT ON ocms_audit_row TO x_web;" in capsys.readouterr().out
    databases.grants("internet")
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON eocms_valid_offence_notice" in capsys.readouterr().out
    with pytest.raises(ValueError, match="small letters"):
        databases.grants(prefix="a; DROP ROLE b")
