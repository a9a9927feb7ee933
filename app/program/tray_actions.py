"""What the tray offers beyond the robot: logs, settings, history, the Orchestrator's page, check, about."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app import __version__
from app.base.errors import RobotError
from app.base.i18n import _
from app.base.paths import DataPaths
from app.settings.loading import candidate_files
from app.settings.model import environment_name

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

    def open_job_log(self) -> None:
        """The log of the running job, else of the last one."""
        snapshot = self._board.snapshot
        file = snapshot.job.log_file if snapshot.job else snapshot.last.log_file if snapshot.last else None
        if file:
            self._open(file)

    def open_robot_log(self) -> None:
        """The robot's own log."""
        self._with_data(lambda paths: self._open(paths.robot_log))

    def open_logs_folder(self) -> None:
        """The folder of all logs."""
        self._with_data(lambda paths: self._open(paths.logs))

    def open_settings(self) -> None:
        """The settings file in force; before there is one, the template that the first start wrote."""
        loaded = self._service.loaded
        files = loaded.files if loaded else ()
        found = [*files, *(file for file in candidate_files(self._config) if file.is_file())]
        if found:
            self._open(found[-1] if not files else files[-1])

    def open_history(self) -> None:
        """The page of past runs, made anew."""
        self._guarded(self._show_history)

    def open_orchestrator(self) -> None:
        """The Orchestrator's page."""
        if self._service.loaded:
            self._open(self._service.loaded.settings.host)

    def run_check(self) -> None:
        """Check this machine and show the outcome."""
        self._guarded(self._show_check)

    def show_about(self) -> None:
        """Which program this is."""
        from app.tray import dialogs

        dialogs.inform(
            _("About Robot"),
            _("Robot {version}\nRuns Python scripts for Sherpa Orchestrator.\nMIT License").format(version=__version__),
        )

    def confirm(self, title: str, text: str) -> bool:
        """Ask yes or no."""
        from app.tray import dialogs

        return dialogs.confirm(title, text)

    def say(self, error: RobotError) -> None:
        """Show an error that ends the program to whoever is there."""
        from app.tray import dialogs

        dialogs.inform(_("Robot"), str(error))

    def _show_history(self) -> None:
        from app.program.own_process import run_command

        loaded = self._service.loaded
        if loaded:
            paths = DataPaths(loaded.settings.data_dir)
            config = ["--config", str(self._config.absolute())] if self._config else []
            # The page is of the settings in force, whatever the file says meanwhile.
            in_force = {environment_name("data_dir"): str(paths.root.absolute())}
            run_command(["history", *config, "--output", str(paths.history_page.absolute())], in_force)
            self._open(paths.history_page)

    def _show_check(self) -> None:
        from app.check.checklist import check_as_text
        from app.tray import dialogs

        dialogs.inform(_("Check"), check_as_text(self._config))

    def _with_data(self, action: Callable[[DataPaths], None]) -> None:
        if self._service.loaded:
            action(DataPaths(self._service.loaded.settings.data_dir))

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
