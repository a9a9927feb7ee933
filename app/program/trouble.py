"""What a person must mend before there is a robot: shown on the board, written into a log, once each."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.base import logs
from app.base.errors import RobotError, UnfilledError
from app.base.paths import DataPaths, default_data_dir
from app.robot.state import RobotState
from app.settings.loading import data_dir_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.base.start_log import StartLog
    from app.robot.state import StateBoard

log = logging.getLogger("robot.program")


class Trouble:
    """Tells of errors as long as no robot comes up.

    Args:
        config: the settings file that was named.
        start_log: takes what is said meanwhile; None: nobody keeps it.

    Attributes:
        start_log: the same.
        data_dir: of the settings that were read last; None before any were.
    """

    def __init__(self, board: StateBoard, config: Path | None, start_log: StartLog | None) -> None:
        self._board = board
        self._config = config
        self._told = ""
        self._logged = ""
        self.start_log = start_log
        self.data_dir: Path | None = None

    def tell(self, error: RobotError, *, no_settings: bool) -> None:
        """Show what is wrong, or kindly what is still to be filled in; the log has it when it is news."""
        unfilled = isinstance(error, UnfilledError)
        problem = error.kindly if isinstance(error, UnfilledError) else str(error)
        self.settle_log()
        if problem != self._told and not logs.is_logged(error):
            log.log(logging.INFO if unfilled else logging.ERROR, "%s", error)
            self._logged = str(error)
        self._told = problem
        self._board.publish(
            state=RobotState.ERROR,
            problem=problem,
            job=None,
            connected=None,  # nobody is asked anything now
            unfilled=unfilled,
            no_settings=no_settings,
        )

    def is_said(self, error: BaseException) -> bool:
        """Whether the log, and so the console, has just these words already."""
        return str(error) == self._logged

    def settle_log(self) -> None:
        """No robot has come up: what is said goes into a file of its own, beside where the robot's log would be."""
        if self.start_log is not None:
            folder = self.data_dir or data_dir_of(self._config)
            self.start_log.settle([DataPaths(folder), DataPaths(default_data_dir())])
