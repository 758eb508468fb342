"""A sample notice as rows of every table it stands in, both databases'."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias

from attrs import asdict
from sqlalchemy import Table

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.schema import internet, intranet
from ocms_core.replication.outbox_rows import NOTICE, OFFENDER
from ocms_demo.sample.notices import SampleNotice, SampleOffender, SampleState, shown

Row: TypeAlias = dict[str, Any]
TableRow: TypeAlias = tuple[Table, Row]

HST = "HST"


def row(table: Table, at: datetime, **columns: Any) -> TableRow:
    """Build a row of a table with who made it and when (G4)."""
    user = internet.AUDIT_USER if table.metadata is t.INTERNET else intranet.AUDIT_USER
    return table, {**columns, "cre_date": at, "cre_user_id": user}


def rows_of(notice: SampleNotice) -> Iterator[TableRow]:
    """Yield every row of a notice; all rows of one table name the same columns."""
    showing = shown(notice.suspensions)
    for rows in (notice_rows, offender_rows, suspension_rows, other_rows):
        yield from rows(notice, showing)


def notice_rows(notice: SampleNotice, showing: SampleState) -> Iterator[TableRow]:
    """Yield the notice's own row and, once delivered, its Internet copy."""
    shared = {
        "notice_no": notice.notice_no,
        "vehicle_no": notice.vehicle_no,
        "offence_notice_type": notice.offence_notice_type,
        "notice_date_and_time": notice.offence_at,
        "amount_payable": notice.payable,
        "amount_paid": notice.amount_paid,
        "payment_acceptance_allowed": "Y" if notice.payment_allowed else "N",
        "payment_status": notice.payment,
        "last_processing_stage": notice.stage,
        "next_processing_stage": notice.next_stage,
        "suspension_type": showing.type,
        "crs_reason_of_suspension": showing.crs and showing.crs.reason,
        "crs_date_of_suspension": showing.crs and showing.crs.since,
        "epr_reason_of_suspension": showing.epr and showing.epr.reason,
        "epr_date_of_suspension": showing.epr and showing.epr.since,
    }
    previous = notice.stages[-2] if len(notice.stages) > 1 else (None, None)
    yield row(
        t.ocms_valid_offence_notice,
        notice.offence_at,
        **shared,
        offence_type=notice.offence_type,
        computer_rule_code=notice.rule_code,
        vehicle_category=notice.vehicle_category,
        vehicle_registration_type=notice.vehicle_registration_type,
        pp_code=notice.car_park[0],
        pp_name=notice.car_park[1],
        composition_amount=notice.composition,
        administration_fee=notice.admin_fee,
        surcharge=notice.surcharge,
        payment_due_date=notice.due,
        last_processing_date=notice.stage_date,
        prev_processing_stage=previous[0],
        prev_processing_date=previous[1],
        next_processing_date=notice.next_date,
        due_date_of_revival=showing.epr and showing.epr.due,
        subsystem_label=notice.issuer,
        is_sync="Y" if notice.delivered else "N",
    )
    if notice.delivered:
        yield row(t.eocms_valid_offence_notice, notice.stage_date, **shared)
    else:
        yield outbox_row(notice, NOTICE)


def outbox_row(notice: SampleNotice, kind: str, role: str | None = None) -> TableRow:
    """Build the row of what is still to be delivered to the Internet database."""
    return row(
        t.ocms_outbox,
        notice.stage_date,
        kind=kind,
        notice_no=notice.notice_no,
        owner_driver_indicator=role,
    )


def offender_rows(notice: SampleNotice, _showing: SampleState) -> Iterator[TableRow]:
    """
    Yield the people of a notice with their addresses, and what makes one of them an HST case.

    Their Internet copies, once delivered, are yielded with identity number and name as they are.
    """
    for offender in notice.offenders:
        yield offender_row(notice, offender)
        yield (
            copied_offender_row(notice, offender)
            if notice.delivered
            else outbox_row(notice, OFFENDER, offender.role)
        )
        key = {"notice_no": notice.notice_no, "owner_driver_indicator": offender.role}
        for kind, place, since in offender.addresses:
            yield row(
                t.ocms_offence_notice_owner_driver_addr,
                notice.stage_date,
                **key,
                type_of_address=kind,
                **{name: value or None for name, value in asdict(place).items()},
                effective_date=since,
                processing_date_time=notice.stage_date,
            )
        if offender.furnishing:
            yield row(
                t.ocms_furnish_detail,
                notice.stage_date,
                **key,
                relationship=offender.furnishing.relationship,
                rental_period_from=offender.furnishing.rental_from,
                rental_period_to=offender.furnishing.rental_to,
                remarks=None,
            )
        if offender.person.listing and offender.current:
            yield from listing_rows(offender)


def offender_row(notice: SampleNotice, offender: SampleOffender) -> TableRow:
    """Build the row of one of a notice's people."""
    someone = offender.person
    return row(
        t.ocms_offence_notice_owner_driver,
        notice.stage_date,
        notice_no=notice.notice_no,
        owner_driver_indicator=offender.role,
        id_type=someone.id_type,
        id_no=someone.id_no,
        name=someone.name,
        email_addr=someone.email,
        offender_tel_code="65" if someone.tel_no else None,
        offender_tel_no=someone.tel_no,
        offender_indicator="Y" if offender.current else "N",
        life_status="A" if someone.born else None,
        date_of_birth=someone.born,
        mha_dh_check_allow="Y",
        is_sync="Y" if notice.delivered else "N",
    )


def copied_offender_row(notice: SampleNotice, offender: SampleOffender) -> TableRow:
    """Build the Internet copy of one of a notice's people, nothing in it encrypted yet."""
    return row(
        t.eocms_offence_notice_owner_driver,
        notice.stage_date,
        notice_no=notice.notice_no,
        owner_driver_indicator=offender.role,
        id_type=offender.person.id_type,
        offender_indicator="Y" if offender.current else "N",
        id_no=offender.person.id_no,
        name=offender.person.name,
    )


def listing_rows(offender: SampleOffender) -> Iterator[TableRow]:
    """Yield the HST row of somebody listed, and the last address check."""
    someone, listing = offender.person, offender.person.listing
    if listing is None:
        return
    identity = {"id_no": someone.id_no, "id_type": someone.id_type}
    yield row(
        t.ocms_hst,
        listing.since,
        **identity,
        name=someone.name,
        **asdict(someone.address),
        invalid_addr_tag="N",
    )
    if listing.answered_at is None:
        yield row(t.ocms_adhoc_nro_queue, listing.since, **identity, query_reason=HST)
        return
    yield row(
        t.ocms_temp_unc_hst_addr,
        listing.answered_at,
        **identity,
        query_reason=HST,
        type_of_address="mha_reg",
        **asdict(listing.answer),
        invalid_addr_tag=listing.tag,
        source="MHA" if someone.born else "DATAHIVE",
        effective_date=listing.since,
        response_date_time=listing.answered_at,
        report_generated="Y" if listing.tag else "N",
    )


def suspension_rows(notice: SampleNotice, _showing: SampleState) -> Iterator[TableRow]:
    """Yield the record of every suspension, numbered from 1."""
    for sr_no, given in enumerate(notice.suspensions, start=1):
        yield row(
            t.ocms_suspended_notice,
            given.since,
            notice_no=notice.notice_no,
            date_of_suspension=given.since,
            sr_no=sr_no,
            suspension_source=given.source,
            suspension_type=given.type,
            reason_of_suspension=given.reason,
            officer_authorising_suspension=given.officer,
            due_date_of_revival=given.due,
            suspension_remarks=given.remarks,
            date_of_revival=given.revived_at,
            revival_reason=given.revival_reason,
            officer_authorising_revival=given.officer if given.revived_at else None,
            revival_remarks=given.revival_remarks,
        )


def other_rows(notice: SampleNotice, _showing: SampleState) -> Iterator[TableRow]:
    """Yield the change that brought the notice into its stage, its court case and its VIP vehicle."""
    if notice.change:
        yield row(
            t.ocms_change_of_processing,
            notice.stage_date,
            notice_no=notice.notice_no,
            date_of_change=notice.stage_date,
            new_processing_stage=notice.stage,
            last_processing_stage=notice.stages[0][0],
            reason_of_change=notice.change.reason,
            authorised_officer=notice.change.officer,
            source=notice.change.source,
            remarks=notice.change.remarks,
        )
    if notice.has_court_case:
        due = notice.due
        yield row(
            t.ocms_court_case, notice.stage_date, notice_no=notice.notice_no, court_payment_due_date=due
        )
    if notice.vip:
        yield vip_row(notice.vehicle_no, notice.offence_at)


def vip_row(vehicle_no: str, at: datetime) -> TableRow:
    """Build the row of a VIP vehicle, active as CAS lists it."""
    return row(
        t.ocms_vip_vehicle,
        at,
        vehicle_no=vehicle_no,
        vip_vehicle="Y",
        description="Diplomatic vehicle",
        status="A",
    )
