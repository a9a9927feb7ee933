"""No sleep and no screen-off while a job runs.

`SetThreadExecutionState` belongs to the *thread* that calls it and ends with that thread, so a thread of its own holds
it: it doesn't matter who begins and who ends, and nothing can be left behind. The screen counts as well as the machine:
with the screen off a session may lock, and a script that clicks in other programs has no desktop any more.
https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setthreadexecutionstate
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Self

from app.base.threads import OwnedThread

if TYPE_CHECKING:
    import threading

log = logging.getLogger("robot.system")


class KeepAwake:
    """Keeps the machine and its screen on from `acquire` to `release`. It never makes a job fail."""

    def __init__(self) -> None:
        self._thread: OwnedThread | None = None

    def acquire(self) -> None:
        """From now on neither sleep nor screen-off; does nothing if that holds already, or outside Windows."""
        if sys.platform == "win32" and self._thread is None:
            self._thread = OwnedThread("keep-awake", _hold)
            self._thread.start()

    def release(self) -> None:
        """Sleep and screen-off are allowed again when this returns."""
        if self._thread is not None:
            self._thread.stop()
            self._thread = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.release()


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _CONTINUOUS = 0x80000000
    _SYSTEM_REQUIRED = 0x00000001
    _DISPLAY_REQUIRED = 0x00000002

    _set_state = ctypes.WinDLL("kernel32").SetThreadExecutionState
    _set_state.argtypes = [wintypes.DWORD]
    _set_state.restype = wintypes.DWORD  # the state before, 0 on failure

    def _hold(released: threading.Event) -> None:
        if not _set_state(_CONTINUOUS | _SYSTEM_REQUIRED | _DISPLAY_REQUIRED):
            log.warning("Windows did not accept the wish to stay awake; the machine may sleep while the job runs")
        released.wait()
        _set_state(_CONTINUOUS)
