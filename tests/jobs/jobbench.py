"""What the tests of jobs share: a place to write scripts and run them."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.jobs.runner import JobRunner
from app.orchestrator.vocabulary import JobOrder
from app.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.jobs.outcome import Ending
    from app.jobs.starting import StartedJob

GUID = "5F3C9A17-aaaa-4bbb-8ccc-0123456789ab"
PATIENCE = 20.0


class Bench:
    """Writes scripts, runs them, and reads what they left."""

    def __init__(self, folder: Path) -> None:
        self.scripts = folder / "scripts of Иван"
        self.scripts.mkdir()
        self.log = folder / "logs" / "job.log"
        self.mark = uuid.uuid4().hex
        self.runs_dir = folder / "runs"
        self.settings = Settings.from_values(
            {
                "host": "http://127.0.0.1:4500",
                "robot_guid": GUID,
                "scripts": str(self.scripts),
                "data_dir": str(folder / "data"),
            }
        )
        self.started: list[StartedJob] = []

    def write(self, source: str, name: str = "script.py") -> Path:
        file = self.scripts / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
        return file

    def start(self, source: str | None = None, *, order: JobOrder | None = None, **settings: Any) -> StartedJob:
        if source is not None:
            self.write(source)
        runner = JobRunner(replace(self.settings, **settings), self.runs_dir)
        running = runner.start(order or JobOrder("job-1", "script", "version-1"), self.log, self.mark)
        self.started.append(running)
        return running

    def run(self, source: str | None = None, *, order: JobOrder | None = None, **settings: Any) -> Ending:
        return self.ending(self.start(source, order=order, **settings))

    def ending(self, running: StartedJob) -> Ending:
        ending = running.wait(PATIENCE)
        assert ending is not None, f"still running; its log: {self.text()}"
        return ending

    def text(self) -> str:
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def output(self) -> str:
        """The log without the robot's own lines."""
        return "".join(line for line in self.text().splitlines(keepends=True) if not line.startswith("[robot]"))

    def wait_for(self, text: str) -> None:
        """Wait until the script has printed `text`."""
        until(lambda: text in self.text())


def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`, with a deadline."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def none_is_being_started() -> bool:
    """Is there no thread that would start a script?"""
    return not any(thread.name == "job start" for thread in threading.enumerate())


def alive(pid: int) -> bool:
    """Is there such a process, other than a zombie?"""
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


linux = pytest.mark.skipif(sys.platform != "linux", reason="sessions, signals and /proc are Linux's")
not_root = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may do everything")


def ending_of(bench: Bench, source: str) -> Ending:
    """How `source` ends that is stopped once it has printed `ready`."""
    running = bench.start(textwrap.dedent(source))
    bench.wait_for("ready")
    running.request_stop()
    return bench.ending(running)


SLEEPING = "import os, signal, sys, time\ntry:\n    print('ready')\n    time.sleep(30)\n"
