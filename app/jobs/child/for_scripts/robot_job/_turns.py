"""One at a time within a run: threads and processes of the script that take tasks from queues side by side.

The Orchestrator hands the same New task out until it is told that it is In progress. So asking and telling is one step,
behind a lock on a file in the run's folder, which the system lets go of when its holder dies.
"""

import os
import sys
import time

from ._own import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_PAUSE = 0.02  # seconds between two tries


class Turn:
    """`with Turn():` nobody else of this run is in such a block meanwhile."""

    def __init__(self) -> None:
        self._file = -1

    def __enter__(self) -> None:
        run = os.environ.get("ROBOT_RUN_FOLDER")
        if not run:
            return
        self._file = os.open(os.path.join(run, "turn"), os.O_RDWR | os.O_CREAT, 0o600)  # noqa: PTH118
        try:
            while not _locked(self._file):
                time.sleep(_PAUSE)
        except BaseException:
            self._close()
            raise

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", trace: "TracebackType | None"
    ) -> None:
        if self._file >= 0:
            _unlock(self._file)
            self._close()

    def _close(self) -> None:
        file, self._file = self._file, -1
        os.close(file)


if sys.platform == "win32":
    # A byte beyond the file's end can be locked as well.
    # https://learn.microsoft.com/cpp/c-runtime-library/reference/locking
    def _locked(file: int) -> bool:
        msvcrt = own("msvcrt")
        os.lseek(file, 0, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        msvcrt = own("msvcrt")
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:

    def _locked(file: int) -> bool:
        fcntl = own("fcntl")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl = own("fcntl")
        fcntl.flock(file, fcntl.LOCK_UN)  # also for a fork, which holds the same lock
