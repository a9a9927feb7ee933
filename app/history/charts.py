"""The geometry of the two charts: where each mark stands, in the units of their SVG view boxes. Pure.

Runs are drawn as one SVG path per day and outcome, with marks that would cover each other merged, so that a day of ten
thousand runs costs no more than one of a few hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from math import inf, sqrt
from typing import TYPE_CHECKING, Final

from app.history.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from app.history.runs import Day

TIMELINE_DAYS: Final = 14
RATE_DAYS: Final = 60

LANE_LEFT: Final = 64
LANE_WIDTH: Final = 960
LANE_HEIGHT: Final = 26
AXIS_HEIGHT: Final = 22
CHART_WIDTH: Final = LANE_LEFT + LANE_WIDTH + 56
RATE_HEIGHT: Final = 110
RATE_TOP: Final = 10

_BAR_TOP: Final = 11
_BAR_HEIGHT: Final = 8
_MIN_BAR: Final = 2
_GAP: Final = 0.4  # between bars that touch: two runs of a minute are two
_NARROWEST: Final = 0.2  # of a column's place
_GLYPH_STEP: Final = 9  # glyphs nearer than this merge into one
# What stands above a bar, drawn around its centre: a shape of its own for each outcome that isn't a success.
_GLYPHS: Final = {
    Outcome.FAILED: "m-4 -5h8l-4 7z",  # a triangle that points at the bar
    Outcome.STOPPED: "m-3 -4h6v6h-6z",  # a square
    Outcome.ABORTED: "m0 -5l4 3.5l-4 3.5l-4 -3.5z",  # a diamond
}


@dataclass(frozen=True)
class Marks:
    """All marks of one outcome in one lane."""

    outcome: Outcome
    path: str


@dataclass(frozen=True)
class Lane:
    """One day of the timeline; `day` is None if nothing ran."""

    date: date
    top: int
    day: Day | None
    marks: tuple[Marks, ...]


@dataclass(frozen=True)
class Segment:
    """A part of a column."""

    outcome: Outcome
    top: float
    height: float


@dataclass(frozen=True)
class Column:
    """One day of the success rate.

    The bar is as wide as its place on the day of the most runs; a day of few is narrow, so that one failure of one run
    doesn't look like a bad day.
    """

    date: date
    left: float
    width: float
    bar_left: float
    bar_width: float
    day: Day | None
    segments: tuple[Segment, ...]
    labelled: bool


class TimelineMarks:
    """Where the lanes of some days have marks, in whole units: what a screen couldn't tell apart is one.

    Args:
        dates: the days that are looked at.
    """

    def __init__(self, dates: Iterable[date] = ()) -> None:
        self._dates = frozenset(dates)
        self._rights: dict[date, dict[Outcome, dict[int, int]]] = {}  # the furthest right edge by left edge

    def add(self, start: datetime, end: datetime, outcome: Outcome) -> None:
        """Add a run, in the reader's time; one over midnight has a piece in each of its days."""
        end = max(end, start)
        day = max(start.date(), min(self._dates, default=start.date()))
        while day <= end.date():
            if day in self._dates:
                left = round(_position(start)) if day == start.date() else 0
                right = round(_position(end)) if day == end.date() else LANE_WIDTH
                rights = self._rights.setdefault(day, {}).setdefault(outcome, {})
                rights[left] = max(rights.get(left, 0), right, left + _MIN_BAR)
            elif day > max(self._dates, default=day):
                break
            day += timedelta(days=1)

    def on(self, day: date) -> tuple[Marks, ...]:
        """The marks of one lane: successes first, so that what deserves a look is drawn on top of them."""
        found = self._rights.get(day, {})
        return tuple(Marks(outcome, _path(outcome, found[outcome])) for outcome in Outcome if outcome in found)


def timeline(days: Sequence[Day], marks: TimelineMarks) -> list[Lane]:
    """The last `TIMELINE_DAYS` days up to the newest run, newest first."""
    known = {day.date: day for day in days}
    dates = [days[0].date - timedelta(days=back) for back in range(TIMELINE_DAYS)] if days else []
    while len(dates) > 1 and dates[-1] not in known:  # a short history needs no empty lanes below it
        dates.pop()
    return [Lane(day, number * LANE_HEIGHT, known.get(day), marks.on(day)) for number, day in enumerate(dates)]


def rates(days: Sequence[Day]) -> list[Column]:
    """The last `RATE_DAYS` days up to the newest run, oldest first: succeeded below, failed hanging from above."""
    if not days:
        return []
    known = {day.date: day for day in days}
    span = min(RATE_DAYS, max(TIMELINE_DAYS, (days[0].date - days[-1].date).days + 1))
    step = LANE_WIDTH / span
    every = max(1, span // 10)
    dates = [days[0].date - timedelta(days=span - 1 - number) for number in range(span)]
    most = max((known[date].totals.finished for date in dates if date in known), default=0)
    columns = []
    for number, date in enumerate(dates):
        day = known.get(date)
        left, width = LANE_LEFT + number * step + step * 0.15, step * 0.7
        bar = width * max(_NARROWEST, sqrt(day.totals.finished / most)) if day and most else width
        columns.append(
            Column(
                date=date,
                left=round(left, 2),
                width=round(width, 2),
                bar_left=round(left + (width - bar) / 2, 2),
                bar_width=round(bar, 2),
                day=day,
                segments=_segments(day) if day else (),
                labelled=(span - 1 - number) % every == 0,
            )
        )
    return columns


def _position(moment: datetime) -> float:
    """The clock time as units from the lane's beginning (wall clock: a day of 23 hours has a gap)."""
    wall = moment.replace(tzinfo=None)
    return (wall - datetime.combine(wall.date(), time())).total_seconds() / 86_400 * LANE_WIDTH


def _path(outcome: Outcome, rights: dict[int, int]) -> str:
    path: list[str] = []
    glyph_to = -1
    for (left, right), (following, _right) in pairwise([*sorted(rights.items()), (inf, 0)]):
        width = f"{(right if right < following else following - _GAP) - left:g}"
        path.append(f"M{LANE_LEFT + left:g} {_BAR_TOP}h{width}v{_BAR_HEIGHT}h-{width}z")
        if outcome in _GLYPHS and left >= glyph_to:
            path.append(f"M{LANE_LEFT + left + 1:g} {_BAR_TOP - 4}{_GLYPHS[outcome]}")
            glyph_to = int(left) + _GLYPH_STEP
    return "".join(path)


def _segments(day: Day) -> tuple[Segment, ...]:
    """Shares of the day's finished runs: failed from above, then aborted and stopped, succeeded standing below."""
    counts, finished = day.totals.by_outcome, day.totals.finished
    segments: list[Segment] = []
    top = float(RATE_TOP)
    for outcome in (Outcome.FAILED, Outcome.ABORTED, Outcome.STOPPED, Outcome.SUCCESS):
        if count := counts[outcome]:
            height = RATE_HEIGHT * count / finished
            segments.append(Segment(outcome, round(top, 1), round(max(1.0, height - 1), 1)))
            top += height
    return tuple(segments)
