"""Jobs that the journal couldn't take, and which therefore are not run: what is to be said of them, from memory."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.orchestrator.errors import CallError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.orchestrator.vocabulary import JobStatus

log = logging.getLogger("robot.delivery")


class Unjournaled:
    """Any thread.

    Args:
        say: `job/update`; raises CallError.
    """

    def __init__(self, say: Callable[[str, JobStatus], object]) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._waiting: dict[str, JobStatus] = {}
        self._sending = threading.Lock()  # held while an answer is waited for: nothing is said twice at once

    def add(self, job_guid: str, status: JobStatus) -> None:
        """That is to be said."""
        with self._lock:
            self._waiting[job_guid] = status

    def holds(self, job_guid: str) -> bool:
        """Whether it still is."""
        with self._lock:
            return job_guid in self._waiting

    def send(self) -> None:
        """One attempt for each; what fails stays, what is refused doesn't."""
        with self._sending:
            with self._lock:
                waiting = dict(self._waiting)
            for guid, status in waiting.items():
                try:
                    self._say(guid, status)
                    log.info("Reported job %s, which the journal could not take, as %s", guid, status.name)
                except RejectedError as error:
                    log.error("Job %s was refused: %s", guid, error)  # noqa: TRY400 - the refusal is the whole story
                except CallError as error:
                    log.warning("Job %s could not be reported yet: %s", guid, error)
                    continue
                with self._lock:
                    del self._waiting[guid]
