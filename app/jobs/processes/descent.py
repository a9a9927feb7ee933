"""Which run a process of Linux descends from, when its parents have gone and whatever its environment says.

Among the limits of a process is one that has had no effect since Linux 2.4.25, RLIMIT_LOCKS. A script's process gets
the number of its run there, and all that descends from it inherits it: through setsid, double forks, an empty or a
copied environment, and also when the robot has died. A sandbox may refuse to set it (gVisor does); then the mark in
the environment has to do. https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

from __future__ import annotations

import hashlib
import logging
import resource
import sys
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from app.jobs.child import procfs

if TYPE_CHECKING:
    from collections.abc import Iterable

if sys.platform == "win32":
    raise ImportError("for Linux only")

_RLIMIT_LOCKS: Final = 10
_MYSELF: Final = 0

_log = logging.getLogger("robot.jobs")


def brand(pid: int, mark: str) -> None:
    """Make known that the process `pid`, and all that it will start, belongs to the run with this mark."""
    if _works():
        try:
            resource.prlimit(pid, _RLIMIT_LOCKS, (_number(mark), resource.RLIM_INFINITY))
        except ProcessLookupError:
            pass  # it has ended already, and started nothing
        except OSError as error:
            _log.warning("What process %s leaves running may not be found: %s", pid, error)


def number_to_wait_for(mark: str) -> str:
    """What the host waits for before the script may start anything, as it runs beside `brand`; empty: for nothing."""
    return str(_number(mark)) if _works() else ""


def is_of_run(pid: int, mark: str) -> bool:
    """Does the process `pid` descend from the script of the run with this mark?"""
    return _number_of(pid) == _number(mark) if _works() else bool(mark) and procfs.mark_of(pid) == mark


def is_of_a_job(pid: int, mark: str, others: Iterable[str]) -> bool:
    """Does `pid`, a child of this process, descend from a script, and from none of those with the `others` marks?

    What this process has started for itself has the number, or none, that it has itself. A number that it doesn't know
    is one of a robot that the script has run.
    """
    if not _works():
        return is_of_run(pid, mark)
    number = _number_of(pid)
    return number is not None and number not in {_number_of(_MYSELF), *map(_number, others)}


@cache
def _works() -> bool:
    """Can such numbers be given? An administrator may have set a limit for the limit."""
    try:
        soft, hard = resource.prlimit(_MYSELF, _RLIMIT_LOCKS)
        resource.prlimit(_MYSELF, _RLIMIT_LOCKS, (soft, hard))
    except OSError as error:
        _log.warning("What scripts leave running can only be found by the mark in its environment: %s", error)
        return False
    return hard == resource.RLIM_INFINITY


@lru_cache(maxsize=64)  # of the runs that may still have processes; a robot meets a new mark with every job
def _number(mark: str) -> int:
    """What no process has for a limit by chance."""
    return 1 << 61 | int.from_bytes(hashlib.sha256(mark.encode()).digest()[:7])


def _number_of(pid: int) -> int | None:
    """The number of `pid`; infinity if it was given none, None if there is no such process of this user."""
    try:
        return resource.prlimit(pid, _RLIMIT_LOCKS)[0]
    except OSError:
        return None
