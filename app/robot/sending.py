"""One attempt to deliver one report: said to the Orchestrator, and noted how it ended. When, says `pending`."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.orchestrator.errors import CallError, RejectedError, UnreachableError
from app.orchestrator.vocabulary import FINAL_STATUSES
from app.robot import doubt
from app.robot.clients import Clients

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.journal.journal import Journal
    from app.journal.records import OutboxRow
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.vocabulary import JobStatus
    from app.robot.pending import PendingReports

log = logging.getLogger("robot.delivery")
REFUSED_FOR: Final = 86400.0  # seconds


class Sending:
    """Any thread may call; each attempt has a connection of its own.

    Args:
        on_answer: told when the Orchestrator has taken a report, before that is noted.
    """

    def __init__(
        self,
        journal: Journal,
        pending: PendingReports,
        new_client: Callable[[], OrchestratorClient],
        clock: Clock,
        on_answer: Callable[[], object],
    ) -> None:
        self._journal = journal
        self._pending = pending
        self._clock = clock
        self._on_answer = on_answer
        self._clients = Clients(new_client)

    def attempt(self, row: OutboxRow) -> None:
        """Send it, and note in the journal and in what is pending how that ended."""
        begun = self._clock.monotonic()
        try:
            self._attempt(row)
        except CallError as error:
            self._failed(row, error, self._clock.monotonic() - begun)
        except Exception as error:
            log.exception("A report could not be handled")
            self._failed(row, UnreachableError("{reason}", reason=error, fate_unknown=True), doubt.LONGEST_SECONDS)

    def say(self, job_guid: str, status: JobStatus) -> None:
        """`job/update`, on a connection that nobody else uses meanwhile.

        Raises:
            CallError: it wasn't taken.
        """
        with self._clients.one() as client:
            client.update_job(job_guid, status, cancellable=False)

    def close(self) -> None:
        """Close the connections; no attempt is under way any more."""
        self._clients.close()

    def _attempt(self, row: OutboxRow) -> None:
        if row.confirming and row.status not in FINAL_STATUSES:
            self._journal.confirmed(row.id)  # "In progress": nothing that came too late could harm it
            self._pending.taken(row)
            return
        try:
            self.say(row.job_guid, row.status)
        except RejectedError as error:
            self._refused(row, error)
            return
        self._pending.answered(row)
        self._on_answer()
        if row.confirming:
            self._journal.confirmed(row.id)
            log.info("Confirmed job %s as %s", row.job_guid, row.status.name)
        else:
            self._journal.delivered(row.id)
            log.info("Reported job %s as %s (%d)", row.job_guid, row.status.name, row.status)
        self._pending.taken(row)

    def _failed(self, row: OutboxRow, error: CallError, took: float) -> None:
        until = None
        if error.fate_unknown and row.status not in FINAL_STATUSES:  # a final status that comes twice does no harm
            seconds = doubt.doubt_after(took)
            self._pending.doubt(row, seconds)
            until = self._clock.now() + timedelta(seconds=seconds)
        self._journal.attempt_failed(row.id, str(error), until)
        delay = self._pending.failed(row, error, took)
        text = "Status %s of job %s could not be reported yet: %s; next try in %.1f s"
        log.warning(text, row.status.name, row.job_guid, error, delay)

    def _refused(self, row: OutboxRow, error: RejectedError) -> None:
        if self._pending.refused_for(row) >= REFUSED_FOR:
            log.error("Status %s of job %s was refused for a day: %s", row.status.name, row.job_guid, error)
            self._journal.dead_letter(row.id, str(error))
            self._pending.taken(row)
            return
        self._journal.refused(row.id, str(error), self._clock.now())  # first: the journal's word counts
        delay = self._pending.refused(row, error)
        text = "Status %s of job %s was refused: %s; tried again in %.0f s"
        log.error(text, row.status.name, row.job_guid, error, delay)
