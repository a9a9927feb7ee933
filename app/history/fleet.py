"""Many robots at once, from copies of their `status.json` and `robot history --json` in one folder. No page here.

A copy says nothing of a process; what it can say is how old it is. A robot that lives writes its record anew every half
minute, so one whose copy is much older than copies usually are has died, or its machine is off.
"""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.history.export import FORMAT, KIND
from app.history.runs import Outcome, outcome_of
from app.status.record import ENDED, Status, WrongRecordError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, tzinfo
    from pathlib import Path

DAYS: Final = 14
SILENT_AFTER: Final = timedelta(minutes=10)  # copies are made every few minutes
_MOST_BYTES: Final = 50_000_000  # of one file


class Kind(StrEnum):
    """What a robot is up to, what a person should look at first. The values are the page's class names."""

    PERSON = "person"  # in Error, or ended by one
    SILENT = "silent"
    OFFLINE = "offline"
    PAUSED = "paused"
    WORKING = "working"
    READY = "ready"
    ENDED = "ended"
    UNKNOWN = "unknown"  # there are runs of it, and no record

    @property
    def label(self) -> str:
        """In a word or two."""
        return {
            Kind.PERSON: _("Needs a person"),
            Kind.SILENT: _("Silent"),
            Kind.OFFLINE: _("Offline"),
            Kind.PAUSED: _("Paused"),
            Kind.WORKING: _("Working"),
            Kind.READY: _("Ready"),
            Kind.ENDED: _("Ended"),
            Kind.UNKNOWN: _("No status"),
        }[self]


_OF_STATE: Final = {
    "error": Kind.PERSON,
    "offline": Kind.OFFLINE,
    "paused": Kind.PAUSED,
    "working": Kind.WORKING,
    "stopping": Kind.WORKING,
}


@dataclass
class FleetRobot:
    """One account on one machine.

    Attributes:
        status: its newest record; None if only runs are known.
        kind: of that record, at the moment that the page speaks of.
        days: how its runs of the last `DAYS` days ended, by local day.
        page: its own page of past runs, if one lies beside the record.
    """

    machine: str
    user: str
    status: Status | None = None
    kind: Kind = Kind.UNKNOWN
    days: dict[date, Counter[Outcome]] = field(default_factory=dict)
    page: Path | None = None

    @property
    def totals(self) -> Counter[Outcome]:
        """Of all these days."""
        return sum(self.days.values(), Counter())

    @property
    def finished(self) -> int:
        """Runs that the success rate counts."""
        return self.totals.total() - self.totals[Outcome.UNFINISHED]


@dataclass(frozen=True)
class Fleet:
    """All of them, what a person should look at first in front; and the files that say nothing understandable."""

    robots: tuple[FleetRobot, ...]
    unread: tuple[Path, ...]
    dates: tuple[date, ...]  # the last `DAYS` days, oldest first

    @property
    def by_kind(self) -> Counter[Kind]:
        """How many of each kind."""
        return Counter(robot.kind for robot in self.robots)


def read_fleet(folder: Path, now: datetime, zone: tzinfo | None = None) -> Fleet:
    """What lies in `folder` and below it; `now` is aware, `zone` the reader's (None: the system's own).

    Raises:
        OSError: the folder can't be read.
    """
    if not folder.is_dir():
        number = errno.ENOTDIR if folder.exists() else errno.ENOENT
        raise OSError(number, os.strerror(number), str(folder))
    today = now.astimezone(zone).date()
    dates = tuple(today - timedelta(days=back) for back in reversed(range(DAYS)))
    robots: dict[tuple[str, str], FleetRobot] = {}
    unread: list[Path] = []
    for file in sorted(folder.rglob("*.json")):
        try:
            _take(file, robots, dates[0], zone)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            unread.append(file.relative_to(folder))  # half of a copy, of a later version, or something else
    for robot in robots.values():
        robot.kind = kind_of(robot.status, now)
    kinds = list(Kind)
    order = sorted(robots.values(), key=lambda robot: (kinds.index(robot.kind), robot.machine.lower(), robot.user))
    return Fleet(tuple(order), tuple(unread), dates)


def kind_of(status: Status | None, now: datetime) -> Kind:
    """What a record amounts to at a moment."""
    if status is None:
        return Kind.UNKNOWN
    if status.state == ENDED:
        return Kind.PERSON if status.exit_code else Kind.ENDED
    if now - status.written > SILENT_AFTER:
        return Kind.SILENT
    return _OF_STATE.get(status.state, Kind.READY)


def _take(file: Path, robots: dict[tuple[str, str], FleetRobot], since: date, zone: tzinfo | None) -> None:
    """Add what a file says.

    Raises:
        ValueError, KeyError, TypeError, OSError, …: it is none that this version understands.
    """
    if file.stat().st_size > _MOST_BYTES:
        raise ValueError(file.name)
    text = file.read_text("utf-8")
    try:
        status = read_text(text)
    except WrongRecordError as error:
        if error.newer:
            raise
        _take_runs(json.loads(text), robots, since, zone)
        return
    robot = _robot(robots, status.machine, status.user)
    if robot.status is None or robot.status.written < status.written:
        robot.status = status
        page = file.with_name("history.html")
        robot.page = page if page.is_file() else None


def _take_runs(
    content: dict[str, Any], robots: dict[tuple[str, str], FleetRobot], since: date, zone: tzinfo | None
) -> None:
    if content["kind"] != KIND or content["format"] > FORMAT:
        raise ValueError(content["kind"])
    robot = _robot(robots, str(content["machine"]), str(content["user"]))
    robot.days = _by_day(content["runs"], since, zone)


def _by_day(runs: Iterable[dict[str, Any]], since: date, zone: tzinfo | None) -> dict[date, Counter[Outcome]]:
    days: dict[date, Counter[Outcome]] = {}
    for run in runs:
        day = datetime.fromisoformat(run["started"]).astimezone(zone).date()
        if day >= since:
            days.setdefault(day, Counter())[outcome_of(run["status"])] += 1
    return days


def _robot(robots: dict[tuple[str, str], FleetRobot], machine: str, user: str) -> FleetRobot:
    return robots.setdefault((machine.lower(), user.lower()), FleetRobot(machine, user))
