"""For how long a request whose fate is unknown may still be carried out: nobody can know, so a rule stands for it.

A server that let go at once has most likely failed; one that held the request for ten seconds may take as long again,
and half of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from app.base.clock import Clock
    from app.journal.records import OutboxRow

SHORTEST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 60.0
_LONGEST_LEFT: Final = 400.0  # seconds; what another process has left behind, by a clock that was set meanwhile


def doubt_after(took: float) -> float:
    """Seconds for which a request that was given up after so many seconds may still be carried out."""
    return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, 1.5 * took))


def longest_doubt(request_timeout: float) -> float:
    """Seconds for which what another process was sending when it died a moment ago may still be carried out."""
    return request_timeout + doubt_after(request_timeout)


class Doubts:
    """Until when a job's attempts of unknown fate may be carried out, by the monotonic clock. Its owner locks it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[tuple[str, datetime], float] = {}  # as the journal knows them, by the job's GUID
        self._own: dict[str, float] = {}  # of attempts of this life, likewise: the wall clock may be set back

    def __bool__(self) -> bool:
        return bool(self._left or self._own)

    def keep(self, rows: list[OutboxRow], under_way: AbstractSet[str]) -> None:
        """Know those of these reports, from when they are first seen; all others but of what is under way are over."""
        known = {(row.job_guid.lower(), row.doubtful_until) for row in rows}
        self._left = {key: at for key, at in self._left.items() if key in known}
        guids = {row.job_guid.lower() for row in rows} | under_way
        self._own = {guid: until for guid, until in self._own.items() if guid in guids}
        for row in rows:
            if row.doubtful_until is not None:
                self.over_at(row.job_guid, row.doubtful_until)

    def begin(self, job_guid: str, seconds: float) -> None:
        """An attempt of this life has failed just now, and may be carried out for so many seconds."""
        guid, until = job_guid.lower(), self._clock.monotonic() + seconds
        self._own[guid] = max(until, self._own.get(guid, until))

    def over_at(self, job_guid: str, doubtful_until: datetime) -> float:
        """When a doubt is over: the wall clock may be set while it lasts."""
        key = (job_guid.lower(), doubtful_until)
        if key not in self._left:
            left = (doubtful_until - self._clock.now()).total_seconds()
            self._left[key] = self._clock.monotonic() + min(max(left, 0.0), _LONGEST_LEFT)
        return max(self._left[key], self._own.get(key[0], 0.0))
