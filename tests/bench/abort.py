"""From the Orchestrator's answer "abort" to the death of the last process of a tree of fifty."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.row import Row, milliseconds
from tests.bench.stage import PYTHON, stage
from tests.contract.robot_process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Interference, Orchestrator, Request
    from tests.contract.robot_process import Home

TARGET = 0.010  # seconds
ABORT = 10
PROCESSES = 50
# Every process holds the write end of one named pipe: its reader sees the end of file when the last of them is dead.
# Seven of them lead sessions of their own, so that killing the script's session is not enough.
TREE = """
import os, pathlib, subprocess, sys, time
alive = os.open(os.environ.get("TREE_PIPE") or "alive", os.O_WRONLY)
def child(children, **how):
    line = "".join("sleep 60 & echo $! >>pids; " for _ in range(children))
    return subprocess.Popen(["sh", "-c", "echo $$ >>pids; " + line + "wait"], pass_fds=[alive], **how)
with open("pids", "a") as file:
    file.write(f"{os.getpid()}\\n")
for number in range(7):
    child(6, start_new_session=True)
while True:
    time.sleep(60)
"""


def measure(*, quick: bool) -> list[Row]:
    """The robot's abort and a plain kill of the same tree in turn; the median counts, the slowest is shown."""
    rounds = 2 if quick else 7
    floors, ours = [], []
    with stage(heartbeat_seconds=1) as (orchestrator, home):
        home.script("tree", TREE)
        for _ in range(rounds):
            floors.append(_kill_directly(home))
            ours.append(_abort(orchestrator, home))
    return [
        Row(
            f"abort answer to last of {PROCESSES} processes dead (median of {rounds})",
            f"kill(2) of each {milliseconds(median(floors))}",
            f"{milliseconds(median(ours))}, slowest {milliseconds(max(ours))}",
            median(ours) * 1000,
            TARGET * 1000,
            "ms",
        )
    ]


class _Tree:
    """The pipe and the list of processes of one tree."""

    def __init__(self, folder: Path) -> None:
        self._pids, pipe = folder / "pids", folder / "alive"
        self._pids.unlink(missing_ok=True)
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        self._reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def pids(self) -> list[int]:
        """The processes that have started so far."""
        return [int(line) for line in self._pids.read_text().split()] if self._pids.exists() else []

    def is_complete(self) -> bool:
        return len(self.pids()) == PROCESSES

    def wait_for_death(self) -> float:
        """The moment at which the last process died."""
        os.set_blocking(self._reader, True)
        if os.read(self._reader, 1):
            raise RuntimeError("something was written into the pipe")
        died = time.monotonic()
        os.close(self._reader)
        return died


def _kill_directly(home: Home) -> float:
    tree = _Tree(home.scripts)
    process = subprocess.Popen([PYTHON, str(home.scripts / "tree.py")], cwd=home.scripts, env=home.environment)
    wait_until(tree.is_complete)
    pids = tree.pids()
    begun = time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    died = tree.wait_for_death()
    process.wait()
    return died - begun


def _abort(orchestrator: Orchestrator, home: Home) -> float:
    tree = _Tree(home.scripts)
    answered: list[float] = []

    def abort_when_complete(request: Request) -> Interference:
        if str(request) == "heartbeat 3" and tree.is_complete():
            answered.append(time.monotonic())
            return 200, b'{"HeartbeatErrorCode": %d, "ErrorText": "", "HasNewJob": 0}' % ABORT
        return None

    orchestrator.interfere = abort_when_complete
    orchestrator.queue("tree")
    robot = home.start_robot()
    wait_until(lambda: answered)
    died = tree.wait_for_death()
    robot.communicate()
    return died - answered[0]
