r"""Whether a robot has ended as it should since its user logged on or connected.

The entry in Task Scheduler is repeated, so that a robot that crashed comes back (`app.system.task_scheduler`). It must
not bring back one that a person has closed, or that has ended because there is no more work. Exit codes can't tell:
Task Scheduler repeats a trigger whatever they are. So the end is noted in a volatile key of the user's registry, which
goes with the log-off, by session and data folder; and a remote connection after it makes it void.

https://learn.microsoft.com/windows/win32/api/winreg/nf-winreg-regcreatekeyexw (REG_OPTION_VOLATILE, which winreg lacks)
https://learn.microsoft.com/windows/win32/api/wtsapi32/ns-wtsapi32-wtsinfow
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    import contextlib
    import ctypes
    import hashlib
    import os
    import time
    from ctypes import wintypes
    from typing import Any, Final

    import pywintypes
    import win32api
    import win32con
    import win32ts

    from app.system.wts import session_information

    KEY: Final = r"Software\Robot-Ended"  # the uninstaller knows it, too
    _VOLATILE: Final = 1  # REG_OPTION_VOLATILE
    _SESSION_INFO: Final = 24  # WTSSessionInfo
    _EPOCH: Final = 11_644_473_600  # seconds from 1601 to 1970
    _TICKS: Final = 10_000_000  # a second's

    class _WtsInfo(ctypes.Structure):
        _fields_ = (
            ("state_session_traffic", wintypes.DWORD * 8),
            ("station", wintypes.WCHAR * 32),
            ("domain", wintypes.WCHAR * 17),
            ("user", wintypes.WCHAR * 21),
            ("connected", ctypes.c_int64),
            ("disconnected", ctypes.c_int64),
            ("last_input", ctypes.c_int64),
            ("logged_on", ctypes.c_int64),
            ("now", ctypes.c_int64),
        )

    def note(data_dir: Path) -> None:
        """The robot of this data folder ends as it should."""
        with contextlib.suppress(pywintypes.error), _key() as key:
            win32api.RegSetValueEx(key, _name(data_dir), 0, win32con.REG_SZ, str(int(time.time())))

    def forget(data_dir: Path) -> None:
        """It begins."""
        with contextlib.suppress(pywintypes.error), _key() as key:
            win32api.RegDeleteValue(key, _name(data_dir))

    def is_noted(data_dir: Path) -> bool:
        """Whether it has ended as it should, and nobody has logged on or connected since."""
        try:
            with _key() as key:
                ended, _kind = win32api.RegQueryValueEx(key, _name(data_dir))
        except pywintypes.error:
            return False
        return int(ended) >= _came_at()

    @contextlib.contextmanager
    def _key() -> Iterator[Any]:
        access = win32con.KEY_READ | win32con.KEY_WRITE
        user: Any = win32con.HKEY_CURRENT_USER  # the stub wants a handle that was opened
        key, _made = win32api.RegCreateKeyEx(user, KEY, access, None, _VOLATILE)
        try:
            yield key
        finally:
            win32api.RegCloseKey(key)

    def _name(data_dir: Path) -> str:
        """By session, because a user may have several, and all share the registry."""
        session: int = win32ts.ProcessIdToSessionId(os.getpid())  # type: ignore[no-untyped-call]
        folder = hashlib.sha256(os.path.normcase(data_dir.absolute()).encode()).hexdigest()[:16]
        return f"{session} {folder}"

    def _came_at() -> float:
        """When somebody last logged on or connected to this session, in Unix seconds; 0 if Windows doesn't tell."""
        info = session_information(_SESSION_INFO, _WtsInfo)
        return 0.0 if info is None else float(max(info.connected, info.logged_on)) / _TICKS - _EPOCH

else:

    def note(data_dir: Path) -> None:
        """Only Task Scheduler needs it."""

    def forget(data_dir: Path) -> None:
        """Only Task Scheduler needs it."""

    def is_noted(data_dir: Path) -> bool:  # noqa: ARG001 - the same call on every system
        """Only Task Scheduler needs it: False."""
        return False
