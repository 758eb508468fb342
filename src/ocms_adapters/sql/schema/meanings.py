"""
What each table and each column is for, in one sentence.

`docs/data-dictionary.md` is printed from here and from the tables. The meanings are no SQL comments, since
these would be written into databases that other systems share.
"""

from collections.abc import Collection, Mapping

from attrs import frozen

CONTRACT_1, OURS = "contract 1", "ours"


@frozen
class TableMeaning:
    """What a table is for, its columns, and what in it is not of the original data dictionary."""

    sentence: str
    columns: Mapping[str, str]
    new_by: str | None = None
    new_columns: Collection[str] = ()


# In every table, unless it has another meaning there.
IN_EVERY_TABLE: Mapping[str, str] = {
    "notice_no": "Number of the notice",
    "owner_driver_indicator": "Role of the person",
    "cre_date": "When the row was created",
    "cre_user_id": "Program that created the row",
    "upd_date": "When the row was last changed; null for never",
    "upd_user_id": "Program that last changed the row",
}

# Of every row that holds from a day on.
DAYS: Mapping[str, str] = {
    "first_day": "The first day the row holds on, in Singapore",
    "last_day": "The last day it holds on; null until the next begins",
}

TABLES: Mapping[str, TableMeaning] = {
    "ocms_valid_offence_notice": TableMeaning(
        "A notice: one row each, with its current stage, payment and suspension.",
        {
            "vehicle_no": "Plate of the vehicle",
            "offence_notice_type": "Type of notice: O, E or U",
            "offence_type": "Type of offence as officers see it; where empty they see offence_notice_type",
            "notice_date_and_time": "When the offence happened",
            "computer_rule_code": "Code of the offence rule that was broken",
            "vehicle_category": "Vehicle category: C, M, H or B",
            "vehicle_registration_type": "Kind of registration: S, F, V, I or D",
            "pp_code": "Code of the car park",
            "pp_name": "Name of the car park",
            "composition_amount": "Base fine, from which the amount payable is calculated (S40)",
            "administration_fee": "Administration fee; not used by OCMS, whose fees are in ocms_parameter",
            "surcharge": "Surcharge; not used by OCMS, whose fees are in ocms_parameter",
            "amount_payable": "What is to be paid: the base fine with the fee of the last move (S40, F21)",
            "amount_paid": "What has been paid",
            "payment_status": "State of payment: FP, PP, NP or RE",
            "payment_acceptance_allowed": "Whether payment is accepted, Y or N",
            "payment_due_date": "Until when the notice can be paid (P31)",
            "last_processing_stage": "The current stage, though the name says last",
            "last_processing_date": "When the notice entered its current stage",
            "prev_processing_stage": "The stage the notice was in before",
            "prev_processing_date": "When it had entered that stage",
            "next_processing_stage": "The stage that follows by plan; null where none does",
            "next_processing_date": "When the next stage is due",
            "suspension_type": "The suspension shown: PS permanent, TS temporary; null for none (U1)",
            "epr_reason_of_suspension": "Reason of that suspension where it is not a payment, three letters",
            "epr_date_of_suspension": "When that suspension began",
            "crs_reason_of_suspension": "Reason of suspension by payment: FP or PRA",
            "crs_date_of_suspension": "When the payment suspended the notice",
            "due_date_of_revival": "When the temporary suspension shown ends",
            "subsystem_label": "Which system issued the notice: 001 CES, 003 EEPS, 004 OCMS, 005 PLUS",
            "is_sync": "Whether the Internet database has this state: N until delivered, then Y (G12)",
        },
    ),
    "ocms_offence_notice_owner_driver": TableMeaning(
        "Who owns, hired or drove the vehicle of a notice: one row for each role.",
        {
            "owner_driver_indicator": "Role of the person: O owner, H hirer, D driver, R director",
            "id_type": "Kind of identity number: N NRIC, F FIN, U UEN, P passport (B is read as UEN, F50)",
            "id_no": "Identity number",
            "name": "Name",
            "email_addr": "E-mail address",
            "offender_tel_code": "Telephone country code",
            "offender_tel_no": "Telephone number",
            "offender_indicator": "Y for the current offender, at most one per notice (F23)",
            "lta_entity_type": "Entity type as LTA has it",
            "life_status": "Whether the person is alive, as MHA states it",
            "date_of_birth": "Date of birth",
            "date_of_death": "Date of death",
            "passport_place_of_issue": "Country that issued the passport",
            "mha_dh_check_allow": "Whether MHA and DataHive may be asked for addresses, Y or N (S22)",
            "is_sync": "Whether the Internet database has this state: N until delivered, then Y (G12)",
        },
    ),
    "ocms_offence_notice_owner_driver_addr": TableMeaning(
        "The addresses of these persons, by where they are from.",
        {
            "type_of_address": "Where the address is from: lta_reg, lta_mail, mha_reg, furnished_mail",
            "blk_hse_no": "Block or house number",
            "street_name": "Street",
            "floor_no": "Floor",
            "unit_no": "Unit",
            "bldg_name": "Building",
            "postal_code": "Postal code",
            "address_type": "Kind of address, as the registering system marks it",
            "invalid_addr_tag": "Mark of an invalid address; cleared when an officer furnishes one",
            "error_code": "Error code of the address check; cleared when an officer furnishes an address",
            "effective_date": "From when the address holds; the newest is the latest address (H2)",
            "processing_date_time": "When the address was recorded; the second order of newness (H2)",
        },
    ),
    "ocms_furnish_detail": TableMeaning(
        "What an officer furnished of a person beyond particulars and address (F22).",
        {
            "owner_driver_indicator": "Role of the person furnished",
            "relationship": "Relationship to the vehicle's owner (F22)",
            "rental_period_from": "First day of the rental",
            "rental_period_to": "Last day of the rental",
            "remarks": "The officer's remarks on the furnish, redirect or update",
        },
        new_by=OURS,
    ),
    "ocms_suspended_notice": TableMeaning(
        "Every suspension of a notice, with its revival once it has ended.",
        {
            "date_of_suspension": "When the suspension began",
            "sr_no": "Number of the suspension within the notice, counted up",
            "suspension_source": "Which system suspended: OCMS, CAS and others",
            "suspension_type": "PS permanent or TS temporary",
            "reason_of_suspension": "Reason, three letters",
            "officer_authorising_suspension": "Officer who suspended, from the token; CAS for court updates",
            "due_date_of_revival": "When a temporary suspension ends",
            "suspension_remarks": "Remarks on the suspension",
            "date_of_revival": "When it was lifted; null while it is open",
            "revival_reason": "Why it was lifted, three letters (HAV, SPO and others)",
            "officer_authorising_revival": "Officer who lifted it",
            "revival_remarks": "Remarks on the revival; for HST the officer's reason, then the remarks (H7)",
            "process_indicator": "Process that made the record; not used by OCMS",
        },
    ),
    "ocms_suspension_reason": TableMeaning(
        "The reasons for a suspension, and after how many days it ends.",
        {
            "reason_of_suspension": "Reason, three letters",
            "suspension_type": "PS or TS",
            "suspension_source": "System the reason is for; 8 wide, 4 in the original dictionary",
            "description": "What the reason means",
            "no_of_days_for_revival": "Days until a temporary suspension ends; null for a permanent one",
            "status": "Whether the reason is in use; A active",
        },
    ),
    "ocms_change_of_processing": TableMeaning(
        "Every change of stage that an officer or PLUS asked for.",
        {
            "date_of_change": "When the stage was changed",
            "new_processing_stage": "The stage it was changed to",
            "last_processing_stage": "The stage it was changed from",
            "reason_of_change": "Why: REC, RSN, SUP, OTH or WOD by an officer, PLS by PLUS",
            "authorised_officer": "Officer of the token who changed it; 005 for PLUS (S64)",
            "source": "Which system changed it: OCMS, PLUS, AVSS, SYSTEM",
            "remarks": "The officer's remarks",
            "cre_user_id": "Program that created the row; 50 wide, 10 in the original dictionary",
        },
    ),
    "ocms_stage_map": TableMeaning(
        "From which stage a notice may be moved to which.",
        {
            "last_processing_stage": "The stage a notice may be moved from",
            "next_processing_stage": "The stage it may be moved to; a list in one row is read as several",
        },
    ),
    "ocms_parameter": TableMeaning(
        "Values that an administrator may change (G14).",
        {
            "parameter_id": "The parameter, as NEXT_STAGE, STAGEDAYS, ADMIN_FEE or BATCH_CAP",
            "code": "What the value is for within the parameter: a stage, a cap",
            "description": "What the parameter is for",
            "value": "The value, always as text",
        },
    ),
    "ocms_hst": TableMeaning(
        "The identities on the HST list, with their address.",
        {
            "id_no": "Identity number on the list; a row here is what makes it listed",
            "id_type": "Kind of identity number: N, F, U or P",
            "name": "Name",
            "postal_code": "Postal code",
            "blk_hse_no": "Block or house number",
            "street_name": "Street",
            "floor_no": "Floor; empty text where there is none",
            "unit_no": "Unit; empty text where there is none",
            "bldg_name": "Building; empty text where there is none",
            "date_of_addr_change": "When an officer last changed the address; null for never",
            "invalid_addr_tag": "Mark of an invalid address; cleared by an officer's update",
        },
    ),
    "ocms_temp_unc_hst_addr": TableMeaning(
        "The latest answer of MHA or DataHive about an identity; the key is ours.",
        {
            "id_no": "Identity number that was asked about",
            "query_reason": "Why it was asked: UNC, HST or NA; OCMS uses HST",
            "id_type": "Kind of identity number",
            "type_of_address": "Where the address is from: mha_reg, datahive",
            "bldg_name": "Building; empty text where there is none",
            "blk_hse_no": "Block or house number; empty text where there is none",
            "street_name": "Street; empty text where there is none",
            "floor_no": "Floor; empty text where there is none",
            "unit_no": "Unit; empty text where there is none",
            "postal_code": "Postal code; empty text where there is none",
            "address_type": "Kind of address, as MHA marks it",
            "invalid_addr_tag": "Mark of an invalid address: D, M, F, G, I, N, P or S (H43)",
            "error_code": "Error code of the enquiry; not used by OCMS",
            "effective_date": "From when the address holds, as the answering system says",
            "processing_date_time": "When OCMS recorded the answer",
            "source": "Which system answered: MHA or DATAHIVE",
            "response_date_time": "When the answering system answered, by its own clock (H8)",
            "report_generated": "Whether a monthly report has shown the answer, Y or N",
        },
        new_columns=("source", "response_date_time", "report_generated"),
    ),
    "ocms_adhoc_nro_queue": TableMeaning(
        "The identities MHA and DataHive are to be asked about; the key is ours.",
        {
            "id_no": "Identity number to be asked about",
            "query_reason": "Why it is to be asked: UNC, HST or NA; OCMS uses HST",
            "id_type": "Kind of identity number",
            "sent_to_mha_date": "When it was sent to MHA; null while it is still to be sent",
            "sent_to_datahive_date": "When it was sent to DataHive; null while it is still to be sent",
        },
    ),
    "ocms_vip_vehicle": TableMeaning(
        "The VIP vehicles, refreshed from CAS every day.",
        {
            "vehicle_no": "Plate of the vehicle",
            "vip_vehicle": "Whether it is a VIP vehicle, Y or N",
            "description": "What kind of vehicle it is",
            "status": "A active or D defunct",
        },
        new_by=CONTRACT_1,
    ),
    "ocms_court_case": TableMeaning(
        "The due date of a court case, recorded when PLUS asks for it (API 4).",
        {
            "court_payment_due_date": "Until when the notice can be paid, copied from the notice (P32)",
            "reason": "Remark on the court case; OCMS only reads it",
        },
        new_by=CONTRACT_1,
    ),
    "ocms_shedlock": TableMeaning(
        "Locks of scheduled jobs, shared with Java ShedLock.",
        {
            "name": "Name of the job the lock is for",
            "lock_until": "Until when the lock holds (UTC, database clock)",
            "locked_at": "When the lock was taken (UTC, database clock)",
            "locked_by": "Who holds the lock, with the number of its run",
            "run_no": "Number of the last run, ever rising, of a job without rows in ocms_job_run (P42)",
            "run_started_at": "When that run began",
            "run_slot": "Time of the schedule it was for; null for a run by hand",
            "run_ended_at": "When it ended; null while it runs or when it was cut off",
            "run_result": "How it ended: done, failed or lost",
            "counted_at": "When the last run began that was done or failed",
            "slot": "The last time of the schedule with a run that was done or failed",
            "slot_done": "Whether a run for that time was done, Y or N",
            "slot_failures": "How many runs for that time failed",
            "slot_failed_at": "When the last of them failed",
        },
    ),
    "ocms_outbox": TableMeaning(
        "What is still to be copied to the Internet database (G12).",
        {
            "id": "Running number of the row, ever rising",
            "kind": "What is to be copied: NOTICE or OFFENDER",
            "notice_no": "Number of the notice to be copied",
            "owner_driver_indicator": "Role of the person to be copied; null for a notice",
            "attempts": "How often delivery was tried",
            "next_attempt_at": "When delivery is tried next",
            "delivered_at": "When it was delivered; null while it waits",
            "last_error": "Why the last attempt failed",
        },
        new_by=OURS,
    ),
    "ocms_offender_history": TableMeaning(
        "What officers did to the offenders of a notice, and who held the role before.",
        {
            "id": "Running number of the row",
            "owner_driver_indicator": "Role the officer acted on",
            "action": "What the officer did: FURNISH, REDIRECT or UPDATE",
            "officer": "Officer of the token",
            "changed_at": "When the officer did it",
            "former_current_indicator": "Role of who was the current offender before",
            "prev_processing_stage": "Stage before; null where the stage did not change",
            "new_processing_stage": "Stage after; null where the stage did not change",
            "former_offender_indicator": "Whether that was the current offender, Y or N; null for nobody",
            "former_id_type": "Kind of identity number of the former holder",
            "former_id_no": "Identity number of the former holder",
            "former_name": "Name of the former holder",
            "former_email_addr": "E-mail address of the former holder",
            "former_tel_code": "Telephone country code of the former holder",
            "former_tel_no": "Telephone number of the former holder",
            "former_blk_hse_no": "Block or house number of the former holder",
            "former_street_name": "Street of the former holder",
            "former_bldg_name": "Building of the former holder",
            "former_floor_no": "Floor of the former holder",
            "former_unit_no": "Unit of the former holder",
            "former_postal_code": "Postal code of the former holder",
            "former_relationship": "Relationship of the former holder",
            "former_rental_period_from": "First day of the former holder's rental",
            "former_rental_period_to": "Last day of the former holder's rental",
            "former_remarks": "Remarks on the former holder",
        },
        new_by=OURS,
    ),
    "ocms_access_record": TableMeaning(
        "Who looked at whose particulars (G2).",
        {
            "id": "Running number of the row",
            "looked_up_at": "When somebody's particulars were looked at",
            "principal": "Who looked: the officer or client of the credential",
            "role": "Role of who looked: cas, plus, toppan or oic",
            "operation": "Which operation showed them, by the contract's name",
            "notice_no": "Notice that was asked about, where the call names one",
            "identities": "In rows of version 0.1: whole hashes in hex, separated by blanks",
            "identity_set": "Whose numbers were looked for or shown: 5 bytes of a keyed hash for each",
        },
        new_by=OURS,
    ),
    "ocms_audit_row": TableMeaning(
        "What the changes of one transaction were and who made them (K2); rows are only ever added.",
        {
            "id": "Running number of the row",
            "changed_at": "When the changes were made",
            "principal": "Who made them: officer or client of the credential, worker, or user of ocms",
            "role": "Role of who made them: cas, plus, toppan, oic, job, command or none",
            "credential": "What the caller was let in by: the id of an API key or the client id of a token",
            "operation": "Which operation made them: the contract's name, a job or a command",
            "request_id": "Which request or run made them, as the log names it",
            "notice_no": "Notice that was changed; null where it was not exactly one",
            "notice_nos": "Notices that were changed, separated by blanks, where they are several",
            "content": "What was changed, before and after, encrypted with a key of OCMS_AUDIT_KEYS",
        },
        new_by=OURS,
    ),
    "ocms_audit_leaf": TableMeaning(
        "The leaves of the hash tree of audit rows and access records (K2); rows are only ever added.",
        {
            "position": "Place of the leaf in the tree, from 0",
            "record_kind": "What was sealed: audit row or access record",
            "record_id": "Which one: its id",
            "recorded_at": "When that was made",
            "digest": "SHA-256 of everything it said, in hex",
        },
        new_by=OURS,
    ),
    "ocms_audit_head": TableMeaning(
        "What the first leaves of the tree were, signed (K2); rows are only ever added.",
        {
            "size": "How many leaves",
            "root": "Root of the hash tree over them (RFC 6962), in hex",
            "signed_at": "When it was signed",
            "key_id": "Which key signed it: the beginning of the SHA-256 of its public key",
            "signature": "Ed25519 signature in base 64",
            "complete_trees": "Roots of the complete trees it consists of, by which the tree is continued",
            "last_audit_row": "Highest number of an audit row among the leaves; 0 for none",
            "last_access_record": "Highest number of an access record among the leaves; 0 for none",
        },
        new_by=OURS,
    ),
    "ocms_idempotent_answer": TableMeaning(
        "The answers of calls that may be delivered twice: a repeat gets the first answer (K1).",
        {
            "operation": "Operation of the call",
            "credential": "Credential it was made with",
            "key_source": "Where its key stands: header or requestId",
            "idempotency_key": "Its key",
            "body_hash": "SHA-256 of what it asks, in hex",
            "status": "HTTP status of its answer",
            "answer": "Body of its answer, as it was sent",
            "answered_at": "When it was answered",
            "is_final": "N while something, such as the link to a report, may still be added to the answer",
        },
        new_by=OURS,
    ),
    "ocms_rate_counter": TableMeaning(
        "The last calls of each credential, which the rate limits count (P3).",
        {
            "operation": "Operation that is limited",
            "credential": "Credential that is counted: id of an API key or client id of a token",
            "slot": "Always 0; version 0.1 has a row for each call",
            "used_at": "When a call was last let in (P3)",
            "uses": "Calls that still count, each 13 hexadecimal digits: microseconds since 1970 (P3)",
        },
        new_by=OURS,
    ),
    "ocms_api_credential": TableMeaning(
        "The API keys, without their secrets.",
        {
            "key_id": "Public id of the API key",
            "client": "Client the key was issued to",
            "role": "Role of the client, as cas",
            "secret_hash": "SHA-256 of the secret part, in hex; the secret itself is not kept",
            "issued_at": "When it was issued",
            "expires_at": "When it expires",
            "revoked_at": "When it was revoked; null while it is valid",
            "last_used_at": "When it was last used, up to an hour late",
        },
        new_by=OURS,
    ),
    "ocms_report": TableMeaning(
        "The reports of stage changes, stored or still to be stored (S23).",
        {
            "report_name": "File name of the report",
            "kind": "Kind of report: change-stage",
            "authorised_officer": "Officer whose batch the report is about; 005 for PLUS",
            "source": "Source of the batch: OCMS or PLUS",
            "period_from": "Moment of change that the rows of the batch share",
            "period_to": "End of the period; not written at present",
            "row_count": "Number of rows in the workbook",
            "sha256": "SHA-256 of the workbook, in hex",
            "stored_at": "When it was put into the report store; null while it is not there (S23)",
        },
        new_by=OURS,
    ),
    "ocms_mha_file": TableMeaning(
        "The files exchanged with MHA, known by their content (H43).",
        {
            "sha256": "SHA-256 of the content in hex, or of the name where the file is not complete yet",
            "direction": "OUT sent, IN applied, WAITING or OVERDUE while not complete",
            "name": "Name of the file",
            "records": "Number of records in it",
            "applied_at": "When it was sent, applied or first seen waiting",
        },
        new_by=OURS,
    ),
    "ocms_staff_session": TableMeaning(
        "The officers who are signed in at the staff pages.",
        {
            "token_digest": "SHA-256, in hex, of the token in the browser's cookie; the token is not kept",
            "principal": "Officer",
            "role": "Role of the officer, as oic",
            "credential": "Issuer and officer, as rate limits count them",
            "signed_in_at": "When the officer signed in",
            "used_at": "When a page was last opened, up to a minute late",
            "content": "What the pages keep, encrypted with a key made of the token; null for nothing",
        },
        new_by=OURS,
    ),
    "ocms_job_run": TableMeaning(
        "Every run of a scheduled job.",
        {
            "id": "Number of the run, ever rising; its fencing token",
            "job": "Name of the job",
            "worker": "Process that ran it",
            "started_at": "When it began",
            "slot": "Time of the schedule it was for; null for a manual run",
            "forced": "Whether it was forced, Y or N",
            "ended_at": "When it ended; null while it runs or when it was cut off",
            "result": "How it ended: done, failed or lost",
            "counts": "What it did, in numbers by name, as JSON",
            "error": "Why it failed",
        },
        new_by=OURS,
    ),
    "ocms_alert": TableMeaning(
        "The alerts to be mailed, one for each incident.",
        {
            "id": "Running number of the alert",
            "incident": "What the alert is about; one alert for each incident",
            "subject": "Subject of the mail",
            "body": "Text of the mail",
            "attempts": "How often sending was tried",
            "next_attempt_at": "When sending is tried next",
            "sent_at": "When the mail server took it; null while it waits",
            "last_error": "Why the last attempt failed",
        },
        new_by=OURS,
    ),
    "ocms_dated_parameter": TableMeaning(
        "Values of parameters that hold from a day on, in place of the one in `ocms_parameter` (G18).",
        {
            "parameter_id": "The parameter, as in `ocms_parameter`",
            "code": "What the value is for within the parameter, as in `ocms_parameter`",
            "value": "The value, always as text",
            **DAYS,
        },
        new_by=OURS,
    ),
    "ocms_dated_stage_move": TableMeaning(
        "Moves that are allowed, or not, from a day on, whatever `ocms_stage_map` has (G18).",
        {
            "last_processing_stage": "The stage a notice is moved from",
            "next_processing_stage": "The stage it is moved to, one only",
            "allowed": "Y when the move is allowed on these days, N when it is not",
            **DAYS,
        },
        new_by=OURS,
    ),
    "ocms_dated_suspension_reason": TableMeaning(
        "Terms of a reason for a suspension that hold from a day on, in place of all its rows in "
        "`ocms_suspension_reason` (G18).",
        {
            "reason_of_suspension": "Reason, three letters",
            "suspension_type": "PS or TS",
            "no_of_days_for_revival": "Days until a temporary suspension ends; null for none",
            "status": "Whether the reason is in use on these days: A active, D out of use",
            **DAYS,
        },
        new_by=OURS,
    ),
    "eocms_offence_notice_owner_driver": TableMeaning(
        "The copy of the persons of a notice for the public e-service.",
        {
            "id_type": "Kind of identity number, copied",
            "id_no": "Identity number, encrypted (F62)",
            "name": "Name, encrypted (F62)",
            "offender_indicator": "Y for the current offender, copied",
        },
    ),
    "eocms_valid_offence_notice": TableMeaning(
        "The copy of a notice for the public e-service.",
        {
            "vehicle_no": "Plate of the vehicle, copied",
            "offence_notice_type": "Type of notice, copied",
            "notice_date_and_time": "When the offence happened, copied",
            "amount_payable": "What is to be paid, copied",
            "amount_paid": "What has been paid, copied",
            "payment_acceptance_allowed": "Whether payment is accepted, Y or N, copied",
            "payment_status": "State of payment, copied",
            "last_processing_stage": "The current stage, copied",
            "next_processing_stage": "The stage that follows, copied",
            "suspension_type": "Type of the suspension shown, copied",
            "crs_reason_of_suspension": "Reason of suspension by payment, copied",
            "crs_date_of_suspension": "When the payment suspended the notice, copied",
            "epr_reason_of_suspension": "Reason of the suspension shown, copied",
            "epr_date_of_suspension": "When that suspension began, copied",
        },
    ),
}


def meaning_of(table: str, column: str) -> str:
    """Return what a column is for. Raises `LookupError` for one that is not on record."""
    try:
        return TABLES[table].columns.get(column) or IN_EVERY_TABLE[column]
    except KeyError:
        raise LookupError(f"{table}.{column} has no meaning in ocms_adapters.sql.schema.meanings") from None
