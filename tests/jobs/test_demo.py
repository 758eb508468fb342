"""The demo's simulators for the address check, and the jobs run by hand on them."""

import os
import re
import subprocess
from os.path import relpath
from pathlib import Path

import httpx

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.schema import intranet as t
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import JOBS, job_named
from ocms_app.settings import Settings
from ocms_core.hst import service
from ocms_core.jobs.runs import RunOutcome, RunResult
from ocms_demo.demo_services import BY_HAND, simulated_partners
from tests.support.databases import Databases
from tests.support.hst_facts import IDENTITY, OFFICER
from tests.support.hst_rows import application, hst_database
from tests.support.http_server import OCMS
from tests.support.postgres import free_port

README = Path(__file__).parents[2] / "README.md"
# The body of its first call, and the answer it shows.
((CALL, SHOWN),) = re.findall(r"-d '(.*)'\n```\n\n```json\n(.*)\n```", README.read_text())


def test_every_job_the_demo_names_can_be_run_by_hand(databases: Databases, tmp_path: Path) -> None:
    database = hst_database(databases)
    service.apply(application(), officer=OFFICER, stores=database.stores, now=SystemClock().now())
    ours = Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        dev_keys=str(tmp_path / "dev-issuer"),
        reports=str(tmp_path / "reports"),
    )
    opened = open_databases(ours)
    with simulated_partners(ours, []) as settings:
        for words in BY_HAND:
            if words.startswith("jobs run "):
                ended = JobRunner(settings, opened).run(job_named(words.split()[2]), forced=True)
                assert isinstance(ended, RunOutcome)
                assert (ended.result, ended.counts.get("failed", 0)) == (RunResult.DONE, 0)
        with simulated_partners(ours, []) as again:
            assert again.mha_key == settings.mha_key, "keys are made once"
    assert database.rows(t.ocms_temp_unc_hst_addr, "id_no", "report_generated") == [(IDENTITY, "Y")]
    assert len(list((tmp_path / "reports/hst").iterdir())) == 2
    opened.dispose()
    database.engine.dispose()


def test_the_demo_shows_jobs_a_refresh_and_the_calls_of_the_clients(tmp_path: Path) -> None:
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
    said: list[str] = []
    with subprocess.Popen(
        [OCMS, "demo", "--port", str(port), "--notices", "600"],
        env=env | {"PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as demo:
        assert demo.stdout
        for line in demo.stdout:
            said.append(line.rstrip())
            if "ocms partner cas-sync" in line:
                break
        given = "\n".join(said)
        key = given.partition("\nAPI key (CAS):\n")[2].split()[0]
        answer = httpx.post(
            f"http://127.0.0.1:{port}/v1/ocms/cas-getPaymentStatus",
            content=CALL,
            headers={"X-API-Key": key, "Content-Type": "application/json"},
            trust_env=False,
        )
        exported = dict(line.removeprefix("export ").split("=", 1) for line in said if "export " in line)
        refresh = [OCMS, "jobs", "run", "refresh_vip_vehicle", "--force"]
        ran = subprocess.run(refresh, env=env | exported, cwd=tmp_path, capture_output=True, check=False)
        demo.terminate()
    assert (answer.status_code, answer.text) == (200, SHOWN)
    assert ran.returncode == 0, "the walkthrough has just run it"
    listed = given.partition("\nJobs:\n")[2]
    # The schedule stands at the same place in all lines.
    columns = max(len(job.name) for job in JOBS) + 1
    # Jobs whose settings are not made run by hand only.
    assert all(
        re.search(rf"^  {job.name:{columns}}({re.escape(job.schedule)}|by hand) ", listed, re.MULTILINE)
        for job in JOBS
    )
    assert re.search(r"VIP vehicles taken over from CAS \(simulated, mutual TLS\): \{.*'after': 500,", given)
    assert "PLUS client asked about 250 notices: " in given
    assert "CAS sync of " in given
    assert "'notices': 20, 'known': 20}, then {'batches': 1, 'called': 1, 'refused': 0" in given
    ocms = relpath(OCMS, tmp_path)
    assert f"{ocms} replication run --once" in said
    assert all(f"{ocms} {words}" in said for words in (*BY_HAND, "partner plus-query 1234567890"))
    assert all(f"export OCMS_{name}=" in given for name in ("VIP_URL", "PARTNER_URL", "PARTNER_TOKEN_URL"))
