"""A robot of the installed program, and the sandbox on this side that it works for."""

from __future__ import annotations

import contextlib
import textwrap
from typing import TYPE_CHECKING, Self

from app.journal.journal import Journal
from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer
from tests.program_on_windows.machine import SECONDS, eventually

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from app.journal.records import JobRecord
    from app.orchestrator.vocabulary import JobStatus
    from app.sandbox.records import SandboxJob
    from tests.program_on_windows.machine import Machine

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


class InstalledRobot:
    """Settings, scripts and data below one folder; `start` begins to work."""

    def __init__(self, machine: Machine, program: Path, home: Path) -> None:
        self.machine = machine
        self.program = program
        self.home = home
        self.scripts = home / "скрипты и задачи"
        self.data = home / "data"
        self.output = home / "output.txt"
        self.settings = home / "robot.toml"
        self.sandbox = Sandbox()
        self.sandbox.add_robot(GUID, "Бухгалтерия")
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.server = self._stack.enter_context(SandboxServer(self.sandbox))
        self.scripts.mkdir()
        self.configure()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def configure(self, **changes: str | int | bool) -> None:
        """Write the settings, with some of them changed."""
        values: dict[str, str | int | bool] = {
            "host": self.server.url,
            "robot_guid": GUID,
            "scripts": self.machine.windows(self.scripts),
            "data_dir": self.machine.windows(self.data),
            "when_idle": "exit",
            "heartbeat_seconds": 1,
            "poll_seconds": 1,
            **changes,
        }
        lines = [f"{key} = {_literal(value)}\n" for key, value in values.items()]
        self.settings.write_text("".join(lines), encoding="utf-8")

    def script(self, name: str, text: str) -> None:
        """Put a script into the folder."""
        file = self.scripts.joinpath(*f"{name}.py".split("\\"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")

    def queue(self, name: str, text: str, **job: dict[str, object]) -> SandboxJob:
        """Put a script into the folder and a job for it into the queue."""
        self.script(name, text)
        return self.sandbox.queue_job(name, **job)

    def start(self, *, headless: bool = True, **variables: str) -> subprocess.Popen[bytes]:
        """Start the robot: on the console, or behind its tray icon."""
        exe = self.program / ("robot-cli.exe" if headless else "robot.exe")
        options = ["--headless"] if headless else []
        config = ["--config", self.machine.windows(self.settings)]
        return self.machine.start(exe, "run", *options, *config, output=self.output, **variables)

    def run_job(self, name: str, text: str, **job: dict[str, object]) -> SandboxJob:
        """Have one script run from the queue to its final status, by a robot that ends afterwards."""
        queued = self.queue(name, text, **job)
        process = self.start()
        self.wait_final(queued)
        assert self.ended(process) == 0, self.said()
        return queued

    def begin_job(self, name: str, text: str) -> tuple[SandboxJob, subprocess.Popen[bytes]]:
        """Start a robot and wait until the script has printed `ready`."""
        queued = self.queue(name, text)
        process = self.start()
        assert eventually(lambda: "ready" in self.job_output()), self.said()
        return queued, process

    def wait_final(self, job: SandboxJob) -> JobStatus:
        """Wait for the job's final status."""
        ended = self.sandbox.wait_for(lambda _sandbox: bool(job.final_reports), SECONDS)
        assert ended, f"{job.status!r}: {self.said()}\n{self.job_output()}"
        return job.final_reports[0]

    def job_output(self) -> str:
        """Everything that scripts have printed so far."""
        files = sorted((self.data / "logs" / "jobs").rglob("*.log"))
        return "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)

    def printed(self) -> list[str]:
        """The lines that scripts have printed, without the robot's own among them."""
        return [line for line in self.job_output().splitlines() if not line.startswith("[robot]")]

    def ended(self, process: subprocess.Popen[bytes]) -> int | None:
        """The exit code of a robot that is expected to end by itself; None if it didn't."""
        eventually(lambda: process.poll() is not None)
        return process.poll()

    def past(self) -> list[JobRecord]:
        """The jobs of the journal; for a robot that has ended."""
        journal = Journal.open_to_read(self.data / "journal.sqlite3")
        try:
            return list(journal.jobs())
        finally:
            journal.close()

    def says(self, words: str) -> bool:
        """Wait until the robot itself has printed these words: what it prints comes through a copier."""
        return bool(eventually(lambda: words in self.said()))

    def said(self) -> str:
        """What the robot itself has printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""


def _literal(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)
