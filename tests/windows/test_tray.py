"""robot.exe behind its icon: what is seen, and what every click does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops

from app.orchestrator.vocabulary import JobStatus
from app.tray.icon import Face, icon_image
from tests.windows.machine import ON_WINDOWS, SECONDS, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.windows.robot import InstalledRobot

pytestmark = pytest.mark.skipif(ON_WINDOWS, reason="these hands and eyes are for an X screen")

# The menu's lines from top to bottom; None is a separator. Wine draws a line 19 pixels high, a separator 9.
LINES = (
    *("status", "last", "connection", None),
    *("pause", "stop", "force stop", "cancel", None),
    *("logs", "history", "settings", "orchestrator", "check", "about", None, "close"),
)
COOPERATIVE = """
    import time, robot_job
    print("ready", flush=True)
    robot_job.stop_requested()
    import pathlib
    while not pathlib.Path("done").exists():
        time.sleep(0.05)
"""
COLOUR_TOLERANCE = 3  # of 255: what the scaling of an alpha channel rounds


class Tray:
    """Eyes and hands for the icon of one robot."""

    def __init__(self, robot: InstalledRobot) -> None:
        self.robot = robot
        self.screen = robot.machine.screen

    def picture(self) -> Image.Image | None:
        """What the tray shows at its right end."""
        panel = self.screen.window("panel")
        picture = self.screen.picture(panel)
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
        """Wait for this face."""
        self.screen.point(5, 5)  # no tooltip over it
        assert eventually(lambda: self.wears(face)), f"{face}: {self.robot.said()}"

    def choose(self, line: str) -> None:
        """Open the menu and click the line."""
        panel_x, panel_y, width, _height = self.screen.place(self.screen.window("panel"))
        self.screen.click(panel_x + width - 12, panel_y + 12, button=3)
        menu = eventually(lambda: self.screen.window("robot.exe"))
        assert menu, "no menu opened"
        x, y, _width, _height = self.screen.place(menu)
        before = LINES[: LINES.index(line)]
        self.screen.click(x + 30, y + 13 + 19 * len([b for b in before if b]) + 9 * before.count(None))

    def windows(self, instance: str) -> list[tuple[int, int]]:
        """Sizes of the visible windows of a program."""
        windows = self.screen._windows(self.screen._display.screen().root)
        return [self.screen.place(w)[2:] for w in windows if self.screen._is(w, instance)]


def _alike(one: Image.Image, other: Image.Image) -> bool:
    return all(high <= COLOUR_TOLERANCE for _low, high in ImageChops.difference(one, other).getextrema())


@pytest.fixture
def tray(robot: InstalledRobot) -> Iterator[Tray]:
    """A robot that waits for work behind its icon."""
    robot.configure(when_idle="wait", language="ru")
    tray = Tray(robot)
    tray.process = robot.start(headless=False)
    tray.show(Face.READY)
    return tray


def test_the_icon_tells_the_states_apart(tray: Tray):
    """Ready, working, stopping, ready, paused, ready, offline: each face as it is drawn."""
    robot = tray.robot
    robot.script("работа", COOPERATIVE)
    job = robot.sandbox.queue_job("работа")
    tray.show(Face.WORKING)
    robot.sandbox.stop_job(job.guid)
    tray.show(Face.STOPPING)
    (robot.scripts / "done").touch()
    assert robot.wait_final(job) is JobStatus.STOPPED
    tray.show(Face.READY)
    tray.choose("pause")
    tray.show(Face.PAUSED)
    tray.choose("pause")
    tray.show(Face.READY)
    robot.server.stop()
    tray.show(Face.OFFLINE)


def test_a_refused_robot_shows_an_error(tray: Tray):
    """An unknown GUID: Error, until it is known."""
    robot = tray.robot
    known = dict(robot.sandbox.robots)
    robot.sandbox.robots.clear()
    tray.show(Face.ERROR)
    robot.sandbox.robots.update(known)


def test_stop_in_the_menu_is_a_soft_stop(tray: Tray):
    """Stop lets the script wind up; the Orchestrator hears Stopped."""
    robot = tray.robot
    robot.script("спит", "import time\nprint('ready', flush=True)\ntime.sleep(600)\n")
    job = robot.sandbox.queue_job("спит")
    assert eventually(lambda: "ready" in robot.job_output())
    tray.choose("stop")
    assert robot.wait_final(job) is JobStatus.STOPPED


def test_a_failed_job_is_notified(tray: Tray):
    """A balloon appears beside the tray."""
    before = len(tray.windows("explorer.exe"))
    tray.robot.script("ошибка", "raise SystemExit('нет файла')\n")
    job = tray.robot.sandbox.queue_job("ошибка")
    assert tray.robot.wait_final(job) is JobStatus.FAILED
    assert eventually(lambda: len(tray.windows("explorer.exe")) > before)


def test_close_ends_the_program(tray: Tray):
    """Close with no job at work ends the program, with nothing left of it."""
    tray.choose("close")
    assert tray.process.wait(SECONDS) == 0
    assert tray.robot.machine.robots() == []


def test_the_log_off_ends_the_session(tray: Tray):
    """No work left: the countdown is shown, then every program of the session ends."""
    robot, machine = tray.robot, tray.robot.machine
    other = machine.start("notepad", output=robot.home / "notepad.txt")
    assert eventually(lambda: tray.screen.window("notepad.exe"))
    began = time.monotonic()
    robot.configure(when_idle="logoff", logoff_countdown=5, language="ru")
    tray.show(Face.LEAVING)
    assert other.poll() is None
    other.wait(SECONDS)
    tray.process.wait(SECONDS)
    assert time.monotonic() - began >= 5
    assert machine.robots() == []
