"""What the journal's records amount to: runs on local days, totals, and the same by script. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

from app.base.i18n import _
from app.journal.sums import length_as_shown
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
    """Counts of some runs, and how long they took. Sums of parts: those of the whole are made of them.

    Attributes:
        lengths: how many runs that have ended took so many tenths of a second, as people are told it.
        microseconds: of all of them together.
        most_microseconds: of the longest one.
    """

    by_outcome: Counter[Outcome] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    microseconds: int = 0
    most_microseconds: int = 0

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
        return timedelta(microseconds=self.microseconds)

    @property
    def median(self) -> timedelta | None:
        """The duration of the middle run, as exact as people are told it; of two in the middle, the shorter one's."""
        rest = (self.lengths.total() + 1) // 2
        for length, runs in sorted(self.lengths.items()):
            rest -= runs
            if rest <= 0:
                return timedelta(milliseconds=100 * length)
        return None

    @property
    def longest(self) -> timedelta | None:
        """The longest duration."""
        return timedelta(microseconds=self.most_microseconds) if self.lengths else None


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
    lengths = [length // timedelta(microseconds=1) for run in runs if (length := run.length) is not None]
    return Totals(
        Counter(run.outcome for run in runs),
        Counter(map(length_as_shown, lengths)),
        sum(lengths),
        max(lengths, default=0),
    )


def by_day(runs: Sequence[PastRun]) -> list[Day]:
    """The days that have runs, newest first."""
    days = [(day, tuple(group)) for day, group in groupby(runs, key=lambda run: run.start.date())]
    return [Day(day, totals_of(group), group) for day, group in days]
