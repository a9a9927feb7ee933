"""Whose a report is, what an attempt of unknown fate leaves behind, and what a person may do with a refused one."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from app.journal import schema
from app.journal.journal import Journal
from app.journal.records import Reported
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus
from tests.journal.conftest import OURS, T0, THEIRS, begin

ROOT = Path(__file__).parents[2]
LATER = T0 + timedelta(seconds=20)


def finished(journal: Journal, guid: str = "j1", origin: Origin = OURS) -> int:
    """Run a job; returns the number of its outcome's report."""
    begin(journal, guid, origin=origin)
    journal.finish_job(guid, JobStatus.SUCCESS, T0, 0, "Exit code 0.", "")
    return next(row.id for row in journal.outbox() if row.job_guid == guid)


def test_a_report_is_told_to_its_own_orchestrator_only(journal: Journal) -> None:
    """Each job keeps the origin that it was begun with; who asks for all gets all, in order."""
    finished(journal, "theirs", THEIRS)
    finished(journal, "ours")
    finished(journal, "same host", Origin(OURS.host, THEIRS.fingerprint))
    assert [(row.job_guid, row.job_name) for row in journal.outbox(OURS)] == [("ours", "invoices")]
    assert [row.job_guid for row in journal.outbox(THEIRS)] == ["theirs"]
    assert [row.origin.host for row in journal.outbox()] == [THEIRS.host, OURS.host, OURS.host]
    record = journal.job("theirs")
    assert record is not None
    assert record.origin == THEIRS


def test_a_job_that_is_handed_out_again_is_reported_to_who_hands_it_out(journal: Journal) -> None:
    """The Orchestrator may have moved to another address with all its jobs."""
    finished(journal, "j1", THEIRS)
    journal.report_again("j1", OURS)
    assert journal.outbox(THEIRS) == []
    assert [row.job_guid for row in journal.outbox(OURS)] == ["j1"]


def version_1(path: Path) -> None:
    """A file as version 0.1 left it: a report that waits, a dead letter, a job that was interrupted."""
    path.parent.mkdir(exist_ok=True)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in schema.MIGRATIONS[0]:
            db.execute(statement)
        for guid, status in (("waiting", 4), ("refused", 5), ("interrupted", None)):
            db.execute(
                "INSERT INTO jobs(guid, name, process_version_guid, mark, started_at, log_file, status)"
                " VALUES (?, 'n', '', 'm', '2026-11-24T10:15:00.000000+00:00', 'log', ?)",
                (guid, status),
            )
            db.execute(
                "INSERT INTO outbox(job_guid, status, created_at, refused) VALUES (?, ?, ?, ?)",
                (guid, status or 8, "2026-11-24T10:15:00.000000+00:00", guid == "refused"),
            )
        db.execute("PRAGMA user_version = 1")


def test_what_an_earlier_version_left_belongs_to_the_first_origin(path: Path) -> None:
    """Every report of it is there, and is the present Orchestrator's, whatever the settings say later."""
    version_1(path)
    Journal.open(path).close()  # as a command does, which knows no origin
    Journal.open(path, origin=OURS).close()
    journal = Journal.open(path, origin=THEIRS)
    assert [row.job_guid for row in journal.outbox(OURS)] == ["waiting", "interrupted"]
    assert [row.origin for row in journal.dead_letters()] == [OURS]
    assert [record.guid for record in journal.interrupted()] == ["interrupted"]
    assert journal.outbox(THEIRS) == []
    begin(journal, "new", origin=THEIRS)
    assert [row.job_guid for row in journal.outbox(THEIRS)] == ["new"]
    journal.close()


def test_the_stand_in_of_an_earlier_version_is_taken_over_once(path: Path) -> None:
    """With its jobs and reports, which belong to the first origin as well; then it is gone."""
    version_1(path)
    beside = path.with_name("journal-beside.sqlite3")
    version_1(beside)
    with contextlib.closing(sqlite3.connect(beside, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("UPDATE jobs SET guid = 'beside-' || guid")
        db.execute("UPDATE outbox SET job_guid = 'beside-' || job_guid")
    journal = Journal.open(path, origin=OURS)
    assert [row.job_guid for row in journal.outbox(OURS)] == [
        "waiting",
        "interrupted",
        "beside-waiting",
        "beside-interrupted",
    ]
    assert {record.guid for record in journal.interrupted()} == {"interrupted", "beside-interrupted"}
    assert not beside.exists()
    journal.close()


def test_a_file_of_an_earlier_version_can_be_looked_at(path: Path) -> None:
    """Before the robot's first start after an upgrade too; the file isn't changed."""
    version_1(path)
    before = path.read_bytes()
    reader = Journal.open_to_read(path)
    assert [row.job_guid for row in reader.outbox()] == ["waiting", "interrupted"]
    assert [row.origin for row in reader.dead_letters()] == [Origin("", "")]
    reader.close()
    assert path.read_bytes() == before


def test_a_taken_report_is_confirmed_if_an_earlier_attempt_may_still_be_carried_out(journal: Journal) -> None:
    """It stays, as one to confirm, and is done with after that; the Orchestrator counts as told meanwhile."""
    row_id = finished(journal)
    journal.attempt_failed(row_id, "timed out", LATER)
    journal.attempt_failed(row_id, "connection refused", None)
    [row] = journal.outbox()
    assert (row.doubtful_until, row.confirming, row.attempts) == (LATER, False, 2)
    journal.delivered(row_id)
    [row] = journal.outbox()
    assert (row.doubtful_until, row.confirming, row.last_error) == (LATER, True, "")
    record = journal.job("j1")
    assert record is not None
    assert record.reported is Reported.DELIVERED
    journal.confirmed(row_id)
    assert journal.outbox() == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_doubt_about_in_progress_is_the_outcomes(journal: Journal, when: str) -> None:
    """An "In progress" that may still arrive is outlasted by the outcome, whichever of the two was known first."""
    begin(journal)
    [in_progress] = journal.outbox()
    if when == "before":
        journal.attempt_failed(in_progress.id, "timed out", LATER)
    journal.finish_job("j1", JobStatus.SUCCESS, T0, 0, "", "")
    if when == "after":
        journal.attempt_failed(in_progress.id, "timed out", LATER)
    [row] = journal.outbox()
    assert (row.status, row.doubtful_until, row.attempts) == (JobStatus.SUCCESS, LATER, 0)
    journal.delivered(row.id)
    assert [row.confirming for row in journal.outbox()] == [True]


def test_an_outcome_without_doubt_is_gone_when_it_is_taken(journal: Journal) -> None:
    """Also if "In progress" failed in a way that surely left nothing behind."""
    begin(journal)
    journal.attempt_failed(journal.outbox()[0].id, "connection refused", None)
    journal.finish_job("j1", JobStatus.SUCCESS, T0, 0, "", "")
    journal.delivered(journal.outbox()[0].id)
    assert journal.outbox() == []


def test_a_refused_report_stays_in_the_outbox_until_it_is_dead(journal: Journal) -> None:
    """The first refusal's time is kept; a dead letter isn't sent any more; a person makes it new."""
    row_id = finished(journal)
    journal.refused(row_id, "HTTP 404", T0)
    journal.refused(row_id, "HTTP 409", LATER)
    [row] = journal.outbox()
    assert (row.refused_at, row.attempts, row.last_error, row.dead) == (T0, 2, "HTTP 409", False)
    record = journal.job("j1")
    assert record is not None
    assert record.reported is Reported.REFUSED
    journal.dead_letter(row_id, "HTTP 409")
    assert journal.outbox() == []
    assert [row.dead for row in journal.dead_letters()] == [True]
    assert journal.retry("other") == 0
    assert journal.retry() == 1
    [row] = journal.outbox()
    assert (row.id, row.refused_at, row.attempts, row.dead) == (row_id, None, 0, False)
    assert journal.retry() == 0


def test_a_refused_beginning_is_not_sent_after_the_end(journal: Journal) -> None:
    """Trying again must not make the Orchestrator believe that the job runs."""
    begin(journal)
    journal.dead_letter(journal.outbox()[0].id, "HTTP 404")
    journal.finish_job("j1", JobStatus.SUCCESS, T0, 0, "", "")
    assert journal.retry() == 0
    assert [row.status for row in journal.outbox()] == [JobStatus.SUCCESS]
    assert journal.dead_letters() == []


def test_a_report_that_is_given_up_stays_in_the_history(journal: Journal) -> None:
    """It is sent no more, and said to be discarded, until the job is reported again."""
    journal.dead_letter(finished(journal), "HTTP 404")
    finished(journal, "j2")
    assert journal.discard("nothing") == 0
    assert journal.discard("J1") == 1
    assert [record.reported for record in journal.jobs()] == [Reported.WAITING, Reported.DISCARDED]
    journal.report_again("j1")
    assert [record.reported for record in journal.jobs()] == [Reported.WAITING, Reported.WAITING]
    for row in journal.outbox():
        journal.delivered(row.id)
    assert [record.reported for record in journal.jobs()] == [Reported.DELIVERED, Reported.DELIVERED]


def test_an_outcome_that_is_reported_again_keeps_the_doubt_about_its_beginning(journal: Journal) -> None:
    """The next start doubts "In progress" anew, as the clock may have been set: also of a job that came twice."""
    begin(journal, "j1")
    journal.finish_job("j1", JobStatus.FAILED, T0, None, "", "")
    journal.report_again("j1")
    later = T0 + timedelta(hours=2)
    journal.doubt_in_progress(later)
    assert [row.doubtful_until for row in journal.outbox()] == [later]


@pytest.mark.parametrize(("what", "left"), [("retry()", ["j1", "j2"]), ("discard('j1')", ["j2"])])
def test_another_process_changes_what_a_running_robot_delivers(
    journal: Journal, path: Path, what: str, left: list[str]
) -> None:
    """What a person asks on the command line is there with the robot's next look."""
    journal.dead_letter(finished(journal, "j1"), "HTTP 404")
    finished(journal, "j2")
    code = (
        "import sys; from pathlib import Path; from app.journal.journal import Journal\n"
        f"journal = Journal.open(Path(sys.argv[1])); print(journal.{what}); journal.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "1\n"
    assert [row.job_guid for row in journal.outbox()] == left
