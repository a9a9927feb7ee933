"""The installed program, a robot that works for a sandbox on this side, and a screen to look at.

The lane is switched on by ROBOT_WINDOWS_LANE=1 and needs what `python build/dev.py package` leaves in dist/.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

ROOT = Path(__file__).resolve().parents[2]
if os.environ.get("ROBOT_WINDOWS_LANE") != "1":
    collect_ignore_glob = ["test_*"]
sys.path.insert(0, str(ROOT / "build"))

from app.tray.icon import Face  # noqa: E402 - `wine` is below build/
from tests.program_on_windows.machine import ON_WINDOWS, USER, Machine, eventually  # noqa: E402
from tests.program_on_windows.robot import InstalledRobot  # noqa: E402
from tests.program_on_windows.tray_hands import Tray  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SETUP_SECONDS = 180.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the lane."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.wine)


@pytest.fixture(scope="session")
def setup_program() -> Path:
    """The installer in dist/."""
    found = sorted((ROOT / "dist").glob("Robot-*-setup.exe"))
    assert found, "dist/ holds no installer: run `python build/dev.py package` first"
    return found[-1]


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine of its own, whose user has a Cyrillic name with a space."""
    if ON_WINDOWS:
        yield Machine(Path.home(), {**os.environ, "PYTHONUTF8": "1"})
        return
    from wine import toolchain
    from wine.prefix import Prefix

    from tests.tray.tray_screen import Screen

    toolchain.ensure()
    with Screen() as screen:
        variables = {"USER": USER, "LOGNAME": USER, "LC_ALL": "C.UTF-8", "DISPLAY": screen.display_name}
        prefix = Prefix(tmp_path_factory.mktemp("wine") / "prefix", variables)
        prefix.create()
        machine = Machine(
            prefix.drive_c / "users" / USER, prefix.environment(ROBOT_LANGUAGE="en", PYTHONUTF8="1"), prefix
        )
        machine.screen = screen
        yield machine
        machine.leave_desktop()
        machine.end_everything()
        prefix.kill()
    shutil.rmtree(prefix.folder, ignore_errors=True)  # half a gigabyte


@pytest.fixture(scope="session")
def program(machine: Machine, setup_program: Path) -> Path:
    """The folder of the program, installed silently for this user."""
    done = machine.run(setup_program, "/S", timeout=SETUP_SECONDS)
    assert done.returncode == 0, done.stdout
    return machine.local / "Programs" / "Robot"


@pytest.fixture
def robot(machine: Machine, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledRobot]:
    """A robot of the installed program, with settings and scripts of its own and an Orchestrator to work for."""
    home = machine.home / "Мои роботы" / tmp_path_factory.mktemp("r").name
    home.mkdir(parents=True)
    with InstalledRobot(machine, program, home) as robot:
        yield robot
    machine.end_everything()
    assert not robot.sandbox.violations


@pytest.fixture
def tray(robot: InstalledRobot) -> Iterator[Tray]:
    """A robot that waits for work behind its icon; what it opens is closed afterwards."""
    robot.configure(when_idle="wait")
    tray = Tray(robot)
    tray.show(Face.READY)
    assert eventually(lambda: robot.sandbox.requests), robot.said()  # the face is there before the first answer
    yield tray
    tray.close_what_opened()
