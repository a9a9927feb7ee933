"""From a click to what the robot or the program does; asks first where something would be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.base.i18n import _
from app.robot.state import RobotState
from app.tray import texts
from app.tray.menu import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.robot.state import RobotControls, StateBoard


class TrayActions(Protocol):
    """What the program offers beyond the robot.

    Every call comes from a thread of its own and may take its time.
    """

    def open_page(self, path: str = "now") -> None:
        """Show the robot's own page, from this path on (`history/<guid>`)."""

    def open_job_log(self) -> None:
        """Show the log of the running job, else of the last one."""

    def open_robot_log(self) -> None:
        """Show the robot's own log."""

    def open_logs_folder(self) -> None:
        """Show the folder of all logs."""

    def open_settings(self) -> None:
        """Open the settings file for editing."""

    def switch_autostart(self) -> None:
        """Start with Windows from now on, or not any more."""

    def open_history(self) -> None:
        """Show the page of past runs."""

    def open_orchestrator(self) -> None:
        """Open the Orchestrator's page."""

    def run_check(self) -> None:
        """Check whether this machine is ready, and show the outcome."""

    def show_about(self) -> None:
        """Say what program this is."""

    def confirm(self, title: str, text: str) -> bool:
        """Ask yes or no; blocks until answered. False if it can't be asked."""


class Clicks:
    """Carries out what was clicked in the menu."""

    def __init__(self, board: StateBoard, controls: RobotControls, actions: TrayActions) -> None:
        self._board = board
        self._controls = controls
        self._actions = actions
        self._by_action: dict[Action, Callable[[], None]] = {
            Action.PAUSE: controls.pause,
            Action.RESUME: controls.resume,
            Action.STOP: controls.stop_job,
            Action.FORCE_STOP: self._force_stop,
            Action.CANCEL_LEAVING: self._cancel_leaving,
            Action.OPEN: actions.open_page,
            Action.JOB_LOG: actions.open_job_log,
            Action.ROBOT_LOG: actions.open_robot_log,
            Action.LOGS_FOLDER: actions.open_logs_folder,
            Action.HISTORY: actions.open_history,
            Action.SETTINGS: actions.open_settings,
            Action.AUTOSTART: actions.switch_autostart,
            Action.ORCHESTRATOR: actions.open_orchestrator,
            Action.CHECK: actions.run_check,
            Action.ABOUT: actions.show_about,
            Action.CLOSE: self._close,
        }

    def carry_out(self, action: Action) -> None:
        """Do it; returns when it is done or refused."""
        self._by_action[action]()

    def _cancel_leaving(self) -> None:
        # A notification may be clicked when nobody leaves any more: that is no wish to stay the next time.
        if self._board.snapshot.state is RobotState.LEAVING:
            self._controls.cancel_leaving()

    def _force_stop(self) -> None:
        job = self._board.snapshot.job
        if job is None:
            return
        question = _("Stop “{job}” at once? It gets no chance to finish its work.")
        if not self._actions.confirm(_("Force stop"), question.format(job=texts.job_name(job.name))):
            return
        # The answer may come minutes later: it is about the job that was asked about and no other.
        now = self._board.snapshot.job
        if now is not None and now.guid == job.guid:
            self._controls.abort_job()

    def _close(self) -> None:
        job = self._board.snapshot.job
        if job is not None:
            question = _("“{job}” is running. It will be stopped at once and reported as aborted. Close the program?")
            if not self._actions.confirm(_("Close program"), question.format(job=texts.job_name(job.name))):
                return
        self._controls.quit()
