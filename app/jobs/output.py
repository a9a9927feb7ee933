"""What a script prints: every byte into the job's log file, up to a limit, with the robot's credential masked.

The script is never held up: a log that can't be written (full disk, no rights) is given up, and the output thrown away.
Of a log that grows past its limit the beginning and the last 256 KiB are kept.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Final

from app.base.plain_text import printable

if TYPE_CHECKING:
    from pathlib import Path

    from app.base.redaction import Mask

TAIL_BYTES: Final = 256 * 1024
LAST_LINE_LIMIT: Final = 500  # characters
_READ_BYTES: Final = 1 << 20

_log = logging.getLogger(__name__)


class OutputLog:
    """One job's log file. `drain` runs on a thread of its own until the last writer has gone.

    Args:
        file: the log, made anew or appended to; its folders are made.
        limit: bytes of output to keep from its beginning.
        mask: takes secrets out.
    """

    def __init__(self, file: Path, limit: int, mask: Mask) -> None:
        self._mask = mask
        self._room = limit
        self._lock = threading.Lock()
        self._held = b""  # the beginning of what may become a secret
        self._tail = bytearray()
        self._unwritten = 0
        self._file = -1
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._file = os.open(file, flags, 0o600)
        except OSError as error:
            _log.error("The job's log %s can't be written, its output is lost: %s", file, error)

    def drain(self, source: int) -> None:
        """Copy from the file descriptor `source` until its end, and close it."""
        buffer = bytearray(_READ_BYTES)
        view = memoryview(buffer)
        with os.fdopen(source, "rb", buffering=0) as stream:
            while count := stream.readinto(buffer):
                self._take(view[:count])

    def line(self, text: str) -> None:
        """Add a line of the robot's own, on a line of its own."""
        with self._lock:
            self._write(self._mask(text.encode("utf-8", "backslashreplace")) + b"\n")

    def finish(self, footer: list[str]) -> None:
        """After the output's end: write what was held back, the tail of a cut log and the footer, and close."""
        with self._lock:
            self._flush_held()
            if self._unwritten:
                self._write_tail()
            self._write(b"" if not self._tail or self._tail.endswith(b"\n") else b"\n")
            for text in footer:
                self._write(self._mask(text.encode("utf-8", "backslashreplace")) + b"\n")
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def last_line(self) -> str:
        """The last line with anything in it, masked; empty if nothing was printed."""
        with self._lock:
            text = self._mask(bytes(self._tail[-16 * 1024 :])).decode("utf-8", "replace")
        for line in reversed(text.splitlines()):
            if shown := printable(line, limit=LAST_LINE_LIMIT):
                return shown
        return ""

    def _take(self, data: memoryview) -> None:
        with self._lock:
            self._tail += data[-TAIL_BYTES:]
            if len(self._tail) > 2 * TAIL_BYTES:
                del self._tail[:-TAIL_BYTES]
            if self._unwritten:
                self._unwritten += len(data)
                return
            ready, self._held = self._mask.split(self._held + bytes(data))
            self._keep(ready)

    def _keep(self, ready: bytes) -> None:
        """Write masked output while there is room."""
        self._write(ready[: self._room])
        if len(ready) > self._room:
            self._unwritten = len(ready) - self._room + len(self._held)
            self._held = b""
            self._write(b"\n[robot] ===== The log is full: output is left out from here on. Its end follows. =====\n")
        self._room -= min(self._room, len(ready))

    def _flush_held(self) -> None:
        held, self._held = self._held, b""
        self._keep(self._mask(held))

    def _write_tail(self) -> None:
        kept = min(self._unwritten, TAIL_BYTES)
        missing = self._unwritten - kept
        self._write(f"[robot] ===== {missing} bytes are left out here. =====\n".encode())
        # One secret's length more than is shown, so that one which the cut goes through is masked as well.
        tail = bytes(self._tail[-kept:])
        self._write(self._mask.ends(tail))

    def _write(self, data: bytes) -> None:
        if self._file < 0:
            return
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            _log.error("The job's log can't be written any more, its output is lost: %s", error)
            os.close(self._file)
            self._file = -1
