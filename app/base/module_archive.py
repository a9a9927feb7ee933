"""The archive of modules of the Windows program, kept open while one module after the other is read from it.

PyInstaller opens it anew for each, so that it can be renamed while the program runs. Opening is most of what a module
costs (0.3 ms under Wine, and a virus scanner looks at each opening). So it stays open as long as a command is imported,
and no longer: an upgrade renames the program's folder.
"""

from __future__ import annotations

import sys
import threading
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import TracebackType

_READER: Final = "pyimod01_archive"  # PyInstaller's


class _KeptOpen:
    """Stands for what `open` returns; whoever has entered it has the place in the file for himself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._name = ""
        self._file: IO[bytes] | None = None

    def open(self, name: str, mode: str) -> Any:
        """The file, as the reader asks for it."""
        if self._file is None:
            self._name, self._file = name, open(name, "rb")  # noqa: SIM115, PTH123 - closed by `close`
        return self if (name, mode) == (self._name, "rb") else open(name, mode)  # noqa: PTH123

    def __enter__(self) -> IO[bytes]:
        self._lock.acquire()
        assert self._file is not None  # noqa: S101
        return self._file

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    def close(self) -> None:
        """Nobody reads any more, as soon as who reads now has read."""
        with self._lock:
            if self._file is not None:
                self._file.close()


_kept: Final = _KeptOpen()


def keep_open() -> None:
    """From now on until `let_go`; does nothing where the program isn't packed."""
    if reader := sys.modules.get(_READER):
        reader.open = _kept.open  # type: ignore[attr-defined] # in place of the builtin


def let_go() -> None:
    """From now on it is opened for each module again. Before there are threads that import something."""
    if (reader := sys.modules.get(_READER)) and "open" in vars(reader):
        del reader.open
        _kept.close()
