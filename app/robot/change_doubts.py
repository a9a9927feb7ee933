"""The attempts at scripts' changes that may yet be carried out: known here, noted in the journal for the next start.

A change leaves the journal when a later attempt is taken; the doubt about an earlier attempt isn't over with that.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.base.dataclass import dataclass
from app.gateway.published import LOG_CREATE
from app.journal.records import ChangeDoubt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.base.clock import Clock
    from app.journal.records import ScriptChange


@dataclass
class Doubt:
    """An attempt whose fate is unknown.

    Attributes:
        job_guid: in lower case.
        thing: what the change is about.
        since: when it failed, by the clock's monotonic seconds.
        until: until when it may be carried out, likewise.
    """

    job_guid: str
    thing: str
    since: float
    until: float


class ChangeDoubts:
    """Of one robot's runs. Any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._doubts: dict[int, Doubt] = {}  # by the number of the change

    def add(self, change: ScriptChange, seconds: float) -> None:
        """An attempt at `change` may be carried out for so many seconds; a longer doubt about it stays."""
        self._add(change.id, change.job_guid, thing_of(change), seconds)

    def add_noted(self, noted: Iterable[ChangeDoubt]) -> None:
        """What another robot has left: each lasts as long as it did then, since nobody knows how the clock was set."""
        for doubt in noted:
            self._add(doubt.change_id, doubt.job_guid, doubt.thing, doubt.seconds)

    def _add(self, change_id: int, job_guid: str, thing: str, seconds: float) -> None:
        now = self._clock.monotonic()
        with self._lock:
            known = self._doubts.get(change_id)
            until = max(now + seconds, known.until if known else 0.0)
            self._doubts[change_id] = Doubt(job_guid.lower(), thing, now, until)

    def before(self, change: ScriptChange) -> Doubt | None:
        """The attempt at another change of the same thing that may be carried out last."""
        now, about = self._clock.monotonic(), (change.job_guid.lower(), thing_of(change))
        with self._lock:
            found = [
                doubt
                for change_id, doubt in self._doubts.items()
                if change_id != change.id and now < doubt.until and (doubt.job_guid, doubt.thing) == about
            ]
        return max(found, key=lambda doubt: doubt.until, default=None)

    def to_note(self, change_id: int) -> ChangeDoubt | None:
        """The doubt about attempts at this very change; None if there is none."""
        with self._lock:
            doubt = self._doubts.get(change_id)
        seconds = doubt.until - self._clock.monotonic() if doubt else 0.0
        return ChangeDoubt(change_id, doubt.job_guid, doubt.thing, seconds) if doubt and seconds > 0 else None

    def at_rest(self, queues: list[list[ScriptChange]]) -> list[ChangeDoubt]:
        """To be noted at a clean end: of what the next robot would doubt, that about which there is no doubt."""
        firsts = [first for first in first_changes(queues) if not self.to_note(first.id)]
        return [ChangeDoubt(first.id, first.job_guid, thing_of(first), 0.0) for first in firsts]

    def forget_over(self, waiting: set[int]) -> list[int]:
        """Forget those that are over, and whose change doesn't wait any more; the numbers of these changes."""
        now = self._clock.monotonic()
        with self._lock:
            over = [change for change, doubt in self._doubts.items() if doubt.until <= now and change not in waiting]
            for change in over:
                del self._doubts[change]
        return over


def first_changes(queues: list[list[ScriptChange]]) -> list[ScriptChange]:
    """What is under way if anything is, of each run; a message that comes twice, or late, does no harm."""
    return [queue[0] for queue in queues if queue[0].path != LOG_CREATE]


def thing_of(change: ScriptChange) -> str:
    """What a change is about: of two of the same thing the later one must be carried out last."""
    fields = {key.lower(): value for key, value in change.fields.items()}
    return f"{change.path.rpartition('/')[0]} {fields.get('guid', '').lower()}"
