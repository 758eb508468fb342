"""The monthly workbooks are stored, mailed, and only then their answers marked as reported."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from attrs import define, field

from ocms_core.hst.facts import CheckedIdentity, JobResult, UnreportedAnswer
from ocms_core.hst.reporting import generate_hst_reports
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.sheets import Sheet
from tests.support.builders import at
from tests.support.hst_facts import LISTED, NOW, answer
from tests.support.in_memory_hst import Alarm, InMemoryHstStores
from tests.support.in_memory_stages import InMemoryReports

DECEMBER, JANUARY = at("2024-12-01T00:00:00"), at("2025-01-01T00:00:00")
LATE = at("2024-12-31T23:59:59")
UNREPORTED = (
    UnreportedAnswer("A", NOW, NOW),
    UnreportedAnswer("B", LATE, LATE),
    UnreportedAnswer("C", LATE, NOW),
    UnreportedAnswer("D", LATE, LATE),
    UnreportedAnswer("E", NOW, JANUARY),
)
OF_DECEMBER = ["hst/MonthlyHSTDataReport_202412.xlsx", "hst/MonthlyHSTWorkItemsReport_202412.xlsx"]
OF_JANUARY = ["hst/MonthlyHSTDataReport_202501.xlsx", "hst/MonthlyHSTWorkItemsReport_202501.xlsx"]


@define
class Mailer:
    """Keeps messages, unless it is unavailable."""

    fault: Exception | None = None
    sent: list[tuple[str, str, Mapping[str, bytes]]] = field(factory=list)

    def send(self, subject: str, text: str, attachments: Mapping[str, bytes]) -> None:
        if self.fault:
            raise self.fault
        self.sent.append((subject, text, attachments))


class RefusingReports(InMemoryReports):
    """Refuses the workbooks of a month."""

    def __init__(self, fault: Exception, month: str = "") -> None:
        super().__init__()
        self._fault, self._month = fault, month

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        if self._month in name:
            raise self._fault
        return super().put(name, sheet)


def stored() -> InMemoryHstStores:
    checked: Mapping[datetime, list[CheckedIdentity]] = {
        DECEMBER: [CheckedIdentity(answer(id_no="B"), LISTED), CheckedIdentity(answer(id_no="D"), LISTED)],
        JANUARY: [CheckedIdentity(answer(id_no="A"), LISTED)],
    }
    return InMemoryHstStores(unreported=UNREPORTED, checked=checked)


def generate(stores: InMemoryHstStores, kept: InMemoryReports, mailer: Mailer, alarm: Alarm) -> JobResult:
    return generate_hst_reports(stores=stores.stores, store=kept, post=mailer, alerts=alarm, now=NOW)


@pytest.mark.rule("H35", "H36")
def test_each_month_of_receipt_has_its_two_workbooks_the_earlier_month_first() -> None:
    stores, kept, mailer, alarm = stored(), InMemoryReports(), Mailer(), Alarm()
    assert generate(stores, kept, mailer, alarm) == JobResult(5)
    assert list(kept.kept) == [*OF_DECEMBER, *OF_JANUARY]
    assert [each.id_no for each in stores.closed] == ["B", "D", "A", "C", "E"]
    assert alarm.raised == []
    (december, january) = mailer.sent
    assert december[:2] == (
        "HST address check December 2024",
        "The workbooks of the HST address check of December 2024 are attached.",
    )
    assert january[0] == "HST address check January 2025"
    assert dict(december[2]) == {name.removeprefix("hst/"): kept.kept[name] for name in OF_DECEMBER}
    data, work_items = (kept.kept[name].decode() for name in OF_DECEMBER)
    assert data.startswith("[(1, 'B', ")
    assert "(2, 'D', " in data
    assert work_items.startswith("[('Total HST IDs', 12), ('HST IDs Checked This Month', 2), ")
    assert "('Total Active TS-HST Suspensions', 1)" in work_items


@pytest.mark.rule("H35")
def test_without_unreported_answers_there_is_nothing_to_do() -> None:
    kept, mailer, alarm = InMemoryReports(), Mailer(), Alarm()
    assert generate(InMemoryHstStores(), kept, mailer, alarm) == JobResult()
    assert (kept.kept, mailer.sent, alarm.raised) == ({}, [], [])


@pytest.mark.rule("H35")
@pytest.mark.parametrize(
    "fault, code, text",
    [
        (Unavailable("the store"), "OCMS-5004", "the report store cannot be written"),
        (OSError(28, "full"), "OCMS-5004", "the report store cannot be written"),
        (ValueError(), "OCMS-5001", "a workbook could not be built"),
        (TypeError(), "OCMS-5001", "a workbook could not be built"),
    ],
)
def test_workbooks_that_are_not_stored_are_alerted_and_left_to_the_next_run(
    fault: Exception, code: str, text: str
) -> None:
    stores, mailer, alarm = stored(), Mailer(), Alarm()
    assert generate(stores, RefusingReports(fault), mailer, alarm) == JobResult(0, 5)
    assert (stores.closed, mailer.sent) == ([], [])
    assert alarm.raised == [
        (code, f"{', '.join(OF_DECEMBER)}: {text}"),
        (code, f"{', '.join(OF_JANUARY)}: {text}"),
    ]


@pytest.mark.rule("H35")
def test_a_month_that_is_not_stored_holds_up_no_other() -> None:
    stores, mailer, alarm = stored(), Mailer(), Alarm()
    kept = RefusingReports(Unavailable("the store"), "202412")
    assert generate(stores, kept, mailer, alarm) == JobResult(3, 2)
    assert [each.id_no for each in stores.closed] == ["A", "C", "E"]
    assert [subject for subject, _, _ in mailer.sent] == ["HST address check January 2025"]


@pytest.mark.rule("H35")
@pytest.mark.parametrize("fault", [Unavailable("the mail server"), OSError()])
def test_a_mail_that_fails_only_warns(fault: Exception) -> None:
    stores, alarm = stored(), Alarm()
    assert generate(stores, InMemoryReports(), Mailer(fault), alarm) == JobResult(5)
    assert len(stores.closed) == 5
    assert alarm.raised == [
        ("OCMS-5002", f"the HST reports of {month} are stored but were not mailed")
        for month in ("December 2024", "January 2025")
    ]


@pytest.mark.rule("H35")
def test_a_workbook_that_cannot_be_read_back_is_mailed_empty() -> None:
    class Forgetful(InMemoryReports):
        def read(self, name: str) -> bytes | None:
            del name
            return None

    mailer = Mailer()
    generate(stored(), Forgetful(), mailer, Alarm())
    assert [set(files.values()) for _, _, files in mailer.sent] == [{b""}, {b""}]
