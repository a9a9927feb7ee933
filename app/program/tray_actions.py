"""What the tray offers beyond the robot: its page, logs, settings, the Orchestrator's page, about."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from app import __version__
from app.base.errors import RobotError
from app.base.i18n import _
from app.base.paths import DataPaths
from app.program.licences import licences
from app.settings.loading import candidate_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.program.service import Service
    from app.robot.state import StateBoard

log = logging.getLogger("robot.program")


class Actions:
    """Implements the tray's `TrayActions`. Every call may take its time; a failure is said in a dialog, not raised."""

    def __init__(self, service: Service, board: StateBoard, config: Path | None) -> None:
        self._service = service
        self._board = board
        self._config = config
        if sys.platform == "win32":
            # Nobody knows yet. Looking may take longer than a menu waits, and its lines must not move.
            board.publish(starts_with_windows=False)

    def open_page(self, path: str = "now") -> None:
        """The robot's own page."""
        self._guarded(lambda: self._service.page.show(path))

    def open_job_log(self) -> None:
        """The log of the running job, else of the last one."""
        snapshot = self._board.snapshot
        file = snapshot.job.log_file if snapshot.job else snapshot.last.log_file if snapshot.last else None
        if file:
            self._open(file)

    def open_robot_log(self) -> None:
        """The robot's own log; before there is a robot, the log of what keeps it from coming up."""
        if file := self._log_file():
            self._open(file)

    def open_logs_folder(self) -> None:
        """The folder of all logs."""
        if file := self._log_file():
            self._open(file.parent)

    def open_settings(self) -> None:
        """The settings file in force; before there is one, the template that the first start wrote."""
        loaded = self._service.loaded
        files = loaded.files if loaded else ()
        found = [*files, *(file for file in candidate_files(self._config) if file.is_file())]
        if found:
            self._open(found[-1] if not files else files[-1])

    def look_at_autostart(self) -> None:
        """Publish whether the robot starts with Windows."""
        if sys.platform == "win32":
            from app.system import autostart

            try:
                starts = autostart.status().enabled
            except RobotError as error:
                log.warning("%s", error)
                starts = False
            self._board.publish(starts_with_windows=starts)

    def switch_autostart(self) -> None:
        """Start with Windows from now on, or not any more: as `robot autostart` does it."""
        self._guarded(self._switch_autostart)

    def open_history(self) -> None:
        """The past runs, on the robot's own page."""
        self.open_page("history")

    def open_orchestrator(self) -> None:
        """The Orchestrator's page."""
        if self._service.loaded:
            self._open(self._service.loaded.settings.host)

    def run_check(self) -> None:
        """Check this machine and show the outcome: on the page, or in a box where none can be shown."""
        try:
            self._service.page.show("check")
        except RobotError as error:
            log.warning("%s", error)
            self._guarded(self._show_check)

    def show_about(self) -> None:
        """Which program this is."""
        from app.tray import dialogs

        dialogs.inform(_("About Robot"), self._about())

    def confirm(self, title: str, text: str) -> bool:
        """Ask yes or no."""
        from app.tray import dialogs

        return dialogs.confirm(title, text)

    def say(self, error: RobotError) -> None:
        """Show an error that ends the program to whoever is there."""
        from app.tray import dialogs

        dialogs.inform(_("Robot"), str(error))

    def _about(self) -> str:
        loaded = self._service.loaded
        log_file = self._log_file()
        data = loaded.settings.data_dir if loaded else log_file.parent.parent if log_file else None
        files = loaded.files if loaded else tuple(file for file in candidate_files(self._config) if file.is_file())
        lines = [
            _("Robot {version}").format(version=__version__),
            _("Runs Python scripts for Sherpa Orchestrator."),
            "",
            *([_("Settings: {file}").format(file=file) for file in files]),
            *([_("Data: {folder}").format(folder=data)] if data else []),
            "",
            _("MIT License; parts under licences of their own."),
            *(_("Licences: {file}").format(file=file) for file in licences()),
        ]
        return "\n".join(lines)

    def _log_file(self) -> Path | None:
        loaded, start_log = self._service.loaded, self._service.trouble.start_log
        if loaded:
            return DataPaths(loaded.settings.data_dir).robot_log
        return start_log.file if start_log else None

    def _config_option(self) -> list[str]:
        return ["--config", str(self._config.absolute())] if self._config else []

    def _switch_autostart(self) -> None:
        from app.program.own_process import run_command

        try:
            if self._board.snapshot.starts_with_windows:
                run_command(["autostart", "disable"], {})
                return
            try:
                run_command(["autostart", "enable", "--task", *self._config_option()], {})
            except RobotError as error:  # a policy may keep tasks from users
                log.warning("The task can't be made, the Startup folder has to do: %s", error)
                run_command(["autostart", "enable", "--startup", *self._config_option()], {})
        finally:
            self.look_at_autostart()

    def _show_check(self) -> None:
        from app.check.checklist import check_as_text
        from app.tray import dialogs

        dialogs.inform(_("Check"), check_as_text(self._config))

    def _open(self, target: Path | str) -> None:
        from app.system.opener import open_for_person

        self._guarded(lambda: open_for_person(target))

    def _guarded(self, action: Callable[[], None]) -> None:
        """Carry out what a person asked for; an error is shown to them, not raised into the tray."""
        try:
            action()
        except RobotError as error:
            log.warning("%s", error)
            self.say(error)
