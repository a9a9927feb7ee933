"""Measures the program in dist/: `python build/measure.py [FOLDER …]`.

Size of the installed folder, and the time from launch to the first heartbeat beside the time in which an empty
PyInstaller program of the same toolchain starts and ends. FOLDERs hold other builds of the program, such as the last
release: they are started in turn with it, so that what else the machine does hits all of them alike. Medians; the first
start of each isn't counted.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from shipping.places import ROOT, SCRATCH
from shipping.program import PROGRAM
from wine.process import run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(ROOT))

from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer

ROUNDS = 7
GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
SECONDS = 120.0


class Windows:
    """Runs Windows programs: here, or under Wine."""

    def __init__(self) -> None:
        self.environment = dict(os.environ)
        self.python = str(SCRATCH / "venv" / "Scripts" / "python.exe")
        self._wine: list[str] = []
        if sys.platform != "win32":
            from wine import toolchain

            tools = toolchain.ensure()
            self.environment = tools.prefix.environment()
            self.python = str(tools.python)
            self._wine = ["wine"]

    def name(self, path: Path) -> str:
        """The path as Windows programs call it."""
        return "Z:" + str(path).replace("/", "\\") if self._wine else str(path)

    def run(self, program: Path | str, *arguments: str) -> None:
        """Run a program to its end."""
        command = [*self._wine, str(program), *arguments]
        run_to_end(command, self.environment, SECONDS).check_returncode()


def empty_program(windows: Windows) -> Path:
    """The smallest program that PyInstaller makes."""
    source = SCRATCH / "empty.py"
    source.write_text("", encoding="utf-8")
    places = [("--workpath", SCRATCH / "work-empty"), ("--distpath", SCRATCH / "dist"), ("--specpath", SCRATCH)]
    options = [part for option, path in places for part in (option, windows.name(path))]
    windows.run(windows.python, "-m", "PyInstaller", "--noconfirm", "--onedir", *options, windows.name(source))
    return SCRATCH / "dist" / "empty" / "empty.exe"


def medians(actions: list[Callable[[], float]]) -> list[float]:
    """The medians of some rounds, in seconds; each round does every action once."""
    rounds = [[action() for action in actions] for _ in range(1 + ROUNDS)]
    return [median(times) for times in zip(*rounds[1:], strict=True)]


def start_and_end(windows: Windows, program: Path) -> float:
    """Seconds from launch to end."""
    begun = time.monotonic()
    windows.run(program)
    return time.monotonic() - begun


def first_heartbeat(windows: Windows, folder_of_program: Path) -> float:
    """Seconds from launch to the first request that the Orchestrator receives."""
    sandbox = Sandbox()
    sandbox.add_robot(GUID)
    with SandboxServer(sandbox) as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = Path(folder) / "robot.toml"
        values = {"host": server.url, "robot_guid": GUID, "data_dir": windows.name(Path(folder)), "when_idle": "exit"}
        settings.write_text("".join(f"{key} = '{value}'\n" for key, value in values.items()), encoding="utf-8")
        moments: list[float] = []
        sandbox.subscribe(lambda: moments.append(time.monotonic()))
        begun = time.monotonic()
        windows.run(folder_of_program / "robot-cli.exe", "run", "--headless", "--config", windows.name(settings))
        return moments[0] - begun


def main() -> int:
    """The command."""
    if not PROGRAM.exists():
        print("There is no dist/Robot: run `python build/dev.py package` first.", file=sys.stderr)
        return 1
    windows = Windows()
    empty = empty_program(windows)
    programs = [PROGRAM, *(Path(each).resolve() for each in sys.argv[1:])]
    actions = [partial(first_heartbeat, windows, program) for program in programs]
    start_of_empty, *heartbeats = medians([lambda: start_and_end(windows, empty), *actions])
    print(f"empty program: start and end     {start_of_empty:7.2f} s")
    for program, seconds in zip(programs, heartbeats, strict=True):
        size = sum(file.stat().st_size for file in program.rglob("*") if file.is_file())
        print(program)
        print(f"  folder                         {size / 1e6:7.1f} MB")
        print(f"  launch to first heartbeat      {seconds:7.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
