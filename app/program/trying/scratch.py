"""A trial's folder in the temporary one: the run's private folder, with the task and the GUID, and what it keeps.

It goes with the trial. That of one that was killed is removed by the next: each holds a lock in its own while it lives.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.file_lock import FileLock
from app.base.plain_files import is_plain_folder
from app.jobs.run_folder import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIDENCE: Final = "evidence"  # what the script wanted kept; it stays for whoever tries the script
_PREFIX: Final = "robot-try-"
_LOCK: Final = "lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder for one trial, gone afterwards but for what was kept; those of killed ones go first."""
    _sweep(Path(tempfile.gettempdir()))
    folder, lock = _make()
    try:
        yield folder
    finally:
        _clear(folder, lock)


def _make() -> tuple[Path, FileLock]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = FileLock(folder / _LOCK)
        if lock.take() and (folder / _LOCK).exists():  # else another one's sweep came between making and locking
            return folder, lock
        lock.release()


def _sweep(parent: Path) -> None:
    """Remove what has no living owner. A folder without a lock is none: it was just made, or keeps what is wanted."""
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for folder in [Path(entry.path) for entry in entries if entry.name.startswith(_PREFIX)]:
            with contextlib.suppress(OSError):
                if _is_ours(folder) and stat.S_ISREG((folder / _LOCK).lstat().st_mode):
                    lock = FileLock(folder / _LOCK)
                    if lock.take():
                        _clear(folder, lock)


def _is_ours(folder: Path) -> bool:
    """A folder itself and this user's: in the temporary one anybody may put what he likes. On Windows it is a user's.

    Raises:
        OSError: it can't be looked at.
    """
    return is_plain_folder(folder) and (sys.platform == "win32" or folder.lstat().st_uid == os.geteuid())


def _clear(folder: Path, lock: FileLock) -> None:
    """Remove all but what is kept. The lock goes last, so that the next one tries again what can't be removed now."""
    if sys.platform == "win32":  # where no file can be removed that is open
        lock.release()
    with contextlib.suppress(OSError):
        for each in folder.iterdir():
            if each.name not in (EVIDENCE, _LOCK):
                remove_tree(each)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()  # fails where something is kept
    lock.release()
