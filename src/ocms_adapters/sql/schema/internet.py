"""The tables of the Internet database: copies of what the public e-service may see."""

from functools import partial

from sqlalchemy import MetaData

from ocms_adapters.sql.schema.columns import moment, money, table, varchar

AUDIT_USER = "ocmsez_app_conn"

INTERNET = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

internet_table = partial(table, metadata=INTERNET, audit_user=AUDIT_USER)

# id_no and name are encrypted, hence their width.
eocms_offence_notice_owner_driver = internet_table(
    "eocms_offence_notice_owner_driver",
    varchar("notice_no", 10, key=True),
    varchar("owner_driver_indicator", 1, key=True),
    varchar("id_type", 1),
    varchar("id_no", 114, null=False),
    varchar("name", 204),
    varchar("offender_indicator", 1),
)

eocms_valid_offence_notice = internet_table(
    "eocms_valid_offence_notice",
    varchar("notice_no", 10, key=True),
    varchar("vehicle_no", 14, null=False),
    varchar("offence_notice_type", 1, null=False),
    moment("notice_date_and_time", null=False),
    money("amount_payable"),
    money("amount_paid"),
    varchar("payment_acceptance_allowed", 1, null=False, default="Y"),
    varchar("payment_status", 2),
    varchar("last_processing_stage", 3, null=False),
    varchar("next_processing_stage", 3),
    varchar("suspension_type", 2),
    varchar("crs_reason_of_suspension", 3),
    moment("crs_date_of_suspension"),
    varchar("epr_reason_of_suspension", 3),
    moment("epr_date_of_suspension"),
)
