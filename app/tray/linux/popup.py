"""A menu on an X display: one window that takes the pointer until an entry is clicked.

Drawn here because neither pystray's X backend nor the X server has menus, and a toolkit for them would have to be
installed beside Python. Only used on Linux; Windows has menus of its own.
"""

from __future__ import annotations

import select
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import Xlib.X
import Xlib.XK
from PIL import Image, ImageDraw, ImageFont
from Xlib.display import Display

from app.tray.menu import SEPARATOR, MenuEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW, LINE, PAD, MARGIN = 24, 9, 14, 4  # pixels: heights of an entry and of a separator, room at the sides and ends
FONT_SIZE: Final = 13
FONTS: Final = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "FreeSans.ttf")
PAPER, INK, FAINT, EDGE, MARK = "#fbfbfb", "#1b1b1b", "#6d6d6d", "#c8c8c8", "#d3e5fb"
TICK, NO_TICK = "☑", "☐"
GRAB_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 0.1  # between two looks at whether the popup was dismissed

_open: set[threading.Event] = set()
_lock = threading.Lock()


def dismiss() -> None:
    """Close the popups that are open; their `choose` returns None."""
    with _lock:
        for dismissed in _open:
            dismissed.set()


def choose(entries: Sequence[MenuEntry], place: tuple[int, int] | None) -> MenuEntry | None:
    """Show `entries` and wait for a click.

    Args:
        entries: from top to bottom.
        place: pixels of the screen, where the menu opens; None: the middle of the screen.

    Returns:
        The entry that was clicked; None after a click elsewhere, Escape, or `dismiss`.
    """
    dismissed = threading.Event()
    with _lock:
        _open.add(dismissed)
    display = Display()
    try:
        return _Popup(display, entries, place, dismissed).run()
    finally:
        display.close()
        with _lock:
            _open.discard(dismissed)


class _Popup:
    """The window of one `choose`."""

    def __init__(
        self,
        display: Any,
        entries: Sequence[MenuEntry],
        place: tuple[int, int] | None,
        dismissed: threading.Event,
    ) -> None:
        self._display = display
        self._dismissed = dismissed
        self._font = _font()
        self._rows = layout(entries)
        self._height = self._rows[-1][2] + MARGIN
        self._width = 2 * PAD + max(int(self._font.getlength(_label(entry))) for entry in entries)
        self._marked: MenuEntry | None = None
        self._chosen: MenuEntry | None = None
        self._closed = False
        screen = display.screen()
        x, y = _corner(place, (self._width, self._height), (screen.width_in_pixels, screen.height_in_pixels))
        self._window = screen.root.create_window(
            x, y, self._width, self._height, 0, screen.root_depth,
            override_redirect=True,  # the window manager leaves it alone
            event_mask=Xlib.X.ExposureMask | Xlib.X.ButtonPressMask | Xlib.X.PointerMotionMask,
        )  # fmt: skip
        self._window.set_wm_class("robot-menu", "Robot")
        self._gc = self._window.create_gc()

    def run(self) -> MenuEntry | None:
        self._window.map()
        if not self._grab():
            return None
        while not (self._closed or self._dismissed.is_set()):
            select.select([self._display.fileno()], [], [], LOOK_SECONDS)
            while not self._closed and self._display.pending_events():
                self._handle(self._display.next_event())
        return self._chosen

    def _handle(self, event: Any) -> None:
        if event.type == Xlib.X.Expose:
            self._draw()
        elif event.type == Xlib.X.MotionNotify:
            self._mark(self._entry_at(event.event_x, event.event_y))
        elif event.type == Xlib.X.KeyPress:
            self._closed = self._display.keycode_to_keysym(event.detail, 0) == Xlib.XK.XK_Escape
        elif event.type == Xlib.X.ButtonPress:
            self._chosen = self._entry_at(event.event_x, event.event_y)
            # A click on a line that can't be chosen leaves the menu open.
            self._closed = self._chosen is not None or not self._contains(event.event_x, event.event_y)

    def _grab(self) -> bool:
        """Take pointer and keyboard, so that a click elsewhere is heard of; the press that opened us still has them."""
        deadline = time.monotonic() + GRAB_SECONDS
        while time.monotonic() < deadline and not self._dismissed.is_set():
            pointer = self._window.grab_pointer(
                False, Xlib.X.ButtonPressMask | Xlib.X.PointerMotionMask, Xlib.X.GrabModeAsync, Xlib.X.GrabModeAsync,
                Xlib.X.NONE, Xlib.X.NONE, Xlib.X.CurrentTime,
            )  # fmt: skip
            if pointer == Xlib.X.GrabSuccess:
                self._window.grab_keyboard(False, Xlib.X.GrabModeAsync, Xlib.X.GrabModeAsync, Xlib.X.CurrentTime)
                return True
            self._dismissed.wait(LOOK_SECONDS / 2)
        return False

    def _contains(self, x: int, y: int) -> bool:
        return 0 <= x < self._width and 0 <= y < self._height

    def _entry_at(self, x: int, y: int) -> MenuEntry | None:
        if not self._contains(x, y):
            return None
        return next((e for e, top, bottom in self._rows if top <= y < bottom and e.enabled), None)

    def _mark(self, entry: MenuEntry | None) -> None:
        if entry is not self._marked:
            self._marked = entry
            self._draw()

    def _draw(self) -> None:
        image = Image.new("RGB", (self._width, self._height), PAPER)
        pen = ImageDraw.Draw(image)
        pen.rectangle((0, 0, self._width - 1, self._height - 1), outline=EDGE)
        for entry, top, bottom in self._rows:
            if entry is SEPARATOR:
                pen.line((PAD, (top + bottom) // 2, self._width - PAD, (top + bottom) // 2), fill=EDGE)
                continue
            if entry is self._marked:
                pen.rectangle((1, top, self._width - 2, bottom - 1), fill=MARK)
            pen.text(
                (PAD, (top + bottom) / 2),
                _label(entry),
                fill=INK if entry.enabled else FAINT,
                font=self._font,
                anchor="lm",
            )
        image.tostring = image.tobytes  # type: ignore[attr-defined] # python-xlib calls it by its former name
        self._window.put_pil_image(self._gc, 0, 0, image)
        self._display.flush()


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, FONT_SIZE)
        except OSError:
            continue
    return ImageFont.load_default(FONT_SIZE)


def _label(entry: MenuEntry) -> str:
    if entry.checked is not None:
        return f"{TICK if entry.checked else NO_TICK} {entry.label}"
    return f"{entry.label}  ▸" if entry.children else entry.label


def layout(entries: Sequence[MenuEntry]) -> list[tuple[MenuEntry, int, int]]:
    """Each entry with the y of its upper and lower edge, in pixels of the popup."""
    rows, y = [], MARGIN
    for entry in entries:
        bottom = y + (LINE if entry is SEPARATOR else ROW)
        rows.append((entry, y, bottom))
        y = bottom
    return rows


def _corner(place: tuple[int, int] | None, size: tuple[int, int], screen: tuple[int, int]) -> tuple[int, int]:
    """The upper left corner: at `place`, moved so far that the whole menu is on the screen."""
    if place is None:
        return (screen[0] - size[0]) // 2, (screen[1] - size[1]) // 2
    return max(0, min(place[0], screen[0] - size[0])), max(0, min(place[1], screen[1] - size[1]))
