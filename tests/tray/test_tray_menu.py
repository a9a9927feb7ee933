"""What the menu offers in each state, and what its items do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.robot.state import RobotState, Snapshot, StateBoard
from app.tray.clicks import Clicks
from app.tray.menu import MAIN, SEPARATOR, Action, MenuEntry, build_menu


def flat(entries: tuple[MenuEntry, ...]) -> list[MenuEntry]:
    """The entries with those of their submenus."""
    return [each for entry in entries for each in (entry, *flat(entry.children))]


def enabled(snapshot, now) -> set[Action]:
    """What can be clicked."""
    return {entry.action for entry in flat(build_menu(snapshot, now)) if entry.enabled and entry.action}


ALWAYS = {
    Action.OPEN, Action.ROBOT_LOG, Action.LOGS_FOLDER, Action.HISTORY, Action.SETTINGS,
    Action.ORCHESTRATOR, Action.CHECK, Action.ABOUT, Action.CLOSE,
}  # fmt: skip


def test_ready_menu(now):
    """Without a job there is nothing to stop and no log of a job, and both stay in sight."""
    snapshot = Snapshot(connected=True)
    assert enabled(snapshot, now) == ALWAYS | {Action.PAUSE}
    labels = [entry.label for entry in flat(build_menu(snapshot, now))]
    assert {"Stop", "Force stop…", "Cancel log-off", "This job…"} <= set(labels)


@pytest.mark.parametrize(
    ("state", "extra"),
    [
        (RobotState.WORKING, {Action.STOP, Action.FORCE_STOP, Action.JOB_LOG}),
        (RobotState.OFFLINE, {Action.STOP, Action.FORCE_STOP, Action.JOB_LOG}),
        (RobotState.STOPPING, {Action.FORCE_STOP, Action.JOB_LOG}),
    ],
)
def test_menu_with_a_job(now, job, state, extra):
    """A running job can be stopped, by force even while it is stopping, also when the Orchestrator can't be reached."""
    assert enabled(Snapshot(state=state, job=job), now) == ALWAYS | {Action.PAUSE} | extra


def test_menu_without_settings(now):
    """Before there were any, nobody knows where history and the Orchestrator are; what helps can be clicked."""
    snapshot = Snapshot(state=RobotState.ERROR, problem="host: is missing", no_settings=True)
    assert enabled(snapshot, now) == {
        Action.PAUSE, Action.OPEN, Action.ROBOT_LOG, Action.LOGS_FOLDER,
        Action.SETTINGS, Action.CHECK, Action.ABOUT, Action.CLOSE,
    }  # fmt: skip


@pytest.mark.parametrize(("starts", "ticks"), [(None, []), (False, [False]), (True, [True])])
def test_start_with_windows_is_a_tick(now, starts, ticks):
    """Ticked while something starts the robot at log-on; where there is no Windows, there is no such line."""
    entries = build_menu(Snapshot(starts_with_windows=starts), now)
    assert [entry.checked for entry in entries if entry.action is Action.AUTOSTART] == ticks
    assert all(entry.checked is None for entry in flat(entries) if entry.action is not Action.AUTOSTART)


@pytest.mark.parametrize("no_settings", [False, True])
def test_one_line_is_what_a_click_on_the_icon_opens(now, no_settings):
    """The robot's own page, also before there are settings: a person can fill them in there."""
    snapshot = Snapshot(no_settings=no_settings)
    assert [entry.action for entry in flat(build_menu(snapshot, now)) if entry.main] == [Action.OPEN]
    assert MAIN is Action.OPEN
    assert Action.OPEN in enabled(snapshot, now)


def test_paused_menu(now):
    """A paused robot offers to resume in the place of the pause."""
    running, paused = build_menu(Snapshot(), now), build_menu(Snapshot(paused=True), now)
    assert [entry.action for entry in running].index(Action.PAUSE) == [entry.action for entry in paused].index(
        Action.RESUME
    )
    assert Action.PAUSE not in {entry.action for entry in paused}


def test_countdown_menu(now):
    """While the log-off counts down it can be cancelled, and the item says how long."""
    snapshot = Snapshot(state=RobotState.LEAVING, leaving_at=now + timedelta(seconds=12))
    assert Action.CANCEL_LEAVING in enabled(snapshot, now)
    assert "Cancel log-off (12 s)" in [entry.label for entry in build_menu(snapshot, now)]


def test_log_of_the_last_job(now, failed):
    """The log of a job that has ended can be opened, if there is one."""
    assert Action.JOB_LOG in enabled(Snapshot(last=failed), now)
    assert Action.JOB_LOG not in enabled(Snapshot(last=replace(failed, log_file=None)), now)


def test_menu_begins_with_what_is_going_on(now, job, failed):
    """State with job and time, last outcome, connection: to read, not to click."""
    menu = build_menu(Snapshot(state=RobotState.WORKING, job=job, last=failed, connected=True), now)
    assert [entry.label.split(",")[0] for entry in menu[:3]] == [
        "Working: finance/invoices — 1:15", "Last: payroll — failed", "Connected",
    ]  # fmt: skip
    assert not any(entry.enabled for entry in menu[:3])
    assert menu[3] is SEPARATOR


CONTROLS = {
    Action.PAUSE: "pause",
    Action.RESUME: "resume",
    Action.STOP: "stop_job",
    Action.FORCE_STOP: "abort_job",
    Action.CANCEL_LEAVING: "cancel_leaving",
    Action.CLOSE: "quit",
    Action.OPEN: "open_page",
    Action.JOB_LOG: "open_job_log",
    Action.ROBOT_LOG: "open_robot_log",
    Action.LOGS_FOLDER: "open_logs_folder",
    Action.HISTORY: "open_history",
    Action.SETTINGS: "open_settings",
    Action.AUTOSTART: "switch_autostart",
    Action.ORCHESTRATOR: "open_orchestrator",
    Action.CHECK: "run_check",
    Action.ABOUT: "show_about",
}


@pytest.mark.parametrize("action", list(Action))
def test_each_action_does_its_own(recorder, job, action):
    """Every item of the menu calls what it is named after, once."""
    state = RobotState.LEAVING if action is Action.CANCEL_LEAVING else RobotState.WORKING
    board = StateBoard(Snapshot(state=state, job=job))
    Clicks(board, recorder, recorder).carry_out(action)
    assert recorder.calls == [CONTROLS[action]]


def test_a_log_off_that_was_called_off_is_not_cancelled_again(recorder):
    """A notification may be clicked late: the next log-off is not cancelled by that."""
    Clicks(StateBoard(), recorder, recorder).carry_out(Action.CANCEL_LEAVING)
    assert recorder.calls == []


@pytest.mark.parametrize("action", [Action.FORCE_STOP, Action.CLOSE])
def test_asked_and_declined(recorder, job, action):
    """Force stop and closing ask first while a job runs, name the job, and do nothing after a No."""
    recorder.answer = False
    Clicks(StateBoard(Snapshot(state=RobotState.WORKING, job=job)), recorder, recorder).carry_out(action)
    assert recorder.calls == []
    assert "finance/invoices" in recorder.questions[0][1]


def test_closing_an_idle_robot_asks_nothing(recorder):
    """Without a job there is nothing to lose."""
    Clicks(StateBoard(), recorder, recorder).carry_out(Action.CLOSE)
    assert (recorder.calls, recorder.questions) == (["quit"], [])


def test_force_stop_without_a_job_does_nothing(recorder):
    """The job may end between the menu's opening and the click."""
    Clicks(StateBoard(), recorder, recorder).carry_out(Action.FORCE_STOP)
    assert (recorder.calls, recorder.questions) == ([], [])


def test_answer_is_about_the_job_that_was_asked_about(recorder, job):
    """If the next job has begun when the question is answered, it is not the one that is stopped."""
    board = StateBoard(Snapshot(state=RobotState.WORKING, job=job))

    def confirm(_title, _text):
        board.publish(job=replace(job, guid="guid-2"))
        return True

    recorder.confirm = confirm
    Clicks(board, recorder, recorder).carry_out(Action.FORCE_STOP)
    assert recorder.calls == []
