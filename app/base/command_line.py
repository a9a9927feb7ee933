"""A command line as Windows programs take it apart.

https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes

    _split = ctypes.WinDLL("shell32", use_last_error=True).CommandLineToArgvW
    _split.argtypes = [ctypes.c_wchar_p, ctypes.POINTER(ctypes.c_int)]
    _split.restype = ctypes.POINTER(ctypes.c_wchar_p)
    _free = ctypes.WinDLL("kernel32").LocalFree
    _free.argtypes = [ctypes.c_void_p]

    def split_command_line(line: str) -> list[str]:
        """The program and its arguments; nothing of an empty line, for which Windows would say this program."""
        if not line.strip():
            return []
        count = ctypes.c_int()
        parts = _split(line, ctypes.byref(count))
        if not parts:
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            return [part or "" for part in parts[: count.value]]
        finally:
            _free(parts)
