"""A lock of the operating system on a file: it goes with the process that holds it, however that ends; the file stays.

POSIX: flock(2). Windows: one byte locked through the C runtime,
https://learn.microsoft.com/cpp/c-runtime-library/reference/locking
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

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


class FileLock:
    """Held by at most one process, and there by one `FileLock`.

    Args:
        file: what is locked; its folder is there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle = -1

    def take(self) -> bool:
        """Take it; False if another has it.

        Raises:
            OSError: the file can't be opened.
        """
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)  # not inheritable (PEP 446)
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
