"""The program that PyInstaller made, as opposed to Python that runs the sources.

https://pyinstaller.org/en/stable/runtime-information.html
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FROZEN: Final = bool(getattr(sys, "frozen", False))

_dll_directory = threading.Lock()  # it belongs to the whole process; guards the following
_starting = 0  # how many programs are being started


@contextmanager
def system_dll_directory() -> Iterator[None]:
    """While another program is started: take back the DLL folder that PyInstaller's bootloader set.

    Children inherit it, and would load our libraries for theirs. Threads don't wait for each other here: a program on a
    share that hangs takes as long to start as it hangs.
    https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setdlldirectoryw
    """
    bundle: str | None = getattr(sys, "_MEIPASS", None)
    if sys.platform == "win32" and bundle is not None:
        _count_start(1, bundle)
        try:
            yield
        finally:
            _count_start(-1, bundle)
    else:
        yield


def _count_start(change: int, bundle: str) -> None:
    global _starting  # noqa: PLW0603 - as the folder itself
    with _dll_directory:
        _starting += change
        if sys.platform == "win32":
            _set_dll_directory(None if _starting else bundle)


if sys.platform == "win32":
    import ctypes

    _set_dll_directory = ctypes.WinDLL("kernel32").SetDllDirectoryW
    _set_dll_directory.argtypes = [ctypes.c_wchar_p]
