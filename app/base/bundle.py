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

_dll_directory = threading.Lock()  # it belongs to the whole process


@contextmanager
def system_dll_directory() -> Iterator[None]:
    """While another program is started: take back the DLL folder that PyInstaller's bootloader set.

    Children inherit it, and would load our libraries for theirs. Threads wait for each other here.
    https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setdlldirectoryw
    """
    bundle: str | None = getattr(sys, "_MEIPASS", None)
    if sys.platform == "win32" and bundle is not None:
        with _dll_directory:
            _set_dll_directory(None)
            try:
                yield
            finally:
                _set_dll_directory(bundle)
    else:
        yield


if sys.platform == "win32":
    import ctypes

    _set_dll_directory = ctypes.WinDLL("kernel32").SetDllDirectoryW
    _set_dll_directory.argtypes = [ctypes.c_wchar_p]
