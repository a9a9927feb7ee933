"""Tells the icon that its notification was clicked, as Windows does; Wine's own notifications don't.

Run by the Windows Python. https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-shell_notifyiconw
"""

import ctypes
from ctypes import wintypes

ITS_MESSAGES = 0x400 + 11  # by which pystray has asked to be called
NIN_BALLOONUSERCLICK = 0x405

user32 = ctypes.WinDLL("user32")
name = ctypes.create_unicode_buffer(300)
found = 0


@ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
def look(window: int, _parameter: int) -> bool:
    """Tell each window of the icon."""
    global found  # noqa: PLW0603 - a callback's only way
    user32.GetClassNameW(window, name, len(name))
    if name.value.startswith("robot") and name.value.endswith("SystemTrayIcon"):
        found += bool(user32.PostMessageW(window, ITS_MESSAGES, 0, NIN_BALLOONUSERCLICK))
    return True


user32.EnumWindows(look, 0)
print(found)
