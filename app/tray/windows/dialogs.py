"""Questions and messages on Windows: MessageBoxW, in front of everything.

They are asked about a log-off or a job in an unattended session, where nobody looks for a window behind others.
https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-messageboxw
"""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import Final

if sys.platform != "win32":  # pragma: no cover - lets the type checker skip the rest on other systems
    raise ImportError("for Windows only")

MB_YESNO: Final = 0x4
MB_ICONQUESTION: Final = 0x20
MB_ICONINFORMATION: Final = 0x40
MB_DEFBUTTON2: Final = 0x100  # No: Enter pressed by habit must not end a job
MB_SETFOREGROUND: Final = 0x10000
MB_TOPMOST: Final = 0x40000
IDYES: Final = 6
WM_QUIT: Final = 0x12

_asking: set[int] = set()
_lock = threading.Lock()


def confirm(title: str, text: str) -> bool:
    """Ask yes or no; False if it can't be asked, was dismissed, or was answered with No."""
    return _message_box(title, text, MB_YESNO | MB_ICONQUESTION | MB_DEFBUTTON2) == IDYES


def inform(title: str, text: str) -> None:
    """Show a text until it is closed."""
    _message_box(title, text, MB_ICONINFORMATION)


def dismiss() -> None:
    """Close what is open, as if it had been answered with No. The loop of a message box ends on WM_QUIT."""
    with _lock:
        for thread in _asking:
            ctypes.windll.user32.PostThreadMessageW(thread, WM_QUIT, 0, 0)


def _message_box(title: str, text: str, style: int) -> int:
    thread = threading.get_native_id()
    with _lock:
        _asking.add(thread)
    try:
        return int(ctypes.windll.user32.MessageBoxW(None, text, title, style | MB_TOPMOST | MB_SETFOREGROUND))
    finally:
        with _lock:
            _asking.discard(thread)
