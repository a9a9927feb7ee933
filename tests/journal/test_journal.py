"""What the journal remembers, and in which order it wants it told."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from app.journal import gate as gates
from app.journal import schema
from app.journal.errors import AlreadyKnownError, JournalError
from app.journal.journal import Journal
from app.journal.records import Reported
from app.orchestrator.vocabulary import JobStatus
from tests.journal.conftest import T0, begin

if TYPE_CHECKING:
    from pathlib import Path


def finish(journal: Journal, guid: str = "j1", status: JobStatus = JobStatus.SUCCESS) -> None:
    """Finish a job of which only the status matters."""
    journal.finish_job(guid, status, T0 + timedelta(minutes=1), 0, "Exit code 0.", "done")


def test_a_begun_job_is_in_progress_and_interrupted_until_it_is_finished(journal: Journal) -> None:
    """Beginning journals the job and its report together."""
    begin(journal)
    [row] = journal.outbox()
    assert (row.job_guid, row.status, row.created_at, row.attempts) == ("j1", JobStatus.IN_PROGRESS, T0, 0)
    [record] = journal.interrupted()
    assert record == journal.job("j1")
    assert record.status is None
    assert record.ended_at is None
    assert record.reported is Reported.WAITING


def test_every_field_comes_back_after_reopening(path: Path) -> None:
    """A job survives the end of the program with all that is known of it."""
    journal = Journal.open(path)
    begin(journal, name="финансы/счета")
    journal.process_started("j1", 4711, 1764000000.25)
    journal.finish_job("j1", JobStatus.FAILED, T0 + timedelta(seconds=5), 3, "Код выхода 3.", "ValueError: x")
    journal.close()
    again = Journal.open(path)
    record = again.job("j1")
    again.close()
    assert record is not None
    assert (record.name, record.process_version_guid, record.mark) == ("финансы/счета", "pv", "mark-j1")
    assert (record.pid, record.created_at, record.exit_code) == (4711, 1764000000.25, 3)
    assert (record.started_at, record.ended_at) == (T0, T0 + timedelta(seconds=5))
    assert (record.status, record.reason, record.last_line) == (JobStatus.FAILED, "Код выхода 3.", "ValueError: x")
    assert record.log_file == path.parent / "j1.log"


def test_a_known_job_is_never_begun_again(journal: Journal) -> None:
    """The second order for a GUID, in whatever case, changes nothing and says so."""
    begin(journal, "ab-1")
    finish(journal, "ab-1")
    with pytest.raises(AlreadyKnownError, match="AB-1"):
        begin(journal, "AB-1")
    assert [row.status for row in journal.outbox()] == [JobStatus.SUCCESS]
    assert journal.interrupted() == []


def test_the_outcome_supersedes_a_waiting_in_progress(journal: Journal) -> None:
    """An undelivered "In progress" is not sent after the job ended; other jobs' rows stay, in order."""
    begin(journal, "j1")
    begin(journal, "j2")
    late = journal.outbox()[0]
    finish(journal, "j1")
    assert [(row.job_guid, row.status) for row in journal.outbox()] == [
        ("j2", JobStatus.IN_PROGRESS),
        ("j1", JobStatus.SUCCESS),
    ]
    journal.delivered(late.id)  # the answer that was under way
    journal.dead_letter(late.id, "HTTP 404")
    assert len(journal.outbox()) == 2
    assert journal.dead_letters() == []


def test_the_first_outcome_stays(journal: Journal) -> None:
    """A job has exactly one final status and one report of it."""
    begin(journal)
    finish(journal, status=JobStatus.ABORTED)
    finish(journal, status=JobStatus.SUCCESS)
    record = journal.job("j1")
    assert record is not None
    assert record.status is JobStatus.ABORTED
    assert [row.status for row in journal.outbox()] == [JobStatus.ABORTED]


def test_only_a_final_status_finishes_a_known_job(journal: Journal) -> None:
    """A wrong status and an unknown GUID are refused before anything is written."""
    begin(journal)
    with pytest.raises(ValueError, match="STOPPING"):
        finish(journal, status=JobStatus.STOPPING)
    with pytest.raises(JournalError, match="j2"):
        finish(journal, "j2")
    assert len(journal.interrupted()) == 1


def test_reports_are_retried_delivered_and_refused(journal: Journal) -> None:
    """A failed attempt stays and is counted, a delivered row goes, a refused one is kept apart."""
    for guid in ("j1", "j2", "j3"):
        begin(journal, guid)
        finish(journal, guid)
    first, second, third = journal.outbox()
    journal.attempt_failed(first.id, "timed out")
    journal.attempt_failed(first.id, "HTTP 503")
    journal.delivered(second.id)
    journal.dead_letter(third.id, "HTTP 404")
    [waiting] = journal.outbox()
    assert (waiting.job_guid, waiting.attempts, waiting.last_error) == ("j1", 2, "HTTP 503")
    [dead] = journal.dead_letters()
    assert (dead.job_guid, dead.attempts, dead.last_error) == ("j3", 1, "HTTP 404")
    assert [record.reported for record in journal.jobs()] == [Reported.REFUSED, Reported.DELIVERED, Reported.WAITING]


def test_a_refused_in_progress_does_not_make_a_delivered_outcome_refused(journal: Journal) -> None:
    """`reported` speaks of the newest report."""
    begin(journal)
    journal.dead_letter(journal.outbox()[0].id, "HTTP 404")
    unfinished = journal.job("j1")
    finish(journal)
    journal.delivered(journal.outbox()[0].id)
    finished = journal.job("j1")
    assert unfinished is not None
    assert finished is not None
    assert (unfinished.reported, finished.reported) == (Reported.REFUSED, Reported.DELIVERED)
    assert len(journal.dead_letters()) == 1


def test_a_known_outcome_can_be_reported_again(journal: Journal) -> None:
    """The outcome is put into the outbox once, in place of its dead letter."""
    begin(journal)
    with pytest.raises(JournalError, match="no outcome"):
        journal.report_again("j1")
    finish(journal, status=JobStatus.FAILED)
    journal.dead_letter(journal.outbox()[0].id, "HTTP 404")
    journal.report_again("j1")
    journal.report_again("j1")
    assert [(row.job_guid, row.status) for row in journal.outbox()] == [("j1", JobStatus.FAILED)]
    assert journal.dead_letters() == []


def test_jobs_come_newest_first_from_a_moment_on(journal: Journal) -> None:
    """`since` takes any time zone, `limit` counts from the newest."""
    for hour in range(5):
        begin(journal, f"j{hour}", started_at=T0 + timedelta(hours=hour))
    moscow = timezone(timedelta(hours=3))
    since = (T0 + timedelta(hours=2)).astimezone(moscow)
    assert [record.guid for record in journal.jobs(since)] == ["j4", "j3", "j2"]
    assert [record.guid for record in journal.jobs(limit=2)] == ["j4", "j3"]
    assert len(list(journal.jobs())) == 5


def test_many_threads_share_one_journal(journal: Journal) -> None:
    """Writers and readers on several threads neither fail nor mix up their rows."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for index in range(20):
                guid = f"{number}-{index}"
                begin(journal, guid)
                journal.process_started(guid, index, 1.0)
                finish(journal, guid)
                [mine] = [row for row in journal.outbox() if row.job_guid == guid]
                journal.delivered(mine.id)
        except BaseException as error:  # noqa: BLE001 - carried to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failures == []
    assert journal.outbox() == []
    assert {record.reported for record in journal.jobs()} == {Reported.DELIVERED}
    assert len(list(journal.jobs())) == 80


def test_a_running_robots_journal_can_be_read_from_outside(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader sees what is committed, and can't change it."""
    monkeypatch.setattr(gates, "HURRIED_SECONDS", 0.1)
    begin(journal)
    reader = Journal.open_to_read(path)
    finish(journal)
    assert [record.status for record in reader.jobs()] == [JobStatus.SUCCESS]
    with pytest.raises(JournalError, match="can only be read"):
        begin(reader, "j2")
    reader.close()


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """Blanks, Cyrillic letters and what means something in an address are only letters here."""
    path = tmp_path / "Анна 100%41 #1;x=y&z" / "journal.sqlite3"
    journal = Journal.open(path)
    begin(journal)
    reader = Journal.open_to_read(path)
    assert [record.guid for record in reader.jobs()] == ["j1"]
    reader.close()
    journal.close()


def test_reading_a_missing_journal_is_said_and_makes_nothing(path: Path) -> None:
    """Looking at the history of a robot that never ran leaves no file behind."""
    with pytest.raises(JournalError, match=r"journal\.sqlite3"):
        Journal.open_to_read(path)
    assert not path.exists()


def test_a_closed_journal_says_so(path: Path) -> None:
    """A late call gets the journal's own error."""
    journal = Journal.open(path)
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        begin(journal)


def test_an_empty_database_is_migrated(path: Path) -> None:
    """A file without a schema (version 0) gets the present one and keeps its name."""
    path.parent.mkdir()
    sqlite3.connect(path).close()
    journal = Journal.open(path)
    begin(journal, started_at=datetime.now(UTC))
    journal.close()
    assert journal.set_aside is None
    db = sqlite3.connect(path)
    assert schema.version_of(db) == schema.VERSION
    db.close()
