"""Brings the outbox to the Orchestrator (durability rule, docs/design.md)."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.orchestrator.errors import CallError, CancelledError, RejectedError

if TYPE_CHECKING:
    from app.journal.journal import Journal
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.origin import Origin

log = logging.getLogger(__name__)


class Delivery:
    """Sends journaled statuses in order. A row leaves the outbox only on a 2xx answer, or for the dead letters.

    The loop and the heartbeats deliver, each with its own client; one at a time, so that no row is sent twice at once.
    """

    def __init__(self, journal: Journal, origin: Origin) -> None:
        self._journal = journal
        self._origin = origin
        self._lock = threading.Lock()

    def deliver(self, client: OrchestratorClient, *, cancellable: bool = True) -> None:
        """Send everything that waits.

        Raises:
            CallError: the first failure that isn't permanent; what was not sent stays in the outbox.
        """
        with self._lock:
            for row in self._journal.outbox(self._origin):
                try:
                    client.update_job(row.job_guid, row.status, cancellable=cancellable)
                except RejectedError as error:
                    # Permanent for this row only: asking again can't help, and later rows must not wait behind it.
                    log.error(  # noqa: TRY400 - the refusal is the whole story
                        "Status %s of job %s was refused for good: %s", row.status.name, row.job_guid, error
                    )
                    self._journal.dead_letter(row.id, str(error))
                except CancelledError:
                    raise
                except CallError as error:
                    self._journal.attempt_failed(row.id, str(error))
                    raise
                else:
                    self._journal.delivered(row.id)
                    log.info("Reported job %s as %s (%d)", row.job_guid, row.status.name, row.status)
