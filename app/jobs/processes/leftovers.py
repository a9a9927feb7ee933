"""Kills what is left of a run whose robot died, before its job is reported.

On Windows the job object has done it when the robot's last handle was closed, and on Linux the host does it when its
control pipe ends; this is for what slipped through.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Final

_PATIENCE: Final = 5.0  # seconds
_PAUSE: Final = 0.005

_log = logging.getLogger("robot.jobs")


def kill_leftovers(identity_pid: int | None, created_at: float | None, mark: str) -> int:
    """Kill every process of an interrupted run and see it dead.

    Args:
        identity_pid: of the script's process; None if the robot died before it knew.
        created_at: of the same process; another one that has got its number since is left alone.
        mark: of the run.

    Returns:
        How many processes were killed.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + _PATIENCE
    while left := _kill_found(identity_pid, created_at, mark):
        killed |= left
        if time.monotonic() > deadline:
            _log.error("Processes of an interrupted job don't die: %s", sorted(left))
            break
        time.sleep(_PAUSE)
    return len(killed)


if sys.platform == "win32":

    def _kill_found(pid: int | None, created_at: float | None, mark: str) -> set[int]:
        from app.jobs.processes.win32 import kill_found

        return kill_found(pid, created_at, mark)

else:

    def _kill_found(pid: int | None, created_at: float | None, mark: str) -> set[int]:
        from app.jobs.processes.posix import kill_found

        return kill_found(pid, created_at, mark)
