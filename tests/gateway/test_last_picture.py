"""The picture of the screen of a run that goes wrong: judged by its colours, by the disk and by the journal."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.gateway import last_picture
from app.gateway.evidence import Evidence
from app.gateway.last_picture import Recording
from app.history.film import read_film
from app.orchestrator.vocabulary import JobStatus
from tests.robot.robot_under_test import reported
from tests.tray.tray_screen import Screen, missing_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest

COLOUR = (200, 30, 90)
WINDOW = """
import sys, time
from Xlib.display import Display
display = Display()
screen = display.screen()
window = screen.root.create_window(0, 0, 300, 200, 0, screen.root_depth, background_pixel=0xC81E5A)
window.map()
display.sync()
time.sleep(0.3)
print("shown")
"""


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """A screen that shows nothing but what scripts show."""
    if missing_programs():
        pytest.skip("needs Xvfb")
    with Screen(with_tray=False) as virtual:
        monkeypatch.setenv("DISPLAY", virtual.display_name)
        monkeypatch.delenv("XAUTHORITY", raising=False)
        yield virtual


def pictures(robot: RobotUnderTest) -> list[Path]:
    """What runs have kept."""
    return sorted(robot.paths.evidence.rglob("*.*"))


def log_of(robot: RobotUnderTest) -> str:
    """The logs of all runs."""
    return "".join(file.read_text("utf-8") for file in robot.paths.job_logs.rglob("*.log"))


def shows_the_window(picture: Path) -> bool:
    """By the colour of a spot in its middle."""
    with Image.open(picture) as image:
        return image.convert("RGB").getpixel((150, 100)) == COLOUR


@pytest.mark.screen
@pytest.mark.parametrize("end", ["raise ValueError('no such account')", "sys.exit('no such account')"])
@pytest.mark.usefixtures("screen")
def test_the_windows_of_a_script_that_fails(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], end: str
) -> None:
    """Its window is on the picture, which the run's log names and its notes list; the failure is told as ever."""
    robot = make_robot(screenshots=True)
    robot.script("shows", WINDOW + end)
    job = sandbox.queue_job("shows")
    robot.run()
    assert reported(sandbox) == [JobStatus.IN_PROGRESS, JobStatus.FAILED]
    [picture] = pictures(robot)
    assert shows_the_window(picture)
    assert picture.parent.name == job.guid
    log = log_of(robot)
    assert 0 <= log.index("no such account") < log.index(str(picture))  # behind the output, not amid a traceback
    notes = robot.journal.scripts.notes(job.guid)
    assert notes is not None
    assert notes.evidence == (picture.name,)


@pytest.mark.screen
@pytest.mark.parametrize("asked", ["abort", "stop"])
@pytest.mark.usefixtures("screen")
def test_the_windows_of_a_script_that_is_killed(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], asked: str
) -> None:
    """By an abort, or because it ignores a stop."""
    robot = make_robot(screenshots=True, stop_timeout=0.3, heartbeat_seconds=1)
    robot.script("shows", WINDOW + "import robot_job\nrobot_job.stop_requested()\ntime.sleep(60)")
    job = sandbox.queue_job("shows")
    robot.start()
    robot.wait_for_line("shown")
    (sandbox.abort_job if asked == "abort" else sandbox.stop_job)(job.guid)
    robot.result()
    assert reported(sandbox)[-1] is JobStatus.ABORTED
    [picture] = pictures(robot)
    assert shows_the_window(picture)


@pytest.mark.screen
@pytest.mark.usefixtures("screen")
def test_a_script_that_does_not_fail(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """Nothing is kept of it, and it sees nothing of the setting."""
    robot = make_robot(screenshots=True)
    unseen = "import os\nassert 'ROBOT_RUN_PICTURE' not in os.environ\nassert 'PIL' not in sys.modules"
    robot.script("good", WINDOW + unseen)
    sandbox.queue_job("good")
    robot.run()
    assert reported(sandbox)[-1] is JobStatus.SUCCESS
    assert pictures(robot) == []


@pytest.mark.screen
@pytest.mark.usefixtures("screen")
def test_off_by_default(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """A failure leaves no picture."""
    robot = make_robot()
    robot.script("shows", WINDOW + "raise ValueError")
    sandbox.queue_job("shows")
    robot.run()
    assert reported(sandbox)[-1] is JobStatus.FAILED
    assert pictures(robot) == []


@pytest.mark.screen
@pytest.mark.usefixtures("screen")
def test_a_screen_on_which_nothing_can_be_seen(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """The run's log says so, in place of a black picture."""
    robot = make_robot(screenshots=True)
    robot.script("fails", "raise ValueError")
    sandbox.queue_job("fails")
    robot.run()
    assert pictures(robot) == []
    assert "No picture of the screen: there is none, or its session is locked or disconnected." in log_of(robot)


# python-xlib closes no socket that finds nobody; the interpreter does.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_screen(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line in the run's log; the job fails as it would."""
    monkeypatch.setenv("DISPLAY", ":54321")
    robot = make_robot(screenshots=True)
    robot.script("fails", "raise ValueError('no such account')")
    sandbox.queue_job("fails")
    robot.run()
    assert reported(sandbox)[-1] is JobStatus.FAILED
    assert log_of(robot).count("No picture of the screen") == 1


CHANGING = """
for colour in (0x2040FF, 0x20FF40):
    time.sleep(1.2)
    window.change_attributes(background_pixel=colour)
    window.clear_area()
    display.sync()
time.sleep(0.5)
"""


@pytest.mark.screen
@pytest.mark.parametrize("still", [True, False])
@pytest.mark.usefixtures("screen")
def test_the_last_seconds(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], still: bool) -> None:
    """What a script's window showed before it failed, a picture a second, in one file; no more than asked for."""
    robot = make_robot(screenshots=still, recorder_seconds=2)
    robot.script("shows", WINDOW + CHANGING + "raise ValueError")
    sandbox.queue_job("shows")
    robot.run()
    assert [file.suffix for file in pictures(robot)] == [".webp", ".png"][: 1 + still]
    with Image.open(pictures(robot)[0]) as film:
        colours = []
        for number in range(film.n_frames):
            film.seek(number)
            red, green, blue = film.convert("RGB").getpixel((150, 100))
            colours.append("red" if red > max(green, blue) else "green" if green > blue else "blue")
        assert film.n_frames <= 3
    assert colours[-1] == "green"
    assert "blue" in colours


@pytest.mark.screen
@pytest.mark.usefixtures("screen")
def test_nothing_is_left_of_the_last_seconds_of_a_success(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]
) -> None:
    """They were in memory only."""
    robot = make_robot(recorder_seconds=2)
    robot.script("good", WINDOW + "time.sleep(1.2)")
    sandbox.queue_job("good")
    robot.run()
    assert reported(sandbox)[-1] is JobStatus.SUCCESS
    assert pictures(robot) == []


def test_a_recording_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In number, in pixels and in bytes, on a screen of whatever size; its pictures are of one size."""
    recording = Recording(3, lambda: 0.0)
    for width, height in [(100, 100)] * 5 + [(7680, 2160), (1, 9000)]:
        recording.add(Image.effect_noise((width, height), 50))
    recording.add(Image.new("RGB", (100, 100)))  # black: nothing to be seen
    recording.add(None)
    sizes = {picture.size for picture in recording.pictures()}
    assert len(recording.pictures()) == 4
    assert len(sizes) == 1
    recording.add(Image.effect_noise((7680, 2160), 50))
    [(width, height)] = {picture.size for picture in recording.pictures()}
    assert width * height <= 1_010_000
    assert width / height == pytest.approx(7680 / 2160, rel=0.01)
    monkeypatch.setattr(last_picture, "MOST_BYTES", 500_000)
    recording.add(Image.effect_noise((1000, 1000), 50))
    assert 1 <= len(recording.pictures()) <= 3


@pytest.mark.screen
def test_a_script_that_crashes(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], screen: Screen) -> None:
    """It had no moment to say so: the picture shows what others have on the screen."""
    from Xlib.display import Display

    display = Display(screen.display_name)
    root = display.screen().root
    root.change_attributes(background_pixel=0xC81E5A)
    root.clear_area()
    display.sync()
    robot = make_robot(screenshots=True)
    robot.script("crashes", "import os\nos._exit(3)")
    sandbox.queue_job("crashes")
    robot.run()
    display.close()
    assert reported(sandbox)[-1] is JobStatus.FAILED
    [picture] = pictures(robot)
    assert shows_the_window(picture)


def test_what_was_seen_before_a_lock_is_no_last_second(tmp_path: Path) -> None:
    """Locked long before the failure: nothing is kept; just before it: what was seen, with true seconds."""
    moments = iter([0, 1, 2, 3, 4, 5.0, 300])
    recording = Recording(10, lambda: next(moments))
    for colour in ("red", "green", "blue"):
        recording.add(Image.new("RGB", (64, 64), colour))
    for _second in range(3):
        recording.add(None)
    file = Path(recording.keep(Evidence(tmp_path, "job"), "recording-101500"))
    with file.open("rb") as film:
        assert [picture.seconds for picture in read_film(film)] == [5, 4, 3]
    recording.add(None)
    assert recording.pictures() == []


@pytest.mark.skipif(sys.platform != "linux", reason="X servers")
def test_a_screen_that_stands_still_holds_up_nothing_else() -> None:
    """A suspended X server takes connections and says nothing: the robot's other threads go on."""
    asks = """
import sys, threading
from app.gateway.evidence import grab_screen
threading.Thread(target=grab_screen, daemon=True).start()
print(sys.stdin.readline(), flush=True)
"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        display = f"127.0.0.1:{server.getsockname()[1] - 6000}"
        with subprocess.Popen(  # this very Python
            [sys.executable, "-c", asks],
            env=os.environ | {"DISPLAY": display},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            try:
                connection, _address = server.accept()
                with connection:
                    said, _nothing = process.communicate(b"alive\n", timeout=60)
            finally:
                process.kill()
    assert b"alive" in said
