"""What only the report store in Azure does."""

import logging
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from math import ceil
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Any

import httpx
import pytest
from azure.storage.blob import BlobClient

from ocms_adapters.files.azure import BLOCK, AzureStore, azure_store
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.sheets import Column, Sheet
from tests.support import engines
from tests.support.azurite import connection_string
from tests.support.databases import Databases
from tests.support.http_calls import calling
from tests.support.postgres import free_port
from tests.support.reports import NAME, sheet
from tests.support.rows import put_notices
from tests.support.stage_rows import put_offenders

KEY = "c2VjcmV0LW9mLW91cnM="


def attempts(store: AzureStore) -> None:
    """Read and write in a store that does not answer or refuses."""
    with pytest.raises(Unavailable, match="the report store is unavailable") as refused:
        store.put(NAME, sheet("ZWITSCHER"))
    assert KEY not in str(refused.value.__cause__)
    with pytest.raises(Unavailable, match="the report store is unavailable"):
        store.read(NAME)


def test_an_account_out_of_reach_is_unavailable(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    attempts(azure_store(connection_string(f"http://127.0.0.1:{free_port()}", KEY), "reports"))
    assert NAME not in caplog.text
    assert KEY not in caplog.text


def test_a_key_that_is_not_the_accounts_is_unavailable(azure: AzureStore, azurite: str) -> None:
    attempts(azure_store(azurite.replace(azure.key, KEY), azure.container.container_name))


def test_a_container_that_is_not_there_is_unavailable_and_not_an_absent_report(azurite: str) -> None:
    attempts(azure_store(azurite, "nowhere"))


@pytest.mark.rule("S53")
def test_a_link_reads_and_neither_writes_nor_deletes_nor_lists(azure: AzureStore) -> None:
    azure.put(NAME, sheet("A"))
    link = azure.link(NAME, datetime.now(UTC) + timedelta(hours=1))
    container = azure.container.url
    refused = [
        httpx.put(link, content=b"B", headers={"x-ms-blob-type": "BlockBlob"}),
        httpx.delete(link),
        httpx.get(f"{container}?restype=container&comp=list&{link.split('?')[1]}"),
    ]
    assert [answer.status_code for answer in refused] == [403] * 3
    assert httpx.get(link).headers["content-type"].endswith("spreadsheetml.sheet")


def test_a_link_goes_over_https_only_where_the_account_does() -> None:
    store = azure_store(f"AccountName=ocms;AccountKey={KEY}", "reports")
    link = store.link(NAME, datetime.now(UTC))
    assert link.startswith(f"https://ocms.blob.core.windows.net/reports/{NAME}?")
    assert "&spr=https&" in link


def test_two_who_write_one_name_at_once_leave_one_whole_workbook(azure: AzureStore) -> None:
    rows = [token_hex(1000) for _ in range(4_000)]
    with ThreadPoolExecutor() as threads:
        stored = list(threads.map(lambda more: azure.put(NAME, sheet(*rows, more)), "AB"))
    content = azure.read(NAME)
    assert content
    assert len(content) > 4 * 1024 * 1024  # several blocks
    assert sha256(content).hexdigest() in {each.sha256 for each in stored}


def test_whoever_is_overtaken_half_way_sends_the_whole_again(
    azure: AzureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, calls, rows = BlobClient.stage_block, count(), [token_hex(1000) for _ in range(2_000)]

    def overtaken(blob: BlobClient, *block: Any) -> None:
        stage(blob, *block)
        if next(calls) == 0:
            azure.put(NAME, sheet(*rows))

    monkeypatch.setattr(BlobClient, "stage_block", overtaken)
    stored = azure.put(NAME, sheet(*rows, "B"))
    content = azure.read(NAME)
    assert content
    assert sha256(content).hexdigest() == stored.sha256
    assert next(calls) == 3 * ceil(len(content) / BLOCK)  # once in vain, once the other's, once for good


def test_a_disk_without_room_for_a_large_workbook_is_unavailable(
    azure: AzureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    with pytest.raises(Unavailable, match="the report store is unavailable"):
        azure.put(NAME, sheet(*(token_hex(1000) for _ in range(2_000))))
    assert azure.read(NAME) is None


def test_a_large_workbook_is_never_in_memory_as_a_whole(azure: AzureStore) -> None:
    words = [token_hex(500) for _ in range(50)]
    chance = Random(1)
    rows = ((f"{chance.choice(words)[: chance.randrange(300)]}{chance.random()}",) for _ in range(200_000))
    tracemalloc.start()
    try:
        stored = azure.put(NAME, Sheet("Report", (Column("Name"),), rows))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    content = azure.read(NAME)
    assert content
    assert (stored.row_count, stored.sha256) == (200_000, sha256(content).hexdigest())
    assert peak < len(content) / 2
    opened = httpx.get(azure.link(NAME, datetime.now(UTC) + timedelta(hours=1)))
    assert opened.headers["content-type"].endswith("spreadsheetml.sheet")


def test_nobody_prints_the_key(azure: AzureStore) -> None:
    assert azure.key not in repr(azure)


@pytest.mark.rule("S23", "S53")
def test_a_submit_links_to_its_report_in_azure_and_the_api_itself_serves_none(
    databases: Databases, tmp_path: Path, azure: AzureStore, azurite: str
) -> None:
    engine = engines.create(databases.intranet)
    put_notices(engine, ["1234567890"], last_processing_stage="DN1")
    put_offenders(engine, ["1234567890"])
    engine.dispose()
    change = {"noticeNo": "1234567890", "newStage": "DN2", "reason": "SUP"}
    container = azure.container.container_name
    with calling(databases, tmp_path, reports_azure=azurite, reports_container=container) as ocms:
        answer = ocms.post("/ocms/v1/change-processing-stage", {"items": [change]}).json()
        served = ocms.get("/reports/change-stage/any.xlsx?expires=1&signature=1")
    assert answer["status"] == "SUCCESS"
    fetched = httpx.get(answer["report"]["url"])
    assert (fetched.status_code, fetched.content[:2]) == (200, b"PK")
    assert "expired" not in str(served)


def test_without_the_setting_nothing_of_azure_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys; from ocms_app.settings import Settings; from ocms_app.reports import report_store;"
        "import ocms_app.wiring, ocms_app.jobs.hst; report_store(Settings(reports=sys.argv[1]));"
        "sys.exit(any(name.startswith('azure.storage') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 0
