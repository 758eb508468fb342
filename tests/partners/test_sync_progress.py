"""The files beside an unpaid list: two processes at once, a sync past midnight, one begun meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from ocms_adapters.partners.cas import CourtUpdateResult
from ocms_adapters.partners.cas_sync import SENT, CasSync, TooEarly, open_sync
from ocms_adapters.partners.progress import (
    COURT_NOTICES,
    CourtNoticesAnswered,
    SyncReplaced,
    remove_archived,
)
from ocms_adapters.partners.sending_limit import SendingLimit
from tests.partners.test_cas_sync import HOUR, Killed, Ocms, Time, client, unpaid
from tests.support.builders import NOW, at
from tests.support.sync_progress import begun

TODAY = NOW.date()
DAY = timedelta(days=1)
EVENING = at("2025-01-14T23:59:50")


def at_once(*works: Callable[[], object]) -> None:
    """Do all of this at the same moment."""
    barrier = Barrier(len(works))

    def work(each: Callable[[], object]) -> object:
        barrier.wait()
        return each()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(work, each) for each in works]:
            done.result()


@pytest.mark.rule("P43")
@pytest.mark.parametrize("earlier", [None, TODAY - DAY], ids=["first ever", "after that of yesterday"])
def test_two_that_open_a_progress_at_once_begin_one(tmp_path: Path, earlier: datetime | None) -> None:
    for number in range(30):
        file = tmp_path / f"{number}.progress"
        if earlier:
            begun(file, "f", TODAY - DAY)
        at_once(*[lambda file=file: begun(file, "f", TODAY)] * 2)
        assert len(file.read_text().splitlines()) == 1
        assert list(begun(file, "f", TODAY).finished(COURT_NOTICES)) == []
        assert len(list(tmp_path.glob(f"{number}.progress*"))) == (2 if earlier else 1)


@pytest.mark.rule("P43")
def test_no_answer_is_lost_to_another_that_opens_the_progress(tmp_path: Path) -> None:
    file = tmp_path / "progress"
    progress, batches = begun(file, "f", TODAY), [(number, 1) for number in range(40)]
    many = {f"N{number}": "OCMS-4008" for number in range(5_000)}

    def record() -> None:
        for batch in batches:
            progress.record(CourtNoticesAnswered(COURT_NOTICES, batch, CourtUpdateResult((), many)))

    at_once(record, lambda: [begun(file, "f", TODAY) for _ in batches])
    assert list(begun(file, "f", TODAY).finished(COURT_NOTICES)) == batches


@pytest.mark.rule("P43")
def test_no_request_is_forgotten_where_another_job_begins(tmp_path: Path) -> None:
    file, paths = tmp_path / SENT, [f"/{number}" for number in range(40)]
    limit = SendingLimit(file, lambda: NOW, lambda _: None)

    def record() -> None:
        for path in paths:
            limit.record(path)

    def begin() -> list[SendingLimit]:
        return [SendingLimit(file, lambda: NOW, lambda _: None) for _ in paths]

    at_once(record, begin, begin)
    assert sorted(line.split('"')[1] for line in file.read_text().splitlines()) == sorted(paths)


@pytest.mark.rule("P43")
@pytest.mark.parametrize("count, stage", [(600, "WAR"), (600, "")], ids=["updates", "nothing to update"])
def test_court_notices_go_on_with_the_sync_that_began_before_midnight(
    tmp_path: Path, count: int, stage: str
) -> None:
    time = Time(EVENING)
    ocms, file = Ocms(time), unpaid(tmp_path, count, stage=stage)
    open_sync(file, client(ocms)).payment_statuses()
    time.sleep(30)
    assert open_sync(file, client(ocms)).court_notices()["updated"] == (count if stage else 0)
    assert not list(tmp_path.glob("*.progress.*"))


@pytest.mark.rule("P43")
def test_court_notices_cut_off_before_midnight_repeat_no_finished_batch(tmp_path: Path) -> None:
    time, file = Time(EVENING), unpaid(tmp_path, 1_500)
    ocms = Ocms(time, dies_after=5)
    open_sync(file, client(ocms)).payment_statuses()
    with pytest.raises(Killed):
        open_sync(file, client(ocms)).court_notices()
    time.sleep(HOUR.total_seconds())
    ocms.dies_after = 10
    counts = open_sync(file, client(ocms)).court_notices()
    assert (counts["called"], counts["updated"]) == (1, 1_500)


@pytest.mark.rule("P43")
@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize("through", [True, False])
def test_only_an_unfinished_sync_of_the_day_before_is_gone_on_with(
    tmp_path: Path,
    days: int,
    through: bool,  # noqa: FBT001
) -> None:
    time, file = Time(), unpaid(tmp_path, 5)
    ocms = Ocms(time)
    open_sync(file, client(ocms)).payment_statuses()
    if through:
        open_sync(file, client(ocms)).court_notices()
    time.sleep(days * DAY.total_seconds())
    before = sorted(path.name for path in tmp_path.iterdir())
    sync = open_sync(file, client(ocms))
    if days == 1 and not through:
        assert sync.court_notices()["updated"] == 5
    else:
        with pytest.raises(TooEarly):
            sync.court_notices()
    assert sorted(path.name for path in tmp_path.iterdir()) == before, "nothing is archived"


@pytest.mark.rule("P43")
def test_another_list_is_not_gone_on_with(tmp_path: Path) -> None:
    ocms = Ocms(Time())
    open_sync(unpaid(tmp_path, 5), client(ocms)).payment_statuses()
    with pytest.raises(TooEarly):
        open_sync(unpaid(tmp_path, 6), client(ocms)).court_notices()


@pytest.mark.rule("P43")
def test_the_sync_that_begins_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    """API 2 is at work on the sync of yesterday when API 1 begins that of today."""
    time, file = Time(EVENING), unpaid(tmp_path, 5)
    ocms = Ocms(time)
    open_sync(file, client(ocms)).payment_statuses()
    time.sleep(30)
    of_yesterday: CasSync = open_sync(file, client(ocms))
    open_sync(file, client(ocms)).payment_statuses()
    begun = file.with_name("unpaid.csv.progress").read_text()
    with pytest.raises(SyncReplaced, match=r"unpaid\.csv\.progress is the progress of another sync by now"):
        of_yesterday.court_notices()
    assert file.with_name("unpaid.csv.progress").read_text() == begun
    assert open_sync(file, client(ocms)).court_notices()["updated"] == 5


@pytest.mark.rule("P43")
def test_a_progress_of_yesterday_that_cannot_be_read_is_archived_like_any_other(tmp_path: Path) -> None:
    time, file = Time(), unpaid(tmp_path, 5)
    ocms = Ocms(time)
    open_sync(file, client(ocms)).payment_statuses()
    with file.with_name("unpaid.csv.progress").open("a") as progress:
        progress.write("5\n")
    time.sleep(DAY.total_seconds())
    assert open_sync(file, client(ocms)).payment_statuses()["called"] == 1


@pytest.mark.rule("K3")
def test_the_archived_progress_of_a_list_goes_after_its_days_the_oldest_first(tmp_path: Path) -> None:
    file = tmp_path / "unpaid.csv"
    days = ("2025-01-01", "2025-01-02", "2025-01-02-2", "2025-01-03", "2025-01-04")
    kept = ("unpaid.csv.progress", "unpaid.csv.progress.old", "unpaid,csv.progress.2025-01-01", "unpaid.csv")
    for name in (*(f"unpaid.csv.progress.{day}" for day in days), *kept):
        (tmp_path / name).touch()

    def left() -> list[str]:
        removed = "unpaid.csv.progress."
        return sorted(path.name.removeprefix(removed) for path in tmp_path.glob(f"{removed}2*"))

    before = at("2025-01-03T23:00:00")
    assert remove_archived(file, before, 2) == 2
    assert left() == ["2025-01-02-2", "2025-01-03", "2025-01-04"]
    assert remove_archived(file, before, 2) == 1
    assert remove_archived(file, before, 2) == 0
    assert left() == ["2025-01-03", "2025-01-04"]
    assert all((tmp_path / name).exists() for name in kept)
    assert remove_archived(tmp_path / "nowhere" / "unpaid.csv", before, 2) == 0
