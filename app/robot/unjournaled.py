"""Jobs that the journal couldn't take, and which therefore are not run: what is to be said of them, from memory."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

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


class Unjournaled:
    """Any thread.

    Args:
        say: `job/update`; raises CallError.
        origin: whose the jobs are.
    """

    def __init__(self, say: Callable[[str, JobStatus], object], journal: Journal, origin: Origin, clock: Clock) -> None:
        self._say = say
        self._journal = journal
        self._origin = origin
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Run, JobStatus]] = {}  # by the job's GUID
        self._attempts: dict[str, Attempts] = {}  # of those that wait
        self._written: set[str] = set()  # what the journal has taken after all
        self._sending = threading.Lock()  # held while an answer is waited for: nothing is said twice at once

    def add(self, run: Run, status: JobStatus) -> None:
        """That is to be said."""
        with self._lock:
            self._waiting[run.order.guid] = (run, status)
            self._attempts.setdefault(run.order.guid, Attempts())

    def holds(self, job_guid: str) -> bool:
        """Whether it still is."""
        with self._lock:
            return job_guid in self._waiting

    def was_written_down(self, job_guid: str) -> bool:
        """Whether it is a report like any other now."""
        with self._lock:
            return job_guid in self._written

    def waiting(self) -> list[Attempts]:
        """The tries of each: nothing but this process knows of them, so it stays for them as for the others."""
        with self._lock:
            return list(self._attempts.values())

    def send(self) -> None:
        """One attempt for each; what fails stays, what is refused doesn't."""
        with self._sending:
            with self._lock:
                waiting = dict(self._waiting)
            for guid, (_run, status) in waiting.items():
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
                self._settled(guid)

    def write_down(self, patience: float) -> bool:
        """What is still to be said goes into the journal, if that takes it within so many seconds; whether any did.

        From then on it is a report like any other, and outlives this process.
        """
        written = False
        with self._sending:
            with self._lock:
                waiting = list(self._waiting.values())
            for run, status in waiting:
                order, at = run.order, to_text(run.started_at)
                begun = (order.guid, order.name, order.process_version_guid, run.mark, at, str(run.log_file))
                try:
                    self._journal.did_not_run(begun, status, self._origin, patience)
                except JournalError as error:
                    if patience:
                        log.error("Nobody will report job %s: %s", order.guid, error.message)  # noqa: TRY400 - no defect
                    continue
                with self._lock:
                    self._written.add(order.guid)
                self._settled(order.guid)
                written = True
        return written

    def _settled(self, guid: str) -> None:
        with self._lock:
            del self._waiting[guid], self._attempts[guid]

    def _failed(self, guid: str, error: CallError, begun: float) -> None:
        with self._lock:
            attempts = self._attempts[guid]
            attempts.tried += 1
            attempts.error = error
            if attempts.failing_since is None:
                attempts.failing_since = begun
