"""The icon on Linux: pystray's X backend, with the menu that it lacks.

The X backend knows a default action and nothing else, so a right click opens a menu of our own (`popup`).
Notifications go to the desktop's own program, if there is one; it waits for a click on the one that was shown last.
Importing this module needs an X display.

The event loop is ours as well: pystray's takes calls from other threads over the display's own connection, and
python-xlib hangs when one thread sends while another waits for a reply. Here other threads leave their call in a queue
and ring a bell; only the loop's thread touches the connection.
"""

from __future__ import annotations

import logging
import select
import shutil
import socket
import subprocess
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import Xlib.X
from PIL import Image
from pystray import Menu
from pystray._xorg import Icon

from app.base.i18n import _
from app.tray.icon import Face, icon_image
from app.tray.linux import popup
from app.tray.platform_icon import TrayUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.tray.menu import MenuEntry
    from app.tray.platform_icon import IconEvents

DOUBLE_CLICK_MILLISECONDS: Final = 400
LEFT, RIGHT = 1, 3  # buttons
BACKGROUND: Final = "#202020"  # the X backend has no transparency; the usual colour of a panel
NOTIFY_SECONDS: Final = 5

log = logging.getLogger("robot.tray")


class X11Icon(Icon):  # type: ignore[misc] # pystray has no types
    """An icon in the tray of an X desktop.

    Raises:
        TrayUnavailableError: the display has no tray.
    """

    def __init__(self, events: IconEvents) -> None:
        super().__init__("robot", icon_image(Face.READY, 16), "Robot", Menu())
        self._asks = events
        self._face = Face.READY
        self._icon_data: Any = None
        self._last_left_press = -DOUBLE_CLICK_MILLISECONDS
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._waker, self._woken = socket.socketpair()
        self._telling: subprocess.Popen[bytes] | None = None  # waits for a click
        self._told_number = 0
        self._thread = threading.current_thread()  # by which pystray knows that a call needs no detour
        if self._get_systray_manager() is None:
            self._release()
            raise TrayUnavailableError("the X display has no tray")
        # pystray leaves clicks to the tray, which doesn't hand them on.
        self._window.change_attributes(
            event_mask=Xlib.X.ExposureMask | Xlib.X.StructureNotifyMask | Xlib.X.ButtonPressMask
        )

    def __del__(self) -> None:
        """Nothing: `show` has released everything. pystray would ask its loop, which has ended, and wait for ever."""

    def show(self, ready: Callable[[], None]) -> None:
        """Run the event loop of this thread until `close`, or until the tray goes away."""
        try:
            self._icon_valid = True  # there is nothing to draw in before the tray has given a place
            self.visible = True
            ready()
            self._serve()
        except Exception as error:
            raise TrayUnavailableError(f"the X display was lost: {error}") from error
        finally:
            self._release()

    def wear(self, face: Face, tooltip: str) -> None:
        """Change image and tooltip."""
        self._call(lambda: self._wear(face, tooltip))

    def close(self) -> None:
        """End the event loop."""
        self._call(None)

    def _call(self, work: Callable[[], None] | None) -> None:
        """Have the loop do `work`; None ends it."""
        self._calls.put(work)
        with suppress(OSError):  # the loop has ended, and nobody needs to be woken
            self._waker.send(b".")

    def _serve(self) -> None:
        while True:
            while self._display.pending_events():
                event = self._display.next_event()
                if event.type == Xlib.X.DestroyNotify:  # of our window, or of the tray that it is in
                    return
                self._message_handlers.get(event.type, _ignore)(event)
            self._display.flush()
            ready, _, _ = select.select([self._display.fileno(), self._woken], [], [])
            if self._woken in ready:
                self._woken.recv(1)
                work = self._calls.get_nowait()
                if work is None:
                    return
                work()

    def _release(self) -> None:
        self.untell()
        self._waker.close()
        self._woken.close()
        with suppress(Exception):  # the display may be gone already
            self._display.close()

    def _wear(self, face: Face, tooltip: str) -> None:
        if face is not self._face:
            self._face = face
            self.icon = icon_image(face, 16)  # tells pystray to draw anew, which asks `_assert_icon_data`
        self.title = tooltip

    def tell(self, title: str, text: str) -> None:
        """Show a notification through the desktop."""
        program = shutil.which("notify-send")
        if program is None:
            log.debug("There is no notify-send to show notifications with")
            return
        name, action = _("Robot"), _("Open")  # not within the f-strings: Babel finds none there before Python 3.12
        command = [program, f"--app-name={name}"]
        self.untell()
        self._told_number += 1
        try:
            self._telling = subprocess.Popen(
                [*command, f"--action=default={action}", "--", title, text],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            log.warning("The notification could not be shown: %s", error)
            return
        telling, plain = self._telling, [*command, "--", title, text]
        self._asks.background(f"told-{self._told_number}", lambda: self._wait_for_a_click(telling, plain))

    def _wait_for_a_click(self, telling: subprocess.Popen[bytes], plain: list[str]) -> None:
        """Until the notification goes, by a click or otherwise; a program that knows no clicks is asked without."""
        clicked, _nothing = telling.communicate()
        if telling.returncode == 0 and clicked.strip() == b"default":
            self._asks.told_clicked()
        elif telling.returncode > 0:
            try:
                subprocess.run(
                    plain, check=False, timeout=NOTIFY_SECONDS, stdin=subprocess.DEVNULL, capture_output=True
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                log.warning("The notification could not be shown: %s", error)

    def untell(self) -> None:
        """The desktop takes its notifications away by itself; a click on this one does nothing any more."""
        if self._telling is not None:
            self._telling.terminate()
            self._telling = None

    def _update_title(self) -> None:
        # WM_NAME is Latin-1; trays that show tooltips read the name in UTF-8.
        name, utf8 = self._display.intern_atom("_NET_WM_NAME"), self._display.intern_atom("UTF8_STRING")
        self._window.change_text_property(name, utf8, self.title)

    def _update_icon(self) -> None:
        # pystray would ask the tray for a place again with each image, and may lose the one that it has.
        self._icon_data = None
        self._draw()
        self._icon_valid = True

    def _assert_icon_data(self, width: int, height: int) -> None:
        if self._icon_data is None or self._icon_data.size != (width, height):
            self._icon_data = cell_image(self._face, width, height)
            self._icon_data.tostring = self._icon_data.tobytes  # python-xlib calls it by its former name

    def _on_button_press(self, event: Any) -> None:
        if event.detail == RIGHT:
            place = event.root_x, event.root_y
            self._asks.background("menu", lambda: self._open_menu(place))
        elif event.detail == LEFT:
            second = event.time - self._last_left_press < DOUBLE_CLICK_MILLISECONDS
            self._last_left_press = event.time
            if not second:  # a double click is one
                self._asks.clicked()

    def _open_menu(self, place: tuple[int, int]) -> None:
        """Show the menu at `place` until something is chosen; a submenu takes the menu's place."""
        entries: tuple[MenuEntry, ...] = self._asks.menu()
        while entries:
            chosen = popup.choose(entries, place)
            if chosen is None:
                return
            if chosen.action is not None:
                self._asks.chosen(chosen.action)
            entries = chosen.children


def cell_image(face: Face, width: int, height: int) -> Image.Image:
    """The face as large as it fits into a tray's cell, square and in the middle; pystray would stretch it."""
    side = max(1, min(width, height))
    cell = Image.new("RGBA", (width, height), BACKGROUND)
    cell.alpha_composite(icon_image(face, side), ((width - side) // 2, (height - side) // 2))
    return cell.convert("RGB")


def _ignore(_event: Any) -> None:
    """Answer to an event that doesn't matter."""
