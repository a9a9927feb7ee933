"""The two that speak to an Orchestrator: the robot, and the loop of the specification's samples."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

from app import __version__
from tests.bench.peers.adapter import FAILED, SUCCESS, Adapter
from tests.bench.stage import NAIVE_LOOP
from tests.contract.orchestrator import ABORTED, FINAL, Orchestrator
from tests.contract.orchestrator import FAILED as FAILED_STATUS
from tests.contract.orchestrator import SUCCESS as SUCCESS_STATUS
from tests.contract.robot_process import GUID, toml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Job

ABORT: Final = 10
POLL_SECONDS: Final = 10.0  # the default of `poll_seconds` and `heartbeat_seconds`, and what the vendor advises
QUICK_POLL_SECONDS: Final = 1.0
_WORDS: Final = {SUCCESS_STATUS: SUCCESS, FAILED_STATUS: FAILED, ABORTED: "aborted"}


class _WithOrchestrator(Adapter):
    """Jobs wait at an Orchestrator in the bench's own process."""

    def __init__(self, place: Path, orchestrator: Orchestrator, poll_seconds: float) -> None:
        self.place, self.scripts = place, place / "scripts"
        self._orchestrator = orchestrator
        self._poll_seconds = poll_seconds

    def about(self) -> dict[str, object]:
        return super().about() | {"versions": self._version()}

    def _version(self) -> str:
        raise NotImplementedError

    def ask(self, script: str) -> str:
        return self._orchestrator.queue(script).guid

    def outcome(self, job: str) -> str:
        final = self._job(job).final
        return "" if final is None else _WORDS.get(final, str(final))

    def state(self, job: str) -> str:
        return self.outcome(job) or ("in progress" if self._job(job).updates else "pending")

    def finished(self, jobs: list[str], seconds: float) -> float:
        waiting = [self._job(job) for job in jobs]
        self._orchestrator.wait_for(lambda: all(job.final in FINAL for job in waiting), seconds)
        ended = time.monotonic()
        if any(job.final != SUCCESS_STATUS for job in waiting):
            raise RuntimeError("a job did not succeed")
        self._orchestrator.jobs = [job for job in self._orchestrator.jobs if job not in waiting]
        self._orchestrator.requests.clear()
        return ended

    def _job(self, guid: str) -> Job:
        return next(job for job in self._orchestrator.jobs if job.guid == guid)


class NaiveLoop(_WithOrchestrator):
    """`naive_loop.py`: the samples of the specification, asking every 10 s."""

    title = "naive loop (samples)"
    cannot_cancel = "the samples ask for nothing while a script runs"

    def worker(self) -> list[str]:
        return [
            sys.executable,
            str(NAIVE_LOOP),
            self._orchestrator.url,
            GUID,
            str(self.scripts),
            str(self._poll_seconds),
        ]

    def _version(self) -> str:
        return "the specification's samples"


class Robot(_WithOrchestrator):
    """`robot run --headless`, waiting for work, with the default pace of everything."""

    title = "**Robot**"

    def prepare(self) -> None:
        settings = {
            "host": self._orchestrator.url,
            "robot_guid": GUID,
            "when_idle": "wait",
            "data_dir": "data",
            "poll_seconds": self._poll_seconds,
            "heartbeat_seconds": self._poll_seconds,
            "language": "en",
        }
        (self.place / "robot.toml").write_text(toml(settings), "utf-8")

    def worker(self) -> list[str]:
        return [sys.executable, "-m", "app", "run", "--headless", "--config", str(self.place / "robot.toml")]

    def cancel(self, job: str) -> None:
        self._job(job).asks = (ABORT,)

    def _version(self) -> str:
        return __version__


def machine_environment(place: Path) -> dict[str, str]:
    """What every peer's processes see of this machine: a home of their own, the locale, the sources."""
    (place / "tmp").mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "XDG_CONFIG_HOME": str(place / "config"),
        "XDG_CONFIG_DIRS": str(place / "machine"),
        "XDG_DATA_HOME": str(place / "share"),
        "TMPDIR": str(place / "tmp"),
        "LANG": "C.UTF-8",
    }
