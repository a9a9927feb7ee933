"""The logs of a data folder by name: the robot's own with its earlier days, and those of jobs. Nothing else has a name.

A name is the path below the log folder with `/`: `robot.log.2026-11-24`, `jobs/2026-11-24/101500 invoices 5f3c9.log`.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from app.base.plain_files import is_plain_folder, open_plain, plain_entries

if TYPE_CHECKING:
    from pathlib import Path

    from app.base.paths import DataPaths

_OWN: Final = re.compile(r"robot\.log(\.\d{4}-\d\d-\d\d)?|start\.log(\.old)?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_JOBS: Final = "jobs"
_SUFFIX: Final = ".log"


@dataclass(frozen=True)
class LogFile:
    """One log.

    Attributes:
        size: bytes.
        changed: seconds since 1970.
    """

    name: str
    size: int
    changed: float


def is_own(name: str) -> bool:
    """Whether a log is the robot's, with levels and entries of several lines."""
    return _OWN.fullmatch(name) is not None


def robot_logs(paths: DataPaths) -> list[LogFile]:
    """The robot's own, in the order in which they were written to last, newest first."""
    found = [
        LogFile(name, facts.st_size, facts.st_mtime)
        for name, facts in plain_entries(paths.logs)
        if is_own(name) and stat.S_ISREG(facts.st_mode)
    ]
    return sorted(found, key=lambda log: (log.name == "robot.log", log.changed), reverse=True)


def job_logs(paths: DataPaths, before: str = "", *, most: int) -> tuple[list[LogFile], bool]:
    """Jobs' logs, the job that started last first, behind the one named `before`; and whether there are more.

    Their names begin with day and time, so no more folders are looked into than are needed.
    """
    days = sorted((name for name, _facts in plain_entries(paths.job_logs) if _DAY.fullmatch(name)), reverse=True)
    _jobs, _slash, last = before.partition("/")
    found: list[LogFile] = []
    for day in days:
        if last and day > last.partition("/")[0]:
            continue
        files = sorted(plain_entries(paths.job_logs / day), key=lambda file: file[0], reverse=True)
        for name, facts in files:
            if not name.endswith(_SUFFIX) or not stat.S_ISREG(facts.st_mode) or (last and f"{day}/{name}" >= last):
                continue
            if len(found) == most:
                return found, True
            found.append(LogFile(f"{_JOBS}/{day}/{name}", facts.st_size, facts.st_mtime))
    return found, False


def open_log(paths: DataPaths, name: str) -> BinaryIO:
    """Open a log to be read.

    Raises:
        OSError: there is none of this name, or it can't be read.
    """
    if is_own(name):
        return open_plain(paths.logs, name)
    folder, day, file = [*name.split("/"), "", ""][:3]
    place = paths.job_logs / day
    if name != f"{_JOBS}/{day}/{file}" or folder != _JOBS or not _DAY.fullmatch(day) or not file.endswith(_SUFFIX):
        raise FileNotFoundError(name)
    if not is_plain_folder(place):
        raise FileNotFoundError(name)
    return open_plain(place, file)


def name_of(paths: DataPaths, file: Path) -> str:
    """The name of a log by its path; empty if it is none of this data folder's."""
    try:
        name = file.relative_to(paths.logs).as_posix()
    except ValueError:
        return ""
    return name if is_own(name) or name.startswith(f"{_JOBS}/") else ""
