"""Jobs that the journal couldn't take, and which therefore are not run: what is to be said of them, from memory.

                  Unwritten: of all robots of this program, one after the other, with new settings each
                      │ those of its own Orchestrator          │ all of them
                      ▼                                        ▼
    said, tried again until it is taken or refused     written down, as soon as the journal takes it

Whatever of the two comes first: a report that is written down is one like any other, and outlives the program.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

from app.base.dataclass import dataclass
from app.journal.errors import JournalError
from app.journal.statements import to_text
from app.orchestrator.errors import CallError, RejectedError
from app.robot.pending import Attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.journal.journal import Journal
    from app.orchestrator.origin import Origin
    from app.orchestrator.vocabulary import JobStatus
    from app.robot.current_run import Run

log = logging.getLogger("robot.delivery")


@dataclass(frozen=True)
class Unsaid:
    """What is to be said of a job that isn't run, and to whom."""

    run: Run
    status: JobStatus
    origin: Origin

    @property
    def key(self) -> tuple[Origin, str]:
        """Which job it is."""
        return self.origin, self.run.order.guid.lower()


class Unwritten:
    """What no journal has taken yet. Any thread; nothing is waited for here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[Origin, str], Unsaid] = {}
        self._given_up: dict[tuple[Origin, str], JobStatus] = {}

    def add(self, unsaid: Unsaid) -> None:
        """That is to be said."""
        with self._lock:
            self._waiting[unsaid.key] = unsaid
            self._given_up[unsaid.key] = unsaid.status

    def remove(self, unsaid: Unsaid) -> None:
        """It was taken, refused, or written down."""
        with self._lock:
            self._waiting.pop(unsaid.key, None)

    def waiting(self) -> list[Unsaid]:
        """All that is still to be said."""
        with self._lock:
            return list(self._waiting.values())

    def given_up(self, origin: Origin, job_guid: str) -> JobStatus | None:
        """What was to be said of a job; nor is it run if it is handed out again: a Failed may be on its way."""
        with self._lock:
            return self._given_up.get((origin, job_guid.lower()))


class Unjournaled:
    """What one robot does about it. Any thread.

    Args:
        say: `job/update`; raises CallError.
        origin: whose jobs it says anything of; those of others are only written down.
        unwritten: also what earlier robots of this program have left.
    """

    def __init__(
        self,
        say: Callable[[str, JobStatus], object],
        journal: Journal,
        origin: Origin,
        clock: Clock,
        unwritten: Unwritten,
    ) -> None:
        self._say = say
        self._journal = journal
        self._origin = origin
        self._clock = clock
        self._unwritten = unwritten
        self._lock = threading.Lock()
        self._attempts: defaultdict[str, Attempts] = defaultdict(Attempts)  # of those that wait, by the job's GUID
        self._of_others = Attempts(tried=1, failing_since=clock.monotonic())  # nothing of these is said here
        self._written: set[str] = set()  # what the journal has taken after all
        self._sending = threading.Lock()  # held while an answer is waited for: nothing is said twice at once

    def add(self, run: Run, status: JobStatus) -> None:
        """That is to be said."""
        self._unwritten.add(Unsaid(run, status, self._origin))

    def holds(self, job_guid: str) -> bool:
        """Whether it still is."""
        return any(unsaid.run.order.guid == job_guid for unsaid in self._ours())

    def was_written_down(self, job_guid: str) -> bool:
        """Whether it is a report like any other now."""
        with self._lock:
            return job_guid in self._written

    def waiting(self) -> list[Attempts]:
        """The tries of each: nothing but this process knows of them, so it stays for them as for the others."""
        waiting = self._unwritten.waiting()
        with self._lock:
            return [
                self._attempts[unsaid.run.order.guid] if unsaid.origin == self._origin else self._of_others
                for unsaid in waiting
            ]

    def send(self) -> None:
        """One attempt for each; what fails stays, what is refused doesn't."""
        with self._sending:
            for unsaid in self._ours():
                guid, status = unsaid.run.order.guid, unsaid.status
                begun = self._clock.monotonic()
                try:
                    self._say(guid, status)
                    log.info("Reported job %s, which the journal could not take, as %s", guid, status.name)
                except RejectedError as error:
                    log.error("Job %s was refused: %s", guid, error)  # noqa: TRY400 - the refusal is the whole story
                except CallError as error:
                    log.warning("Job %s could not be reported yet: %s", guid, error)
                    self._failed(guid, error, begun)
                    continue
                self._settled(unsaid)

    def write_down(self, patience: float) -> bool:
        """What is still to be said goes into the journal, if that takes it within so many seconds; whether any did.

        From then on it is a report like any other, and outlives this process.
        """
        written = False
        with self._sending:
            for unsaid in self._unwritten.waiting():
                run, order = unsaid.run, unsaid.run.order
                at = to_text(run.started_at)
                begun = (order.guid, order.name, order.process_version_guid, run.mark, at, str(run.log_file))
                try:
                    self._journal.did_not_run(begun, unsaid.status, unsaid.origin, patience)
                except JournalError as error:
                    if patience:
                        text = "Only this program knows what is to be reported of job %s: %s"
                        log.error(text, order.guid, error.message)  # noqa: TRY400 - no defect
                    continue
                with self._lock:
                    self._written.add(order.guid)
                self._settled(unsaid)
                written = True
        return written

    def _ours(self) -> list[Unsaid]:
        return [unsaid for unsaid in self._unwritten.waiting() if unsaid.origin == self._origin]

    def _settled(self, unsaid: Unsaid) -> None:
        self._unwritten.remove(unsaid)
        with self._lock:
            self._attempts.pop(unsaid.run.order.guid, None)

    def _failed(self, guid: str, error: CallError, begun: float) -> None:
        with self._lock:
            attempts = self._attempts[guid]
            attempts.tried += 1
            attempts.error = error
            if attempts.failing_since is None:
                attempts.failing_since = begun
