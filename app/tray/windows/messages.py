"""The window messages that pystray 0.19.5 doesn't answer as Windows expects: pure tables, installed by `win32_icon`.

pystray answers 0 to every message that it doesn't know. For WM_QUERYENDSESSION that means "no": an icon of plain
pystray vetoes every log-off, the robot's own included, and leaves all other programs running as well.
https://learn.microsoft.com/windows/win32/shutdown/wm-queryendsession
https://learn.microsoft.com/windows/win32/shutdown/wm-endsession
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[int, int], int]

WM_QUERYENDSESSION: Final = 0x0011
WM_ENDSESSION: Final = 0x0016
WM_DISPLAYCHANGE: Final = 0x007E
WM_DPICHANGED: Final = 0x02E0
WM_LBUTTONUP: Final = 0x0202
WM_LBUTTONDBLCLK: Final = 0x0203
WM_RBUTTONUP: Final = 0x0205


def end_of_session_handlers(end_of_session: Callable[[], None]) -> dict[int, Handler]:
    """Agree to the end of the session, and tell the robot once it is certain.

    `end_of_session` is called at WM_ENDSESSION and only if the session really ends (wParam is TRUE): after
    WM_QUERYENDSESSION another program may still refuse, and then the running job must go on. It must be quick: once
    the handler has returned, Windows may end the process at any moment.
    """

    def query(_wparam: int, _lparam: int) -> int:
        return 1

    def end(wparam: int, _lparam: int) -> int:
        if wparam:
            end_of_session()
        return 0

    return {WM_QUERYENDSESSION: query, WM_ENDSESSION: end}


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
