"""Jobs that the journal couldn't take, and which therefore are not run: what is to be said of them, from memory."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.orchestrator.errors import CallError, RejectedError
from app.robot.pending import Attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.orchestrator.vocabulary import JobStatus

log = logging.getLogger("robot.delivery")


class Unjournaled:
    """Any thread.

    Args:
        say: `job/update`; raises CallError.
    """

    def __init__(self, say: Callable[[str, JobStatus], object], clock: Clock) -> None:
        self._say = say
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, JobStatus] = {}
        self._attempts: dict[str, Attempts] = {}  # of those that wait
        self._sending = threading.Lock()  # held while an answer is waited for: nothing is said twice at once

    def add(self, job_guid: str, status: JobStatus) -> None:
        """That is to be said."""
        with self._lock:
            self._waiting[job_guid] = status
            self._attempts.setdefault(job_guid, Attempts())

    def holds(self, job_guid: str) -> bool:
        """Whether it still is."""
        with self._lock:
            return job_guid in self._waiting

    def waiting(self) -> list[Attempts]:
        """The tries of each: nothing but this process knows of them, so it stays for them as for the others."""
        with self._lock:
            return list(self._attempts.values())

    def send(self) -> None:
        """One attempt for each; what fails stays, what is refused doesn't."""
        with self._sending:
            with self._lock:
                waiting = dict(self._waiting)
            for guid, status in waiting.items():
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
                with self._lock:
                    del self._waiting[guid], self._attempts[guid]

    def _failed(self, guid: str, error: CallError, begun: float) -> None:
        with self._lock:
            attempts = self._attempts[guid]
            attempts.tried += 1
            attempts.error = error
            if attempts.failing_since is None:
                attempts.failing_since = begun
