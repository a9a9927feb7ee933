"""What a script or a builder prints, on the console as it comes, for a person who waits for it: no file, no limit."""

from __future__ import annotations

import codecs
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
        self._letters = codecs.getincrementaldecoder("utf-8")("replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish([])

    def _write(self, data: bytes) -> None:
        if not data or sys.stdout is None:
            return
        with contextlib.suppress(OSError, ValueError):  # who closes the pipe that we write to doesn't want to read it
            if sys.stdout.encoding.lower().replace("-", "") == "utf8":  # a console of Windows as well
                sys.stdout.flush()
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            else:
                sys.stdout.write(self._letters.decode(data))
                sys.stdout.flush()
