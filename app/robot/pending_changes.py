"""Which change of a script is due, and what holds a final status back: decisions only, nothing is sent here."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any, Final

from app.gateway.published import ALONE, LOG_CREATE
from app.orchestrator.errors import UnreachableError
from app.robot.change_doubts import ChangeDoubts, first_changes
from app.robot.doubt import doubt_after
from app.robot.pending import LOOK_SECONDS, Attempts
from app.robot.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.base.clock import Clock
    from app.journal.records import ChangeDoubt, ScriptChange
    from app.orchestrator.errors import CallError

FAILING_SECONDS: Final = 10.0  # durability rule 4: after which a final status goes on without them
LONGEST_SECONDS: Final = 10.0  # between tries
BETWEEN_MESSAGES: Final = 1.0  # seconds, of one run, while nothing else waits behind them
MESSAGE_LIMIT: Final = 16 * 1024  # characters
_SHORTEST_CONTENT: Final = 3  # characters


class PendingChanges:
    """The first changes of each run. Any thread may call; nothing is waited for under the lock."""

    def __init__(self, clock: Clock, earlier_doubt: float) -> None:
        self._clock = clock
        self._earlier_doubt = earlier_doubt
        self._lock = threading.Lock()
        self._queues: dict[str, list[ScriptChange]] = {}  # by the job's GUID in lower case
        self._attempts: dict[str, Attempts] = {}  # of the first of each
        self._under_way: set[str] = set()
        self.doubts = ChangeDoubts(clock)
        self._said_at: dict[str, float] = {}  # the last message
        self._over: set[str] = set()  # runs that have ended since they were read
        self._version = 1
        self._read_version = 0
        self._looked_at = -LOOK_SECONDS
        self._answering_since: float | None = None  # since when every heartbeat has been answered
        self._answered_at: float | None = None
        self._reachable_at: float | None = None  # when the last outage was over
        self._closing_at: float | None = None
        self._ended = False

    @property
    def version(self) -> int:
        """Which state of the journal this is."""
        with self._lock:
            return self._version

    @property
    def stale(self) -> bool:
        """Whether the journal may hold something else than what was read of it."""
        with self._lock:
            return self._version != self._read_version or self._clock.monotonic() - self._looked_at >= LOOK_SECONDS

    @property
    def fresh(self) -> bool:
        """Whether nothing has been put down or settled since the journal was read."""
        with self._lock:
            return self._version == self._read_version

    def changed(self) -> None:
        """Something was put down."""
        with self._lock:
            self._version += 1

    def over(self, job_guid: str) -> None:
        """A run has ended: what it said is not spread over time any more."""
        with self._lock:
            self._over.add(job_guid.lower())
            self._version += 1

    def replace(self, queues: list[list[ScriptChange]], version: int) -> None:
        """These are the first of each run, as read since `version`. If something was settled meanwhile: read again."""
        with self._lock:
            self._looked_at = self._clock.monotonic()
            if version != self._version:
                return
            self._read_version = version
            self._queues = {queue[0].job_guid.lower(): queue for queue in queues}
            for guid in [guid for guid in self._attempts if guid not in self._queues]:
                del self._attempts[guid]
            now = self._looked_at
            self._over &= self._queues.keys()
            self._said_at = {guid: at for guid, at in self._said_at.items() if now - at < BETWEEN_MESSAGES}

    def doubt_earlier_lives(self, queues: list[list[ScriptChange]], noted: list[ChangeDoubt]) -> list[ChangeDoubt]:
        """What robots before this one may have been sending: what they noted, and the first change of each run.

        But the latter not if the last robot ended cleanly, and noted that it wasn't under way. Returns the doubts about
        them, which are to be noted: this robot may die as well, once it has sent them.
        """
        self.doubts.add_noted(doubt for doubt in noted if not doubt.none)
        at_rest = {doubt.change_id for doubt in noted if doubt.none}
        firsts = [first for first in first_changes(queues) if first.id not in at_rest]
        for first in firsts:
            self.doubts.add(first, self._earlier_doubt)
        return [doubt for first in firsts if (doubt := self.doubts.to_note(first.id))]

    def doubts_over(self) -> list[int]:
        """Forget what is in doubt no more; the numbers of these changes, which wait no more either."""
        with self._lock:
            return self.doubts.forget_over({change.id for queue in self._queues.values() for change in queue})

    # ------------------------------------------------------------------ what is due

    def begin_next(self, most: int) -> list[ScriptChange] | None:
        """What to send now, which is under way from then on: a change, or messages that go together."""
        with self._lock:
            if self._ended or self._version != self._read_version or len(self._under_way) >= most:
                return None
            now = self._clock.monotonic()
            for guid, queue in self._queues.items():
                if guid not in self._under_way and self._due(guid, queue) <= now and self._may_begin(guid, now):
                    self._under_way.add(guid)
                    return _together(queue)
        return None

    def seconds_to_next(self, most: int) -> float:
        """How long until one may be due."""
        with self._lock:
            if self._ended:
                return LOOK_SECONDS
            if self._version != self._read_version:
                return 0.0
            if self._closing_at is not None or len(self._under_way) >= most:
                return LOOK_SECONDS
            now = self._clock.monotonic()
            waits = [
                self._due(guid, queue) - now for guid, queue in self._queues.items() if guid not in self._under_way
            ]
        return max(0.0, min([LOOK_SECONDS, *waits]))

    def _due(self, guid: str, queue: list[ScriptChange]) -> float:
        due = self._of(guid).due
        if doubt := self.doubts.before(queue[0]):
            due = max(due, doubt.until)
        said_at = self._said_at.get(guid)
        runs = guid not in self._over and not queue[0].job_over
        if said_at is not None and runs and all(change.path == LOG_CREATE for change in queue):
            due = max(due, said_at + BETWEEN_MESSAGES)
        return due

    def _may_begin(self, guid: str, now: float) -> bool:
        return self._closing_at is None or (now < self._closing_at and not self._of(guid).tried)

    def _of(self, guid: str) -> Attempts:
        known = self._attempts.get(guid)
        if known is None:
            known = self._attempts[guid] = Attempts(backoff=Backoff(longest=LONGEST_SECONDS))
        return known

    # ------------------------------------------------------------------ how an attempt ended

    def failed(self, batch: list[ScriptChange], error: CallError, took: float) -> Attempts:
        """It is to be tried again, as the outcome says; this attempt took so many seconds."""
        guid, now = batch[0].job_guid.lower(), self._clock.monotonic()
        with self._lock:
            attempts = self._of(guid)
            attempts.tried += 1
            attempts.error = _without_content(error, batch)
            if attempts.failing_since is None:
                attempts.failing_since = now - took
            delay = attempts.backoff.next_delay(error.retry_after if isinstance(error, UnreachableError) else None)
            # Begun in an outage that is over: that it failed says nothing of the server that answers now.
            of_the_outage = self._reachable_at is not None and now - took < self._reachable_at
            attempts.due = now if of_the_outage else now + delay
            if error.fate_unknown and batch[0].path != LOG_CREATE:
                self.doubts.add(batch[0], doubt_after(took))
        return attempts

    def ended(self, batch: list[ScriptChange], *, settled: bool) -> None:
        """It is no longer under way; `settled`: nor waiting."""
        guid = batch[0].job_guid.lower()
        with self._lock:
            self._under_way.discard(guid)
            if settled:
                self._attempts.pop(guid, None)
                self._version += 1
                if batch[0].path == LOG_CREATE:
                    self._said_at[guid] = self._clock.monotonic()

    # ------------------------------------------------------------------ what others go by

    def heard(self, *, answered: bool) -> bool:
        """A heartbeat was answered, or not. True: something is due that wasn't."""
        now = self._clock.monotonic()
        woken = False
        with self._lock:
            if not answered:
                self._answering_since = None
                return False
            for attempts in self._attempts.values():
                # The first good answer since it began to fail, perhaps after an outage in which no heartbeat was due.
                since = attempts.failing_since
                if since is not None and (self._answered_at is None or self._answered_at < since):
                    attempts.due, woken = now, True
            self._answered_at = now
            if self._answering_since is None:
                self._answering_since = now
        return woken

    def reachable_again(self) -> None:
        """The Orchestrator answers after an outage: what failed meanwhile is due at once."""
        with self._lock:
            self._reachable_at = self._clock.monotonic()
            for attempts in self._attempts.values():
                attempts.due = 0.0
                attempts.backoff.reset()

    def answered_for(self, attempts: Attempts) -> float:
        """For how many seconds this has failed while heartbeats were answered."""
        with self._lock:
            return self._failing(attempts.failing_since)

    def _failing(self, since: float | None) -> float:
        if since is None or self._answering_since is None or self._answered_at is None or self._answered_at < since:
            return 0.0
        return self._clock.monotonic() - max(since, self._answering_since)

    def holding(self, job_guid: str, *, hurried: bool) -> Attempts | None:
        """The tries of the change that this job's final status waits for; None if it needn't wait (any longer).

        `hurried`: the program is to end, so one attempt is enough.
        """
        guid = job_guid.lower()
        with self._lock:
            queue = self._queues.get(guid)
            if self._ended or (queue is None and self._version == self._read_version):
                return None
            attempts = self._of(guid)
            if queue is None or guid in self._under_way:  # not looked at yet
                return attempts
            doubt = self.doubts.before(queue[0])
            since = attempts.failing_since
            if since is None and doubt is not None:
                since = doubt.since
            if self._failing(since) >= FAILING_SECONDS or (hurried and attempts.tried):
                return None
            return attempts

    @property
    def failing(self) -> bool:
        """Whether the last attempt at one of them failed."""
        with self._lock:
            return any(self._of(guid).tried for guid in self._queues)

    def waiting(self) -> list[Attempts]:
        """The tries of the first change of each run."""
        with self._lock:
            return [self._of(guid) for guid in self._queues]

    @property
    def busy(self) -> bool:
        """While it is closing: whether there is something to wait for."""
        with self._lock:
            if self._version != self._read_version or self._under_way:
                return True
            now = self._clock.monotonic()
            return any(self._may_begin(guid, now) for guid in self._queues)

    def close(self, seconds: float) -> None:
        """From now on only what was never tried is begun, within `seconds`."""
        with self._lock:
            self._closing_at = self._clock.monotonic() + seconds

    def end(self) -> None:
        """Nothing is begun, and nothing held back, any more."""
        with self._lock:
            self._ended = True


def _together(queue: list[ScriptChange]) -> list[ScriptChange]:
    """The first of a run's changes; of messages those that follow it at the same level, as many as fit into one."""
    first, *rest = queue
    batch = [first]
    length = len(first.fields.get("message", ""))
    for change in rest if first.path == LOG_CREATE and ALONE not in first.fields else ():
        length += 1 + len(change.fields.get("message", ""))
        same = change.path == LOG_CREATE and change.fields.get("level") == first.fields.get("level")
        if not same or ALONE in change.fields or length > MESSAGE_LIMIT:
            break
        batch.append(change)
    return batch


def _without_content(error: CallError, batch: list[ScriptChange]) -> CallError:
    """What is shown to people, who needn't see what a script sent."""
    text = error.for_people()
    clean = text
    for change in batch:
        clean = without_content(clean, change.fields)
    return error if clean == text else UnreachableError("{reason}", http_status=error.http_status, reason=clean)


def without_content(text: str, fields: Mapping[str, str]) -> str:
    """An Orchestrator's words about a change, without what the script sent, which they may quote."""
    said = {word for key, value in fields.items() if key.lower() != "guid" for word in _leaves(value)}
    for word in sorted((word for word in said if len(word) >= _SHORTEST_CONTENT), key=len, reverse=True):
        text = re.sub(re.escape(word), "***", text, flags=re.IGNORECASE)
    return text


def _leaves(value: str) -> Iterator[str]:
    """A text, and the texts in it if it is JSON."""
    yield value
    try:
        waiting: list[Any] = [json.loads(value)]
    except (ValueError, RecursionError):
        return
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif item is not None and not isinstance(item, bool):
            yield str(item)
