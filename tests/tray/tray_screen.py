"""A virtual X screen with a tray, and hands and eyes on it.

There is no window manager: the icon and its menu need none, and with openbox trayer's panel stays invisible in one
start of four (a race of those two).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = ("Xvfb", "trayer")
SECONDS = 30.0


def missing_programs() -> list[str]:
    """What this machine lacks for a screen."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def eventually(look: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Look until there is something to see; the last look's answer, which may be nothing."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen


@dataclass(frozen=True)
class Seen:
    """A visible window as it was when somebody looked.

    Attributes:
        title: its name; empty for most popups.
        place: left, top, width, height on the screen.
        popup: menus, tooltips and balloons, which no window manager would touch.
    """

    title: str
    place: tuple[int, int, int, int]
    popup: bool


class Screen:
    """Xvfb on a display number of its own; `with_tray=False` leaves the tray out."""

    def __init__(self, *, with_tray: bool = True) -> None:
        self._with_tray = with_tray
        self._stack = ExitStack()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.display_name = ""
        self._display: Any = None

    def __enter__(self) -> Self:
        reader, writer = os.pipe()
        self.start("Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x768x24", "-noreset", pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as number:
            self.display_name = f":{number.readline().strip()}"
        from Xlib.display import Display

        self._display = Display(self.display_name)
        self._stack.callback(self._display.close)
        if self._with_tray:
            # A width in pixels: trayer 1.1 measures percent before it knows the screen.
            self.start("trayer", "--edge", "bottom", "--align", "right", "--widthtype", "pixel", "--width", "200",
                        "--height", "24")  # fmt: skip
            assert eventually(lambda: self._tray_owner() and self.window("panel")), "trayer did not come up"
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def start(self, *command: str, pass_fds: tuple[int, ...] = ()) -> None:
        """Start a program on this screen; it is ended with the screen."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=pass_fds,
            env={**os.environ, "DISPLAY": self.display_name},
        )
        self._processes[command[0]] = process
        self._stack.callback(process.wait, 10)
        self._stack.callback(process.terminate)

    def end(self, program: str) -> None:
        """End one of the programs."""
        ending = self._processes[program]
        ending.terminate()
        try:
            ending.wait(10)
        except subprocess.TimeoutExpired:  # trayer has missed a SIGTERM; it is not what is tested
            ending.kill()
            ending.wait(10)

    def _tray_owner(self) -> bool:
        owner = self._display.get_selection_owner(self._display.intern_atom("_NET_SYSTEM_TRAY_S0"))
        return bool(owner) and getattr(owner, "id", 0) != 0

    def window(self, instance: str) -> Any | None:
        """The visible window whose WM_CLASS begins with `instance`."""
        return next((w for w in self._windows(self._display.screen().root) if self._is(w, instance)), None)

    def seen(self, instance: str) -> list[Seen]:
        """Every visible window whose WM_CLASS begins with `instance`, from the lowest to the topmost."""
        import Xlib.error

        found = []
        for window in self._windows(self._display.screen().root):
            with suppress(Xlib.error.BadWindow, Xlib.error.BadDrawable):  # closed while we looked
                if self._is(window, instance):
                    popup = bool(window.get_attributes().override_redirect)
                    found.append(Seen(self.title(window), self.place(window), popup))
        return found

    def _windows(self, window: Any) -> list[Any]:
        import Xlib.error

        try:
            children: list[Any] = window.query_tree().children
        except (Xlib.error.BadWindow, Xlib.error.BadDrawable):  # gone since its parent was asked
            return []
        return children + [inner for child in children for inner in self._windows(child)]

    def _is(self, window: Any, instance: str) -> bool:
        import Xlib.error
        import Xlib.X

        try:
            names = window.get_wm_class()
            viewable = window.get_attributes().map_state == Xlib.X.IsViewable
        except (Xlib.error.BadWindow, Xlib.error.BadDrawable):
            return False
        return names is not None and names[0] == instance and viewable

    def place(self, window: Any) -> tuple[int, int, int, int]:
        """Left, top, width, height of a window on the screen."""
        size = window.get_geometry()
        corner = self._display.screen().root.translate_coords(window, 0, 0)
        return corner.x, corner.y, size.width, size.height

    def place_of_popup(self, height: int) -> tuple[int, int, int, int] | None:
        """Where a menu or a question of this height is; None if there is none (yet)."""
        import Xlib.error

        try:
            popup = self.window("robot-menu")
            place = self.place(popup) if popup else None
        except (Xlib.error.BadWindow, Xlib.error.BadDrawable):  # closed while we looked
            return None
        return place if place and place[3] == height else None

    def title(self, window: Any) -> str:
        """The window's name in UTF-8: what a tray shows as the tooltip."""
        prop = window.get_full_property(self._display.intern_atom("_NET_WM_NAME"), 0)
        return prop.value.decode() if prop else ""

    def picture(self, window: Any) -> Image.Image:
        """What is seen of a window."""
        import Xlib.X

        x, y, width, height = self.place(window)
        raw = self._display.screen().root.get_image(x, y, width, height, Xlib.X.ZPixmap, 0xFFFFFFFF)
        return Image.frombytes("RGB", (width, height), raw.data, "raw", "BGRX")

    def draw_anew(self, instance: str) -> None:
        """Clear the windows of a program that are no popups, and have it draw them."""
        import Xlib.error

        for window in self._windows(self._display.screen().root):
            with suppress(Xlib.error.BadWindow, Xlib.error.BadDrawable):  # closed while we looked
                if self._is(window, instance) and not window.get_attributes().override_redirect:
                    window.clear_area(exposures=True)
        self._display.sync()

    def click(self, x: int, y: int, button: int = 1, *, times: int = 1) -> None:
        """Move the pointer there and click; several times as fast as no hand can, however busy this machine is."""
        import Xlib.X
        from Xlib.ext import xtest

        self.point(x, y)
        for _ in range(times):
            xtest.fake_input(self._display, Xlib.X.ButtonPress, button)
            xtest.fake_input(self._display, Xlib.X.ButtonRelease, button)
        self._display.sync()

    def point(self, x: int, y: int) -> None:
        """Move the pointer there."""
        import Xlib.X
        from Xlib.ext import xtest

        xtest.fake_input(self._display, Xlib.X.MotionNotify, x=x, y=y)
        self._display.sync()

    def press_escape(self) -> None:
        """Press the Escape key."""
        import Xlib.X
        import Xlib.XK
        from Xlib.ext import xtest

        code = self._display.keysym_to_keycode(Xlib.XK.XK_Escape)
        xtest.fake_input(self._display, Xlib.X.KeyPress, code)
        xtest.fake_input(self._display, Xlib.X.KeyRelease, code)
        self._display.sync()
