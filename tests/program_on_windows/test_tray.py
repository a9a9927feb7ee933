"""robot.exe behind its icon: what is seen of the robot's states, and the end of the session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.orchestrator.vocabulary import JobStatus
from app.tray.icon import Face
from tests.program_on_windows.machine import ON_WINDOWS, SECONDS, eventually
from tests.program_on_windows.tray_hands import Tray

if TYPE_CHECKING:
    from tests.program_on_windows.robot import InstalledRobot

pytestmark = pytest.mark.skipif(ON_WINDOWS, reason="these hands and eyes are for an X screen")

COUNTDOWN = 8  # seconds; the face is looked for meanwhile
COOPERATIVE = """
    import time, robot_job
    import pathlib
    robot_job.stop_requested()
    print("ready", flush=True)
    while not pathlib.Path("done").exists():
        time.sleep(0.05)
"""


def test_the_icon_tells_the_states_apart(tray: Tray):
    """Ready, working, stopping, ready, paused, ready, offline: each face as it is drawn."""
    robot = tray.robot
    job = robot.queue("работа", COOPERATIVE)
    tray.show(Face.WORKING)
    assert eventually(lambda: "ready" in robot.job_output()), robot.said()
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
    """An unknown GUID: Error, until the Orchestrator knows it; a saved settings file makes the robot look at once."""
    robot = tray.robot
    known = dict(robot.sandbox.robots)
    robot.sandbox.robots.clear()
    tray.show(Face.ERROR)
    robot.sandbox.robots.update(known)
    robot.configure(when_idle="wait", poll_seconds=2)
    tray.show(Face.READY)


def test_damaged_settings_show_an_error_until_they_are_mended(robot: InstalledRobot):
    """A robot that is started with a file that is no TOML waits behind Error; the mended file is enough."""
    robot.settings.write_text("host = 'http://127.0.0.1\n", encoding="utf-8")
    tray = Tray(robot)
    tray.show(Face.ERROR)
    assert not robot.sandbox.requests
    robot.configure(when_idle="wait")
    tray.show(Face.READY)
    assert eventually(lambda: robot.sandbox.requests), robot.said()  # the face is there before the first answer


def test_wrong_settings_of_a_running_robot_are_notified(tray: Tray):
    """A balloon tells of the damaged file; the robot works on with what it had."""
    robot = tray.robot
    robot.settings.write_text("host = 'http://127.0.0.1\n", encoding="utf-8")
    assert tray.balloon()
    job = robot.queue("работа", "print('ready')\n")
    assert robot.wait_final(job) is JobStatus.SUCCESS


def test_a_failed_job_is_notified(tray: Tray):
    """A balloon appears beside the tray."""
    job = tray.robot.queue("ошибка", "raise SystemExit('нет файла')\n")
    assert tray.robot.wait_final(job) is JobStatus.FAILED
    assert tray.balloon()
    assert tray.robot.says("Notification: Job failed: ошибка: нет файла"), tray.robot.said()


def test_a_failed_job_keeps_a_picture_of_the_screen(robot: InstalledRobot):
    """`screenshots` and `recorder_seconds`: what stood on the screen is kept, and the job's log names it."""
    robot.configure(when_idle="wait", screenshots=True, recorder_seconds=3)
    tray = Tray(robot)
    tray.show(Face.READY)
    other = robot.machine.start("notepad", output=robot.home / "notepad.txt")
    assert tray.window("notepad.exe", "Notepad")
    job = robot.queue("ошибка", "import time\ntime.sleep(4)\nraise SystemExit('нет файла')\n")
    assert robot.wait_final(job) is JobStatus.FAILED
    kept = sorted(each.name for each in (robot.data / "evidence" / job.guid).iterdir())
    assert [name.partition("-")[0] for name in kept] == ["recording", "screen"], robot.job_output()
    with Image.open(robot.data / "evidence" / job.guid / kept[1]) as picture:
        assert any(low != high for low, high in picture.convert("RGB").getextrema())  # not black
    assert kept[1] in robot.job_output()
    other.kill()
    tray.close_what_opened()


def test_the_log_off_ends_the_session(tray: Tray):
    """No work left: the countdown is shown, then every program of the session ends."""
    robot, machine = tray.robot, tray.robot.machine
    other = machine.start("notepad", output=robot.home / "notepad.txt")
    assert eventually(lambda: tray.screen.window("notepad.exe"))
    began = time.monotonic()
    robot.configure(when_idle="logoff", logoff_countdown=COUNTDOWN, notifications=False)  # no balloon over the face
    tray.show(Face.LEAVING)
    other.wait(SECONDS)
    assert time.monotonic() - began >= COUNTDOWN
    tray.process.wait(SECONDS)
    assert machine.nothing_left()
    machine.prefix.kill()  # or Wine, which is still ending the session, would end what the next test starts
