"""The suspensions of a sample notice, as its case has them."""

from datetime import datetime, timedelta
from random import Random

from attrs import evolve

from ocms_core.kernel.reference_defaults import TEMPORARY_DAYS
from ocms_core.kernel.suspensions import TEMPORARY
from ocms_demo.sample.cases import COURT, SampleCase
from ocms_demo.sample.notices import OFFICERS, SampleSuspension
from ocms_demo.sample.scenarios import MOST_DAYS_SUSPENDED, Scenario

MOST_DAYS_REVIVED = 25
PERMANENT_SOURCES = {"FP": "PLUS", "WWP": "CAS", "WWC": "CAS"}


def sample_suspensions(rng: Random, scenario: Scenario, now: datetime) -> tuple[SampleSuspension, ...]:
    """Build the suspensions of a notice's case, the revived ones before the open ones."""
    case = scenario.case
    made: list[SampleSuspension] = []
    moment = max(scenario.entered, now - timedelta(MOST_DAYS_SUSPENDED))
    for kind, reason in case.situation.closed:
        given = suspension(rng, case, kind, reason, between(rng, moment, now))
        moment = between(rng, max(given.since, now - timedelta(MOST_DAYS_REVIVED)), now)
        made.append(revived(given, moment))
    for kind, reason in case.situation.open:
        if kind == TEMPORARY:
            # The jobs that look for those due find some: since yesterday at the most.
            moment = max(moment, now - timedelta(TEMPORARY_DAYS[reason] + 1))
        # Suspended anew is suspended in the moment of the revival (H31).
        moment = moment if case.situation.closed else between(rng, moment, now)
        made.append(suspension(rng, case, kind, reason, moment))
    return tuple(made)


def suspension(rng: Random, case: SampleCase, kind: str, reason: str, since: datetime) -> SampleSuspension:
    """Build a suspension by whoever suspends for that reason."""
    source = PERMANENT_SOURCES.get(reason, "OCMS")
    if reason == "OTH" and case.stage in COURT:
        source = "CAS"
    officer = rng.choice(OFFICERS) if source == "OCMS" else source
    remarks = "HST Suspension - Address invalid" if reason == "HST" else None
    return SampleSuspension(kind, reason, since, source, officer, remarks)


def revived(given: SampleSuspension, moment: datetime) -> SampleSuspension:
    """Return a suspension revived: a TS-HST as its period is over, any other for a found address."""
    reason, remarks = ("SPO", None) if given.reason == "HST" else ("OTH", "New address found")
    return evolve(given, revived_at=moment, revival_reason=reason, revival_remarks=remarks)


def between(rng: Random, first: datetime, last: datetime) -> datetime:
    """Choose a moment between two, in whole seconds."""
    return first + timedelta(seconds=int((last - first).total_seconds() * rng.random()))
