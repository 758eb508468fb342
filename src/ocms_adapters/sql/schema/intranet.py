"""
The tables of the Intranet database, as the system's data dictionary names them.

No foreign keys: in production other systems write these tables too, each in its own order (an
offender row before its notice, a suspension of a notice already archived), and a key they do not
know of would refuse their work. Indexes only where a primary key does not serve the query.
"""

from functools import partial

from sqlalchemy import Index, MetaData

from ocms_adapters.sql.schema.columns import day, moment, money, partial_index, table, varchar, whole

AUDIT_USER = "ocmsiz_app_conn"

INTRANET = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

intranet_table = partial(table, metadata=INTRANET, audit_user=AUDIT_USER)

ocms_valid_offence_notice = intranet_table(
    "ocms_valid_offence_notice",
    varchar("notice_no", 10, key=True),
    varchar("vehicle_no", 14, null=False),
    varchar("offence_notice_type", 1, null=False),
    varchar("offence_type", 5),
    moment("notice_date_and_time", null=False),
    whole("computer_rule_code", null=False),
    varchar("vehicle_category", 1, null=False),
    varchar("vehicle_registration_type", 1),
    varchar("pp_code", 5, null=False),
    varchar("pp_name", 100),
    money("composition_amount", null=False),
    money("administration_fee"),
    money("surcharge"),
    money("amount_payable"),
    money("amount_paid"),
    varchar("payment_status", 2),
    varchar("payment_acceptance_allowed", 1, null=False, default="Y"),
    moment("payment_due_date"),
    varchar("last_processing_stage", 3, null=False),
    moment("last_processing_date", null=False),
    varchar("prev_processing_stage", 3),
    moment("prev_processing_date"),
    varchar("next_processing_stage", 3),
    moment("next_processing_date"),
    varchar("suspension_type", 2),
    varchar("epr_reason_of_suspension", 3),
    moment("epr_date_of_suspension"),
    varchar("crs_reason_of_suspension", 3),
    moment("crs_date_of_suspension"),
    moment("due_date_of_revival"),
    varchar("subsystem_label", 8),
    varchar("is_sync", 1, null=False, default="N"),
    Index("ix_ocms_valid_offence_notice_vehicle_no", "vehicle_no"),
    # A search by stage wants the first of many notices in their order; one by day, those of that day.
    Index("ix_ocms_valid_offence_notice_stage_notice_no", "last_processing_stage", "notice_no"),
    Index("ix_ocms_valid_offence_notice_date_stage", "last_processing_date", "last_processing_stage"),
)

ocms_offence_notice_owner_driver = intranet_table(
    "ocms_offence_notice_owner_driver",
    varchar("notice_no", 10, key=True),
    varchar("owner_driver_indicator", 1, key=True),
    varchar("id_type", 1),
    varchar("id_no", 12, null=False),
    varchar("name", 66),
    varchar("email_addr", 320),
    varchar("offender_tel_code", 3),
    varchar("offender_tel_no", 12),
    varchar("offender_indicator", 1),
    varchar("lta_entity_type", 1),
    varchar("life_status", 1),
    moment("date_of_birth"),
    moment("date_of_death"),
    varchar("passport_place_of_issue", 3),
    varchar("mha_dh_check_allow", 1, null=False, default="Y"),
    varchar("is_sync", 1, null=False, default="N"),
    Index("ix_ocms_offence_notice_owner_driver_id_no", "id_no", "notice_no"),
)

ocms_offence_notice_owner_driver_addr = intranet_table(
    "ocms_offence_notice_owner_driver_addr",
    varchar("notice_no", 10, key=True),
    varchar("owner_driver_indicator", 1, key=True),
    varchar("type_of_address", 20, key=True),
    varchar("blk_hse_no", 10),
    varchar("street_name", 32),
    varchar("floor_no", 3),
    varchar("unit_no", 5),
    varchar("bldg_name", 65),
    varchar("postal_code", 6),
    varchar("address_type", 1),
    varchar("invalid_addr_tag", 1),
    varchar("error_code", 10),
    moment("effective_date"),
    moment("processing_date_time"),
)

ocms_furnish_detail = intranet_table(
    "ocms_furnish_detail",
    varchar("notice_no", 10, key=True),
    varchar("owner_driver_indicator", 1, key=True),
    varchar("relationship", 50),
    day("rental_period_from"),
    day("rental_period_to"),
    varchar("remarks", 200),
)

ocms_suspended_notice = intranet_table(
    "ocms_suspended_notice",
    varchar("notice_no", 10, key=True),
    moment("date_of_suspension", key=True),
    whole("sr_no", key=True),
    varchar("suspension_source", 4, null=False),
    varchar("suspension_type", 2, null=False),
    varchar("reason_of_suspension", 3, null=False),
    varchar("officer_authorising_suspension", 50, null=False),
    moment("due_date_of_revival"),
    varchar("suspension_remarks", 200),
    moment("date_of_revival"),
    varchar("revival_reason", 3),
    varchar("officer_authorising_revival", 50),
    varchar("revival_remarks", 200),
    varchar("process_indicator", 64),
    # The open ones of a notice are found by the key, those falling due by this: closed ones pile up.
    partial_index(
        "ix_ocms_suspended_notice_open",
        *("reason_of_suspension", "due_date_of_revival", "notice_no"),
        where="date_of_revival IS NULL",
    ),
)

ocms_suspension_reason = intranet_table(
    "ocms_suspension_reason",
    varchar("reason_of_suspension", 3, key=True),
    varchar("suspension_type", 2, key=True),
    varchar("suspension_source", 8, key=True),
    varchar("description", 200, null=False),
    whole("no_of_days_for_revival"),
    varchar("status", 1, null=False, default="A"),
)

ocms_change_of_processing = intranet_table(
    "ocms_change_of_processing",
    varchar("notice_no", 10, key=True),
    moment("date_of_change", key=True),
    varchar("new_processing_stage", 3, key=True),
    varchar("last_processing_stage", 3),
    varchar("reason_of_change", 3),
    varchar("authorised_officer", 50),
    varchar("source", 8),
    varchar("remarks", 200),
    Index("ix_ocms_change_of_processing_date_of_change", "date_of_change"),
)

ocms_stage_map = intranet_table(
    "ocms_stage_map",
    varchar("last_processing_stage", 3, key=True),
    varchar("next_processing_stage", 100, key=True),
)

ocms_parameter = intranet_table(
    "ocms_parameter",
    varchar("parameter_id", 20, key=True),
    varchar("code", 20, key=True),
    varchar("description", 200, null=False),
    varchar("value", 200, null=False),
)

ocms_hst = intranet_table(
    "ocms_hst",
    varchar("id_no", 12, key=True),
    varchar("id_type", 1, null=False),
    varchar("name", 66, null=False),
    varchar("postal_code", 6, null=False),
    varchar("blk_hse_no", 10, null=False),
    varchar("street_name", 32, null=False),
    varchar("floor_no", 3, null=False),
    varchar("unit_no", 5, null=False),
    varchar("bldg_name", 65, null=False),
    moment("date_of_addr_change"),
    varchar("invalid_addr_tag", 1),
)

ocms_temp_unc_hst_addr = intranet_table(
    "ocms_temp_unc_hst_addr",
    varchar("id_no", 12, key=True),
    varchar("query_reason", 5, key=True),
    varchar("id_type", 1),
    varchar("type_of_address", 20, null=False),
    varchar("bldg_name", 65, null=False),
    varchar("blk_hse_no", 10, null=False),
    varchar("street_name", 32, null=False),
    varchar("floor_no", 3, null=False),
    varchar("unit_no", 5, null=False),
    varchar("postal_code", 6, null=False),
    varchar("address_type", 1),
    varchar("invalid_addr_tag", 1),
    varchar("error_code", 10),
    moment("effective_date"),
    moment("processing_date_time"),
    varchar("source", 10),
    moment("response_date_time"),
    varchar("report_generated", 1, null=False, default="N"),
)

ocms_adhoc_nro_queue = intranet_table(
    "ocms_adhoc_nro_queue",
    varchar("id_no", 12, key=True),
    varchar("query_reason", 5, key=True),
    varchar("id_type", 1, null=False),
    moment("sent_to_mha_date"),
    moment("sent_to_datahive_date"),
)

ocms_vip_vehicle = intranet_table(
    "ocms_vip_vehicle",
    varchar("vehicle_no", 20, key=True),
    varchar("vip_vehicle", 1, null=False),
    varchar("description", 255),
    varchar("status", 2, null=False),
)

ocms_court_case = intranet_table(
    "ocms_court_case",
    varchar("notice_no", 10, key=True),
    moment("court_payment_due_date"),
    varchar("reason", 200),
)

# Java ShedLock nodes share this table: they know the first four columns only, and keep UTC in them. The
# others are the last run of a job that leaves no row in `ocms_job_run` (P42), and the last that counted.
ocms_shedlock = intranet_table(
    "ocms_shedlock",
    varchar("name", 64, key=True),
    moment("lock_until", null=False),
    moment("locked_at", null=False),
    varchar("locked_by", 255, null=False),
    whole("run_no"),
    moment("run_started_at"),
    moment("run_slot"),
    moment("run_ended_at"),
    varchar("run_result", 8),
    moment("counted_at"),
    moment("slot"),
    varchar("slot_done", 1),
    whole("slot_failures"),
    moment("slot_failed_at"),
)
