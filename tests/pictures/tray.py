"""The tray: its icon and menu on a virtual screen, and each state's icon by itself."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile

from app.orchestrator.vocabulary import JobStatus
from app.paths import ASSETS_DIR
from app.tray.icon import Face, icon_image
from tests.pictures.png import IMAGES, save
from tests.pictures.stage import end

sys.path.append(str(Path(__file__).resolve().parents[1] / "tray"))  # its modules are found like pytest finds them
from tray_screen import Screen, eventually

if TYPE_CHECKING:
    from tests.pictures.stage import Stage

DESKTOP, TASKBAR, EDGE = (0x3B, 0x6E, 0xA5), (0x20, 0x20, 0x20), 24
POINTED_AT = (80, 115)  # Stop, from the menu's corner
RIGHT = 3


def take_states() -> None:
    """`state-FACE.png` with a transparent ground, and the program's icon."""
    for face in Face:
        icon_image(face, 32).save(IMAGES / f"state-{face}.png", optimize=True)
    with IcoImageFile(ASSETS_DIR / "robot.ico") as ico:
        ico.ico.getimage((128, 128)).save(IMAGES / "robot.png", optimize=True)


def take_menu(stage: Stage) -> None:
    """The menu while a job runs and the one before has failed; below it the taskbar with the icon, which it covers."""
    failed, running = stage.sandbox.queue_job("invoices"), stage.sandbox.queue_job("finance/invoices")
    with Screen() as screen:
        robot = stage.robot(DISPLAY=screen.display_name)
        try:
            assert stage.sandbox.wait_for(lambda _box: running.status == JobStatus.IN_PROGRESS, 20)
            assert failed.status == JobStatus.FAILED
            time.sleep(8)  # so that the elapsed time is worth showing
            window = eventually(lambda: screen.window("robotSystemTrayIcon"))
            left, top, width, height = screen.place(window)
            icon = screen.picture(window)
            screen.click(left + width // 2, top + height // 2, RIGHT)
            menu = eventually(lambda: screen.window("robot-menu"))
            time.sleep(0.5)  # it draws itself after it has shown
            corner = screen.place(menu)
            screen.point(corner[0] + POINTED_AT[0], corner[1] + POINTED_AT[1])
            time.sleep(0.5)
            shown = screen.picture(menu)
            screen.press_escape()
        finally:
            end(robot)
    picture = Image.new("RGB", (shown.width + 2 * EDGE, shown.height + 2 * EDGE + 6), DESKTOP)
    picture.paste(shown, (EDGE, EDGE))
    picture.paste(TASKBAR, (0, picture.height - EDGE, picture.width, picture.height))
    picture.paste(icon, (picture.width - EDGE - icon.width, picture.height - EDGE + 1))
    save(picture, f"tray-{stage.language}")
