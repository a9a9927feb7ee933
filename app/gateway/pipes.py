"""Doors and wires of Windows: named pipes, for their owner alone, closed to other machines.

Every wait is overlapped, so that the end of a run wakes it. Between one visitor and the next there is a moment in which
a pipe is busy (error 231): whoever knocks then waits and tries again, as with every named pipe.
https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-createnamedpipew (namedpipeapi)
"""

from __future__ import annotations

import contextlib
import errno
import logging
import secrets
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import pywintypes
import win32api
import win32con
import win32event
import win32file
import win32pipe
import winerror

from app.base import private_files
from app.base.threads import OwnedThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.gateway.wire import Wire

if sys.platform != "win32":
    raise ImportError("for Windows only")

_log = logging.getLogger("robot.jobs")
_REJECT_REMOTE_CLIENTS: Final = 0x8  # PIPE_REJECT_REMOTE_CLIENTS, which pywin32 doesn't name
_FIRST_INSTANCE: Final = 0x00080000  # FILE_FLAG_FIRST_PIPE_INSTANCE: nobody else has made a pipe of that name
_BUFFER_BYTES: Final = 64 * 1024
_NAME_BYTES: Final = 16
_GONE: Final = {winerror.ERROR_BROKEN_PIPE, winerror.ERROR_PIPE_NOT_CONNECTED, winerror.ERROR_NO_DATA}
_PATIENCE: Final = 2.0  # seconds for a door to be closed


class PipeWire:
    """One connection."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._closing = win32event.CreateEvent(None, True, False, None)
        self._io = threading.Lock()  # held while the handle is used
        self._closed = False

    def receive(self, limit: int, seconds: float | None) -> bytes:
        """See `Wire`."""
        with self._io:
            if self._closed:
                return b""
            overlapped = _overlapped()
            buffer = win32file.AllocateReadBuffer(limit)
            try:
                win32file.ReadFile(self._handle, buffer, overlapped)
                count = self._finish(overlapped, seconds)
            except pywintypes.error as error:
                if error.winerror in _GONE:
                    return b""
                raise _os_error(error) from None
            return bytes(buffer[:count])

    def send(self, data: bytes, seconds: float) -> None:
        """See `Wire`."""
        view = memoryview(data)
        while view:
            with self._io:
                if self._closed:
                    raise BrokenPipeError
                overlapped = _overlapped()
                try:
                    win32file.WriteFile(self._handle, bytes(view[:_BUFFER_BYTES]), overlapped)
                    count = self._finish(overlapped, seconds)
                except pywintypes.error as error:
                    raise _os_error(error) from None
            if not count:
                raise BrokenPipeError
            view = view[count:]

    def _finish(self, overlapped: Any, seconds: float | None) -> int:
        """How many bytes the request has moved; 0 if the wire is being closed.

        Raises:
            pywintypes.error: it failed. TimeoutError: it took too long.
        """
        patience = win32event.INFINITE if seconds is None else int(seconds * 1000)
        found = win32event.WaitForMultipleObjects([self._closing, overlapped.hEvent], False, patience)
        if found == win32event.WAIT_OBJECT_0 + 1:
            return int(win32file.GetOverlappedResult(self._handle, overlapped, True))
        win32file.CancelIo(self._handle)
        with contextlib.suppress(pywintypes.error):  # the system must not use the buffer any more
            win32file.GetOverlappedResult(self._handle, overlapped, True)
        if found == win32event.WAIT_TIMEOUT:
            raise TimeoutError(errno.ETIMEDOUT, "the other end of the pipe is too slow")
        return 0

    def close(self) -> None:
        """See `Wire`. What was sent can still be read at the other end."""
        win32event.SetEvent(self._closing)
        with self._io:
            if not self._closed:
                self._closed = True
                win32api.CloseHandle(self._handle)


class PipeDoor:
    """One run's pipe; of its instances the newest waits for a visitor."""

    def __init__(self, on_visitor: Callable[[Wire], None], forget: Callable[[PipeDoor], None]) -> None:
        self._name = rf"\\.\pipe\robot-{secrets.token_hex(_NAME_BYTES)}"
        self.address = f"pipe:{self._name}"
        self._on_visitor = on_visitor
        self._forget = forget
        self._rights: Any = private_files.private_attributes()  # type: ignore[attr-defined, unused-ignore]  # Windows'
        self._rights.bInheritHandle = False  # no process that the robot starts holds it open
        self._instance = self._new_instance(_FIRST_INSTANCE)
        self._overlapped: Any = None
        self.gone = threading.Event()

    def close(self) -> None:
        """See `Door`."""
        self._forget(self)
        self.gone.wait(_PATIENCE)

    # ------------------------------------------------------------------ on the doors' thread

    def event(self) -> Any:
        """Set when somebody knocks; begins to wait for that if it hasn't yet."""
        if self._overlapped is None:
            self._overlapped = _overlapped()
            try:
                result = win32pipe.ConnectNamedPipe(self._instance, self._overlapped)
            except pywintypes.error as error:
                if error.winerror not in {winerror.ERROR_NO_DATA, winerror.ERROR_PIPE_CONNECTED}:
                    raise
                result = winerror.ERROR_PIPE_CONNECTED
            if result == winerror.ERROR_PIPE_CONNECTED:  # he knocked before anybody waited for him
                win32event.SetEvent(self._overlapped.hEvent)
        return self._overlapped.hEvent

    def let_in(self) -> None:
        """Somebody has knocked."""
        visitor, self._overlapped = self._instance, None
        self._instance = self._new_instance()
        self._on_visitor(PipeWire(visitor))

    def let_go(self) -> None:
        """It is closed."""
        if self._overlapped is not None:
            win32file.CancelIo(self._instance)
        win32api.CloseHandle(self._instance)
        self.gone.set()

    def _new_instance(self, flags: int = 0) -> Any:
        try:
            return win32pipe.CreateNamedPipe(
                self._name,
                win32con.PIPE_ACCESS_DUPLEX | win32con.FILE_FLAG_OVERLAPPED | flags,
                win32con.PIPE_TYPE_BYTE | win32con.PIPE_READMODE_BYTE | win32con.PIPE_WAIT | _REJECT_REMOTE_CLIENTS,
                win32con.PIPE_UNLIMITED_INSTANCES,
                _BUFFER_BYTES,
                _BUFFER_BYTES,
                0,
                self._rights,
            )
        except pywintypes.error as error:
            raise _os_error(error) from None


class PipeDoors:
    """All pipes, and the thread that waits at them. It is started with the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._doors: list[PipeDoor] = []
        self._closing: list[PipeDoor] = []
        self._bell = win32event.CreateEvent(None, False, False, None)
        self._thread: OwnedThread | None = None

    def open(self, _folder: Path, on_visitor: Callable[[Wire], None]) -> PipeDoor:
        """See `Doors`."""
        door = PipeDoor(on_visitor, self._forget)
        with self._lock:
            self._doors.append(door)
        if self._thread is None:
            self._thread = OwnedThread("robot-gateway", self._run)
            self._thread.start()
        win32event.SetEvent(self._bell)
        return door

    def close(self) -> None:
        """See `Doors`."""
        if self._thread is not None:
            self._thread.ended.set()
            win32event.SetEvent(self._bell)
            self._thread.stop()

    def _forget(self, door: PipeDoor) -> None:
        with self._lock:
            self._doors.remove(door)
            self._closing.append(door)
        win32event.SetEvent(self._bell)

    def _run(self, ended: threading.Event) -> None:
        while not ended.is_set():
            with self._lock:
                doors, closing, self._closing = list(self._doors), self._closing, []
            for door in closing:
                door.let_go()
            waiting = [(door, door.event()) for door in doors]
            events = [self._bell, *(event for _door, event in waiting)]
            found = win32event.WaitForMultipleObjects(events, False, win32event.INFINITE) - win32event.WAIT_OBJECT_0
            if found:
                self._let_in(waiting[found - 1][0])

    def _let_in(self, door: PipeDoor) -> None:
        try:
            door.let_in()
        except Exception:  # noqa: BLE001 - whatever it is, the next one may have better luck
            _log.exception("A connection of a script could not be served")


def _overlapped() -> Any:
    overlapped = pywintypes.OVERLAPPED()
    overlapped.hEvent = win32event.CreateEvent(None, True, False, None)
    return overlapped


def _os_error(error: pywintypes.error) -> OSError:
    return OSError(None, error.strerror, None, error.winerror)
