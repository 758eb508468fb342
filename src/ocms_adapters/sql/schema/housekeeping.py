"""The Intranet tables no other system knows: what OCMS keeps about its own calls, files and deliveries."""

from sqlalchemy import BigInteger, Column, Index

from ocms_adapters.sql.schema.columns import (
    binary,
    bytewise_key,
    bytewise_text,
    day,
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
    # The earliest undelivered row of a notice is the one a relay claims.
    partial_index("ix_ocms_outbox_of_notice", "notice_no", "id", where="delivered_at IS NULL"),
    sqlite_autoincrement=True,
)

# What officers did to the offenders of a notice, and who stood in the role before; rows are only ever added.
ocms_offender_history = intranet_table(
    "ocms_offender_history",
    serial("id"),
    varchar("notice_no", 10, null=False),
    varchar("owner_driver_indicator", 1, null=False),
    varchar("action", 10, null=False),
    varchar("officer", 50, null=False),
    moment("changed_at", null=False),
    varchar("former_current_indicator", 1),
    varchar("prev_processing_stage", 3),
    varchar("new_processing_stage", 3),
    varchar("former_offender_indicator", 1),
    varchar("former_id_type", 1),
    varchar("former_id_no", 12),
    varchar("former_name", 66),
    varchar("former_email_addr", 320),
    varchar("former_tel_code", 3),
    varchar("former_tel_no", 12),
    varchar("former_blk_hse_no", 10),
    varchar("former_street_name", 32),
    varchar("former_bldg_name", 65),
    varchar("former_floor_no", 3),
    varchar("former_unit_no", 5),
    varchar("former_postal_code", 6),
    varchar("former_relationship", 50),
    day("former_rental_period_from"),
    day("former_rental_period_to"),
    varchar("former_remarks", 200),
    Index("ix_ocms_offender_history_notice_no", "notice_no", "id"),
    sqlite_autoincrement=True,
)

# Who looked somebody up; rows are only ever added. Those of version 0.1 have whole hashes in `identities`.
ocms_access_record = intranet_table(
    "ocms_access_record",
    serial("id"),
    moment("looked_up_at", null=False),
    varchar("principal", 50, null=False),
    varchar("role", 8, null=False),
    varchar("operation", 64, null=False),
    varchar("notice_no", 10),
    long_text("identities"),
    binary("identity_set"),
    Index("ix_ocms_access_record_looked_up_at", "looked_up_at"),
    sqlite_autoincrement=True,
)

# What was changed, by whom, and what was before (K2): a row for the changes of one transaction, only ever
# added. `notice_no` where they are of one notice, `notice_nos` where of several; `content` is encrypted.
ocms_audit_row = intranet_table(
    "ocms_audit_row",
    serial("id"),
    moment("changed_at", null=False),
    varchar("principal", 50, null=False),
    varchar("role", 8, null=False),
    varchar("credential", 64, null=False),
    varchar("operation", 64, null=False),
    varchar("request_id", 128),
    varchar("notice_no", 10),
    long_text("notice_nos"),
    binary("content"),
    partial_index("ix_ocms_audit_row_notice_no", "notice_no", "id", where="notice_no IS NOT NULL"),
    partial_index("ix_ocms_audit_row_several", "changed_at", where="notice_nos IS NOT NULL"),
    sqlite_autoincrement=True,
)

# The hash tree of audit rows and access records, a leaf for each in the order they were sealed; only added
# to. A leaf stays when its access record is removed after its time.
ocms_audit_leaf = intranet_table(
    "ocms_audit_leaf",
    whole("position", key=True),
    varchar("record_kind", 16, null=False),
    Column("record_id", BigInteger, nullable=False),
    moment("recorded_at", null=False),
    varchar("digest", 64, null=False),
    Index("ix_ocms_audit_leaf_record", "record_kind", "record_id", unique=True),
)

# What the first so many leaves of the tree were, signed; only added to.
ocms_audit_head = intranet_table(
    "ocms_audit_head",
    whole("size", key=True),
    varchar("root", 64, null=False),
    moment("signed_at", null=False),
    varchar("key_id", 16, null=False),
    varchar("signature", 88, null=False),
    long_text("complete_trees"),
    Column("last_audit_row", BigInteger, nullable=False),
    Column("last_access_record", BigInteger, nullable=False),
    Index("ix_ocms_audit_head_signed_at", "signed_at"),
)

# The answers of calls that may be delivered twice (K1); `is_final` is N while one may still be completed.
ocms_idempotent_answer = intranet_table(
    "ocms_idempotent_answer",
    varchar("operation", 64, key=True),
    bytewise_key("credential", 64),
    varchar("key_source", 9, key=True),
    bytewise_key("idempotency_key", 255),
    varchar("body_hash", 64, key=True),
    whole("status", null=False),
    long_text("answer"),
    moment("answered_at", null=False),
    varchar("is_final", 1, null=False),
    Index("ix_ocms_idempotent_answer_answered_at", "answered_at"),
)

# The last so many calls of a caller, in one row: `slot` is 0 (P3). Version 0.1 has a row for each call.
ocms_rate_counter = intranet_table(
    "ocms_rate_counter",
    varchar("operation", 64, key=True),
    varchar("credential", 64, key=True),
    whole("slot", key=True),
    moment("used_at", null=False),
    bytewise_text("uses"),
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

# The officers who are signed in at the staff pages: of a session's token only its SHA-256 in hex; `content`
# is encrypted with a key made of the token.
ocms_staff_session = intranet_table(
    "ocms_staff_session",
    varchar("token_digest", 64, key=True),
    varchar("principal", 50, null=False),
    varchar("role", 8, null=False),
    varchar("credential", 64, null=False),
    moment("signed_in_at", null=False),
    moment("used_at", null=False),
    binary("content"),
    Index("ix_ocms_staff_session_used_at", "used_at"),
)
