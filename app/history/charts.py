"""The geometry of the two charts: where each mark stands, in the units of their SVG view boxes. Pure.

Runs are drawn as one SVG path per day and outcome, with marks that would cover each other merged, so that a day of ten
thousand runs costs no more than one of a few hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf, sqrt
from typing import TYPE_CHECKING, Final

from app.history.runs import Outcome
from app.journal.sums import PLACE_SECONDS, QUARTER_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, tzinfo

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

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
_PLACES_IN_QUARTER: Final = QUARTER_SECONDS // PLACE_SECONDS
_PLACES_IN_DAY: Final = 2 * LANE_WIDTH
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

    Moments are *places* of the journal's sums: so many times 45 seconds since 1970 in UTC, half a unit of a lane.

    Args:
        dates: the days that are looked at.
        zone: the reader's; None is the system's own, with its summer time.
    """

    def __init__(self, dates: Iterable[date] = (), zone: tzinfo | None = None) -> None:
        days = [day.toordinal() - _EPOCH for day in dates]
        self._first, self._last = min(days, default=0), max(days, default=-1)
        self._zone = zone
        self._offsets: dict[int, int] = {}  # of the reader's clocks, in places, by the quarter of an hour
        # By the day (since 1970) and outcome: by the left edge, the last end of all, and the right edge there.
        self._rights: dict[tuple[int, Outcome], dict[int, tuple[int, int]]] = {}

    def add(self, start: int, end: int, outcome: Outcome) -> None:
        """Add a run; one over midnight has a piece in each of its days.

        Of runs that begin where a screen can't tell them apart, the one that ends last counts.
        """
        end = max(end, start)
        start_day, start_place = divmod(start + self._offset(start // _PLACES_IN_QUARTER), _PLACES_IN_DAY)
        end_day, end_place = divmod(end + self._offset(end // _PLACES_IN_QUARTER), _PLACES_IN_DAY)
        for day in range(max(start_day, self._first), min(end_day, self._last) + 1):
            left = (start_place + 1) // 2 if day == start_day else 0
            right = (end_place + 1) // 2 if day == end_day else LANE_WIDTH
            rights = self._rights.get((day, outcome))
            if rights is None:
                rights = self._rights[day, outcome] = {}
            edge = (end, max(right, left + _MIN_BAR))
            known = rights.get(left)
            if known is None or edge > known:
                rights[left] = edge

    def on(self, day: date) -> tuple[Marks, ...]:
        """The marks of one lane: successes first, so that what deserves a look is drawn on top of them."""
        number = day.toordinal() - _EPOCH
        found = {outcome: rights for outcome in Outcome if (rights := self._rights.get((number, outcome)))}
        return tuple(Marks(outcome, _path(outcome, rights)) for outcome, rights in found.items())

    def _offset(self, quarter: int) -> int:
        """How far the reader's clocks are from UTC; they are changed at whole quarters only."""
        offset = self._offsets.get(quarter)
        if offset is None:
            wall = datetime.fromtimestamp(quarter * QUARTER_SECONDS, UTC).astimezone(self._zone).replace(tzinfo=UTC)
            offset = self._offsets[quarter] = int(wall.timestamp()) // PLACE_SECONDS - quarter * _PLACES_IN_QUARTER
        return offset


def timeline(days: Sequence[Day], marks: TimelineMarks) -> list[Lane]:
    """The last `TIMELINE_DAYS` days up to the newest run, newest first."""
    known = {day.date: day for day in days}
    dates = [days[0].date - timedelta(days=back) for back in range(TIMELINE_DAYS)] if days else []
    while len(dates) > 1 and dates[-1] not in known:  # a short history needs no empty lanes below it
        dates.pop()
    return [Lane(day, number * LANE_HEIGHT, known.get(day), marks.on(day)) for number, day in enumerate(dates)]


def rates(days: Sequence[Day], first: date | None = None) -> list[Column]:
    """The last `RATE_DAYS` days up to the newest run, oldest first: succeeded below, failed hanging from above.

    `first` is the day of the first run of all, if that is not the last of `days`.
    """
    if not days:
        return []
    known = {day.date: day for day in days}
    span = min(RATE_DAYS, max(TIMELINE_DAYS, (days[0].date - (first or days[-1].date)).days + 1))
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


def _path(outcome: Outcome, rights: dict[int, tuple[int, int]]) -> str:
    path: list[str] = []
    glyph_to = -1
    edges = sorted((left, right) for left, (_end, right) in rights.items())
    for (left, right), (following, _right) in pairwise([*edges, (inf, 0)]):
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
