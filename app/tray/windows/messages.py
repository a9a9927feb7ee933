"""The window messages that pystray 0.19.5 doesn't answer as Windows expects: pure tables, installed by `icon`.

pystray answers 0 to every message that it doesn't know. For WM_QUERYENDSESSION that means "no": an icon of plain
pystray vetoes every log-off, the robot's own included, and leaves all other programs running as well.
The end itself (WM_ENDSESSION) is heard by a window of the robot's own, with or without a tray (`end_of_session`).
https://learn.microsoft.com/windows/win32/shutdown/wm-queryendsession
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[int, int], int]

WM_QUERYENDSESSION: Final = 0x0011
WM_DISPLAYCHANGE: Final = 0x007E
WM_DPICHANGED: Final = 0x02E0
WM_LBUTTONUP: Final = 0x0202
WM_LBUTTONDBLCLK: Final = 0x0203
WM_RBUTTONUP: Final = 0x0205
NIN_BALLOONUSERCLICK: Final = 0x0405  # WM_USER + 5; nothing comes when the notification is closed or times out


def agree(_wparam: int, _lparam: int) -> int:
    """Yes to WM_QUERYENDSESSION: nothing is given up by it, because another program may still refuse."""
    return 1


def mouse_handler(open_menu: Callable[[], None], click: Callable[[], None], told_click: Callable[[], None]) -> Handler:
    """The answer to the icon's messages: right click, left click, a click on the notification.

    A double click is one click: its messages are down, up, double click, up. pystray acts on every up.
    https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-shell_notifyiconw
    """
    second = False

    def mouse(_wparam: int, lparam: int) -> int:
        nonlocal second
        if lparam == WM_RBUTTONUP:
            open_menu()
        elif lparam == WM_LBUTTONDBLCLK:
            second = True
        elif lparam == WM_LBUTTONUP:
            if not second:
                click()
            second = False
        elif lparam == NIN_BALLOONUSERCLICK:
            told_click()
        return 0

    return mouse
