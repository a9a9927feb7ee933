"""A log file by day: `robot.log`, and beside it the days before as `robot.log.2026-11-24`.

Not the library's: that one removes a day that is there already, turns no day for a year after the clock was set back by
one, and takes whatever is called `robot.log.2026-11-24.zip` for its own.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import TextIOWrapper

_SECONDS_PER_DAY: Final = 86400
_AGAIN: Final = 3600  # seconds after which a day that couldn't be turned is tried again


class FileByDay(logging.FileHandler):
    """Turns with the first line of a day; with a clock that was set back by more than one as well.

    Windows can't rename a file that a viewer holds open, and the day that it would be may be there already, from before
    the clock was set back: then its lines stay, and those of the new day stand behind them.

    Args:
        file: the log of today, or of the last day on which something was said.
        on_new_day: called with each new day, before its first line.
        clock: seconds since 1970.
    """

    def __init__(self, file: Path, on_new_day: Callable[[], None], clock: Callable[[], float] = time.time) -> None:
        super().__init__(file, encoding="utf-8", errors="backslashreplace")
        self._on_new_day = on_new_day
        self._clock = clock
        facts = Path(self.baseFilename).stat()
        self._latest = facts.st_mtime if facts.st_size else clock()
        self._day = _day_of(self._latest)
        self._not_before = 0.0  # on the monotonic clock

    def emit(self, record: logging.LogRecord) -> None:
        """Write it; on Linux into a new file if somebody has removed, moved or replaced this one."""
        try:
            if sys.platform != "win32":  # there nobody can
                with suppress(OSError):  # no folder, no right: the old one it is
                    self._follow()
            self._turn_if_it_is_time()
            super().emit(record)
        except OSError:
            self.handleError(record)

    def _turn_if_it_is_time(self) -> None:
        now = self._clock()
        day = _day_of(now)
        # Some seconds back, over midnight, are no other day: it would come twice.
        if day <= self._day and now > self._latest - _SECONDS_PER_DAY:
            self._latest = max(now, self._latest)
        elif time.monotonic() >= self._not_before:
            self._on_new_day()
            if self._set_aside():
                self._latest, self._day = now, day
            else:
                self._not_before = time.monotonic() + _AGAIN

    def _set_aside(self) -> bool:
        """Whether today's file begins empty, or goes on behind a day that is there already."""
        today = Path(self.baseFilename)
        before = today.with_name(f"{today.name}.{self._day}")
        if before.exists():
            return True
        if self.stream:
            self.stream.close()
            self.stream = None  # as the library does
        try:
            today.rename(before)
        except OSError:
            return False
        finally:
            self.stream = self._open()
        return True

    def _follow(self) -> None:
        try:
            there = os.stat(self.baseFilename)  # noqa: PTH116 - a text, the library has it so
        except FileNotFoundError:
            there = None
        if self.stream is None or (there is not None and not stat.S_ISREG(there.st_mode)):
            return
        if there is None or not os.path.samestat(there, os.fstat(self.stream.fileno())):
            new = self._open()
            self.stream.close()
            self.stream = new

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if sys.platform != "win32":  # one that an earlier version made
            with suppress(OSError):
                os.fchmod(handle, 0o600)
        return os.fdopen(handle, "a", encoding=self.encoding, errors=self.errors)


def _day_of(moment: float) -> str:
    """The local day, as it stands in the name of a file."""
    return time.strftime("%Y-%m-%d", time.localtime(moment))
