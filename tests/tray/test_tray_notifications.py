"""Which changes are told, and which are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState, Snapshot
from app.tray.menu import Action
from app.tray.notifications import notifications_for

READY = Snapshot(connected=True)
ERROR = Snapshot(state=RobotState.ERROR, problem="Robot not found.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, READY),
        (READY, replace(READY, state=RobotState.WORKING)),
        (READY, replace(READY, state=RobotState.OFFLINE, connected=False, problem="timed out")),
        (READY, replace(READY, paused=True)),
        (ERROR, READY),
        (ERROR, replace(ERROR, undelivered=1)),
    ],
)
def test_the_ordinary_is_not_told(now, before, after):
    """Work, an outage, a pause, a recovery and the same error again are no news."""
    assert notifications_for(before, after, now) == []


@pytest.mark.parametrize("status", [JobStatus.SUCCESS, JobStatus.STOPPED, JobStatus.ABORTED])
def test_other_outcomes_are_not_told(now, failed, status):
    """Only a failed job is told."""
    assert notifications_for(READY, replace(READY, last=replace(failed, status=status)), now) == []


def test_failed_job(now, failed):
    """A failed job is told with its last line of output."""
    (told,) = notifications_for(READY, replace(READY, last=failed), now)
    assert (told.title, told.text) == ("Job failed: payroll", "ValueError: no such account")
    assert told.page == f"history/{failed.guid}"


def test_failed_job_without_output(now, failed):
    """Without output the reason stands in its place."""
    (told,) = notifications_for(READY, replace(READY, last=replace(failed, last_line="")), now)
    assert told.text == "The script ended with exit code 1."


def test_second_failure_is_told_too(now, failed):
    """Two failures in a row are two notifications; the same one again is none."""
    first = replace(READY, last=failed)
    second = replace(READY, last=replace(failed, guid="guid-9"))
    assert len(notifications_for(first, second, now)) == 1
    assert notifications_for(second, replace(second, paused=True), now) == []


def test_old_failure_is_not_told_at_the_start(now, failed):
    """What the journal remembers from before is no news."""
    assert notifications_for(None, replace(READY, last=failed), now) == []


def test_countdown_is_told_once(now):
    """The log-off is told when its countdown begins, with the seconds and what to do."""
    leaving = replace(READY, state=RobotState.LEAVING, leaving_at=now + timedelta(seconds=15))
    (told,) = notifications_for(READY, leaving, now)
    assert told.title == "Log-off in 15 seconds"
    assert "Cancel log-off" in told.text
    assert (told.action, told.while_in) == (Action.CANCEL_LEAVING, RobotState.LEAVING)
    assert notifications_for(leaving, replace(leaving, undelivered=1), now) == []


@pytest.mark.parametrize("before", [None, READY])
def test_error_is_told(now, before):
    """Wrong settings and a refusal are told, also at the start."""
    (told,) = notifications_for(before, ERROR, now)
    assert told.text == "Robot not found."
    assert told.action is Action.CHECK


def test_what_is_to_be_filled_in_is_told_kindly(now):
    """Nothing is wrong at the first start; a click opens the file. The same again is no news."""
    first = Snapshot(state=RobotState.ERROR, problem="Fill in host.", unfilled=True, no_settings=True)
    (told,) = notifications_for(None, first, now)
    assert (told.title, told.text, told.action) == ("The robot is almost ready", "Fill in host.", Action.SETTINGS)
    assert notifications_for(first, replace(first, paused=True), now) == []


def test_a_second_start_shows_where_the_first_one_is(now):
    """Each time; what it does now is said as well."""
    again = replace(READY, second_starts=1)
    (told,) = notifications_for(READY, again, now)
    assert told.title == "The robot is here"
    assert "Ready" in told.text
    assert notifications_for(again, replace(again, paused=True), now) == []
    assert len(notifications_for(again, replace(again, second_starts=2), now)) == 1


def test_wrong_change_of_settings_is_told_once(now):
    """A changed settings file with a mistake is told; that it is still wrong, or right again, is not."""
    wrong = replace(READY, settings_problem="host: is missing")
    (told,) = notifications_for(READY, wrong, now)
    assert (told.title, told.text) == ("The changed settings are wrong", "host: is missing")
    assert told.action is Action.SETTINGS
    assert notifications_for(wrong, replace(wrong, undelivered=1), now) == []
    assert notifications_for(wrong, READY, now) == []


def test_a_journal_that_cannot_be_written_is_told_once(now):
    """A full disk needs a person, who is told what to do; that it lasts, or is over, is no news."""
    waiting = replace(READY, journal_problem="The disk is full. Free some space.")
    (told,) = notifications_for(READY, waiting, now)
    assert (told.title, told.text) == ("The robot waits for its journal", "The disk is full. Free some space.")
    assert notifications_for(waiting, replace(waiting, undelivered=1), now) == []
    assert notifications_for(waiting, READY, now) == []


def test_another_error_is_told(now):
    """A new problem in the state Error is news."""
    (told,) = notifications_for(ERROR, replace(ERROR, problem="host is missing"), now)
    assert told.text == "host is missing"


def test_texts_fit(now, failed):
    """Long names and lines are cut to what Windows takes."""
    long = replace(failed, name="отчёт" * 50, last_line="ошибка " * 100)
    (told,) = notifications_for(READY, replace(READY, last=long), now)
    assert len(told.title) <= 63
    assert len(told.text) <= 255


def test_error_without_words_still_shows(now):
    """Windows shows nothing at all for an empty text, so there is always one."""
    (told,) = notifications_for(READY, replace(ERROR, problem=""), now)
    assert told.text
