"""What a script or a builder prints, on the console as it comes, for a person who waits for it: no file, no limit."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Self

from app.jobs.output import OutputLog

if TYPE_CHECKING:
    from app.base.redaction import Mask


class ConsoleOutput(OutputLog):
    """As a job's log, but on stdout. The same words are masked; the robot's own lines are marked in the same way."""

    def __init__(self, mask: Mask) -> None:
        super().__init__(None, sys.maxsize, mask)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish([])

    def show(self, data: bytes) -> None:
        """Put what isn't the script's output on the console."""
        with self._lock:
            self._write(self._mask(data))

    def _write(self, data: bytes) -> None:
        if not data or sys.stdout is None:
            return
        with contextlib.suppress(OSError, ValueError):  # who closes the pipe that we write to doesn't want to read it
            sys.stdout.flush()
            sys.stdout.buffer.write(data)  # also to a console of Windows, which takes UTF-8 here
            sys.stdout.buffer.flush()
