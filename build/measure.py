"""Measures the program in dist/: `python build/measure.py [--jobs] [FOLDER …]`.

Size of the installed folder, and the time from launch to the first heartbeat beside the time in which an empty
PyInstaller program of the same toolchain starts and ends. FOLDERs hold other builds of the program, such as the last
release: they are started in turn with it, so that what else the machine does hits all of them alike. Medians; the first
start of each isn't counted.

With `--jobs`, in their place: what a job that does nothing takes, one after the other, beside the naive loop of the
specification's samples and a bare `subprocess.run`, both in the bundled interpreter.
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
from tests.bench.stage import NAIVE_LOOP
from tests.contract.orchestrator import Orchestrator

ROUNDS = 7
GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
SECONDS = 120.0
JOBS = 10
BARE = """
import subprocess, sys, time
begun = time.monotonic()
for _ in range(int(sys.argv[2])):
    subprocess.run([sys.executable, sys.argv[1]], check=True)
print((time.monotonic() - begun) / int(sys.argv[2]))
"""


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

    def run(self, program: Path | str, *arguments: str, **variables: str) -> str:
        """Run a program to its end; what it has said."""
        command = [*self._wine, str(program), *arguments]
        done = run_to_end(command, self.environment | variables, SECONDS)
        done.check_returncode()
        return done.stdout

    def run_script(self, program: Path, *arguments: str) -> str:
        """Run a script in the bundled interpreter, as in a job."""
        return self.run(program / "robot-cli.exe", *arguments, ROBOT_RUN_MARK="0")


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


def bare(windows: Windows, program: Path, folder: Path) -> float:
    """Seconds that a script takes which does nothing, with nothing around it."""
    (folder / "bare.py").write_text(BARE, "utf-8")
    files = [windows.name(each) for each in (folder / "bare.py", folder / "scripts" / "noop.py")]
    return float(windows.run_script(program, *files, str(JOBS)))


def naive_loop(windows: Windows, program: Path, folder: Path) -> float:
    """Seconds of a job."""
    with Orchestrator(GUID) as orchestrator:
        _queue(orchestrator)
        arguments = [orchestrator.url, GUID, windows.name(folder / "scripts"), "0"]
        windows.run_script(program, windows.name(NAIVE_LOOP), *arguments)
        return _of_a_job(orchestrator)


def turnaround(windows: Windows, program: Path, folder: Path) -> float:
    """Seconds of a job."""
    with Orchestrator(GUID) as orchestrator, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data:
        _queue(orchestrator)
        settings = Path(data) / "robot.toml"
        values = {"host": orchestrator.url, "robot_guid": GUID, "data_dir": windows.name(Path(data))}
        values |= {"scripts": windows.name(folder / "scripts"), "when_idle": "exit"}
        settings.write_text("".join(f"{key} = '{value}'\n" for key, value in values.items()), encoding="utf-8")
        windows.run(program / "robot-cli.exe", "run", "--headless", "--config", windows.name(settings))
        return _of_a_job(orchestrator)


def _queue(orchestrator: Orchestrator) -> None:
    for _ in range(JOBS):
        orchestrator.queue("noop")


def _of_a_job(orchestrator: Orchestrator) -> float:
    """From the first heartbeat Ready to the last: without the program's own start."""
    ready = [request.at for request in orchestrator.requests if str(request) == "heartbeat 2"]
    return (ready[-1] - ready[0]) / JOBS


def measure_jobs(windows: Windows, programs: list[Path]) -> None:
    """Print what a job takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scripts").mkdir()
        (folder / "scripts" / "noop.py").touch()
        peers = {"a bare subprocess.run": bare, "naive loop": naive_loop}
        actions = {peer: partial(action, windows, programs[0], folder) for peer, action in peers.items()}
        actions |= {str(program): partial(turnaround, windows, program, folder) for program in programs}
        for action, seconds in zip(actions, medians(list(actions.values())), strict=True):
            print(f"{action:<60} {seconds * 1000:5.0f} ms a job")


def main() -> int:
    """The command."""
    if not PROGRAM.exists():
        print("There is no dist/Robot: run `python build/dev.py package` first.", file=sys.stderr)
        return 1
    windows = Windows()
    jobs = "--jobs" in sys.argv
    programs = [PROGRAM, *(Path(each).resolve() for each in sys.argv[1:] if each != "--jobs")]
    if jobs:
        measure_jobs(windows, programs)
        return 0
    empty = empty_program(windows)
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
