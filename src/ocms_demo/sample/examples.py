"""
The notices the contract's examples name, each in a state its example's answer can be seen in.

Contract 1. `1234567890` stands in CSR with its payment due on 14 February 2025, which has passed: API 1
answers its example, API 2's example moves it to WAR, API 4 answers N. `9999999999` does not exist. Vehicle
`ABC1234` is a VIP's.

Contract 2. `N-001` and `N-002` have one owner, S0000001Y, who is neither's offender: searching for that
identity answers the search example, one eligible and one in court stage CRT; the example request itself
asks for another day and finds nothing. Validate and submit DN1 to DN2 for `N-001` answer theirs, submit
once more the duplicate warning. Toppan's example finds `N-001` moved by hand and `N-002`, `N-003` due for
DN1; after it both of the PLUS example are in DN1, and PLUS's DN1 to CFC is refused at any time. `N-101` to
`N-135` were changed by hand in January 2025: the report list answers its example. Only "VON not found" takes
a number that does not exist in place of `N-002`.

Contract 3. `500500303J` stands in RD1 with its owner as current offender and no hirer: check-eligibility,
then either furnish (to RD2) or redirect (RD1, with the details example after it), then update answer their
examples.

Contract 4. S1234567A is John Tan, current offender of five notices: `N-001`, `500500001A`, `500500002B`
and two more that apply leaves alone (paid, in court). Once `N-001` has been redirected to its owner, apply
and revive answer exactly the two notices of their examples.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from attrs import evolve

from ocms_adapters.sql import schema as t
from ocms_core.kernel.reference_defaults import SAMPLE_FEES
from ocms_demo.sample.notices import SampleNotice, SampleOffender, SampleStageChange, SampleSuspension
from ocms_demo.sample.people import SampleAddress, SamplePerson
from ocms_demo.sample.rows import TableRow, row, vip_row

EXAMPLE_PLACE = SampleAddress("123", "Example Street", "01", "01", "Example Building", "123456")
ORCHARD = SampleAddress("123", "ORCHARD ROAD", "01", "01", "PLAZA TOWER", "238888")
NOTHING, EVERYTHING = Decimal(0), Decimal(1)


def someone(id_no: str, name: str, address: SampleAddress = EXAMPLE_PLACE) -> SamplePerson:
    """Build one of the examples' people, all with an NRIC."""
    return SamplePerson("N", id_no, name, address, None, None, "", "C")


DOE = someone("S1234567A", "John Doe")
TAN = someone("S1234567A", "John Tan")
SMITH = someone("S9876543B", "Jane Smith")
OWNER_OF_BOTH = someone("S0000001Y", "PAT SAMPLE")
DRIVER = someone("S0000002Y", "SAM SPECIMEN")
OTHER_OWNER = someone("S0000003Y", "KIM EXAMPLE")
COMPANY = evolve(
    someone("S9876543B", "VEHICLE OWNER PTE LTD", ORCHARD),
    email="owner@company.com",
    tel_no="61234567",
    vehicle_no="SNC7392R",
)


def at(text: str) -> datetime:
    """Parse a moment in Singapore time, without a zone as the tables keep it."""
    return datetime.fromisoformat(text)


def known(
    role: str, person: SamplePerson, since: str = "2020-01-01T00:00:00", *, current: bool = True
) -> SampleOffender:
    """Build somebody a notice knows, at the address furnished."""
    return SampleOffender(role, person, current, (("furnished_mail", person.address, at(since)),))


def example_notices() -> Iterator[SampleNotice]:
    """Yield every notice the contract names."""
    yield court_notice()
    yield from driver_notices()
    yield from reported_notices()
    yield furnishable_notice()
    yield from notices_of_john_tan()


def court_notice() -> SampleNotice:
    """Build contract 1's notice: in court, with a payment and a reason of the court's."""
    suspended_at = at("2025-01-10T09:00:00")
    return SampleNotice(
        "1234567890",
        vehicle_no="SBA3456Q",
        offence_at=at("2024-06-01T10:00:00"),
        stages=(("CSD", at("2024-11-18T09:00:00")), ("CSR", at("2024-12-16T09:00:00"))),
        next_stage=None,
        composition=Decimal("110.00"),
        payment="PP",
        paid_share=NOTHING,
        due=at("2025-02-14T00:00:00"),
        offenders=(known("O", OTHER_OWNER),),
        suspensions=(
            SampleSuspension("PS", "WWP", suspended_at, "CAS", "CAS"),
            SampleSuspension("PS", "FP", suspended_at + timedelta(hours=1), "PLUS", "PLUS"),
        ),
    )


def driver_notices() -> Iterator[SampleNotice]:
    """Yield contract 2's three: the first by hand in DN1, the second in court, the third due for DN1."""
    owner = known("O", OWNER_OF_BOTH, current=False)
    by_hand = SampleNotice(
        "N-001",
        vehicle_no="SBA1234A",
        offence_at=at("2025-12-01T10:30:00"),
        stages=(("NPA", at("2025-12-01T12:00:00")), ("DN1", at("2025-12-15T09:00:00"))),
        next_stage="DN2",
        composition=Decimal("70.00"),
        payment="NP",
        paid_share=NOTHING,
        due=at("2026-01-12T00:00:00"),
        offenders=(owner, known("D", DOE)),
        change=SampleStageChange("SUP", "USER01", remarks="Speed up processing"),
    )
    yield by_hand
    yield evolve(
        by_hand,
        notice_no="N-002",
        vehicle_no="SBA5678B",
        offence_at=at("2025-12-01T11:00:00"),
        stages=(("CFC", at("2025-12-11T14:00:00")), ("CRT", at("2025-12-18T14:00:00"))),
        next_stage="DN1",  # the court sends it back to the driver
        offenders=(owner, known("D", SMITH)),
        change=None,
    )
    yield evolve(
        by_hand,
        notice_no="N-003",
        vehicle_no="SBA9012Q",
        offence_at=at("2025-12-04T11:30:00"),
        stages=(("NPA", at("2025-12-05T00:30:00")),),
        next_stage="DN1",
        due=None,
        offenders=(known("D", DRIVER),),
        change=None,
    )


# Officer and day of each notice of the report list's example.
REPORTED = (
    *(("USER01", "2025-01-15T10:00:00"),) * 13,
    *(("USER02", "2025-01-15T11:00:00"),) * 12,
    *(("USER03", "2025-01-10T10:00:00"),) * 10,
)


def reported_notices() -> Iterator[SampleNotice]:
    """Yield the notices of contract 2's reports of January 2025."""
    for number, (officer, day) in enumerate(REPORTED, start=101):
        changed_at = at(day) + timedelta(minutes=number)
        yield SampleNotice(
            f"N-{number}",
            vehicle_no=f"SBA{number}Q",
            offence_at=changed_at - timedelta(43),
            stages=(("RD1", changed_at - timedelta(14)), ("RD2", changed_at)),
            next_stage="RR3",
            composition=Decimal("70.00"),
            payment="FP",
            paid_share=EVERYTHING,
            due=at("2025-02-14T00:00:00"),
            payment_allowed=False,
            offenders=(known("O", OTHER_OWNER),),
            suspensions=(SampleSuspension("PS", "FP", at("2025-02-01T12:00:00"), "PLUS", "PLUS"),),
            change=SampleStageChange("SUP", officer),
        )


def furnishable_notice() -> SampleNotice:
    """Build contract 3's notice: in RD1, its owner the current offender, nobody furnished yet."""
    return SampleNotice(
        "500500303J",
        vehicle_no=COMPANY.vehicle_no,
        offence_at=at("2025-11-10T15:00:00"),
        stages=(("ROV", at("2025-12-01T09:00:00")), ("RD1", at("2025-12-15T09:00:00"))),
        next_stage="RD2",
        composition=Decimal("70.00"),
        payment="NP",
        paid_share=NOTHING,
        due=at("2026-01-12T00:00:00"),
        offenders=(known("O", COMPANY),),
    )


def notices_of_john_tan() -> Iterator[SampleNotice]:
    """Yield contract 4's notices: two to suspend, one paid and one in court that are left alone."""
    tan = known("O", TAN, "2025-11-01T00:00:00")
    of_tan = SampleNotice(
        "500500001A",
        vehicle_no="SBA7890Q",
        offence_at=at("2025-10-01T08:00:00"),
        stages=(("ROV", at("2025-11-15T09:00:00")), ("RD1", at("2025-11-29T09:00:00"))),
        next_stage="RD2",
        composition=Decimal("70.00"),
        payment="NP",
        paid_share=NOTHING,
        due=at("2025-12-27T00:00:00"),
        offenders=(tan,),
    )
    yield of_tan
    later = (("RD1", at("2025-11-15T09:00:00")), ("RD2", at("2025-11-29T09:00:00")))
    yield evolve(of_tan, notice_no="500500002B", stages=later, next_stage="RR3")
    payment = SampleSuspension("PS", "FP", at("2025-12-05T09:00:00"), "PLUS", "PLUS")
    yield evolve(
        of_tan,
        notice_no="500500003C",
        payment="FP",
        paid_share=EVERYTHING,
        payment_allowed=False,
        suspensions=(payment,),
    )
    in_court = (("CPC", at("2025-11-15T09:00:00")), ("CSD", at("2025-11-29T09:00:00")))
    yield evolve(of_tan, notice_no="500500004D", stages=in_court, next_stage="CSR")


def example_rows(now: datetime) -> Iterator[TableRow]:
    """Yield the rows the examples need besides notices: the fees and a VIP's vehicle."""
    for parameter_id, fee in SAMPLE_FEES.items():
        yield row(
            t.ocms_parameter,
            now,
            parameter_id=parameter_id,
            code="AMOUNT",
            description=f"{parameter_id} in dollars (sample)",
            value=str(fee),
        )
    yield vip_row("ABC1234", now)
