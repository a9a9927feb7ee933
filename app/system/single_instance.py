r"""One robot per GUID and session.

Two Task Scheduler triggers can fire for one log-on, so a second start is ordinary, and refusing it is the program's
duty.

- Windows: the mutex `Local\Robot-<hash of the GUID>`. `Local\` is the session's own namespace. What counts is that
  the name *exists*, not who owns the mutex: an owner must release it on the thread that took it, and a killed owner
  leaves it "abandoned", while a name simply goes with the last handle, whatever ended the process.
  https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-createmutexw
- POSIX: `flock` on `<hash>.lock` in a private folder of this user, whatever the robots' data folders; the kernel drops
  it with the process. Who lets go removes the file first, while it is still locked; so who has locked a file looks
  whether it is still the one of this name, or two robots could hold two files. A killed robot's file stays and is used
  again. Not in `$XDG_RUNTIME_DIR`: cron and services have none, and would not meet the robot of the desktop. Where the
  home can't be written, a folder of this user's in the temporary one serves.
  https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import errno
import hashlib
import sys
from typing import TYPE_CHECKING, Self

from app.base.errors import AlreadyRunningError, RobotError
from app.base.hosts import same_guid
from app.base.i18n import _
from app.base.os_reasons import describe_os_error

if TYPE_CHECKING:
    from collections.abc import Callable


def guid_hash(robot_guid: str) -> str:
    """16 hex digits that tell robots apart without telling the GUID, however it is written."""
    return hashlib.sha256(same_guid(robot_guid).encode()).hexdigest()[:16]


class SingleInstance:
    """Held while a robot runs; the end of the process releases it too.

    Args:
        robot_guid: the robot's GUID (a secret; only its hash is ever shown).
    """

    def __init__(self, robot_guid: str) -> None:
        self._hash = guid_hash(robot_guid)
        self._let_go: Callable[[], None] | None = None

    def acquire(self) -> bool:
        """True if no other robot of this GUID runs here (or this object holds the place already).

        Raises:
            RobotError: there is no folder for the lock (POSIX).
        """
        if self._let_go is None:
            self._let_go = _take(self._hash)
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

    def _take(name: str) -> Callable[[], None] | None:
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
    import contextlib
    import fcntl
    import os
    import stat
    from pathlib import Path

    from app.base.paths import user_state_dir
    from app.base.private_files import make_private, make_private_folder

    def _take(name: str) -> Callable[[], None] | None:
        while True:
            file, handle = _open_lock(f"{name}.lock")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return None
            if _is_at(file, handle):
                break
            os.close(handle)  # it was removed between opening and locking

        def let_go() -> None:
            with contextlib.suppress(OSError):
                file.unlink()
            os.close(handle)

        return let_go

    def _is_at(file: Path, handle: int) -> bool:
        try:
            return os.path.samestat(file.lstat(), os.fstat(handle))
        except FileNotFoundError:
            return False

    def _open_lock(name: str) -> tuple[Path, int]:
        first = user_state_dir() / "locks"
        for last in (False, True):
            folder = _in_temporary_folder() if last else first
            try:
                _make_our_own(folder)
                # Not inheritable (PEP 446), so no script keeps the lock of a robot that has gone.
                return folder / name, os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            except OSError as error:
                reason = describe_os_error(error).for_people()
        raise RobotError(
            _("The robot's lock can't be made in {folder}: {reason}.").format(folder=first, reason=reason),
            _("Give this user the right to write there, or set XDG_STATE_HOME to another folder."),
        )

    def _in_temporary_folder() -> Path:
        import tempfile  # late: as a rule there is a home

        return Path(tempfile.gettempdir()) / f"robot-{os.geteuid()}"

    def _make_our_own(folder: Path) -> None:
        """Private and no link: in the temporary folder somebody else may have been there first."""
        make_private_folder(folder)
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        make_private(folder)
