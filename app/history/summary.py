"""All runs in one pass: sums by day and by script, and the marks of the timeline. Pure.

Nothing is kept of a run but its duration (eight bytes, for the medians), so that years of runs fit into little memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from app.history.charts import TIMELINE_DAYS, TimelineMarks
from app.history.runs import Day, Outcome, Script, Totals, outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from app.journal.reading import JobLine
    from app.journal.records import JobRecord, Reported, RunNotes, Undelivered

_OUTCOMES: Final = tuple(Outcome)


class HistorySource(Protocol):
    """Where the page's runs come from: `JournalReader`."""

    def span(self) -> tuple[str, str] | None:
        """When the first and the last run started, as the journal writes moments; None if there is none."""

    def lines(self) -> Iterable[JobLine]:
        """All runs."""

    def newest(self, limit: int) -> list[JobRecord]:
        """The last ones, newest first."""

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
        days: those that have runs, newest first.
        scripts: the most used first.
        marks: where the timeline has marks.
    """

    totals: Totals = field(default_factory=Totals)
    days: tuple[Day, ...] = ()
    scripts: tuple[Script, ...] = ()
    marks: TimelineMarks = field(default_factory=TimelineMarks)


class _Sums:
    """Of one script."""

    def __init__(self) -> None:
        self.counts = [0] * len(_OUTCOMES)
        self.seconds = array("d")
        self.last = ""


def summarize(source: HistorySource, zone: tzinfo | None, now: datetime) -> Summary:
    """Sum everything up; `zone` None means the system's own, with its summer time."""
    span = source.span()
    if span is None:
        return Summary()
    dates, midnights = _days_between(*span, zone)
    shown_dates = {dates[-1] - timedelta(days=back) for back in range(TIMELINE_DAYS)}
    shown_from = midnights[max(0, bisect_right(dates, min(shown_dates)) - 1)]
    marks = TimelineMarks(shown_dates)
    by_day = [[0] * len(_OUTCOMES) for _date in dates]
    by_script: dict[str, _Sums] = {}
    places = {status: _OUTCOMES.index(outcome_of(status)) for status in (None, *range(10))}
    parse = datetime.fromisoformat
    for name, started, ended, status in source.lines():
        place = places[status]
        by_day[bisect_right(midnights, started) - 1][place] += 1
        sums = by_script.get(name)
        if sums is None:
            sums = by_script[name] = _Sums()
        sums.counts[place] += 1
        sums.last = max(sums.last, started)
        if ended is not None:
            # Never negative, whatever the clock did.
            sums.seconds.append(max(0.0, (parse(ended) - parse(started)).total_seconds()))
        if ended is None or ended >= shown_from or started >= shown_from:
            start = parse(started).astimezone(zone)
            marks.add(start, (parse(ended) if ended else now).astimezone(zone), _OUTCOMES[place])
    days = [Day(day, _totals(counts)) for day, counts in zip(dates, by_day, strict=True) if any(counts)]
    scripts = [
        Script(name, _totals(sums.counts, sums.seconds), parse(sums.last).astimezone(zone))
        for name, sums in by_script.items()
    ]
    scripts.sort(key=lambda script: (-script.totals.runs, script.name))
    seconds = array("d")
    for sums in by_script.values():
        seconds.extend(sums.seconds)
    counts = [sum(column) for column in zip(*by_day, strict=True)]
    return Summary(_totals(counts, seconds), tuple(reversed(days)), tuple(scripts), marks)


def _days_between(first: str, last: str, zone: tzinfo | None) -> tuple[list[date], list[str]]:
    """The reader's days from the first start to the last, and when each begins, as the journal writes moments."""
    day, until = (datetime.fromisoformat(moment).astimezone(zone).date() for moment in (first, last))
    dates: list[date] = []
    midnights: list[str] = []
    while day <= until:
        midnight = datetime.combine(day, time(), tzinfo=zone)  # without a zone: the system's own, see astimezone
        dates.append(day)
        midnights.append(midnight.astimezone(UTC).isoformat(timespec="microseconds"))
        day += timedelta(days=1)
    return dates, midnights


def _totals(counts: list[int], seconds: array[float] | None = None) -> Totals:
    by_outcome = Counter({outcome: count for outcome, count in zip(_OUTCOMES, counts, strict=True) if count})
    return Totals(by_outcome, array("d") if seconds is None else seconds)
