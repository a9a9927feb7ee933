"""What Windows tells of this process's session and win32ts can't ask for: whole structures.

https://learn.microsoft.com/windows/win32/api/wtsapi32/nf-wtsapi32-wtsquerysessioninformationw
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes
    from typing import Final, TypeVar

    import win32ts

    Information = TypeVar("Information", bound=ctypes.Structure)

    _CURRENT: Final = win32ts.WTS_CURRENT_SESSION & 0xFFFFFFFF
    _wtsapi32 = ctypes.WinDLL("wtsapi32")
    _query = _wtsapi32.WTSQuerySessionInformationW
    _query.argtypes = [
        wintypes.HANDLE,
        wintypes.DWORD,
        ctypes.c_int,
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.POINTER(wintypes.DWORD),
    ]
    _query.restype = wintypes.BOOL
    _free = _wtsapi32.WTSFreeMemory
    _free.argtypes = [ctypes.c_void_p]
    _free.restype = None

    def session_information(what: int, structure: type[Information]) -> Information | None:
        """A copy of what Windows tells of this session; None if it doesn't, or tells less than the structure has.

        Args:
            what: a WTS_INFO_CLASS.
            structure: its structure, or the beginning of that.
        """
        buffer, size = ctypes.c_void_p(), wintypes.DWORD()
        if not _query(None, _CURRENT, what, ctypes.byref(buffer), ctypes.byref(size)):
            return None
        try:
            if not buffer.value or size.value < ctypes.sizeof(structure):
                return None
            return structure.from_buffer_copy(ctypes.string_at(buffer.value, ctypes.sizeof(structure)))
        finally:
            _free(buffer)
