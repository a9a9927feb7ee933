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
WM_LBUTTONDBLCLK: Final = 0x0203
WM_RBUTTONUP: Final = 0x0205


def agree(_wparam: int, _lparam: int) -> int:
    """Yes to WM_QUERYENDSESSION: nothing is given up by it, because another program may still refuse."""
    return 1


def mouse_handler(open_menu: Callable[[], None], double_click: Callable[[], None]) -> Handler:
    """The answer to the icon's mouse messages: the menu on a right click, the default action on a double click.

    pystray acts on every release of the left button, so a double click would act twice.
    """

    def mouse(_wparam: int, lparam: int) -> int:
        if lparam == WM_RBUTTONUP:
            open_menu()
        elif lparam == WM_LBUTTONDBLCLK:
            double_click()
        return 0

    return mouse
