"""The Intranet tables of scheduled work: the job runs and the alerts to send."""

from sqlalchemy import Index

from ocms_adapters.sql.schema.columns import (
    local_now,
    long_text,
    moment,
    partial_index,
    serial,
    varchar,
    whole,
)
from ocms_adapters.sql.schema.intranet import intranet_table

# Every run from its start on; `id` rises with each taking of a job's lock and is its fencing number.
ocms_job_run = intranet_table(
    "ocms_job_run",
    serial("id"),
    varchar("job", 64, null=False),
    varchar("worker", 200, null=False),
    moment("started_at", null=False),
    moment("slot"),
    varchar("forced", 1, null=False, default="N"),
    moment("ended_at"),
    varchar("result", 8),
    long_text("counts"),
    varchar("error", 400),
    Index("ix_ocms_job_run_job", "job", "started_at"),
    sqlite_autoincrement=True,
)

# Alerts wait here until the mail server has taken them; one for each incident.
ocms_alert = intranet_table(
    "ocms_alert",
    serial("id"),
    varchar("incident", 200, null=False),
    varchar("subject", 200, null=False),
    long_text("body"),
    whole("attempts", null=False, default=0),
    moment("next_attempt_at", null=False, default=local_now()),
    moment("sent_at"),
    varchar("last_error", 200),
    Index("ux_ocms_alert_incident", "incident", unique=True),
    partial_index("ix_ocms_alert_unsent", "next_attempt_at", where="sent_at IS NULL"),
    sqlite_autoincrement=True,
)
