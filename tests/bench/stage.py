"""What every measure needs: the independent Orchestrator, a home for the robot, and the two programs to compare."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.contract.orchestrator import Orchestrator
from tests.contract.robot_process import GUID, Home

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = sys.executable
NAIVE_LOOP = Path(__file__).with_name("naive_loop.py")
PATIENCE = 300.0


@contextlib.contextmanager
def stage(**settings: object) -> Iterator[tuple[Orchestrator, Home]]:
    """An Orchestrator, and a home whose settings name it; heartbeats while working are rare unless said otherwise."""
    with tempfile.TemporaryDirectory(prefix="robot-bench-") as folder, Orchestrator(GUID) as orchestrator:
        home = Home(Path(folder) / "home")
        home.settings(orchestrator.url, **{"heartbeat_seconds": 10, **settings})
        try:
            yield orchestrator, home
        finally:
            home.end()
        if orchestrator.complaints:
            raise RuntimeError(f"the Orchestrator complains: {orchestrator.complaints}")


def start_naive_loop(orchestrator: Orchestrator, home: Home, poll_seconds: float = 0) -> subprocess.Popen[bytes]:
    """Start the loop of the specification's samples."""
    arguments = [orchestrator.url, GUID, str(home.scripts), str(poll_seconds)]
    return subprocess.Popen([PYTHON, str(NAIVE_LOOP), *arguments], env=home.environment)


def succeed(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Wait for a program's good end."""
    output, errors = process.communicate(timeout=PATIENCE)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {output!r} {errors!r}")
