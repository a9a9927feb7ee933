"""All runs: sums by script and by the last days, and the marks of the timeline. Pure.

Most of them the journal has summed up already (`app.journal.sums`); only the few behind those are looked at one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from app.history.charts import RATE_DAYS, TIMELINE_DAYS, TimelineMarks
from app.history.runs import Day, Outcome, Script, Totals, outcome_of
from app.journal.statements import to_text
from app.journal.sums import PLACE_SECONDS, length_as_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from app.journal.reading import JobLine
    from app.journal.records import JobRecord, Reported, RunNotes, Undelivered
    from app.journal.sums import Sums

_MICROSECOND: Final = timedelta(microseconds=1)


class HistorySource(Protocol):
    """Where the page's runs come from: `JournalReader`."""

    def span(self) -> tuple[str, str] | None:
        """When the first and the last run started, as the journal writes moments; None if there is none."""

    def summed_up(self) -> Sums:
        """What most of the runs amount to."""

    def summed_between(self, since: int, before: int) -> Iterable[tuple[int, int]]:
        """Of those that started from `since` on and before `before` (seconds since 1970), how many of each status."""

    def lines(self) -> Iterable[JobLine]:
        """The runs that are in no sum."""

    def newest(self, limit: int) -> list[JobRecord]:
        """The last ones, newest first."""

    def runs(self, since: datetime | None) -> Iterable[tuple[JobRecord, RunNotes | None]]:
        """Those that started from `since` on, newest first, each with what its script said; read as it is asked for."""

    def notes(self, limit: int) -> dict[str, RunNotes]:
        """What scripts said of those, by the jobs' GUIDs."""

    def untold(self) -> dict[Reported, int]:
        """How many runs' reports wait or were refused."""

    def outbox(self) -> Sequence[Undelivered]:
        """Those reports."""


@dataclass(frozen=True)
class Summary:
    """What all runs amount to.

    Attributes:
        first: the reader's day of the first run; None if there is none.
        days: the last ones that have runs, as many as the charts look back, newest first.
        scripts: the most used first.
        marks: where the timeline has marks.
    """

    totals: Totals = field(default_factory=Totals)
    first: date | None = None
    days: tuple[Day, ...] = ()
    scripts: tuple[Script, ...] = ()
    marks: TimelineMarks = field(default_factory=TimelineMarks)


@dataclass
class _Sums:
    """Of one script."""

    by_outcome: Counter[Outcome] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    microseconds: int = 0
    longest: int = 0
    last: str = ""

    def totals(self) -> Totals:
        return Totals(self.by_outcome, self.lengths, self.microseconds, self.longest)


def summarize(source: HistorySource, zone: tzinfo | None, now: datetime) -> Summary:
    """Sum everything up; `zone` None means the system's own, with its summer time."""
    span = source.span()
    if span is None:
        return Summary()
    first, newest = (datetime.fromisoformat(moment).astimezone(zone).date() for moment in span)
    dates = [newest - timedelta(days=back) for back in reversed(range(min(RATE_DAYS, (newest - first).days + 1)))]
    midnights = [_midnight(date, zone) for date in (*dates, newest + timedelta(days=1))]
    by_day = [
        _by_outcome(source.summed_between(since, before))
        for since, before in pairwise(int(midnight.timestamp()) for midnight in midnights)
    ]
    marks = TimelineMarks((newest - timedelta(days=back) for back in range(TIMELINE_DAYS)), zone)
    by_script = _of_sums(source.summed_up(), marks)
    begins = [to_text(midnight) for midnight in midnights]
    for name, started, ended, status in source.lines():
        outcome = outcome_of(status)
        sums = by_script[name]
        sums.by_outcome[outcome] += 1
        sums.last = max(sums.last, started)
        start = datetime.fromisoformat(started)
        end = start if status else now  # a damaged journal may know the outcome and not the end
        if ended is not None:
            end = datetime.fromisoformat(ended)
            length = max(0, (end - start) // timedelta(microseconds=1))  # never negative, whatever the clock did
            sums.lengths[length_as_shown(length)] += 1
            sums.microseconds += length
            sums.longest = max(sums.longest, length)
        if started >= begins[0]:
            by_day[bisect_right(begins, started) - 1][outcome] += 1
        marks.add(_place(start), _place(end), outcome)
    days = [Day(day, Totals(counts)) for day, counts in zip(dates, by_day, strict=True) if counts]
    scripts = [
        Script(name, sums.totals(), datetime.fromisoformat(sums.last).astimezone(zone))
        for name, sums in by_script.items()
    ]
    scripts.sort(key=lambda script: (-script.totals.runs, script.name))
    return Summary(_together(by_script.values()), first, tuple(reversed(days)), tuple(scripts), marks)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    """When the reader's day begins."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)  # without a zone: the system's own


def _by_outcome(counted: Iterable[tuple[int, int]]) -> Counter[Outcome]:
    by_outcome: Counter[Outcome] = Counter()
    for status, runs in counted:
        by_outcome[outcome_of(status)] += runs
    return by_outcome


def _of_sums(summed: Sums, marks: TimelineMarks) -> defaultdict[str, _Sums]:
    """What was summed up of each script; the marks are set on the way."""
    by_script: defaultdict[str, _Sums] = defaultdict(_Sums)
    for name, status, runs, microseconds, longest, last in summed.scripts:
        sums = by_script[name]
        sums.by_outcome[outcome_of(status)] += runs
        sums.microseconds += microseconds
        sums.longest = max(sums.longest, longest)
        sums.last = max(sums.last, last)
    for name, length, runs in summed.lengths:
        by_script[name].lengths[length] = runs
    outcomes = {status: outcome_of(status) for status in range(10)}
    for start, status, end in summed.places:
        marks.add(start, end, outcomes[status])
    return by_script


def _place(moment: datetime) -> int:
    return int(moment.timestamp() // PLACE_SECONDS)


def _together(parts: Iterable[_Sums]) -> Totals:
    whole = _Sums()
    for part in parts:
        whole.by_outcome.update(part.by_outcome)
        whole.lengths.update(part.lengths)
        whole.microseconds += part.microseconds
        whole.longest = max(whole.longest, part.longest)
    return whole.totals()
