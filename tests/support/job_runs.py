"""Jobs run in this process on the databases of a served deployment, at a moment of the test's choice."""

from datetime import datetime

from sqlalchemy import delete

from ocms_adapters.sql import schema
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named
from ocms_app.settings import load
from ocms_core.jobs.runs import RunOutcome, RunResult
from tests.support.http_server import Deployment


def run_job(deployment: Deployment, name: str, moment: datetime) -> None:
    """Run a job that ends well, whenever another run of it has ended."""
    with deployment.engine.begin() as connection:
        connection.execute(delete(schema.ocms_shedlock))
    settings = load(deployment.environment())
    opened = open_databases(settings)
    try:
        ended = JobRunner(settings, opened, now=lambda: moment).run(job_named(name))
    finally:
        opened.dispose()
    assert isinstance(ended, RunOutcome), ended
    assert ended.result is RunResult.DONE, ended.error
