"""One robot per data folder: two would take each other's running jobs for leftovers of a dead robot.

Single instance (`app.system.single_instance`) is about a GUID in one session; this is about the journal, which robots
of another GUID, or of the same user's second session, must not share. The lock is the operating system's, so it goes
with the process however that ends; the file stays.

POSIX: flock(2). Windows: one byte locked through the C runtime,
https://learn.microsoft.com/cpp/c-runtime-library/reference/locking
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Self

from app.base.data_folder import make_data_folder
from app.base.errors import AlreadyRunningError, RobotError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class DataLock:
    """Holds the data folder for this process while the context lasts.

    Args:
        file: the lock file; its folder is made if it isn't there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> Self:
        folder = self._file.parent
        try:
            make_data_folder(folder)
            self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)  # not inheritable (PEP 446)
        except OSError as error:
            raise RobotError(
                _("The data folder {folder} can't be used: {reason}.").format(
                    folder=folder, reason=describe_os_error(error).for_people()
                ),
                _("Give this user the right to write there, or set data_dir to another folder."),
            ) from None
        try:
            _lock(self._handle)
        except OSError:
            os.close(self._handle)
            raise AlreadyRunningError(
                _("The data folder {folder} is in use by another robot.").format(folder=folder),
                _("Close that robot, or give each robot a data_dir of its own."),
            ) from None
        return self

    def __exit__(self, *_exc: object) -> None:
        os.close(self._handle)
