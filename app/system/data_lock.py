"""One robot per data folder: two would take each other's running jobs for leftovers of a dead robot.

Single instance (`app.system.single_instance`) is about a GUID in one session; this is about the journal, which robots
of another GUID, or of the same user's second session, must not share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from app.base.data_folder import make_data_folder
from app.base.errors import AlreadyRunningError, RobotError
from app.base.file_lock import FileLock
from app.base.i18n import _
from app.base.os_reasons import describe_os_error

if TYPE_CHECKING:
    from pathlib import Path


class DataLock:
    """Holds the data folder for this process while the context lasts.

    Args:
        file: the lock file; its folder is made if it isn't there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = FileLock(file)

    def __enter__(self) -> Self:
        folder = self._file.parent
        try:
            make_data_folder(folder)
            taken = self._lock.take()
        except OSError as error:
            raise RobotError(
                _("The data folder {folder} can't be used: {reason}.").format(
                    folder=folder, reason=describe_os_error(error).for_people()
                ),
                _("Give this user the right to write there, or set data_dir to another folder."),
            ) from None
        if not taken:
            raise AlreadyRunningError(
                _("The data folder {folder} is in use by another robot.").format(folder=folder),
                _("Close that robot, or give each robot a data_dir of its own."),
            )
        return self

    def __exit__(self, *_exc: object) -> None:
        self._lock.release()
