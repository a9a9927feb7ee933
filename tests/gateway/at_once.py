"""Changes without a journal: sent in order, as they come."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.gateway.errors import RefusedError, UnreachableError
from app.gateway.published import complete_fields, method_of
from app.orchestrator.errors import CallError, CredentialsRejectedError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.orchestrator.client import OrchestratorClient


class SentAtOnce:
    """See `app.gateway.records.Changes`: each is sent before the script goes on, and what is refused it hears.

    Args:
        client: for these changes alone.
        robot_guid, process_version_guid: of the run.
    """

    def __init__(self, client: OrchestratorClient, robot_guid: str, process_version_guid: str) -> None:
        self._client = client
        self._robot_guid = robot_guid
        self._process_version_guid = process_version_guid
        self._lock = threading.Lock()

    def put(self, job_guid: str, path: str, fields: Mapping[str, str]) -> None:
        """See `Changes`."""
        form = complete_fields(path, fields, self._robot_guid, self._process_version_guid, job_guid)
        try:
            with self._lock:
                self._client.ask(method_of(path), path, form, change=True)
        except (RejectedError, CredentialsRejectedError) as error:
            raise RefusedError(error.for_people()) from None
        except CallError as error:
            raise UnreachableError(error.for_people()) from None

    def waits(self, job_guid: str, beginning: str) -> bool:
        """See `Changes`: nothing ever does."""
        return False

    def wait_for_news(self, seconds: float) -> None:
        """See `Changes`."""
