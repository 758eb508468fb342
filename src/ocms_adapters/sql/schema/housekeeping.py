"""The Intranet tables no other system knows: what OCMS keeps about its own calls, files and deliveries."""

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

# What the Internet side is still to be shown (G12); numbers are never used again, so they rise with time.
ocms_outbox = intranet_table(
    "ocms_outbox",
    serial("id"),
    varchar("kind", 32, null=False),
    varchar("notice_no", 10, null=False),
    varchar("owner_driver_indicator", 1),
    whole("attempts", null=False, default=0),
    moment("next_attempt_at", null=False, default=local_now()),
    moment("delivered_at"),
    varchar("last_error", 200),
    partial_index("ix_ocms_outbox_undelivered", "id", where="delivered_at IS NULL"),
    sqlite_autoincrement=True,
)

# The answer of each call that must change things once; none yet while it is being worked on.
ocms_request_ledger = intranet_table(
    "ocms_request_ledger",
    varchar("operation", 64, key=True),
    varchar("request_id", 64, key=True),
    varchar("credential", 64, null=False),
    varchar("body_hash", 64, null=False),
    whole("status"),
    long_text("answer"),
    moment("answered_at"),
)

# A caller's last so many calls: one more is let in by taking a slot whose use lies a whole period back (P3).
ocms_rate_counter = intranet_table(
    "ocms_rate_counter",
    varchar("operation", 64, key=True),
    varchar("credential", 64, key=True),
    whole("slot", key=True),
    moment("used_at", null=False),
)

# API keys; of the key itself only its SHA-256 in hex.
ocms_api_credential = intranet_table(
    "ocms_api_credential",
    varchar("key_id", 32, key=True),
    varchar("client", 50, null=False),
    varchar("role", 8, null=False),
    varchar("secret_hash", 64, null=False),
    moment("issued_at", null=False),
    moment("expires_at"),
    moment("revoked_at"),
    moment("last_used_at"),
    Index("ix_ocms_api_credential_client", "client"),
)

# Reports by name, with what it takes to build one again; not stored yet where stored_at is null (S23).
ocms_report = intranet_table(
    "ocms_report",
    varchar("report_name", 200, key=True),
    varchar("kind", 32, null=False),
    varchar("authorised_officer", 50),
    varchar("source", 8),
    moment("period_from"),
    moment("period_to"),
    whole("row_count"),
    varchar("sha256", 64),
    moment("stored_at"),
)

# Files exchanged with MHA, known by their content: under another name a file is still the same (H43).
ocms_mha_file = intranet_table(
    "ocms_mha_file",
    varchar("sha256", 64, key=True),
    varchar("direction", 8, key=True),
    varchar("name", 255, null=False),
    whole("records", null=False),
    moment("applied_at", null=False),
)
