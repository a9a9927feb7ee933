"""The Windows program under Wine: its installer, and its icon and menu while a job runs. Needs dist/ and openbox.

Each language has a machine of its own: Windows' language is that of the Linux user who starts Wine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from PIL import Image

from app.orchestrator.vocabulary import JobStatus
from tests.pictures.png import save
from tests.pictures.stage import LOCALES, ROOT, Stage
from tests.program_on_windows.machine import Machine
from tests.tray.tray_screen import Screen, eventually

sys.path.append(str(ROOT / "build"))
from wine.prefix import Prefix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USER = "robot"
DESKTOP, TASKBAR, EDGE = (0x3B, 0x6E, 0xA5), (0xDC, 0xDA, 0xD5), 24
NEXT = (-136, -26)  # the middle of the button, from the lower right corner of the installer's window
HEAD = (0, 0, 160, 60)  # a piece of the bitmap on its first page and its last, the title on those between
PAGES_BETWEEN = 2  # licence and folder; what follows goes on by itself
STOP = (80, 98)  # Stop, from the menu's corner
RIGHT = 3
PATIENCE = 120.0


def take(folder: Path, language: str) -> None:
    """`installer-LANGUAGE.png` and `tray-LANGUAGE.png`; `folder` is empty and may be thrown away afterwards."""
    (setup,) = (ROOT / "dist").glob("Robot-*-setup.exe")
    speech = {"LC_ALL": LOCALES[language], "LANG": LOCALES[language], "LOCPATH": str(_locales(folder))}
    prefix = Prefix(folder / "prefix", {"USER": USER, "LOGNAME": USER, "DISPLAY": "", **speech})
    prefix.create()
    home = prefix.drive_c / "users" / USER
    with Screen(with_tray=False) as screen:
        machine = Machine(home, prefix.environment(DISPLAY=screen.display_name), prefix)
        picture = _installer(screen, machine, setup)
        prefix.kill()  # its desktop belongs to this screen
    save(picture, f"installer-{language}")
    (folder / "stage").mkdir()
    with Screen() as screen, Stage(folder / "stage", language) as stage:
        machine = Machine(home, prefix.environment(DISPLAY=screen.display_name), prefix)
        picture = _menu(screen, machine, stage)
        prefix.kill()
    save(picture, f"tray-{language}")


def _locales(folder: Path) -> Path:
    """A folder with the locales, which are how Wine is told its language; the machine itself may lack them."""
    made = folder / "locales"
    made.mkdir()
    for locale in LOCALES.values():
        name, charset = locale.split(".")
        subprocess.run(["localedef", "-i", name, "-f", charset, str(made / locale)], check=True)
    return made


def _installer(screen: Screen, machine: Machine, setup: Path) -> Image.Image:
    """Its first page and its last, side by side."""
    screen.start("openbox")
    machine.start(setup, output=machine.home / "setup.txt")
    window = _wait(lambda: screen.window(setup.name.lower()))
    frame = _frame(window)
    first = _settled(screen, frame)
    head = _head(screen, window)
    for _ in range(1 + PAGES_BETWEEN):
        page = _head(screen, window)
        _wait(partial(_turned, screen, window, page))
    _wait(lambda: _head(screen, window) == head)
    last = _settled(screen, frame)
    picture = Image.new("RGB", (first.width + last.width + 3 * EDGE, first.height + 2 * EDGE), DESKTOP)
    picture.paste(first, (EDGE, EDGE))
    picture.paste(last, (first.width + 2 * EDGE, EDGE))
    return picture


def _menu(screen: Screen, machine: Machine, stage: Stage) -> Image.Image:
    """The menu while a job runs and the one before has failed; below it the taskbar with the icon."""
    failed, running = stage.sandbox.queue_job("invoices"), stage.sandbox.queue_job("finance/invoices")
    program = machine.local / "Programs" / "Robot" / "robot.exe"
    config = machine.windows(stage.home / "robot.toml")
    machine.start(program, "run", "--config", config, output=machine.home / "robot.txt")
    assert stage.sandbox.wait_for(lambda _box: running.status == JobStatus.IN_PROGRESS, PATIENCE)
    assert failed.status == JobStatus.FAILED
    icon = _wait(lambda: screen.window("explorer.exe"))
    time.sleep(30)  # so that the elapsed time is worth showing, and the notification is gone
    left, top, width, height = screen.place(icon)
    screen.draw_anew("explorer.exe")
    shown = _settled(screen, icon)
    screen.click(left, top + height // 2, RIGHT)
    menu = _wait(lambda: screen.window("robot.exe"))
    corner = screen.place(menu)
    screen.point(corner[0] + STOP[0], corner[1] + STOP[1])
    opened = _settled(screen, menu)
    picture = Image.new("RGB", (opened.width + 2 * EDGE, opened.height + 2 * EDGE + 6), DESKTOP)
    picture.paste(opened, (EDGE, EDGE))
    picture.paste(TASKBAR, (0, picture.height - EDGE, picture.width, picture.height))
    picture.paste(shown, (picture.width - EDGE - width, picture.height - EDGE + 1))
    return picture


def _head(screen: Screen, window: Any) -> Image.Image:
    return screen.picture(window).crop(HEAD)


def _turned(screen: Screen, window: Any, page: Image.Image) -> bool:
    """Click Next, and see whether another page comes; a window manager may take a click as a wish for the focus."""
    x, y, width, height = screen.place(window)
    screen.click(x + width + NEXT[0], y + height + NEXT[1])
    screen.point(5, 5)
    time.sleep(1)
    return _head(screen, window) != page


def _frame(window: Any) -> Any:
    """The window with what the window manager has put around it."""
    while (parent := window.query_tree().parent) != window.query_tree().root:
        window = parent
    return window


def _wait(look: Callable[[], Any]) -> Any:
    seen = eventually(look, PATIENCE)
    assert seen, "it did not come"
    return seen


def _settled(screen: Screen, window: Any) -> Image.Image:
    """What is seen of the window once it has stopped to change."""
    while True:
        before = screen.picture(window)
        time.sleep(1.5)
        if screen.picture(window) == before:
            return before
