"""What the journal's records amount to: runs on local days, totals, and the same by script. Pure."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import groupby
from math import fsum
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


_OF_STATUS: Final[dict[int, Outcome]] = {
    JobStatus.SUCCESS: Outcome.SUCCESS,
    JobStatus.FAILED: Outcome.FAILED,
    JobStatus.STOPPED: Outcome.STOPPED,
    JobStatus.ABORTED: Outcome.ABORTED,
}


@dataclass(frozen=True)
class PastRun:
    """A record with its times in the reader's time zone."""

    record: JobRecord
    outcome: Outcome
    start: datetime
    end: datetime | None

    @property
    def length(self) -> timedelta | None:
        """How long it took; None while it is not finished. Never negative, whatever the clock did."""
        ended_at = self.record.ended_at  # in UTC: the reader's clocks may be changed in between
        return max(ended_at - self.record.started_at, timedelta()) if ended_at else None


@dataclass(frozen=True)
class Totals:
    """Counts of some runs, and how long they took."""

    by_outcome: Counter[Outcome] = field(default_factory=Counter)
    seconds: array[float] = field(default_factory=lambda: array("d"))  # of each run that has ended

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
        return timedelta(seconds=fsum(self.seconds))

    @property
    def median(self) -> timedelta | None:
        """The duration that half of the runs stay below."""
        return timedelta(seconds=median(self.seconds)) if self.seconds else None

    @property
    def longest(self) -> timedelta | None:
        """The longest duration."""
        return timedelta(seconds=max(self.seconds)) if self.seconds else None


@dataclass(frozen=True)
class Day:
    """The runs that started on one local day; `runs`, newest first, only where each is looked at."""

    date: date
    totals: Totals
    runs: tuple[PastRun, ...] = ()


@dataclass(frozen=True)
class Script:
    """All runs of one script."""

    name: str
    totals: Totals
    last: datetime


def outcome_of(status: int | None) -> Outcome:
    """How a run with this final status ended."""
    return _OF_STATUS.get(status, Outcome.UNFINISHED) if status else Outcome.UNFINISHED


def runs_of(records: Iterable[JobRecord], zone: tzinfo | None) -> list[PastRun]:
    """The runs, newest first; `zone` None means the system's own, with its summer time."""
    runs = [
        PastRun(
            record,
            outcome_of(record.status),
            record.started_at.astimezone(zone),
            record.ended_at.astimezone(zone) if record.ended_at else None,
        )
        for record in records
    ]
    return sorted(runs, key=lambda run: run.start, reverse=True)


def totals_of(runs: Iterable[PastRun]) -> Totals:
    """Counts and durations."""
    runs = tuple(runs)
    return Totals(
        Counter(run.outcome for run in runs),
        array("d", (length.total_seconds() for run in runs if (length := run.length) is not None)),
    )


def by_day(runs: Sequence[PastRun]) -> list[Day]:
    """The days that have runs, newest first."""
    days = [(day, tuple(group)) for day, group in groupby(runs, key=lambda run: run.start.date())]
    return [Day(day, totals_of(group), group) for day, group in days]
