"""Eyes and hands for the icon of one robot on an X screen: what it shows, its menu, its dialogs, what it opens.

Wine draws menus and message boxes into windows without parts, so a click goes to where Wine has drawn the thing.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PIL import Image, ImageChops

from app.tray.icon import Face, icon_image
from tests.program_on_windows.machine import SECONDS, eventually

if TYPE_CHECKING:
    from tests.program_on_windows.robot import InstalledRobot
    from tests.tray.tray_screen import Seen

# The menu's lines from top to bottom, and those of its submenu; None is a separator.
MENU = (
    *("status", "last", "connection", None),
    *("pause", "stop", "force stop", "cancel", None),
    *("open", "logs", "history", "settings", "autostart", "orchestrator", "check", "about", None),
    "close",
)
LOGS = ("this job", "robot", "folder")
LINE, SEPARATOR, FIRST_LINE = 19, 9, 13  # pixels: heights, and the middle of the first line
BUTTONS = {"ok": 0, "yes": -40, "no": 40}  # from the middle of a message box
ABOVE_THE_EDGE = 24  # a button's middle
HIGHER_THAN_A_TOOLTIP = 40
BALLOON_GOES = 5.0  # seconds; Wine shows one for ten at least
LOOKS, LOOK_SECONDS = 20, 3.0
COLOUR_TOLERANCE = 3  # of 255: what the scaling of an alpha channel rounds
RIGHT = 3


class Tray:
    """The icon of a robot that was started behind it."""

    def __init__(self, robot: InstalledRobot) -> None:
        self.robot = robot
        self.screen = robot.machine.screen
        robot.machine.keep_desktop()
        self.process = robot.start(headless=False)

    # ------------------------------------------------------------------ the icon

    def picture(self) -> Image.Image:
        """What the tray shows at its right end."""
        picture = self.screen.picture(self.screen.window("panel"))
        return picture.crop((picture.width - 24, 0, picture.width, picture.height))

    def wears(self, face: Face) -> bool:
        """Whether the icon is this face, pixel for pixel."""
        picture = self.picture()
        icon = icon_image(face, 16)
        expected = Image.new("RGB", icon.size, picture.getpixel((0, 2)))
        expected.paste(icon, mask=icon)
        spots = [(x, y) for x in range(picture.width - 15) for y in range(picture.height - 15)]
        return any(_alike(picture.crop((x, y, x + 16, y + 16)), expected) for x, y in spots)

    def show(self, face: Face) -> None:
        """Wait for this face; ten seconds longer while the stem of a balloon covers it."""
        self.screen.point(5, 5)  # no tooltip over it
        for _ in range(LOOKS):
            if eventually(lambda: self.wears(face), LOOK_SECONDS):
                return
            # When trayer moves the icon by a pixel, Wine draws over what it drew before.
            self.screen.draw_anew("explorer.exe")
        raise AssertionError(f"{face}: {self.screen.seen('explorer.exe')} {self.robot.said()}")

    def balloon(self) -> bool:
        """Wait for a notification beside the tray."""

        def seen() -> bool:
            return any(height > HIGHER_THAN_A_TOOLTIP for *_, height in self._popups())

        return eventually(seen)

    def click_the_balloon(self) -> None:
        """Wait for a notification, and tell the icon that it was clicked: Wine's clicks on it reach nobody."""
        assert self.balloon(), "no notification"
        assert int(self._ask("click_told.py")) > 0, "no icon"

    def balloon_gone(self) -> bool:
        """Wait until there is no notification; well before it would go by itself."""
        return eventually(lambda: all(height <= HIGHER_THAN_A_TOOLTIP for *_, height in self._popups()), BALLOON_GOES)

    def _popups(self) -> list[tuple[int, int, int, int]]:
        return [window.place for window in self.screen.seen("explorer.exe") if window.popup]

    def click(self, times: int = 1) -> None:
        """Click the icon; twice as fast as nobody can."""
        self.screen.click(*self._middle(), times=times)

    def _middle(self) -> tuple[int, int]:
        x, y, width, _height = self.screen.place(self.screen.window("panel"))
        return x + width - 12, y + 12

    # ------------------------------------------------------------------ the menu

    def choose(self, line: str, inner: str = "") -> None:
        """Open the menu and click the line, and then one of the submenu that it opens."""
        self.screen.click(*self._middle(), button=RIGHT)
        (menu,) = self._menus(1)
        self._click(menu, MENU, line)
        if inner:
            (submenu,) = (opened for opened in self._menus(2) if opened != menu)
            self._click(submenu, LOGS, inner)

    def _menus(self, number: int) -> list[Seen]:
        def opened() -> list[Seen]:
            menus = [window for window in self.screen.seen("robot.exe") if window.popup]
            return menus if len(menus) == number else []

        menus = eventually(opened)
        assert menus, "no menu opened"
        return menus

    def _click(self, menu: Seen, lines: tuple[str | None, ...], line: str) -> None:
        x, y, _width, height = menu.place
        assert height == LINE * len(lines) - (LINE - SEPARATOR) * lines.count(None) + 6, "not the menu that we know"
        above = lines[: lines.index(line)]
        separators = above.count(None)
        self.screen.click(x + 30, y + FIRST_LINE + LINE * (len(above) - separators) + SEPARATOR * separators)

    # ------------------------------------------------------------------ what opens

    def window(self, program: str, title: str, seconds: float = SECONDS) -> Seen | None:
        """Wait for a program's window whose title contains this."""
        return eventually(lambda: next((w for w in self.screen.seen(program) if title in w.title), None), seconds)

    def gone(self, program: str, title: str, seconds: float = SECONDS) -> bool:
        """Wait until there is no such window."""
        return eventually(lambda: not any(title in w.title for w in self.screen.seen(program)), seconds)

    def close_what_opened(self) -> None:
        """Close the editors, and the folders of this robot."""
        machine = self.robot.machine
        for process in [*machine.processes("notepad"), *machine.processes("explorer", self.robot.home.name)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def read(self, dialog: str) -> str:
        """What the message box of this title says."""
        assert self.window("robot.exe", dialog), f"no dialog: {self.robot.said()}"
        return self._ask("read_dialog.py", dialog)

    def _ask(self, script: str, *arguments: str) -> str:
        """What a script of this folder prints, run by a Python of that machine."""
        from wine import toolchain

        file = self.robot.machine.windows(Path(__file__).with_name(script))
        done = self.robot.machine.run(toolchain.ensure().python, file, *arguments, PYTHONUTF8="1")
        assert done.returncode == 0, done.stdout
        return done.stdout

    def answer(self, dialog: str, button: str) -> None:
        """Click a button of the message box of this title, which closes it."""
        opened = self.window("robot.exe", dialog)
        assert opened, f"no dialog: {self.robot.said()}"
        for _ in range(LOOKS):  # it is seen before it has its place and hears clicks
            x, y, width, height = opened.place
            self.screen.click(x + width // 2 + BUTTONS[button], y + height - ABOVE_THE_EDGE)
            if self.gone("robot.exe", dialog, LOOK_SECONDS):
                return
            opened = self.window("robot.exe", dialog, LOOK_SECONDS) or opened
        raise AssertionError("the button closed nothing")


def _alike(one: Image.Image, other: Image.Image) -> bool:
    return all(high <= COLOUR_TOLERANCE for _low, high in ImageChops.difference(one, other).getextrema())
