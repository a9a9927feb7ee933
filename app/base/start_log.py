"""What is said before there is a robot: kept, and written where it belongs as soon as that is known.

The robot's log opens when its settings are right and its places are taken. What came before goes into it as its first
lines. Where no robot comes up (wrong settings, a second start), it goes into `start.log` beside it instead: a second
program must not write into the log of the robot that runs, which is renamed at midnight.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from app.base.data_folder import make_data_folder
from app.base.private_files import make_private_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.base.paths import DataPaths

MOST_BYTES: Final = 512 * 1024  # then it begins anew; one older file is kept
_MOST_HELD: Final = 1000  # records


class StartLog(logging.Handler):
    """A log that is at work whenever no robot's log is.

    Attributes:
        file: where it has written; None while everything is kept, or no folder could be written.
    """

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._held: list[logging.LogRecord] = []
        self._silent = False
        self._state = threading.RLock()
        self.file: Path | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or keep it until somebody says where to."""
        with self._state:
            if self._silent:
                return
            if self.file is None:
                self._held = [*self._held[1 - _MOST_HELD :], record]
            else:
                self._write([record])

    def hand_over(self, handler: logging.Handler) -> None:
        """A robot's log has been opened: it begins with what was kept, and says everything from now on."""
        with self._state:
            for record in self._held:
                handler.handle(record)
            self._held = []
            self._silent = True

    def take_over(self) -> None:
        """That log has been closed."""
        with self._state:
            self._silent = False

    def settle(self, places: Sequence[DataPaths]) -> None:
        """No robot has come up: write what was kept, and what follows, into the first of these data folders."""
        with self._state:
            for paths in places:
                with suppress(OSError):
                    make_data_folder(paths.root)
                    make_private_folder(paths.logs)
                    _begin_anew_if_long(paths.start_log)
                    self.file = paths.start_log
                    self._write(self._held)
                    self._held = []
                    return
            self.file = None

    def _write(self, records: Sequence[logging.LogRecord]) -> None:
        """Opened for each line: several starts may be at it, and none holds the file."""
        if self.file is None or not records:
            return
        lines = "".join(f"{self.format(record)}\n" for record in records)
        with suppress(OSError):
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(lines)


def _begin_anew_if_long(file: Path) -> None:
    with suppress(OSError):  # not there yet, or somebody reads it
        if file.stat().st_size > MOST_BYTES:
            file.replace(file.with_suffix(".log.old"))
