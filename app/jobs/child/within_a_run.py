"""Whether this process of the Windows program stands for Python rather than for the robot.

Asked at each start of the robot, so without psutil (docs/performance.md): Windows is asked itself. A file of its own
beside `bundled_python`, which only a script's interpreter needs.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Final, cast

from .host import HOST_ARGUMENT

MARK_VARIABLE: Final = "ROBOT_RUN_MARK"
_COMMAND: Final = re.compile(r"[a-z][a-z-]*")
_STARTING_ROBOTS: Final = frozenset({"run", "demo"})


def is_meant(arguments: list[str]) -> bool:
    """Whether this process stands for Python rather than for the robot: within a run it does.

    A script may still ask for `robot-cli check`, but nothing makes it start a robot.
    """
    first = arguments[0] if arguments else ""
    is_command = _COMMAND.fullmatch(first) and first not in _STARTING_ROBOTS and not os.path.exists(first)  # noqa: PTH110
    return not is_command and _is_within_a_run()


def _is_within_a_run() -> bool:
    """By the run's mark, or else by descent: a script may start us with any environment."""
    return MARK_VARIABLE in os.environ or any(HOST_ARGUMENT in each.split() for each in _ancestors())


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    # https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
    _QUERY_AND_READ: Final = 0x0400 | 0x0010
    _QUERY_LIMITED: Final = 0x1000
    # https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntqueryinformationprocess
    _BASIC_INFORMATION: Final = 0
    # https://learn.microsoft.com/windows/win32/api/winternl/ns-winternl-peb, of a 64-bit process (each has one); the
    # command line is a UNICODE_STRING: its length in bytes, padding, its address.
    _PARAMETERS: Final = 0x20
    _COMMAND_LINE: Final = 0x70

    class _BasicInformation(ctypes.Structure):
        _fields_ = (
            ("exit_status", ctypes.c_void_p),
            ("peb", ctypes.c_void_p),
            ("affinity", ctypes.c_void_p),
            ("priority", ctypes.c_void_p),
            ("pid", ctypes.c_size_t),
            ("parent", ctypes.c_size_t),
        )

    _kernel32 = ctypes.WinDLL("kernel32")
    _kernel32.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
    _kernel32.OpenProcess.restype = wintypes.HANDLE
    _kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
    _kernel32.GetProcessTimes.argtypes = [wintypes.HANDLE, *[ctypes.POINTER(ctypes.c_uint64)] * 4]
    _kernel32.ReadProcessMemory.argtypes = [
        *(wintypes.HANDLE, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
    ]
    _query = ctypes.WinDLL("ntdll").NtQueryInformationProcess
    _query.argtypes = [wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.ULONG, ctypes.c_void_p]

    def _ancestors() -> list[str]:
        """The command lines of this process's ancestors, as far as they live; "" of one that isn't ours to read."""
        lines: list[str] = []
        number, born = os.getpid(), sys.maxsize
        while handle := _opened(number):
            try:
                begun = [ctypes.c_uint64() for _ in range(4)]
                _kernel32.GetProcessTimes(handle, *map(ctypes.byref, begun))
                if begun[0].value > born:
                    break  # another process, which has got the number of an ancestor that has gone
                about = _BasicInformation()
                if _query(handle, _BASIC_INFORMATION, ctypes.byref(about), ctypes.sizeof(about), None) != 0:
                    break
                lines.append(_command_line(handle, about.peb or 0))
            finally:
                _kernel32.CloseHandle(handle)
            number, born = about.parent, begun[0].value
        return lines[1:]

    def _opened(number: int) -> int | None:
        if number == 0:
            return None
        found: int | None = _kernel32.OpenProcess(_QUERY_AND_READ, False, number)  # handles aren't inherited
        return found or cast("int | None", _kernel32.OpenProcess(_QUERY_LIMITED, False, number))

    def _command_line(handle: int, peb: int) -> str:
        parameters = _read(handle, peb + _PARAMETERS, 8)
        text = _read(handle, int.from_bytes(parameters, "little") + _COMMAND_LINE, 16)
        line = _read(handle, int.from_bytes(text[8:], "little"), int.from_bytes(text[:2], "little"))
        return line.decode("utf-16-le", "replace")

    def _read(handle: int, address: int, size: int) -> bytes:
        """Zeros if it can't be read."""
        data = ctypes.create_string_buffer(size)
        _kernel32.ReadProcessMemory(handle, address, data, size, None)
        return data.raw

else:

    def _ancestors() -> list[str]:
        """The command lines of this process's ancestors; "" of one that isn't ours to read."""
        import psutil

        def line(process: psutil.Process) -> str:
            try:
                return " ".join(process.cmdline())
            except psutil.Error:
                return ""

        try:
            return [line(each) for each in psutil.Process().parents()]
        except psutil.Error:
            return []
