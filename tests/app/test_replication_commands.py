"""`ocms replication` on real databases, and the keys it works with."""

import base64
import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from ocms_adapters.sql import schema
from ocms_app import databases as databases_of_settings
from ocms_app.cli import replication
from ocms_app.keys import access_hash_key, field_cipher
from ocms_app.settings import Settings, WrongSettings, effective
from tests.support.databases import Databases
from tests.support.offender_builders import NUMBER, OWNER
from tests.support.offender_rows import opened, out_of_reach, put, put_notice, put_person, rows_of

LONG_AGO = datetime(2025, 1, 1)  # noqa: DTZ001  # columns are local
KEY = base64.b64encode(b"1" * 32).decode()


@pytest.fixture
def settings(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings on fresh databases; the commands find them in the environment."""
    for name in list(os.environ):
        if name.startswith("OCMS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    ours: dict[str, Any] = {
        "intranet_url": databases.intranet,
        "internet_url": databases.internet,
        "internet_keys": f"k1={KEY}",
        "access_hash_key": KEY,
    }
    for name, value in ours.items():
        monkeypatch.setenv(f"OCMS_{name.upper()}", value)
    return Settings(**ours)


@pytest.mark.rule("G12", "F62")
def test_a_notice_goes_all_the_way_by_hand(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(settings.intranet_url, settings.internet_url) as (intranet, internet):
        put_notice(intranet, NUMBER)
        put_person(intranet, NUMBER, "O", OWNER, current=True)
        assert replication.status() == 0
        assert replication.reconcile() == 1
        assert capsys.readouterr().out.splitlines()[-1] == "missing: 2"
        assert replication.reconcile(repair=True) == 0
        assert replication.reconcile() == 0
        replication.key("k2")
        new_key = capsys.readouterr().out.splitlines()[-1]
        monkeypatch.setenv("OCMS_INTERNET_KEYS", f"{new_key},k1={KEY}")
        replication.rotate()
        monkeypatch.setenv("OCMS_INTERNET_KEYS", new_key)
        assert replication.reconcile() == 0
        (row,) = rows_of(internet, schema.eocms_offence_notice_owner_driver)
        assert row["id_no"].startswith("k2:")


@pytest.mark.rule("G12")
def test_what_failed_is_told_and_tried_again_later(
    settings: Settings,
    databases: Databases,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(databases_of_settings, "RELAY_PATIENCE", 2.0)
    with opened(settings.intranet_url) as (intranet,):
        put_notice(intranet, NUMBER)
        put(
            intranet, schema.ocms_outbox, {"kind": "NOTICE", "notice_no": NUMBER, "next_attempt_at": LONG_AGO}
        )
        with out_of_reach(databases):
            assert replication.run(once=True) == 1
        assert replication.status() == 1
        assert "failed at least once: 1" in capsys.readouterr().err


def test_keys_of_this_machine_are_made_once_where_it_is_alone(tmp_path: Path) -> None:
    alone = Settings(intranet_url=f"sqlite:///{tmp_path}/x.db", dev_keys=str(tmp_path / "keys"))
    first = field_cipher(alone)
    encrypted = first.encrypt("JOHN LEE", "name N1 H")
    assert field_cipher(alone).decrypt(encrypted, "name N1 H") == "JOHN LEE"
    assert access_hash_key(alone) == access_hash_key(alone)
    files = sorted((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == ["access_hash_key.key", "internet_keys.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_keys_are_demanded_where_there_may_be_other_machines(tmp_path: Path) -> None:
    many = Settings(intranet_url="postgresql://host/db", dev_keys=str(tmp_path / "keys"))
    for requested in (field_cipher, access_hash_key):
        with pytest.raises(WrongSettings, match="must be set"):
            requested(many)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("keys", ["k1", "k1=xyz", f"long={KEY}", "k1=AAAA", f"={KEY}"])
def test_keys_that_cannot_be_are_refused_without_repeating_them(keys: str) -> None:
    with pytest.raises(WrongSettings, match="OCMS_INTERNET_KEYS") as refused:
        field_cipher(Settings(internet_keys=keys))
    assert KEY not in str(refused.value)
    with pytest.raises(WrongSettings, match="OCMS_ACCESS_HASH_KEY"):
        access_hash_key(Settings(access_hash_key="AAAA"))


def test_the_settings_page_does_not_show_the_keys() -> None:
    shown = effective(evolve(Settings(), internet_keys=f"k1={KEY}"))
    assert shown["OCMS_INTERNET_KEYS"] == "hidden"
    assert shown["OCMS_ACCESS_HASH_KEY"] == ""


def test_a_key_id_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 3"):
        replication.key("much-too-long")
