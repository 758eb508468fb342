"""What each process of OCMS may do in a PostgreSQL database: the roles and their grants (K2)."""

from collections.abc import Iterator, Mapping
from enum import Enum, unique

from ocms_adapters.sql.migrations import METADATA, VERSION_TABLES, Side
from ocms_core.kernel.rule_tags import rule

SELECT, INSERT, UPDATE, DELETE = "SELECT", "INSERT", "UPDATE", "DELETE"
QUEUE_SCHEMA = "ocms_queue"
"""Where the queue of chunks is, which the extra `queue` brings."""

MARKS = "UPDATE (is_sync, upd_date, upd_user_id)"

Grants = Mapping[str, tuple[str, ...]]


@unique
class DatabaseRole(Enum):
    """Which process connects: the value ends the name of its role."""

    WEB = "web"
    WORKER = "worker"
    RELAY = "relay"
    AUDITOR = "auditor"


OF_CALLS: Grants = {
    "ocms_valid_offence_notice": (SELECT, UPDATE),
    "ocms_offence_notice_owner_driver": (SELECT, INSERT, UPDATE, DELETE),
    "ocms_offence_notice_owner_driver_addr": (SELECT, INSERT, UPDATE, DELETE),
    "ocms_furnish_detail": (SELECT, INSERT, UPDATE, DELETE),
    "ocms_suspended_notice": (SELECT, INSERT, UPDATE),
    "ocms_change_of_processing": (SELECT, INSERT),
    "ocms_court_case": (SELECT, INSERT, UPDATE),
    "ocms_hst": (SELECT, INSERT, UPDATE, DELETE),
    "ocms_adhoc_nro_queue": (SELECT, DELETE),
    "ocms_temp_unc_hst_addr": (SELECT,),
    "ocms_outbox": (SELECT, INSERT, UPDATE),
    "ocms_offender_history": (SELECT, INSERT),
    "ocms_idempotent_answer": (SELECT, INSERT, UPDATE),
    "ocms_rate_counter": (SELECT, INSERT, UPDATE, DELETE),
    "ocms_api_credential": (SELECT, UPDATE),
    "ocms_report": (SELECT, INSERT, UPDATE),
    "ocms_staff_session": (SELECT, INSERT, UPDATE, DELETE),
    "ocms_access_record": (SELECT, INSERT),
    "ocms_audit_row": (SELECT, INSERT),
    "ocms_alert": (SELECT, INSERT),
    **dict.fromkeys(
        (
            *("ocms_stage_map", "ocms_parameter", "ocms_suspension_reason", "ocms_vip_vehicle"),
            *("ocms_dated_parameter", "ocms_dated_stage_move", "ocms_dated_suspension_reason"),
            *("ocms_shedlock", "ocms_job_run", "ocms_mha_file"),
        ),
        (SELECT,),
    ),
}
# What a worker may do besides. It removes access records after their time, and their leaves stay.
OF_JOBS: Grants = {
    "ocms_adhoc_nro_queue": (INSERT, UPDATE),
    "ocms_temp_unc_hst_addr": (INSERT, UPDATE),
    "ocms_mha_file": (INSERT, UPDATE, DELETE),
    "ocms_vip_vehicle": (INSERT, UPDATE, DELETE),
    "ocms_shedlock": (INSERT, UPDATE),
    "ocms_job_run": (INSERT, UPDATE, DELETE),
    "ocms_alert": (UPDATE, DELETE),
    "ocms_outbox": (DELETE,),
    "ocms_idempotent_answer": (DELETE,),
    "ocms_staff_session": (SELECT, DELETE),
    "ocms_access_record": (DELETE,),
    "ocms_audit_leaf": (SELECT, INSERT),
    "ocms_audit_head": (SELECT, INSERT),
}
OF_DELIVERY: Grants = {
    "ocms_outbox": (SELECT, INSERT, UPDATE),
    "ocms_valid_offence_notice": (SELECT, MARKS),
    "ocms_offence_notice_owner_driver": (SELECT, MARKS),
}
OF_AUDIT: Grants = dict.fromkeys(
    ("ocms_audit_row", "ocms_audit_leaf", "ocms_audit_head", "ocms_access_record"), (SELECT,)
)
COPY: Grants = dict.fromkeys(
    ("eocms_valid_offence_notice", "eocms_offence_notice_owner_driver"), (SELECT, INSERT, UPDATE, DELETE)
)

GRANTS: Mapping[Side, Mapping[DatabaseRole, Grants]] = {
    "intranet": {
        DatabaseRole.WEB: OF_CALLS,
        DatabaseRole.WORKER: {
            name: (*OF_CALLS.get(name, ()), *OF_JOBS.get(name, ())) for name in {**OF_CALLS, **OF_JOBS}
        },
        DatabaseRole.RELAY: OF_DELIVERY,
        DatabaseRole.AUDITOR: OF_AUDIT,
    },
    "internet": dict.fromkeys((DatabaseRole.WEB, DatabaseRole.WORKER, DatabaseRole.RELAY), COPY),
}


@rule("K2")
def grant_statements(side: Side, prefix: str) -> Iterator[str]:
    """
    Yield the SQL that gives each role of one side what it may do there, and nothing else (K2).

    Nobody may update or delete an audit row, a leaf or a head; whoever owns the tables is none of the roles.
    """
    tables = METADATA[side].tables
    for role, grants in GRANTS[side].items():
        name = f"{prefix}_{role.value}"
        yield f"REVOKE ALL ON {', '.join([*tables, VERSION_TABLES[side]])} FROM {name};"
        yield f"GRANT SELECT ON {VERSION_TABLES[side]} TO {name};"
        for table, privileges in grants.items():
            yield f"GRANT {', '.join(privileges)} ON {table} TO {name};"


@rule("K2")
def chunk_grant_statements(prefix: str) -> Iterator[str]:
    """Yield the SQL that lets a worker put chunks of bulk work on their queue and do them (K2)."""
    worker = f"{prefix}_{DatabaseRole.WORKER.value}"
    yield f"GRANT USAGE ON SCHEMA {QUEUE_SCHEMA} TO {worker};"
    yield f"GRANT {SELECT}, {INSERT}, {UPDATE}, {DELETE} ON ALL TABLES IN SCHEMA {QUEUE_SCHEMA} TO {worker};"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {QUEUE_SCHEMA} TO {worker};"


def role_statements(prefix: str) -> Iterator[str]:
    """Yield the SQL that makes the roles, once for a server; each still needs a way to log in."""
    for role in DatabaseRole:
        yield f"CREATE ROLE {prefix}_{role.value} LOGIN;"
