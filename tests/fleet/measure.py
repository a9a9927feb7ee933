"""What a run of the fleet says, from the seconds that the server has noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.fleet.server import WORKERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fleet.server import Seconds

MINUTE: Final = 60


def peak_over_mean(came: Mapping[int, int], start: int, end: int) -> float:
    """The worst of all minutes between these seconds, wherever they begin: its fullest second over its mean second."""
    counts = [came.get(second, 0) for second in range(start, end)]
    worst = 0.0
    total = sum(counts[:MINUTE])
    for first in range(max(0, len(counts) - MINUTE) + 1):
        if first:
            total += counts[first + MINUTE - 1] - counts[first - 1]
        if total:
            worst = max(worst, max(counts[first : first + MINUTE]) * min(MINUTE, len(counts)) / total)
    return worst


def busiest_second(busy: Mapping[int, float], start: int, end: int) -> float:
    """The part of the workers' time that was wanted in the fullest second; over 1: more than they have."""
    return max((busy.get(second, 0.0) for second in range(start, end)), default=0.0) / WORKERS


def busiest_minute(busy: Mapping[int, float], start: int, end: int) -> float:
    """The part of the workers' time that was taken in the fullest minute."""
    seconds = [busy.get(second, 0.0) for second in range(start, end)]
    length = min(MINUTE, len(seconds))
    return max(sum(seconds[first : first + length]) for first in range(len(seconds) - length + 1)) / WORKERS / length


def last_failure(seconds: Seconds, start: int, end: int) -> int:
    """Seconds from `start` until no request has failed, timed out or waited for more than a second any more."""
    bad = [
        second
        for second in range(start, end)
        if seconds.refused.get(second) or seconds.timed_out.get(second) or seconds.waited.get(second, 0.0) > 1.0
    ]
    return bad[-1] + 1 - start if bad else 0


@dataclass(frozen=True)
class Verdict:
    """One situation in numbers.

    Attributes:
        name: of the situation.
        rate: requests a second afterwards, on average.
        fullest: requests in the fullest second since it began.
        settled: seconds after it from when on the fullest second of any minute is at most half over its mean.
        later: the worst minute's peak over its mean, from then on.
        beats: the busiest minute's part of the workers' time that heartbeats alone have taken, since it began.
        recovers: seconds after it until no request failed or waited for more than a second.
        failed: requests that failed afterwards.
        silence: the longest time between two heartbeats of one robot that were carried out afterwards, in seconds.
    """

    name: str
    rate: float
    fullest: int
    settled: int | None
    later: float
    beats: float
    recovers: int
    failed: int
    silence: float


ROBOTS_PEAK: Final = 1.5


def settles(came: Mapping[int, int], start: int, end: int) -> int | None:
    """Seconds from `start` after which each minute's fullest second is at most half over its mean; None: never."""
    counts = [came.get(second, 0) for second in range(start, end)]
    for first in range(len(counts) - MINUTE, -1, -1):
        minute = counts[first : first + MINUTE]
        if max(minute) * MINUTE > ROBOTS_PEAK * sum(minute):
            after = first + 1
            return after if after + MINUTE <= len(counts) else None
    return 0


def verdict(name: str, seconds: Seconds, start: float, end: float, silence: float) -> Verdict:
    """What was between these moments."""
    first, last = int(start), int(end)
    settled = settles(seconds.came, first, last)
    from_then = first + (settled or 0)
    return Verdict(
        name,
        sum(seconds.came.get(second, 0) for second in range(from_then, last)) / (last - from_then),
        max(seconds.came.get(second, 0) for second in range(first, last)),
        settled,
        peak_over_mean(seconds.came, from_then, last),
        busiest_minute(seconds.busy_beats, first, last),
        last_failure(seconds, first, last),
        sum(seconds.refused.get(each, 0) + seconds.timed_out.get(each, 0) for each in range(first, last)),
        silence,
    )
