"""What the journal's records amount to: runs on local days, totals, and the same by script. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Final

from app.base.i18n import _
from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime, tzinfo

    from app.journal.records import JobRecord


class Outcome(StrEnum):
    """How a run ended. The values are also the page's class names (short: they stand in every row)."""

    SUCCESS = "s"
    FAILED = "f"
    STOPPED = "p"
    ABORTED = "a"
    UNFINISHED = "u"

    @property
    def label(self) -> str:
        """The outcome in a word or two."""
        return {
            Outcome.SUCCESS: _("Success"),
            Outcome.FAILED: _("Failed"),
            Outcome.STOPPED: _("Stopped"),
            Outcome.ABORTED: _("Aborted"),
            Outcome.UNFINISHED: _("Not finished"),
        }[self]


_OF_STATUS: Final = {
    JobStatus.SUCCESS: Outcome.SUCCESS,
    JobStatus.FAILED: Outcome.FAILED,
    JobStatus.STOPPED: Outcome.STOPPED,
    JobStatus.ABORTED: Outcome.ABORTED,
}


@dataclass(frozen=True)
class Run:
    """A record with its times in the reader's time zone."""

    record: JobRecord
    outcome: Outcome
    start: datetime
    end: datetime | None

    @property
    def length(self) -> timedelta | None:
        """How long it took; None while it is not finished. Never negative, whatever the clock did."""
        return max(self.end - self.start, timedelta()) if self.end else None


@dataclass(frozen=True)
class Totals:
    """Counts of some runs, and how long they took."""

    by_outcome: Counter[Outcome] = field(default_factory=Counter)
    lengths: tuple[timedelta, ...] = ()

    @property
    def runs(self) -> int:
        """All of them."""
        return self.by_outcome.total()

    @property
    def finished(self) -> int:
        """Those that the success rate counts."""
        return self.runs - self.by_outcome[Outcome.UNFINISHED]

    @property
    def working_time(self) -> timedelta:
        """The sum of all durations."""
        return sum(self.lengths, timedelta())

    @property
    def median(self) -> timedelta | None:
        """The duration that half of the runs stay below."""
        return timedelta(seconds=median(map(timedelta.total_seconds, self.lengths))) if self.lengths else None

    @property
    def longest(self) -> timedelta | None:
        """The longest duration."""
        return max(self.lengths, default=None)


@dataclass(frozen=True)
class Day:
    """The runs that started on one local day, newest first."""

    date: date
    runs: tuple[Run, ...]
    totals: Totals


@dataclass(frozen=True)
class Script:
    """All runs of one script."""

    name: str
    totals: Totals
    last: datetime


def runs_of(records: Iterable[JobRecord], zone: tzinfo | None) -> list[Run]:
    """The runs, newest first; `zone` None means the system's own, with its summer time."""
    runs = [
        Run(
            record,
            _OF_STATUS[record.status] if record.status else Outcome.UNFINISHED,
            record.started_at.astimezone(zone),
            record.ended_at.astimezone(zone) if record.ended_at else None,
        )
        for record in records
    ]
    return sorted(runs, key=lambda run: run.start, reverse=True)


def totals_of(runs: Iterable[Run]) -> Totals:
    """Counts and durations."""
    runs = tuple(runs)
    return Totals(
        Counter(run.outcome for run in runs),
        tuple(length for run in runs if (length := run.length) is not None),
    )


def by_day(runs: Sequence[Run]) -> list[Day]:
    """The days that have runs, newest first."""
    days = [(day, tuple(group)) for day, group in groupby(runs, key=lambda run: run.start.date())]
    return [Day(day, group, totals_of(group)) for day, group in days]


def by_script(runs: Sequence[Run]) -> list[Script]:
    """The scripts, the most used first."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.record.name, []).append(run)
    scripts = [Script(name, totals_of(group), group[0].start) for name, group in groups.items()]
    return sorted(scripts, key=lambda script: (-script.totals.runs, script.name))
