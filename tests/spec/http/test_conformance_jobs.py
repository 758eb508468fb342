"""The conformance kit runs jobs of this system by its command, and names the rule of one that is changed."""

import sys
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import delete

from ocms_adapters.sql import schema
from ocms_conformance.case import all_job_cases, all_rules
from ocms_conformance.comparison import Difference
from ocms_conformance.jobs import run_job, secrets_of
from ocms_conformance.reports import Report, as_text
from ocms_conformance.results import Outcome
from ocms_conformance.runner import opened
from ocms_conformance.target import Credential, JobCommand, NotTried, Target, read_target
from tests.support.conformance_target import as_toml, target_of
from tests.support.http_server import Served

CASES = tuple(case for case in all_job_cases() if case.job == "loop_hst_suspensions")
# Runs `ocms` with one place of a module changed.
RUN_CHANGED = """
import sys
from importlib import import_module
from pathlib import Path

name, before, after, *words = sys.argv[1:]
module = import_module(name)
text = Path(module.__file__).read_text()
assert text.count(before) == 1
exec(compile(text.replace(before, after), module.__file__, "exec"), vars(module))
sys.argv = ["ocms", *words]
import_module("ocms_app.command").main()
"""


def report(served: Served, target: Target) -> Report:
    with served.deployment.engine.begin() as connection:
        connection.execute(delete(schema.ocms_shedlock))
    with opened(target) as runner:
        return Report(target.url, all_rules(), list(runner.run_jobs(CASES)))


def command(*words: str, **options: object) -> JobCommand:
    return JobCommand(command=[sys.executable, "-c", *words], **options)  # type: ignore[arg-type]


def test_the_jobs_of_this_system_pass(served: Served) -> None:
    found = report(served, target_of(served))
    assert {result.outcome for result in found.results} == {Outcome.PASSED}, as_text(found)


def test_of_a_changed_job_the_rule_and_the_cases_are_named(served: Served) -> None:
    """Who is listed is renewed whatever a check has found (H31)."""
    target = target_of(served)
    assert target.jobs
    place = "listed is not None and not (answer and answers.has_valid_new_address(listed, answer))"
    words = ["ocms_core.hst.renewing", place, "listed is not None", "jobs", "run", "{job}"]
    changed = evolve(target.jobs, command=[sys.executable, "-c", RUN_CHANGED, *words])
    found = report(served, evolve(target, jobs=changed))
    assert found.broken == ["H31"], as_text(found)
    assert {result.case.name for result in found.failed} == {
        "a new valid address ends it",
        "a new address that an officer has given the list afterwards ends it",
    }


def test_a_target_without_jobs_is_never_passed() -> None:
    target = Target(url="http://127.0.0.1:9")
    with opened(target) as runner:
        found = Report(target.url, all_rules(), list(runner.run_jobs(CASES)))
    assert {result.outcome for result in found.results} == {Outcome.NOT_TRIED}
    assert found.reasons == [("the target runs no jobs", len(CASES))]
    assert "job send_mha_requests: it needs a server of MHA" in as_text(found)


def test_a_job_that_ends_badly_is_shown_with_its_last_lines_and_no_secret() -> None:
    said = "import os, sys; print('first', flush=True); sys.exit('no ' + os.environ['KEY'] + ' at db://me:word@host')"
    hook = command(said, environment={"KEY": "very-secret"})
    secrets = secrets_of(Target(url="", jobs=hook))
    assert run_job(hook, "a", secrets) == Difference(
        "job a", "exit status 0", "exit status 1: first | no ... at db://...@host"
    )


def test_a_job_that_does_not_end_is_ended() -> None:
    hook = command("import time; time.sleep(600)", timeout_seconds=0.1)
    assert run_job(hook, "a", ()) == Difference("job a", "an end within 0.1 seconds", "none")


def test_a_job_has_the_name_the_target_gives_it() -> None:
    said = "import sys; sys.exit(sys.argv[1] != 'RenewalJob')"
    assert run_job(command(said, "{job}", names={"a": "RenewalJob"}), "a", ()) is None


@pytest.mark.parametrize(
    "hook, reason",
    [
        (command("import sys; print('held'); sys.exit(3)", not_begun=3), "the job a did not begin: held"),
        (
            JobCommand(command=["/no/such/command"]),
            "the target's command for jobs cannot be run: FileNotFoundError",
        ),
    ],
    ids=["held", "no command"],
)
def test_a_job_that_cannot_begin_is_not_tried(hook: JobCommand, reason: str) -> None:
    with pytest.raises(NotTried) as raised:
        run_job(hook, "a", ())
    assert str(raised.value) == reason


def test_a_file_names_the_command(tmp_path: Path) -> None:
    jobs = JobCommand(command=["a", "{job}"], folder="/b", environment={"C": "d"}, not_begun=3)
    target = Target(url="http://e", credentials=[Credential("cas", "key", "f", "g")], jobs=jobs)
    (tmp_path / "target.toml").write_text(as_toml(target))
    assert read_target(tmp_path / "target.toml") == target
