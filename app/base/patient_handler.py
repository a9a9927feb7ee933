"""A log handler that may be held up, and holds up nobody else.

A console in which somebody has selected text takes nothing more until that ends, and a pipe that nobody reads takes a
few pages: whoever writes there waits, and with it, if it writes itself, everything that it does.
https://learn.microsoft.com/windows/console/console-modes (ENABLE_QUICK_EDIT_MODE)
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from logging import LogRecord

PATIENCE: Final = 1.0  # seconds that a line is waited for: what is printed meanwhile stands behind it
MOST_LINES: Final = 10_000  # that wait; of more the oldest are lost


class PatientHandler(logging.Handler):
    """Passes records on to `inner` on a thread of its own.

    Each line is waited for, so that all that a program writes stands in its order; but for `PATIENCE` at most, and not
    at all while `inner` is held up.
    """

    def __init__(self, inner: logging.Handler, patience: float = PATIENCE) -> None:
        super().__init__()
        self._inner = inner
        self._patience = patience
        self._condition = threading.Condition()  # guards the following
        self._records: deque[LogRecord] = deque()
        self._put = 0  # how many have come so far, and how many of them have been passed on or lost
        self._done = 0
        self._lost = 0
        self._held_up = False
        self._ended = False
        # No `OwnedThread`: what that says of one that doesn't end would wait as well.
        self._thread = threading.Thread(target=self._run, name="console-log", daemon=True)

    def emit(self, record: LogRecord) -> None:
        """Pass it on; see above how long that takes."""
        with self._condition:
            if self._thread.ident is None:
                self._thread.start()
            if len(self._records) >= MOST_LINES:
                self._records.popleft()
                self._lost += 1
                self._done += 1
            self._records.append(record)
            self._put += 1
            mine = self._put
            self._condition.notify_all()
            if not self._held_up:
                self._held_up = not self._condition.wait_for(lambda: self._done >= mine, self._patience)

    def finish(self) -> bool:
        """Pass on what waits, and end; False if that isn't possible: `inner` may be held up for ever."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()
        if self._thread.ident is not None:
            self._thread.join(self._patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._records or self._ended)
                if not self._records:
                    return
                record, lost, self._lost = self._records.popleft(), self._lost, 0
            if lost:
                self._inner.handle(_tell_of(lost, record))
            self._inner.handle(record)
            with self._condition:
                self._done += 1
                self._held_up = False
                self._condition.notify_all()


def _tell_of(lost: int, before: LogRecord) -> LogRecord:
    record = logging.makeLogRecord({"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING"})
    record.created, record.msecs = before.created, before.msecs
    record.msg, record.args = "%d lines could not be written here", (lost,)
    return record
