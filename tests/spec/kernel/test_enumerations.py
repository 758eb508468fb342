"""The words of the enumerations, which callers send, tables keep and operators read."""

import pkgutil
from collections.abc import Mapping
from enum import Enum
from importlib import import_module

import pytest

import ocms_core
from ocms_core.hst.mha_file import MhaFileFault
from ocms_core.hst.outcomes import CheckOutcome
from ocms_core.jobs.retention import RowKind
from ocms_core.jobs.runs import ReleaseRefusal, RunResult, SkipReason
from ocms_core.jobs.stuck_cases import StuckKind
from ocms_core.kernel.access import CredentialKind, Operation, Role
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.audit_heads import RecordKind
from ocms_core.kernel.batch_limits import BatchCap
from ocms_core.kernel.idempotency import KeyOrigin
from ocms_core.kernel.sheets import CellKind
from ocms_core.replication.comparison import Difference
from ocms_core.stages.eligibility import OffenderType
from ocms_core.suspensions.service import Outcome

WORDS: Mapping[type[Enum], tuple[str, ...]] = {
    Role: ("cas", "plus", "toppan", "oic"),
    Operation: (
        "cas-getPaymentStatus",
        "cas-updateCourtNotices",
        "plus-queryNoticeInfo",
        "searchChangeProcessingStage",
        "validateChangeProcessingStage",
        "changeProcessingStage",
        "reverseChangeProcessingStage",
        "getChangeStageReports",
        "downloadChangeStageReport",
        "plusChangeProcessingStage",
        "updateToppanStages",
        "offender-checkEligibility",
        "offender-furnish",
        "offender-redirect",
        "offender-update",
        "offender-reverse",
        "offender-getDetails",
        "notice-getTimeline",
        "hstexists",
        "apply-hst",
        "update-hst",
        "revive-hst",
        "reverse-hst",
        "hstlist",
        "stuck-cases",
    ),
    CredentialKind: ("apiKey", "bearer"),
    BatchCap: ("PAYMENT_STATUS", "COURT_NOTICES", "PLUS_QUERY", "STAGE_CHANGE", "TOPPAN"),
    KeyOrigin: ("header", "requestId"),
    CellKind: ("text", "whole", "money", "day", "moment"),
    OffenderType: ("DRIVER", "OWNER", "HIRER", "DIRECTOR"),
    RecordKind: ("audit row", "access record"),
    RowKind: (
        *("answers", "outbox", "rate_slots", "access_records", "frequent_runs", "job_runs", "alerts"),
        *("reports", "sessions", "sync_progress"),
    ),
    StaffPage: (
        *("staff page: find", "staff page: notice", "staff page: offender", "staff page: HST"),
        *("staff page: reports", "staff page: dashboard"),
    ),
    CheckOutcome: ("new-address", "listed-address", "invalid-address", "no-address", "revived"),
    StuckKind: ("notice", "suspension", "delivery", "enquiry", "job_run"),
}
# The sentences of these stand beside what they are about.
ELSEWHERE = {MhaFileFault, ReleaseRefusal, RunResult, SkipReason, Difference, Outcome}


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_an_enumeration_has_its_words(kind: type[Enum]) -> None:
    assert tuple(each.value for each in kind) == WORDS[kind]


def test_every_enumeration_of_the_core_has_its_words_in_a_case() -> None:
    modules = (import_module(each.name) for each in pkgutil.walk_packages(ocms_core.__path__, "ocms_core."))
    found = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Enum) and each.__module__ == module.__name__
    }
    assert found == WORDS.keys() | ELSEWHERE
