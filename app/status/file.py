"""`status.json` on the disk: written in one step for this user alone; read with whether its robot still lives."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from app.base.dataclass import dataclass
from app.base.errors import RobotError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.replacing import replace_file
from app.orchestrator.identity import machine_name
from app.status.record import ENDED, Process, Status, WrongRecordError, as_text, read_text

_NOBODY_TELLS: Final = -1.0
_SAME_SECONDS: Final = 1.0  # how far two readings of one process's creation may lie apart


class Condition(StrEnum):
    """What became of the robot that wrote a record."""

    RUNNING = "running"
    ENDED = "ended"  # it said so
    DEAD = "dead"  # its process has gone without a word
    NONE = "none"  # there is no record


@dataclass(frozen=True)
class Found:
    """A record with what became of its robot."""

    condition: Condition
    status: Status | None = None


def own_process() -> Process:
    """This process, as its record names it."""
    return Process(os.getpid(), _own_creation())


def lives(process: Process) -> bool:
    """Whether this process of this machine still runs; a later one with its number doesn't count."""
    created = _created(process.pid)
    if created is None:
        return False
    return created == _NOBODY_TELLS or abs(created - process.created) < _SAME_SECONDS


if sys.platform == "linux":

    def _created(pid: int) -> float | None:
        """When the process was created, in seconds since 1970; None: there is none, or only its exit code is left.

        As psutil has it (which costs 10 ms and 3 MB): proc_pid_stat(5), field 22, and `btime` of proc_stat(5).
        """
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            boot = next(line for line in Path("/proc/stat").read_bytes().splitlines() if line.startswith(b"btime"))
        except OSError:
            return None
        if fields[0] in b"ZX":
            return None
        return float(boot.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")

else:

    def _created(pid: int) -> float | None:
        import psutil  # late: the robot's first heartbeat doesn't wait for it

        try:
            found = psutil.Process(pid)
            return None if found.status() == psutil.STATUS_ZOMBIE else found.create_time()
        except psutil.NoSuchProcess:
            return None
        except psutil.AccessDenied:  # another user's, so nothing tells against it
            return _NOBODY_TELLS


if sys.platform == "win32":

    def _own_creation() -> float:
        """When this process was created: as psutil has it, which the first heartbeat would wait for."""
        import win32api
        import win32process

        times: Any = win32process.GetProcessTimes(win32api.GetCurrentProcess())
        return float(times["CreationTime"].timestamp())

else:

    def _own_creation() -> float:
        return _created(os.getpid()) or 0.0


def write_status(file: Path, status: Status) -> None:
    """Put the record in its place.

    Raises:
        OSError: it can't be written now.
    """
    replace_file(file, as_text(status))


def read_status(file: Path) -> Found:
    """The record of this machine's data folder, and whether its robot lives.

    Raises:
        RobotError: it can't be read, is damaged, or a later version wrote it.
    """
    try:
        status = read_text(file.read_text("utf-8"))
    except FileNotFoundError:
        return Found(Condition.NONE)
    except OSError as error:
        raise RobotError(
            _("The status {file} can't be read: {reason}.").format(
                file=file, reason=describe_os_error(error).for_people()
            ),
            _("Run this as the robot's user, or as an administrator."),
        ) from None
    except WrongRecordError as error:
        raise _wrong(file, newer=error.newer) from None
    except UnicodeDecodeError:
        raise _wrong(file, newer=False) from None
    if status.state == ENDED:
        return Found(Condition.ENDED, status)
    # From another machine (a folder that was copied) a process's number says nothing.
    here = status.machine == machine_name()
    return Found(Condition.RUNNING if here and lives(status.process) else Condition.DEAD, status)


def _wrong(file: Path, *, newer: bool) -> RobotError:
    if newer:
        return RobotError(
            _("The status {file} was written by a later version of the robot.").format(file=file),
            _("Use the version of the program that wrote it."),
        )
    return RobotError(
        _("The status {file} is damaged.").format(file=file), _("A robot that runs writes it anew within a minute.")
    )
