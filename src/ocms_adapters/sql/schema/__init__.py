"""Every table of both databases under its own name: `schema.ocms_hst` and so on."""

from ocms_adapters.sql.schema.column_types import LocalDateTime, Money
from ocms_adapters.sql.schema.columns import local_now
from ocms_adapters.sql.schema.dated_values import (
    ocms_dated_parameter,
    ocms_dated_stage_move,
    ocms_dated_suspension_reason,
)
from ocms_adapters.sql.schema.housekeeping import (
    ocms_access_record,
    ocms_api_credential,
    ocms_audit_row,
    ocms_idempotent_answer,
    ocms_mha_file,
    ocms_offender_history,
    ocms_outbox,
    ocms_rate_counter,
    ocms_report,
)
from ocms_adapters.sql.schema.internet import (
    INTERNET,
    eocms_offence_notice_owner_driver,
    eocms_valid_offence_notice,
)
from ocms_adapters.sql.schema.intranet import (
    INTRANET,
    ocms_adhoc_nro_queue,
    ocms_change_of_processing,
    ocms_court_case,
    ocms_furnish_detail,
    ocms_hst,
    ocms_offence_notice_owner_driver,
    ocms_offence_notice_owner_driver_addr,
    ocms_parameter,
    ocms_shedlock,
    ocms_stage_map,
    ocms_suspended_notice,
    ocms_suspension_reason,
    ocms_temp_unc_hst_addr,
    ocms_valid_offence_notice,
    ocms_vip_vehicle,
)
from ocms_adapters.sql.schema.scheduled import ocms_alert, ocms_job_run

__all__ = [
    "INTERNET",
    "INTRANET",
    "LocalDateTime",
    "Money",
    "eocms_offence_notice_owner_driver",
    "eocms_valid_offence_notice",
    "local_now",
    "ocms_access_record",
    "ocms_adhoc_nro_queue",
    "ocms_alert",
    "ocms_api_credential",
    "ocms_audit_row",
    "ocms_change_of_processing",
    "ocms_court_case",
    "ocms_dated_parameter",
    "ocms_dated_stage_move",
    "ocms_dated_suspension_reason",
    "ocms_furnish_detail",
    "ocms_hst",
    "ocms_idempotent_answer",
    "ocms_job_run",
    "ocms_mha_file",
    "ocms_offence_notice_owner_driver",
    "ocms_offence_notice_owner_driver_addr",
    "ocms_offender_history",
    "ocms_outbox",
    "ocms_parameter",
    "ocms_rate_counter",
    "ocms_report",
    "ocms_shedlock",
    "ocms_stage_map",
    "ocms_suspended_notice",
    "ocms_suspension_reason",
    "ocms_temp_unc_hst_addr",
    "ocms_valid_offence_notice",
    "ocms_vip_vehicle",
]
