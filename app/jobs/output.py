"""What a script prints: every byte into the job's log file, up to a limit, with the robot's credential masked.

The script is never held up: a log that can't be written (full disk, no rights) is given up, and the output thrown away.
Of a log that grows past its limit the beginning and the last 256 KiB are kept. Lines that begin with `[robot]` are the
robot's own; one that a script prints so gets a blank before it.

Beside the log lies a file of times: its n-th line says when the n-th line of the log was complete. Of a log of very
many lines it has the first ones'.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import re
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Final

from app.jobs.last_line import last_line

if TYPE_CHECKING:
    from pathlib import Path

    from app.base.redaction import Mask

_OWN: Final = b"[robot]"  # how the robot's own lines begin
TAIL_BYTES: Final = 256 * 1024
_READ_BYTES: Final = 1 << 20
_LAST_BYTES: Final = 16 * 1024  # in which the last line is looked for
TIMES_SUFFIX: Final = ".times"
# O_NONBLOCK: a pipe in the file's place is an error rather than a wait for somebody who reads it.
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
# What an editor, a terminal or str.splitlines takes for the end of a line: as bytes of UTF-8, and as letters.
_LINE_END: Final = rb"[\n\r\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]"
_FORGED: Final = re.compile(rb"(" + _LINE_END + rb")\[robot\]")

_log = logging.getLogger("robot.jobs")


class OutputLog:
    """One job's log file. `drain` runs on a thread of its own until the last writer has gone.

    Args:
        file: the log, made anew or appended to; its folders are made. None: a subclass writes elsewhere.
        limit: bytes of output to keep from its beginning, and of times.
        mask: takes secrets out.
    """

    def __init__(self, file: Path | None, limit: int, mask: Mask) -> None:
        self._mask = mask
        self._room = self._room_for_times = limit
        self._lock = threading.Lock()
        self._held = b""  # the beginning of what may become a secret, or a line like the robot's own
        self._before = b"\n"  # the last bytes that were written
        self._tail = bytearray()
        self._unwritten = 0
        self._part = 0  # bytes of the program that writes now
        self._file = self._times = -1
        if file is None:
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(file, _APPEND, 0o600)
            self._times = os.open(file.with_suffix(TIMES_SUFFIX), _APPEND, 0o600)
        except (OSError, ValueError) as error:  # ValueError: a name that this machine's encoding lacks
            _log.error("The job's log %s can't be written, its output is lost: %s", file, error)

    def drain(self, source: int) -> None:
        """Copy from the file descriptor `source` until its end, and close it."""
        # Pages of its own, which go back to the system with the job. As a bytearray they would stay with whichever of
        # the C library's arenas this thread was given: up to a megabyte or two in each, one thread after the other.
        # Not closed by name: what failed may still hold a part of it.
        view = memoryview(buffer := mmap.mmap(-1, _READ_BYTES))
        with os.fdopen(source, "rb", buffering=0) as stream:
            while count := stream.readinto(buffer):
                try:
                    self._take(view[:count])
                except Exception:  # noqa: BLE001 - whatever it is, a script that nobody reads from stands still
                    _log.exception("A part of the job's output is lost")

    def hide(self, secret: str) -> None:
        """Mask `secret` in what comes from now on, however short it is."""
        with self._lock:
            self._mask.learn(secret, shortest=1)

    def masked(self, text: str) -> str:
        """`text` without what must not be seen of this run."""
        with self._lock:
            return self._mask(text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def line(self, text: str) -> None:
        """Add a line of the robot's own, on a line of its own."""
        with self._lock:
            self._write(self._mask(text.encode("utf-8", "backslashreplace")) + b"\n")

    def begin_part(self) -> None:
        """From here on another program writes: it begins on a line of its own, and has a last line of its own."""
        with self._lock:
            self._flush_held()
            if self._part and not self._tail.endswith(b"\n"):
                self._write(b"\n")
            self._before, self._part = b"\n", 0

    def finish(self, footer: list[str]) -> None:
        """After the output's end: write what was held back, the tail of a cut log and the footer, and close."""
        with self._lock:
            self._flush_held()
            if self._unwritten:
                self._write_tail()
            self._write(b"" if not self._tail or self._tail.endswith(b"\n") else b"\n")
            for text in footer:
                self._write(self._mask(text.encode("utf-8", "backslashreplace")) + b"\n")
            self._close()

    def last_line(self) -> str:
        """The last line that says something, masked, at most 500 characters; empty if nothing was printed.

        Of the program that writes now, or wrote last; see `begin_part`.
        """
        with self._lock:
            end = bytes(self._tail[len(self._tail) - min(self._part, _LAST_BYTES, len(self._tail)) :])
        return self._mask(last_line(self._mask(end)).encode("utf-8", "replace")).decode("utf-8", "replace")

    def _take(self, data: memoryview) -> None:
        with self._lock:
            self._tail += data[-TAIL_BYTES:]
            self._part += len(data)
            if len(self._tail) > 2 * TAIL_BYTES:
                del self._tail[:-TAIL_BYTES]
            if self._unwritten:
                self._unwritten += len(data)
                return
            ready, self._held = self._mask.split(self._held + bytes(data))
            if begun := _begins_as_ours(self._before + ready[-2 * len(_OWN) :]):
                ready, self._held = ready[:-begun], ready[-begun:] + self._held
            self._keep(ready)

    def _keep(self, ready: bytes) -> None:
        """Write masked output while there is room."""
        ready = self._marked_as_foreign(ready)
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
        self._before = b"\n"
        self._write(self._marked_as_foreign(self._mask.ends(tail)))

    def _marked_as_foreign(self, output: bytes) -> bytes:
        """`output`, which comes next, with a blank before what looks like a line of the robot's own."""
        joined = self._before + output
        if _OWN in joined:  # faster than the expression
            output = _FORGED.sub(rb"\1 [robot]", joined)[len(self._before) :]
        self._before = joined[-3:]  # the longest end of a line
        return output

    def _write(self, data: bytes) -> None:
        if self._file < 0:
            return
        try:
            _write_all(self._file, data)
            if self._times >= 0 and (lines := data.count(b"\n")):
                self._write_times(lines)
        except OSError as error:
            _log.error("The job's log can't be written any more, its output is lost: %s", error)
            self._close()

    def _write_times(self, lines: int) -> None:
        now = f"{datetime.now().astimezone().isoformat(' ', 'milliseconds')}\n".encode()
        kept = min(lines, self._room_for_times // len(now))
        _write_all(self._times, now * kept)
        # Whatever comes after a line without a time has none either: the n-th stays that of the n-th line.
        self._room_for_times = self._room_for_times - kept * len(now) if kept == lines else 0

    def _close(self) -> None:
        files, self._file, self._times = (self._file, self._times), -1, -1
        for file in files:
            if file >= 0:
                with contextlib.suppress(OSError):  # a network drive says only now that it is full
                    os.close(file)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _begins_as_ours(output: bytes) -> int:
    """How many of the last bytes may be the beginning of a line like the robot's own; 0 if none are."""
    start = output.rfind(_OWN[:1], -len(_OWN) + 1)
    if (
        start <= 0
        or not _OWN.startswith(output[start:])
        or not _FORGED.search(output[max(0, start - 3) : start] + _OWN)
    ):
        return 0
    return len(output) - start
