r"""One robot per GUID and session.

Two Task Scheduler triggers can fire for one log-on, so a second start is ordinary, and refusing it is the program's
duty.

- Windows: the mutex `Local\Robot-<hash of the GUID>`. `Local\` is the session's own namespace. What counts is that
  the name *exists*, not who owns the mutex: an owner must release it on the thread that took it, and a killed owner
  leaves it "abandoned", while a name simply goes with the last handle, whatever ended the process.
  https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-createmutexw
- POSIX: `flock` on `robot-<hash>.lock` in the data folder; the kernel drops it with the process. The file stays:
  removing it would let two robots lock two different files of the same name.
  https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Self

from app.base.errors import AlreadyRunningError, RobotError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def guid_hash(robot_guid: str) -> str:
    """16 hex digits that tell robots apart without telling the GUID, however it is written."""
    return hashlib.sha256(robot_guid.strip().strip("{}").lower().encode()).hexdigest()[:16]


class SingleInstance:
    """Held while a robot runs; the end of the process releases it too.

    Args:
        robot_guid: the robot's GUID (a secret; only its hash is ever shown).
        data_dir: where POSIX keeps the lock file; made if it isn't there.
    """

    def __init__(self, robot_guid: str, data_dir: Path) -> None:
        self._hash = guid_hash(robot_guid)
        self._data_dir = data_dir
        self._let_go: Callable[[], None] | None = None

    def acquire(self) -> bool:
        """True if no other robot of this GUID runs here (or this object holds the place already).

        Raises:
            RobotError: the data folder can't be written (POSIX).
        """
        if self._let_go is None:
            self._let_go = _take(self._hash, self._data_dir)
        return self._let_go is not None

    def release(self) -> None:
        """Let another robot in; does nothing if the place isn't held."""
        if self._let_go is not None:
            self._let_go()
            self._let_go = None

    def __enter__(self) -> Self:
        if not self.acquire():
            raise AlreadyRunningError(
                _("A robot with this GUID is already running in this session."),
                _("Use the robot that runs, or close it first."),
            )
        return self

    def __exit__(self, *_exc: object) -> None:
        self.release()


if sys.platform == "win32":
    import pywintypes
    import win32api
    import win32event
    import winerror

    from app.base.private_files import private_attributes

    def _take(name: str, _data_dir: Path) -> Callable[[], None] | None:
        try:
            mutex = win32event.CreateMutex(private_attributes(), False, f"Local\\Robot-{name}")
        except pywintypes.error as error:
            if error.winerror == winerror.ERROR_ACCESS_DENIED:  # another account's, started with "Run as"
                return None
            raise
        if win32api.GetLastError() == winerror.ERROR_ALREADY_EXISTS:
            mutex.Close()
            return None
        return mutex.Close

else:
    import fcntl
    import os

    def _take(name: str, data_dir: Path) -> Callable[[], None] | None:
        file = data_dir / f"robot-{name}.lock"
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            # Not inheritable (PEP 446), so no script keeps the lock of a robot that has gone.
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise RobotError(
                _("The data folder {folder} can't be used: {reason}.").format(
                    folder=data_dir, reason=describe_os_error(error).for_people()
                ),
                _("Give this user the right to write there, or set data_dir to another folder."),
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return lambda: os.close(handle)
