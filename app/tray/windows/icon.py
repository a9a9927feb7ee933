"""The icon on Windows: pystray's, with the answers and the image size that it lacks.

pystray's message handlers, `_update_menu` and `_assert_icon_handle` are private: the version is pinned in
pyproject.toml and `tests/tray/test_tray_win32.py` says so when a name is gone.
"""

from __future__ import annotations

import ctypes
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

if sys.platform != "win32":  # pragma: no cover - lets the type checker skip the rest on other systems
    raise ImportError("for Windows only")

import pystray
from pystray._util import win32

from app.base.i18n import _
from app.tray.icon import Face, icon_file, icon_image
from app.tray.menu import SEPARATOR, MenuEntry
from app.tray.platform_icon import TrayUnavailableError
from app.tray.windows import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.tray.platform_icon import IconEvents

SM_CXSMICON = 49
DEFAULT_DPI = 96
AGAIN_SECONDS = 2.0  # until an icon that the taskbar has not taken is offered to it once more

log = logging.getLogger("robot.tray")


class Win32Icon(pystray.Icon):  # type: ignore[misc] # pystray has no types
    """An icon in the notification area."""

    def __init__(self, events: IconEvents) -> None:
        self._asks = events
        self._face = Face.READY
        self._icon_handle: int | None = None
        # Image and handle are changed by the refresher and, after a change of the screen, by the icon's own thread.
        self._image_lock = threading.RLock()
        self._closing = threading.Event()
        super().__init__("robot", icon_image(Face.READY, 16), _("Robot"), pystray.Menu(self._menu_items))
        self._message_handlers[messages.WM_QUERYENDSESSION] = messages.agree
        self._message_handlers[win32.WM_NOTIFY] = messages.mouse_handler(
            self._open_menu, events.clicked, events.told_clicked
        )
        self._message_handlers[messages.WM_DISPLAYCHANGE] = self._on_new_scale
        self._message_handlers[messages.WM_DPICHANGED] = self._on_new_scale

    def show(self, ready: Callable[[], None]) -> None:
        """Run the message loop of this thread."""

        def setup(_icon: Any) -> None:
            try:
                self.visible = True
            except OSError:
                log.exception("The icon could not be shown")
            finally:
                ready()  # in any case: through it the loop is ended

        try:
            self.run(setup)
        except OSError as error:  # no window can be made: there is no desktop here
            raise TrayUnavailableError(str(error)) from error

    def wear(self, face: Face, tooltip: str) -> None:
        """Change image and tooltip."""
        with self._image_lock:
            if face is not self._face:
                self._face = face
                self.icon = icon_image(face, 16)
            self.title = tooltip

    def tell(self, title: str, text: str) -> None:
        """Show a balloon (a toast since Windows 10)."""
        self.notify(text, title)

    def untell(self) -> None:
        """Take the balloon away."""
        self.remove_notification()

    def close(self) -> None:
        """End the message loop."""
        self._closing.set()
        self.stop()

    def _open_menu(self) -> None:
        self._update_menu()  # the texts as they are now; here, on the thread that shows the menu
        super()._on_notify(0, messages.WM_RBUTTONUP)

    def _menu_items(self) -> Iterator[pystray.MenuItem]:
        return (self._menu_item(entry) for entry in self._asks.menu())

    def _menu_item(self, entry: MenuEntry) -> pystray.MenuItem:
        if entry is SEPARATOR:
            return pystray.Menu.SEPARATOR
        label = entry.label.replace("&", "&&")  # a single one would underline the next letter
        if entry.children:
            return pystray.MenuItem(label, pystray.Menu(*(self._menu_item(child) for child in entry.children)))
        action = entry.action
        if action is None:
            return pystray.MenuItem(label, None, enabled=False)
        return pystray.MenuItem(
            label,
            lambda: self._asks.chosen(action),
            enabled=entry.enabled,
            default=entry.main,
            checked=None if entry.checked is None else lambda _item: bool(entry.checked),
        )

    def _on_new_scale(self, _wparam: int, _lparam: int) -> int:
        with self._image_lock:
            if self.visible:
                self._update_icon()
        return 0

    def _message(self, code: int, flags: int, **fields: Any) -> None:
        """Tell the notification area; an icon that it doesn't have (yet, or any more) is added again.

        At log-on the robot may be up before the taskbar is, and a busy taskbar drops an icon without a word, or
        doesn't answer in time.
        """
        if self._send(code, flags, **fields):
            return
        if code == win32.NIM_MODIFY and self.visible:
            self._show()
        elif code == win32.NIM_ADD and not self._closing.is_set():
            log.info("The taskbar has not taken the icon; it is tried again")
            later = threading.Timer(AGAIN_SECONDS, self._try_again)
            later.daemon = True
            later.start()

    def _try_again(self) -> None:
        """The taskbar may have taken the icon without saying so: then it can be changed, and not added once more."""
        with self._image_lock:
            if not self._closing.is_set() and not self._send(win32.NIM_MODIFY, win32.NIF_TIP, szTip=self.title):
                self._show()

    def _send(self, code: int, flags: int, **fields: Any) -> bool:
        data = win32.NOTIFYICONDATAW(
            cbSize=ctypes.sizeof(win32.NOTIFYICONDATAW), hWnd=self._hwnd, hID=id(self), uFlags=flags, **fields
        )
        return bool(win32.Shell_NotifyIcon(code, data))

    def _update_icon(self) -> None:
        with self._image_lock:
            super()._update_icon()

    def _assert_icon_handle(self) -> None:
        """Load the drawing for the size that the taskbar shows; pystray would load 32 pixels and have them shrunk."""
        with self._image_lock:
            if not self._icon_handle:
                size = small_icon_size()
                self._icon_handle = win32.LoadImage(
                    None, str(icon_file(self._face)), win32.IMAGE_ICON, size, size, win32.LR_LOADFROMFILE
                )


def small_icon_size() -> int:
    """Pixels of a small icon at the scale of the monitor with the taskbar: 16 at 100 %, 24 at 150 %, 32 at 200 %.

    https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-getsystemmetricsfordpi
    """
    user32 = ctypes.windll.user32
    taskbar = user32.FindWindowW("Shell_TrayWnd", None)
    dpi = user32.GetDpiForWindow(taskbar) if taskbar else user32.GetDpiForSystem()
    return int(user32.GetSystemMetricsForDpi(SM_CXSMICON, dpi or DEFAULT_DPI)) or 16
