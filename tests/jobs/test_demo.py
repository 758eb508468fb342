"""The demo's simulators for the address check, and the jobs run by hand on them."""

import json
import os
import re
import subprocess
from pathlib import Path

import httpx

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.schema import intranet as t
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import JOBS, job_named
from ocms_app.settings import Settings
from ocms_core.hst import service
from ocms_core.jobs.runs import RunOutcome, RunResult
from ocms_demo.cli.demo import issue_api_key
from ocms_demo.demo_services import BY_HAND, simulated_partners
from tests.support.databases import Databases
from tests.support.hst_facts import IDENTITY, OFFICER
from tests.support.hst_rows import application, hst_database
from tests.support.http_server import OCMS
from tests.support.postgres import free_port

README = Path(__file__).parents[2] / "README.md"
# Its first call, and the answer it shows.
((CALL, SHOWN),) = re.findall(r"```sh\n(\. var/[^`]*)\n```\n\n```json\n(.*)\n```", README.read_text())


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


def test_the_demo_says_what_was_done_and_gives_another_terminal_what_it_needs(tmp_path: Path) -> None:
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
    said: list[str] = []

    def in_shell(words: str) -> "subprocess.CompletedProcess[str]":
        given = ["sh", "-c", words]
        return subprocess.run(
            given, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )

    with subprocess.Popen(
        [OCMS, "demo", "--port", str(port), "--notices", "600"],
        env=env | {"PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as demo:
        try:
            assert demo.stdout
            for line in demo.stdout:
                said.append(line.rstrip())
                if line.startswith("Ctrl-C"):
                    break
            begun = f"http://127.0.0.1:{port}/staff/sign-in/begin"
            sign_in = httpx.get(begun, follow_redirects=True, trust_env=False, timeout=60).text
            called = in_shell(CALL)
            calls = [line for line in said if line.startswith("curl ")]
            answers = [json.loads(in_shell(f". var/demo.env; {call}").stdout) for call in calls]
            jobs = in_shell(". var/demo.env; ocms jobs list && ocms jobs run refresh_vip_vehicle --force")
            asked = in_shell(". var/demo.env; ocms partner plus-query 1234567890")
        finally:
            demo.terminate()
    assert called.stdout == SHOWN, called.stderr
    assert len(answers) == 7
    assert not [each for each in answers if re.search(r"401|Unauthorized|credential", str(each))]
    assert jobs.returncode == 0, jobs.stderr
    assert all(re.search(rf"^{job.name} ", jobs.stdout, re.MULTILINE) for job in JOBS)
    assert json.loads(asked.stdout)["noticeNo"] == "1234567890"
    given = "\n".join(said)
    for sentence in (
        r"VIP vehicles over mutual TLS: 500 vehicles instead of \d+, 500 of them new, \d+ gone\.\n",
        r"\nPLUS asked about 250 notices: \d+ can be paid;\n  \d+ cannot, past their due date or not allowed",
        r"\nCAS asked for the payment status of 20 notices: OCMS knows 20\.\n",
        r"\nCAS asked to suspend them \(PS-OTH\): \d+ were, \d+ were refused:\n  \d+ with OCMS-4008, as ",
    ):
        assert re.search(sentence, given), sentence
    assert f"\n\n. var/demo.env\n\n{calls[0]}\n" in given
    assert all(f"ocms {words}" in said for words in (*BY_HAND, "partner plus-query 1234567890"))
    # No credential stands in what is printed, and the addresses come last.
    assert not re.search(r"ocms_[0-9a-f]{16}|eyJ", given)
    base = f"http://127.0.0.1:{port}"
    assert said[-3] == f"The API is at {base}, the page to try its calls on at {base}/docs."
    assert said[-2] == f"The staff pages are at {base}/staff: sign in as one of two officers."
    assert re.findall("Sign in as (\\w+)</a>", sign_in) == ["USER01", "USER02"]
    assert (tmp_path / "var/demo.env").stat().st_mode & 0o077 == 0


def test_another_demo_in_the_same_folder_leaves_the_key_of_the_first_alive(databases: Databases) -> None:
    opened = open_databases(Settings(intranet_url=databases.intranet, internet_url=databases.internet))
    _, again, other = (issue_api_key(opened, port) for port in (8000, 8000, 8001))
    now = SystemClock().now()
    live = {key.key_id for key in SqlCredentials(opened.intranet).list() if key.live(now)}
    assert live == {key.split("_")[1] for key in (again, other)}
    opened.dispose()
