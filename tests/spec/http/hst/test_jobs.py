"""What the nightly and monthly jobs of contract 4 leave in the rows of a served system."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import frozen

from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.dates import local
from tests.spec.http.hst.test_suspensions import LATER, SINCE, last_record, record
from tests.support.hst_facts import IDENTITY
from tests.support.hst_rows import HstDatabase
from tests.support.http_server import Deployment, now
from tests.support.job_runs import run_job

NEW, LOOP, QUEUE = "suspend_hst_new_notices", "loop_hst_suspensions", "query_hst_addresses"
OTHER = "S7654321C"
JOB_USER = "ocmsiz_app_conn"
LISTED_AT = datetime.fromisoformat("2024-12-10T08:00:00")
ADDRESS = {
    "postal_code": "123456",
    "blk_hse_no": "123",
    "street_name": "Example Street",
    "floor_no": "01",
    "unit_no": "01",
    "bldg_name": "Example Building",
}
MOVED = {**ADDRESS, "postal_code": "654321", "street_name": "New Street"}
MONTH = timedelta(days=31)


@frozen
class Night:
    """The database of a served system, and the moment at which a job is run."""

    deployment: Deployment
    rows: HstDatabase
    at: datetime

    @property
    def local(self) -> datetime:
        """The moment as columns have it."""
        return local(self.at)

    def run(self, job: str) -> None:
        """Run a job."""
        run_job(self.deployment, job, self.at)

    def day(self, days: int, hour: int = 0, minute: int = 0) -> datetime:
        """Return a time on a day so many after that of the moment."""
        midnight = self.local.replace(hour=0, minute=0, second=0)
        return midnight + timedelta(days=days, hours=hour, minutes=minute)

    def put_listed(self, **columns: Any) -> None:
        """Put the identity on the list."""
        listed = {"id_no": IDENTITY, "id_type": "N", "name": "John Tan", **ADDRESS, "cre_date": LISTED_AT}
        self.rows.put(t.ocms_hst, [{**listed, **columns}])

    def put_answer(self, came: datetime | None = None, **columns: Any) -> None:
        """Put the answer of MHA about the identity, which came two hours ago unless told otherwise."""
        came = came or self.local - timedelta(hours=2)
        answer = {"id_no": IDENTITY, "query_reason": "HST", "id_type": "N", "type_of_address": "mha_reg"}
        times = {"response_date_time": came, "processing_date_time": came, "cre_date": came}
        more = {"source": "MHA", "report_generated": "N"}
        self.rows.put(t.ocms_temp_unc_hst_addr, [{**answer, **MOVED, **times, **more, **columns}])

    def put_suspended(self, number: str, due: datetime, **columns: Any) -> None:
        """Put a notice under TS-HST."""
        shown = {
            "suspension_type": "TS",
            "epr_reason_of_suspension": "HST",
            "epr_date_of_suspension": SINCE,
            "due_date_of_revival": due,
        }
        self.rows.notices([number], **{**shown, **columns})
        self.rows.put(t.ocms_suspended_notice, [open_hst(number, due)])

    def put_queued(self, **columns: Any) -> None:
        """Put an identity into the queue."""
        queued = {"id_no": IDENTITY, "query_reason": "HST", "id_type": "N"}
        self.rows.put(t.ocms_adhoc_nro_queue, [queued | columns])

    def queued(self) -> list[tuple[Any, ...]]:
        """Return the queue: identity, reason, kind, when sent to MHA and to DataHive."""
        columns = ("id_no", "query_reason", "id_type", "sent_to_mha_date", "sent_to_datahive_date")
        return self.rows.rows(t.ocms_adhoc_nro_queue, *columns)


def open_hst(number: str, due: datetime) -> dict[str, Any]:
    return record(number, reason="HST") | {"due_date_of_revival": due}


@pytest.fixture
def night(database: HstDatabase, deployment: Deployment) -> Night:
    with deployment.engine.begin() as connection:
        connection.execute(t.ocms_adhoc_nro_queue.delete())
    # No round time, which the printer of the kit's cases would take for one of the specification's own.
    return Night(deployment, database, now().replace(second=7, microsecond=0))


def assert_opened(night: Night, number: str, sr_no: int) -> None:
    """Assert that the youngest record is a TS-HST of the job, which the notice shows."""
    opened = last_record(night.rows, number)
    assert (opened["sr_no"], opened["suspension_source"], opened["suspension_type"]) == (sr_no, "OCMS", "TS")
    assert opened["reason_of_suspension"] == "HST"
    assert opened["officer_authorising_suspension"] == JOB_USER
    assert opened["suspension_remarks"] == "HST Suspension - Address invalid"
    due = night.local + timedelta(days=30)
    assert (opened["date_of_suspension"], opened["due_date_of_revival"]) == (night.local, due)
    assert opened["date_of_revival"] is None
    assert night.rows.shown()[number][:4] == ("TS", "HST", night.local, due)


def assert_closed(night: Night, number: str) -> None:
    """Assert that the first record was closed by the job because its time was over."""
    columns = ("sr_no", "date_of_revival", "revival_reason", "officer_authorising_revival")
    closed = night.rows.rows(t.ocms_suspended_notice, "notice_no", *columns)
    assert [row[1:] for row in closed if row[:2] == (number, 1)] == [(1, night.local, "SPO", JOB_USER)]


def assert_renewed(night: Night, number: str) -> None:
    assert_closed(night, number)
    assert_opened(night, number, 2)


def assert_expired(night: Night, number: str) -> None:
    assert_closed(night, number)
    assert last_record(night.rows, number)["sr_no"] == 1
    assert night.rows.shown()[number] == (None, None, None, None, night.local + timedelta(days=2))


@pytest.mark.rule("H30", "H20", "U8")
@pytest.mark.parametrize(
    "stage", ["NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3", "CPC", "CFC"]
)
def test_a_new_notice_at_a_stage_open_to_change_is_suspended(night: Night, stage: str) -> None:
    night.put_listed()
    night.rows.notices(["N1"], last_processing_stage=stage)
    night.run(NEW)
    assert_opened(night, "N1", 1)


LEFT_ALONE: dict[str, dict[str, Any]] = {
    "in court at CSD": {"last_processing_stage": "CSD"},
    "in court at CSR": {"last_processing_stage": "CSR"},
    "in court at WAR": {"last_processing_stage": "WAR"},
    "in court at CWT": {"last_processing_stage": "CWT"},
    "paid": {"payment_status": "FP"},
    "paid as its reason alone says": {"crs_reason_of_suspension": "FP"},
    "permanently suspended": {"suspension_type": "PS", "epr_reason_of_suspension": "WWP"},
}


@pytest.mark.rule("H30", "U3")
@pytest.mark.parametrize("columns", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_another_notice_of_a_listed_identity_is_left_alone(night: Night, columns: dict[str, Any]) -> None:
    night.put_listed()
    night.rows.notices(["N1"], **columns)
    night.run(NEW)
    assert night.rows.rows(t.ocms_suspended_notice, "notice_no") == []


@pytest.mark.rule("H30")
def test_a_partly_paid_notice_is_suspended(night: Night) -> None:
    night.put_listed()
    night.rows.notices(["N1"], payment_status="PP")
    night.run(NEW)
    assert_opened(night, "N1", 1)


@pytest.mark.rule("H30")
def test_a_notice_of_somebody_else_is_left_alone(night: Night) -> None:
    night.put_listed()
    night.rows.notices(["N1"], id_no=OTHER)
    night.run(NEW)
    assert night.rows.rows(t.ocms_suspended_notice, "notice_no") == []


@pytest.mark.rule("H30")
def test_a_notice_under_another_temporary_suspension_is_left_alone(night: Night) -> None:
    night.put_listed()
    shown = {"suspension_type": "TS", "epr_reason_of_suspension": "UNC"}
    night.rows.notices(["N1"], **shown, due_date_of_revival=LATER)
    night.rows.put(t.ocms_suspended_notice, [record("N1")])
    night.run(NEW)
    assert night.rows.rows(t.ocms_suspended_notice, "reason_of_suspension") == [("UNC",)]


@pytest.mark.rule("H30", "H31")
def test_what_the_renewal_has_ended_is_not_suspended_again(night: Night) -> None:
    night.put_listed()
    night.rows.notices(["N1"])
    ended = {"date_of_revival": night.day(-1, 2, 7), "revival_reason": "SPO"}
    night.rows.put(t.ocms_suspended_notice, [open_hst("N1", night.day(-1)) | ended])
    night.run(NEW)
    assert night.rows.rows(t.ocms_suspended_notice, "sr_no") == [(1,)]


@pytest.mark.rule("H30", "K4")
def test_nor_after_a_furnish_that_was_taken_back(night: Night) -> None:
    night.put_listed()
    night.rows.notices(["N1"])
    ended = {"date_of_revival": night.day(-2, 2, 7), "revival_reason": "SPO"}
    taken_back = {
        "sr_no": 2,
        "date_of_suspension": night.day(-1, 9),
        "date_of_revival": night.day(-1, 10),
        "revival_reason": "OTH",
    }
    records = [open_hst("N1", night.day(-2)) | ended, open_hst("N1", night.day(29)) | taken_back]
    night.rows.put(t.ocms_suspended_notice, records)
    night.run(NEW)
    assert night.rows.rows(t.ocms_suspended_notice, "sr_no") == [(1,), (2,)]


@pytest.mark.rule("H30", "H20")
def test_what_a_revival_has_ended_is_suspended_under_the_next_number(night: Night) -> None:
    night.put_listed()
    night.rows.notices(["N1"])
    ended = {"date_of_revival": night.day(-1, 2, 7), "revival_reason": "HAV"}
    night.rows.put(t.ocms_suspended_notice, [open_hst("N1", night.day(9)) | ended])
    night.run(NEW)
    assert_opened(night, "N1", 2)


@pytest.mark.rule("H31", "H20")
@pytest.mark.parametrize("days, hour, minute", [(0, 23, 59), (0, 0, 0), (-9, 11, 30)])
def test_of_a_listed_identity_what_is_due_is_renewed(night: Night, days: int, hour: int, minute: int) -> None:
    night.put_listed()
    night.put_suspended("N1", night.day(days, hour, minute))
    night.run(LOOP)
    assert_renewed(night, "N1")


@pytest.mark.rule("H31")
@pytest.mark.parametrize("listed", [True, False], ids=["listed", "not listed"])
def test_a_day_early_nothing_happens(night: Night, *, listed: bool) -> None:
    if listed:
        night.put_listed()
    night.put_suspended("N1", night.day(1))
    night.run(LOOP)
    assert last_record(night.rows, "N1")["date_of_revival"] is None
    assert night.rows.shown()["N1"][:2] == ("TS", "HST")


@pytest.mark.rule("H31", "H10")
def test_of_an_identity_that_is_not_listed_it_expires(night: Night) -> None:
    night.put_suspended("N1", night.day(0))
    night.run(LOOP)
    assert_expired(night, "N1")


@pytest.mark.rule("H31")
def test_a_new_valid_address_ends_it(night: Night) -> None:
    night.put_listed()
    night.put_answer()
    night.put_suspended("N1", night.day(0))
    night.run(LOOP)
    assert_expired(night, "N1")


NO_NEW_ADDRESS: dict[str, dict[str, Any]] = {
    "tagged": {"invalid_addr_tag": "G"},
    "without a street": {"street_name": "NA"},
    "with a postal code of zeros": {"postal_code": "000000"},
    "the listed one": ADDRESS,
    "the listed one in capitals": {**ADDRESS, "street_name": "EXAMPLE  STREET"},
    "the listed one without leading zeros": {**ADDRESS, "floor_no": "1", "unit_no": "1"},
    "the listed one without its building": {**ADDRESS, "bldg_name": ""},
    "none": dict.fromkeys(ADDRESS, ""),
    "from before the listing": {"response_date_time": LISTED_AT - timedelta(hours=1)},
}


@pytest.mark.rule("H31", "H37")
@pytest.mark.parametrize("columns", NO_NEW_ADDRESS.values(), ids=NO_NEW_ADDRESS)
def test_an_answer_without_a_new_valid_address_does_not_end_it(night: Night, columns: dict[str, Any]) -> None:
    night.put_listed()
    night.put_answer(**columns)
    night.put_suspended("N1", night.day(0))
    night.run(LOOP)
    assert_renewed(night, "N1")


@pytest.mark.rule("H31", "H6")
def test_a_new_address_that_an_officer_has_given_the_list_afterwards_ends_it(night: Night) -> None:
    night.put_listed(**MOVED, date_of_addr_change=night.local - timedelta(minutes=61))
    night.put_answer()
    night.put_suspended("N1", night.day(0))
    night.run(LOOP)
    assert_expired(night, "N1")


@pytest.mark.rule("H31", "H9", "U3")
@pytest.mark.parametrize(
    "columns",
    [
        {"suspension_type": "PS", "epr_reason_of_suspension": "WWP", "due_date_of_revival": None},
        {"payment_status": "FP"},
    ],
    ids=["permanently suspended", "paid"],
)
def test_paid_or_permanently_suspended_it_is_passed_over_while_listed(
    night: Night, columns: dict[str, Any]
) -> None:
    night.put_listed()
    night.put_suspended("N1", night.day(0), **columns)
    night.run(LOOP)
    assert last_record(night.rows, "N1")["date_of_revival"] is None


@pytest.mark.rule("H10", "U5")
def test_of_nobody_listed_that_of_a_paid_notice_ends_and_the_notice_stays_paid(night: Night) -> None:
    paid = {
        "suspension_type": "PS",
        "crs_reason_of_suspension": "FP",
        "payment_status": "FP",
        "due_date_of_revival": None,
    }
    night.put_suspended("N1", night.day(0), **paid)
    night.run(LOOP)
    assert_closed(night, "N1")
    assert night.rows.shown()["N1"][:2] == ("PS", "HST")


@pytest.mark.rule("H31", "H5", "U1")
@pytest.mark.parametrize("listed", [True, False], ids=["renewed", "expired"])
def test_the_notice_goes_on_showing_what_is_due_later(night: Night, *, listed: bool) -> None:
    if listed:
        night.put_listed()
    night.put_suspended("N1", night.day(0), epr_reason_of_suspension="UNC", due_date_of_revival=LATER)
    night.rows.put(t.ocms_suspended_notice, [record("N1", sr_no=2)])
    night.run(LOOP)
    assert_closed(night, "N1")
    assert night.rows.shown()["N1"][:2] == ("TS", "UNC")
    assert night.rows.held() == (["N1"] if listed else [])


@pytest.mark.rule("H31", "H9")
def test_another_temporary_suspension_that_is_due_is_left_alone(night: Night) -> None:
    night.put_listed()
    shown = {"suspension_type": "TS", "epr_reason_of_suspension": "UNC"}
    night.rows.notices(["N1"], **shown, due_date_of_revival=night.day(0))
    night.rows.put(t.ocms_suspended_notice, [record("N1") | {"due_date_of_revival": night.day(0)}])
    night.run(LOOP)
    assert last_record(night.rows, "N1")["date_of_revival"] is None


@pytest.mark.rule("H32")
def test_a_listed_identity_is_queued(night: Night) -> None:
    night.put_listed()
    night.run(QUEUE)
    assert night.queued() == [(IDENTITY, "HST", "N", None, None)]


@pytest.mark.rule("H32")
def test_an_identity_sent_in_an_earlier_month_is_sent_again(night: Night) -> None:
    night.put_listed()
    sent = night.local - MONTH
    night.put_queued(sent_to_mha_date=sent, sent_to_datahive_date=sent)
    night.run(QUEUE)
    assert night.queued() == [(IDENTITY, "HST", "N", None, None)]


@pytest.mark.rule("H32")
def test_an_identity_sent_this_month_is_not_sent_again(night: Night) -> None:
    night.put_listed()
    night.put_queued(sent_to_mha_date=night.local, sent_to_datahive_date=night.local)
    night.run(QUEUE)
    assert night.queued() == [(IDENTITY, "HST", "N", night.local, night.local)]


@pytest.mark.rule("H32")
def test_an_identity_answered_this_month_is_not_queued(night: Night) -> None:
    night.put_listed()
    night.put_answer(came=night.local)
    night.run(QUEUE)
    assert night.queued() == []


@pytest.mark.rule("H32")
def test_an_identity_answered_in_an_earlier_month_is_queued(night: Night) -> None:
    night.put_listed()
    night.put_answer(came=night.local - MONTH)
    night.run(QUEUE)
    assert night.queued() == [(IDENTITY, "HST", "N", None, None)]


@pytest.mark.rule("H32")
def test_an_identity_that_is_not_listed_is_not_sent_again(night: Night) -> None:
    sent = night.local - MONTH
    night.put_queued(sent_to_mha_date=sent, sent_to_datahive_date=sent)
    night.run(QUEUE)
    assert night.queued() == [(IDENTITY, "HST", "N", sent, sent)]
