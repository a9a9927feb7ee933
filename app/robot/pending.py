"""Which report is due, and what this process knows of the tries to deliver it: decisions only, nothing is sent here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass, field
from app.orchestrator.errors import UnreachableError
from app.orchestrator.vocabulary import FINAL_STATUSES
from app.robot.doubt import Doubts
from app.robot.retry import LONGEST_SECONDS, Backoff

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.base.clock import Clock
    from app.journal.records import OutboxRow
    from app.orchestrator.errors import CallError
    from app.orchestrator.vocabulary import JobStatus

SENDERS: Final = 4  # php-fpm serves eight requests at once, for all robots; one of them is for the job just run
LOOK_SECONDS: Final = 5.0  # `robot outbox` may have changed something
# A server that has been mended hears soon of the few jobs that it wouldn't take, and isn't stormed by many.
_FEW: Final = 10
_LONGEST_OF_FEW: Final = 10.0
_FIRST_AFTER_REFUSAL: Final = 60.0
_LONGEST_AFTER_REFUSAL: Final = 3600.0


@dataclass
class Attempts:
    """What this process knows of its tries to deliver one report.

    Attributes:
        tried: attempts that have ended.
        due: when the next one may begin, by the clock's monotonic seconds.
        failing_since: when the first of the failures in a row began, likewise; None if the last attempt didn't fail.
        error: why the last one failed.
        refused: whether that was a refusal.
        refused_since: when it was first refused, by the clock's monotonic seconds.
        confirming: it was taken, and is to be said once more.
    """

    tried: int = 0
    due: float = 0.0
    failing_since: float | None = None
    error: CallError | None = None
    refused: bool = False
    refused_since: float | None = None
    confirming: bool = False
    backoff: Backoff = field(default_factory=Backoff)

    def note_refusal(self, at: datetime | None, clock: Clock) -> None:
        """It was first refused then, perhaps in an earlier life. From now on the wall clock may be set."""
        if at is None:
            self.refused_since = None
        elif self.refused_since is None:
            self.refused_since = clock.monotonic() - max(0.0, (clock.now() - at).total_seconds())

    def refuse(self, error: CallError, clock: Clock) -> float:
        """It was refused just now; in how many seconds to try again."""
        if not self.refused:
            self.backoff = Backoff(first=_FIRST_AFTER_REFUSAL, longest=_LONGEST_AFTER_REFUSAL)
        self.tried += 1
        self.error, self.refused = error, True
        self.note_refusal(clock.now(), clock)
        delay = self.backoff.next_delay()
        self.due = clock.monotonic() + delay
        return delay


class PendingReports:
    """The newest report of each job. Any thread may call; nothing is waited for under the lock.

    Args:
        is_held: whether the final status of a job must wait: its GUID.
    """

    def __init__(self, clock: Clock, is_held: Callable[[str], bool]) -> None:
        self._clock = clock
        self._is_held = is_held
        self._lock = threading.Lock()
        self._rows: dict[str, OutboxRow] = {}  # by the job's GUID in lower case
        self._attempts: dict[int, Attempts] = {}  # by the row's id
        self._under_way: set[str] = set()  # GUIDs of jobs
        self._doubts = Doubts(clock)
        self._closing_at: float | None = None
        self._confirming_until = 0.0
        # A report may end while the outbox is being read: what was read before that must not bring it back.
        self._version = 0
        self._read_version = -1
        self._settled: set[int] = set()  # ids of rows that have ended since the outbox was read
        self._answered: set[int] = set()  # ids of rows that were taken, which is being noted in the journal

    @property
    def version(self) -> int:
        """Which state of the outbox this is; to be handed to `replace` with what was read of it from then on."""
        with self._lock:
            return self._version

    @property
    def fresh(self) -> bool:
        """Whether nothing has changed since the outbox was read."""
        with self._lock:
            return self._version == self._read_version

    def changed(self) -> None:
        """What was read of the outbox is no longer all of the truth."""
        with self._lock:
            self._version += 1

    def replace(self, rows: list[OutboxRow], version: int) -> bool:
        """These are all that the journal holds for this Orchestrator, in order, as read since `version`.

        Returns:
            False if a report was put down or has ended meanwhile: then they are not the truth any more.
        """
        with self._lock:
            if version != self._version:
                return False
            self._read_version = version
            self._settled.clear()
            self._rows = {row.job_guid.lower(): row for row in rows}  # so the newest of each job stays
            ids = {row.id for row in rows}
            for gone in [row_id for row_id in self._attempts if row_id not in ids]:
                del self._attempts[gone]
            self._doubts.keep(rows, self._under_way)
            for row in rows:
                attempts = self._attempts.get(row.id)
                if attempts and attempts.refused and row.refused_at is None:  # a person: send it again
                    del self._attempts[row.id]
                self._of(row).note_refusal(row.refused_at, self._clock)
        return True

    @property
    def none_left(self) -> bool:
        """Whether, as far as this process knows, nothing is left to be sent or confirmed, or to be waited for."""
        with self._lock:
            idle = self._closing_at is None and not self._under_way and not self._doubts
            return idle and self._settled.issuperset(row.id for row in self._rows.values())

    def count(self) -> int:
        """How many have not been taken."""
        with self._lock:
            return sum(row.id not in self._settled for row in self._rows.values())

    def attempts_of(self, job_guid: str) -> Attempts | None:
        """The tries of the newest report of a job; None if it has been taken, or given up."""
        with self._lock:
            row = self._rows.get(job_guid.lower())
            told = row is None or row.confirming or row.id in self._settled or row.id in self._answered
            return None if row is None or told else self._of(row)

    def waiting(self) -> list[Attempts]:
        """The tries of each report that still has to be taken or confirmed; refused ones hold nobody up."""
        with self._lock:
            found = [(row, self._of(row)) for row in self._rows.values() if not self._holds(row)]
            for row, attempts in found:
                attempts.confirming = row.confirming
        return [
            attempts
            for row, attempts in found
            if not attempts.refused and (row.refused_at is None or not attempts.tried)
        ]

    def is_final(self, job_guid: str) -> bool:
        """Whether the newest report of a job is its final status."""
        with self._lock:
            row = self._rows.get(job_guid.lower())
            return row is not None and row.status in FINAL_STATUSES

    def outcome_of(self, job_guid: str) -> JobStatus | None:
        """The final status of a job that waits here; as known without the journal."""
        with self._lock:
            row = self._rows.get(job_guid.lower())
        return row.status if row is not None and row.status in FINAL_STATUSES else None

    def _holds(self, row: OutboxRow) -> bool:
        return row.status in FINAL_STATUSES and not row.confirming and self._is_held(row.job_guid)

    def begin_next(self) -> OutboxRow | None:
        """The next one to send now, which is under way from then on; None if there is none, or enough are under way.

        What was never tried comes first, the newest of it before the rest: the loop waits for the job just run. One
        more may be under way for it, so that it needn't wait for those of earlier jobs which nobody answers.
        """
        now = self._clock.monotonic()
        with self._lock:
            due = [
                row
                for guid, row in self._rows.items()
                if guid not in self._under_way
                and row.id not in self._settled
                and self._due(row) <= now
                and self._may_begin(row, now)
                and not self._holds(row)
            ]
            if not due:
                return None
            row = min(due, key=self._turn)
            newest = max((each for each in self._rows.values() if each.id not in self._settled), key=lambda it: it.id)
            if len(self._under_way) >= (SENDERS if row is newest and not self._of(row).tried else SENDERS - 1):
                return None
            self._under_way.add(row.job_guid.lower())
        return row

    def _turn(self, row: OutboxRow) -> tuple[bool, float]:
        attempts = self._of(row)
        return (True, attempts.due) if attempts.tried else (False, -row.id)

    def ended(self, row: OutboxRow) -> None:
        """It is no longer under way."""
        with self._lock:
            self._answered.discard(row.id)
            self._under_way.discard(row.job_guid.lower())

    def seconds_to_next(self) -> float | None:
        """How long until one may be due; None: it is closing and nothing more will happen."""
        now = self._clock.monotonic()
        with self._lock:
            if self._version != self._read_version:
                return 0.0
            if self._closing_at is not None:
                return self._seconds_to_the_end(now)
            if len(self._under_way) >= SENDERS - 1:
                return LOOK_SECONDS
            free = [row for guid, row in self._rows.items() if guid not in self._under_way]
            waits = [self._due(row) - now for row in free if self._due(row) > now or not self._holds(row)]
        return max(0.0, min([LOOK_SECONDS, *waits]))

    @property
    def closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing_at is not None

    def close(self, seconds: float, doubt_seconds: float) -> None:
        """From now on only what was never tried is begun, within `seconds`, and what to confirm in `doubt_seconds`."""
        with self._lock:
            self._closing_at = self._clock.monotonic() + seconds
            self._confirming_until = self._clock.monotonic() + doubt_seconds

    def reachable_again(self) -> None:
        """The Orchestrator answers after an outage: what failed meanwhile is due at once."""
        with self._lock:
            for attempts in self._attempts.values():
                if isinstance(attempts.error, UnreachableError):
                    attempts.due = 0.0
                    attempts.backoff.reset()

    # ------------------------------------------------------------------ how an attempt ended

    def answered(self, row: OutboxRow) -> None:
        """The Orchestrator has it, who waits for that may go on; whether this can be noted isn't known yet."""
        with self._lock:
            self._answered.add(row.id)

    def taken(self, row: OutboxRow) -> None:
        """The Orchestrator has it (though it may have to be confirmed); also: it is given up."""
        with self._lock:
            self._attempts.pop(row.id, None)
            self._settled.add(row.id)
            self._version += 1

    def failed(self, row: OutboxRow, error: CallError, took: float) -> float:
        """It is to be tried again; in how many seconds. This attempt took so many."""
        now = self._clock.monotonic()
        with self._lock:
            attempts = self._of(row)
            attempts.tried += 1
            attempts.error = error
            if attempts.failing_since is None:
                attempts.failing_since = now - took
            attempts.backoff.longest = _LONGEST_OF_FEW if len(self._rows) <= _FEW else LONGEST_SECONDS
            delay = attempts.backoff.next_delay(error.retry_after if isinstance(error, UnreachableError) else None)
            attempts.due = now + delay
        return delay

    def doubt(self, row: OutboxRow, seconds: float) -> None:
        """An attempt at this has failed just now, and may be carried out for so many seconds."""
        with self._lock:
            self._doubts.begin(row.job_guid, seconds)

    def refused(self, row: OutboxRow, error: CallError) -> float:
        """It is to be tried again, more and more seldom; in how many seconds."""
        with self._lock:
            return self._of(row).refuse(error, self._clock)

    def refused_for(self, row: OutboxRow) -> float:
        """How many seconds ago it was first refused; 0: it was not."""
        with self._lock:
            since = self._of(row).refused_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def _of(self, row: OutboxRow) -> Attempts:
        if row.id not in self._attempts:
            self._attempts[row.id] = Attempts()
        return self._attempts[row.id]

    def _due(self, row: OutboxRow) -> float:
        due = self._of(row).due
        if row.confirming and row.doubtful_until is not None:
            due = max(due, self._doubts.over_at(row.job_guid, row.doubtful_until))
        return due

    def _may_begin(self, row: OutboxRow, now: float) -> bool:
        if self._closing_at is None:
            return True
        return now < (self._confirming_until if row.confirming else self._closing_at) and not self._of(row).tried

    def _seconds_to_the_end(self, now: float) -> float | None:
        if self._under_way:
            return LOOK_SECONDS
        if now >= self._confirming_until:
            return None
        confirming = (row for row in self._rows.values() if row.confirming and row.id not in self._settled)
        dues = [self._due(row) for row in confirming if not self._of(row).tried]
        return max(0.0, min(dues) - now) if dues and min(dues) < self._confirming_until else None
