"""Several real robots of one user on one machine, as on a terminal server: one home, one scripts folder, many GUIDs."""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer
from tests.contract.robot_process import Home, toml, wait_until

if TYPE_CHECKING:
    import subprocess
    from typing import Self

PATIENCE: Final = 120.0
# In uv's place: a package index is none of these tests' business.
BUILDER: Final = f"""#!/bin/sh
[ "$1" = venv ] || exit 0
for folder; do :; done
exec "{sys.executable}" -m venv --without-pip "$folder"
"""
SCRIPT: Final = """
import os, pathlib, sys, time
import robot_job
marks = pathlib.Path(os.environ["HOME"]) / "marks"
robot_job.log("I am " + robot_job.job_guid())
(marks / robot_job.job_guid()).write_text(f"{os.getpid()} {sys.prefix}")
while not (marks / "go").exists():
    time.sleep(0.05)
"""


class SideBySide:
    """So many robots and one sandbox, while the context lasts. Each has a job that runs until `let_go`.

    Attributes:
        guids: of the robots.
        processes: theirs, by GUID.
        jobs: one for each, by its robot's GUID.
    """

    def __init__(self, folder: Path, robots: int) -> None:
        self.home = Home(folder / "home")
        self.sandbox = Sandbox()
        self.guids = [str(uuid.uuid4()) for _ in range(robots)]
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.marks = self.home.folder / "marks"
        self.marks.mkdir()
        self.home.environment |= {"XDG_STATE_HOME": str(self.home.folder / "state")}
        self.home.script("job/main", SCRIPT)
        (self.home.scripts / "job" / "requirements.txt").write_text("something\n")
        self._builder = folder / "uv"
        self._builder.write_text(BUILDER)
        self._builder.chmod(0o755)
        self._server = SandboxServer(self.sandbox)

    def __enter__(self) -> Self:
        self._server.start()
        for number, guid in enumerate(self.guids):
            self.sandbox.add_robot(guid, f"robot {number}")
            values = {
                "host": self._server.url,
                "robot_guid": guid,
                "scripts": self.home.scripts,
                "data_dir": self.data(guid),
                "when_idle": "wait",
                "poll_seconds": 1,
                "heartbeat_seconds": 1,
                "language": "en",
                "uv": self._builder,
            }
            self._config(guid).write_text(toml(values), "utf-8")
        self.jobs = {guid: self.sandbox.queue_job("job", robot_guid=guid) for guid in self.guids}
        return self

    def __exit__(self, *_: object) -> None:
        self.home.end()
        for process in self.home.processes():
            process.kill()
        self._server.stop()

    def data(self, guid: str) -> Path:
        """A robot's data folder."""
        return self.home.folder / f"data-{self.guids.index(guid)}"

    def _config(self, guid: str) -> Path:
        return self.home.folder / f"robot-{self.guids.index(guid)}.toml"

    def start(self, guid: str) -> subprocess.Popen[str]:
        """Start this robot."""
        self.processes[guid] = self.home.start("run", "--headless", "--config", str(self._config(guid)))
        return self.processes[guid]

    def started_once_more(self, guid: str) -> int:
        """Start it beside itself; the exit code of that."""
        return self.home.run("run", "--headless", "--config", str(self._config(guid))).code

    def at_work(self, guid: str) -> tuple[psutil.Process, str]:
        """The script's process, once it works, and the prefix of its Python."""
        mark = self.marks / self.jobs[guid].guid
        wait_until(lambda: mark.exists() and mark.read_text(), PATIENCE)
        pid, prefix = mark.read_text().split(" ", 1)
        return psutil.Process(int(pid)), prefix

    def let_go(self) -> None:
        """The scripts end."""
        (self.marks / "go").touch()


def measured(folder: Path, robots: int) -> dict[str, float]:
    """Seconds until all work, until all outcomes are there, and what a robot takes while it waits afterwards."""
    with SideBySide(folder, robots) as fleet:
        begun = time.monotonic()
        for guid in fleet.guids:
            fleet.start(guid)
        for guid in fleet.guids:
            fleet.at_work(guid)
        at_work = time.monotonic() - begun
        fleet.let_go()
        let_go = time.monotonic()
        wait_until(lambda: all(job.history and job.history[-1][1] == 4 for job in fleet.jobs.values()), PATIENCE)
        told = time.monotonic() - let_go
        time.sleep(3)
        processes = [psutil.Process(process.pid) for process in fleet.processes.values()]
        before = [sum(process.cpu_times()[:2]) for process in processes]
        time.sleep(20)
        cpu = sum(sum(process.cpu_times()[:2]) - then for process, then in zip(processes, before, strict=True))
        memory = sum(process.memory_full_info().pss for process in processes)  # type: ignore[attr-defined, unused-ignore]
    return {
        "until all work, s": at_work,
        "until all outcomes are told, s": told,
        "memory of one (proportional), MB": memory / robots / 2**20,
        "CPU of one a minute, polling each second, s": cpu * 3 / robots,
    }


def table(robots: int = 8) -> str:
    """The table of `docs/fleet.md`."""
    with tempfile.TemporaryDirectory(prefix="robot-together-") as folder:
        for name in ("one", "many"):
            (Path(folder) / name).mkdir()
        one, many = measured(Path(folder) / "one", 1), measured(Path(folder) / "many", robots)
    lines = [f"| | one robot | {robots} together |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {one[name]:.2f} | {many[name]:.2f} |" for name in one)])
