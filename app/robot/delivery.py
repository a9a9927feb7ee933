"""Brings the outbox to the Orchestrator (durability rule), beside everything else that the robot does.

The life of one report:

                    put down
                       │
                       ▼          not taken: again, with growing waits      ┌────────────┐
                    waiting ◀───────────────────────────────────────────────┤            │
                       │  due, and no other report of its job under way     │            │
                       └───────────────────────────────────────────────────▶│ under way  │
                    refused ◀──── 4xx that is meant: again, more seldom ────┤            │
                       │  for 24 hours                                      └─────┬──────┘
                       ▼                                                          │ taken
                  dead letter (a person can send it again)        an earlier      │
                                                                  attempt in doubt│  none: gone
                                                              confirming ◀────────┘
                                                                  │ when the doubtful attempt can no longer
                                                                  ▼ be carried out: sent once more
                                                                 gone

- In order: of a job only the newest report is sent, and never while another one of that job is under way. A request is
  never broken off for another: its answer, or its time limit, is waited for.
- In doubt: after a time-out or a connection that was lost after sending, the server may still carry "In progress" out.
  Then the final status is sent, and once more when that can't happen any more: it is the last thing carried out.
- Side by side: up to `SENDERS` reports of different jobs are under way at once, each on a connection of its own.
- Whose it is: reports of another Orchestrator, or of another GUID, are never sent; they wait for their own.

One thread looks what is due; a few send (`sending`). Loop and heartbeats only put reports down, and may wait.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from app.base.threads import OwnedThread
from app.journal.errors import JournalError
from app.robot.pending import LOOK_SECONDS, SENDERS, Attempts, PendingReports
from app.robot.sending import Sending
from app.robot.unjournaled import Unjournaled, Unwritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.journal.journal import Journal
    from app.journal.records import OutboxRow
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.origin import Origin
    from app.orchestrator.vocabulary import JobStatus
    from app.robot.current_run import Run
    from app.robot.script_changes import ScriptChanges

log = logging.getLogger("robot.delivery")

_LAST_SECONDS: Final = 3.0  # for a journal that is busy, with what the next robot of this program has else to say
_LONG_SECONDS: Final = 60.0  # after which a thread that doesn't end is named in the log


class Delivery:
    """Sends what waits for one Orchestrator, until `close`.

    Args:
        changes: what scripts asked to be changed; sent beside the reports, and closed with them.
        unwritten: what no journal has taken, from this robot or an earlier one of this program.
        is_hurried: whether the program is to end.
        on_change: told, on any thread, how many reports wait here, and how many for another Orchestrator or robot.
    """

    def __init__(
        self,
        journal: Journal,
        origin: Origin,
        new_client: Callable[[], OrchestratorClient],
        clock: Clock,
        changes: ScriptChanges,
        unwritten: Unwritten,
        *,
        on_change: Callable[[int, int], None],
        is_hurried: Callable[[], bool] = bool,
    ) -> None:
        self._journal = journal
        self._origin = origin
        self._clock = clock
        self._on_change = on_change
        self._changes = changes
        self._is_hurried = is_hurried
        self._strangers = 0  # reports of another origin, as of the last look
        self._pending = PendingReports(clock, lambda guid: self._holding(guid) is not None)
        self._looked_at: float | None = None
        self._reading = threading.Lock()
        self._wake = threading.Event()
        self._changed = threading.Event()
        self._sending = Sending(journal, self._pending, new_client, clock, self._changed.set)
        self.unjournaled = Unjournaled(self._sending.say, journal, origin, clock, unwritten)
        self._thread = OwnedThread("robot-delivery", lambda _ended: self._run())
        self._pool = ThreadPoolExecutor(SENDERS, "robot-sender")

    # ------------------------------------------------------------------ what the robot asks, from any thread

    def start(self) -> None:
        """Begin to deliver what the journal holds."""
        together = threading.Barrier(SENDERS)  # all senders at once, so that none is added on some night in mid-work
        for _ in range(SENDERS):
            self._pool.submit(together.wait)
        self._changes.connect(self._news_of_changes)
        self._thread.start()

    def put_down(self) -> None:
        """There is a new report in the journal: look at once."""
        self._pending.changed()
        self._wake.set()

    def hand_on(self) -> None:
        """As `put_down`, for the loop, which waits for it: what is due goes to a sender without a thread between."""
        self._pending.changed()
        try:
            self._refresh()
            begun = self._begin(self._to_a_sender)
        except JournalError:  # the thread that looks says so, and looks again
            begun = False
        if not begun:
            self._wake.set()

    def reachable_again(self) -> None:
        """The Orchestrator answers after an outage: what failed meanwhile is tried at once."""
        self._pending.reachable_again()
        self._changes.pending.reachable_again()
        self._wake.set()

    def heard(self, *, answered: bool) -> None:
        """A heartbeat was answered, or not."""
        self._changes.heard(answered=answered)

    def attempts(self, job_guid: str) -> Attempts | None:
        """The tries of the newest report of a job; None once the Orchestrator has taken it, or it was given up.

        Those of what its script asked to be changed, while a final status waits for that.
        """
        self._refresh()
        own = self._pending.attempts_of(job_guid)
        return (own and self._pending.is_final(job_guid) and self._holding(job_guid)) or own

    def holds_back(self, job_guid: str) -> bool:
        """Whether the final status of a job still waits for what its script asked to be changed."""
        return self._pending.is_final(job_guid) and self._holding(job_guid) is not None

    def waiting(self) -> list[Attempts]:
        """The tries of whatever still has to be taken or confirmed; what was refused holds nobody up."""
        self._refresh()
        # What a report waits for may not have been read yet.
        unread = [] if self._changes.pending.fresh else [Attempts()]
        return [*unread, *self.unjournaled.waiting(), *self._pending.waiting(), *self._changes.pending.waiting()]

    def _holding(self, job_guid: str) -> Attempts | None:
        return self._changes.pending.holding(job_guid, hurried=self._is_hurried())

    def _news_of_changes(self) -> None:
        self._wake.set()
        self._changed.set()

    def wait_for_news(self, seconds: float) -> None:
        """Wait until an attempt has ended, at most `seconds`; for the loop alone."""
        self._clock.wait(self._changed, seconds)
        self._changed.clear()

    def end_waits(self) -> None:
        """Let the loop look whether it still has to wait."""
        self._changed.set()

    def outcome_of(self, job_guid: str) -> JobStatus | None:
        """The final status of a job that waits to be taken; as known without the journal."""
        return self._pending.outcome_of(job_guid)

    def send_unjournaled(self, run: Run, status: JobStatus, *, again: bool = False) -> bool:
        """Report a job that the journal can't take, which therefore is not run, from memory: True once that is done.

        On the caller's thread: the one that looks may be waiting for the same journal. What fails is tried again.
        """
        if not again:  # else it may have been written down meanwhile
            self.unjournaled.add(run, status)
        self.unjournaled.send()
        self._wake.set()
        return not self.unjournaled.holds(run.order.guid)

    def close(self, seconds: float, doubt_seconds: float = 0.0) -> None:
        """End. What is under way is waited for, and what was never tried gets one attempt, within `seconds`.

        What can be confirmed within `doubt_seconds` is: after that, nobody would do it until the next start.
        """
        self._changes.close(seconds)  # first: final statuses wait for them
        self._pending.close(seconds, doubt_seconds)
        self._wake.set()
        # However long it takes: nothing is closed under it, and each request has a time limit of its own.
        while not self._thread.stop(_LONG_SECONDS):
            pass
        self._pool.shutdown(wait=True)  # each request ends by its own time limit
        self._sending.close()

    # ------------------------------------------------------------------ its own threads

    def _run(self) -> None:
        while (delay := self.step(self._to_a_sender)) is not None:
            self._clock.wait(self._wake, delay)
            self._wake.clear()
        self.unjournaled.send()  # what came during the last step, which may have waited for the journal
        self.unjournaled.write_down(_LAST_SECONDS)

    def step(self, send: Callable[[OutboxRow], object]) -> float | None:
        """Hand everything that is due to `send`; seconds until there may be more, None if it is closing and done."""
        try:
            if self.unjournaled.write_down(0.0):  # from here on it outlives a kill
                self._pending.changed()
            self.unjournaled.send()  # before the rest: it needs no journal, which may not be to be had
            self._refresh()
            changes_due = self._changes.step(self._tell)
            self._begin(send)
        except JournalError as error:  # only after it was told to hurry
            log.warning("The outbox can't be read: %s", error.message)
            return None if self._pending.closing else LOOK_SECONDS
        except Exception:
            log.exception("Delivery met something that nobody foresaw; it goes on")
            return LOOK_SECONDS
        seconds = self._pending.seconds_to_next()
        return seconds if seconds is None else min(seconds, changes_due)

    def _begin(self, send: Callable[[OutboxRow], object]) -> bool:
        """Hand to `send` whatever is due; whether there was anything."""
        begun = False
        while (row := self._pending.begin_next()) is not None:
            send(row)
            begun = True
        return begun

    def _to_a_sender(self, row: OutboxRow) -> None:
        self._pool.submit(self.send, row)

    def send(self, row: OutboxRow) -> None:
        """One attempt, on a sender's thread."""
        try:
            self._sending.attempt(row)
        finally:
            self._pending.ended(row)
            self._pending.changed()
            if not self._pending.none_left:
                self._wake.set()  # to look what is due next
            self._changed.set()
            self._tell()

    def _tell(self) -> None:
        ours, others = self._changes.counts_to_tell()
        self._on_change(self._pending.count() + ours, self._strangers + others)

    def _refresh(self) -> None:
        """Read the outbox, if it may have changed. Whoever comes while it is being read waits for what is read."""
        with self._reading:
            now = self._clock.monotonic()
            if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS and self._pending.fresh:
                return
            # What is put down, or taken, while it is being read, is not in what was read: so it is read once more.
            while True:
                version = self._pending.version
                rows = self._journal.outbox()
                ours = [row for row in rows if row.origin == self._origin]
                if self._pending.replace(ours, version):
                    break
            self._strangers = len(rows) - len(ours)
            self._looked_at = now
        self._tell()
