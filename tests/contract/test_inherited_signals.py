"""A robot whose parent had ignored or blocked signals: a shell's background, a supervisor, a careless program."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import FAILED, IN_PROGRESS, STOPPED
from tests.contract.robot_process import ROOT, finish

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

PARENT = "import os, signal, sys\n{}\nos.execv(sys.executable, [sys.executable, '-m', 'app', *sys.argv[1:]])"
SLEEPER = "import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(60)"


@pytest.mark.parametrize(
    "careless",
    [
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGCHLD})",
        "signal.signal(signal.SIGINT, signal.SIG_IGN)",
    ],
    ids=["SIGCHLD ignored", "blocked", "SIGINT ignored"],
)
def test_jobs_end_and_stops_arrive(robot: Home, orchestrator: Orchestrator, careless: str) -> None:
    """Exit codes are the scripts' own, and a Stop interrupts."""
    robot.script("sleeper", SLEEPER)
    robot.script("failing", "raise SystemExit(3)")
    stopped = orchestrator.queue("sleeper", asks=(20,), when=robot.scripts / "begun")
    failed = orchestrator.queue("failing")
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(careless), "run", "--headless", "--config", str(robot.config)],
        cwd=ROOT,
        env=robot.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    robot._started.append(process)
    assert finish(process).code == 0
    assert (stopped.updates, failed.updates) == ([IN_PROGRESS, STOPPED], [IN_PROGRESS, FAILED])
    assert robot.processes() == []
