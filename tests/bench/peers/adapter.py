"""What a peer must do for the bench: one small class a peer, in a file of its own, run by the peer's own Python.

Standard library only, so that it can be imported in every peer's environment; `answering.py` is the process in which it
lives.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

SUCCESS, FAILED = "success", "failed"


class Adapter:
    """One peer in a folder of its own.

    Attributes:
        title: its name in the table.
        packages: the distributions whose versions stand there.
        jobs: how many do nothing in one round; fewer where one takes seconds.
        pause: seconds between two questions for a job's outcome.
        cannot_cancel: why there is no way to end a running job; "" if there is.
        environment: variables that its worker and its server need.
        beside: what its server is, if it needs one.
        place: the peer's folder; `place / "scripts"` holds the scripts that are its jobs.
    """

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()
    jobs: ClassVar[int] = 40
    pause: ClassVar[float] = 0.002
    cannot_cancel: ClassVar[str] = ""
    environment: ClassVar[dict[str, str]] = {}
    beside: ClassVar[str] = ""

    def __init__(self) -> None:
        self.place = place()
        self.scripts = self.place / "scripts"

    def about(self) -> dict[str, Any]:
        """What the bench wants to know of it."""
        from importlib.metadata import version

        return {
            "title": self.title,
            "versions": ", ".join(f"{name} {version(name)}" for name in self.packages),
            "jobs": self.jobs,
            "cannot_cancel": self.cannot_cancel,
            "environment": self.environment,
            "beside": self.beside,
        }

    def prepare(self) -> None:
        """What is made once, before its server runs."""

    def servers(self) -> list[list[str]]:
        """The command lines of what stands between who asks and the worker: a broker, a server."""
        return []

    def is_up(self) -> bool:
        """Whether those answer."""
        return True

    def settle(self) -> None:
        """What is made once, when its server runs."""

    def worker(self) -> list[str]:
        """The worker's command line: one job at a time, everything else as it comes."""
        raise NotImplementedError

    def ask(self, script: str) -> str:
        """Queue the script `script`; the job's identity."""
        raise NotImplementedError

    def outcome(self, job: str) -> str:
        """How it ended, as the server knows it: `SUCCESS`, `FAILED` or the peer's own word; "" while it has not."""
        raise NotImplementedError

    def state(self, job: str) -> str:
        """What the server says of a job that has not ended."""
        return self.outcome(job) or "unknown"

    def cancel(self, job: str) -> None:
        """Ask for the end of a running job; not called where `cannot_cancel` says why."""
        raise NotImplementedError

    def ask_many(self, script: str, count: int) -> list[str]:
        """Queue it so many times."""
        return [self.ask(script) for _ in range(count)]

    def finished(self, jobs: list[str], seconds: float) -> float:
        """Wait until all have succeeded; the moment (`time.monotonic`, the same clock in every process)."""
        deadline = time.monotonic() + seconds
        left = list(jobs)
        while left:
            outcome = self.outcome(left[0])
            if outcome == SUCCESS:
                left.pop(0)
            elif outcome:
                raise RuntimeError(f"a job ended as {outcome}")
            elif time.monotonic() > deadline:
                raise TimeoutError(f"{len(left)} of {len(jobs)} jobs have no outcome: {self.state(left[0])}")
            else:
                time.sleep(self.pause)
        return time.monotonic()


def run_script(file: str) -> str:
    """A script as a job of those that have functions for jobs: `python SCRIPT`, and how it ended."""
    return FAILED if subprocess.run([script_python(), file], check=False).returncode else SUCCESS


def script_python() -> str:
    """The interpreter of all peers' scripts: the same, so that they differ in nothing else."""
    return os.environ["PEER_PYTHON"]


def program(name: str) -> str:
    """A program of this environment."""
    return str(Path(sys.executable).with_name(name))


def place() -> Path:
    """The peer's folder."""
    return Path(os.environ["PEER_PLACE"])


def port() -> int:
    """The port at which its server listens, on 127.0.0.1."""
    return int(os.environ["PEER_PORT"])


def listens() -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port()), 1).close()
    except OSError:
        return False
    return True


def redis_server() -> list[str]:
    """Debian's Redis, with an append-only file, as its own page advises where jobs must not be lost.

    https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
    """
    return ["redis-server", "--port", str(port()), "--bind", "127.0.0.1", "--dir", str(place()), "--appendonly", "yes"]
