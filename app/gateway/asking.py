"""Calls whose answer a script waits for, made with the robot's own connection, trust and credential."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.base.redaction import Mask
from app.gateway.answers import next_task, normal_value
from app.gateway.errors import ClosedError, GatewayError, RefusedError, UnreachableError
from app.gateway.published import ASSET_READ, LAST_TASK, Gives, Kind
from app.orchestrator import errors
from app.orchestrator.bodies import read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.gateway.published import PublishedCall
    from app.gateway.records import GatewayParts
    from app.orchestrator.client import OrchestratorClient, PublishedAnswer

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0  # seconds between tries
_TOLD_SECONDS: Final = 10.0  # for the run's earlier changes of tasks, or of assets, before it reads one
_LOOK_SECONDS: Final = 0.1
_TASKS: Final = "/api/task/"
_ASSETS: Final = "/api/asset/"


class Asking:
    """The clients of one run, each used by one thread at a time.

    Args:
        hide: is handed every password that an answer holds, before the script gets it.
    """

    def __init__(self, parts: GatewayParts, job_guid: str, hide: Callable[[str], None]) -> None:
        self._parts = parts
        self._job_guid = job_guid
        self._hide = hide
        self._credential = None if parts.share_credentials else Mask(parts.robot_guid)
        self._lock = threading.Lock()
        self._free: list[OrchestratorClient] = []
        self._busy: dict[OrchestratorClient, bool] = {}  # whether what it asks may be asked again
        self._broken: set[OrchestratorClient] = set()
        self._hurried = threading.Event()
        self._closed = False

    def hurry(self) -> None:
        """Wait for nobody any more; what may be asked again is broken off."""
        self._hurried.set()
        self._break_off(patient_only=True)

    def close(self) -> None:
        """Break everything off."""
        self._closed = True
        self._hurried.set()
        self._break_off(patient_only=False)

    def let_go(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            free, self._free = self._free, []
        for client in free:
            client.close()

    def _break_off(self, *, patient_only: bool) -> None:
        with self._lock:
            clients = [client for client, patient in self._busy.items() if patient or not patient_only]
            self._broken.update(clients)
        for client in clients:
            client.cancel()

    def ask(self, call: PublishedCall, path: str, fields: Mapping[str, str], patience: float) -> dict[str, Any]:
        """The answer, within one try or, while the Orchestrator can't be reached, `patience` seconds of them.

        Raises:
            GatewayError: there is none.
        """
        until = time.monotonic() + patience
        if call.path == LAST_TASK:
            self._until_told(max(patience, _TOLD_SECONDS))
        elif call.kind is Kind.READ and (changes := next(filter(call.path.startswith, (_TASKS, _ASSETS)), "")):
            self._is_told(changes, _TOLD_SECONDS)  # a script reads what it has changed; but a change may fail for long
        wait = _FIRST_WAIT
        while True:
            try:
                return self._shown(call, self._once(call, path, fields, patient=patience > 0))
            except errors.CallError as error:
                left = until - time.monotonic()
                reason = self._reason(call, error)
                again = isinstance(reason, UnreachableError) and not (call.kind is Kind.CREATE and error.fate_unknown)
                if left <= 0 or not again or self._hurried.is_set():
                    raise reason from None
                asked = getattr(error, "retry_after", None) or 0.0
            self._hurried.wait(min(left, max(wait, min(asked, _LONGEST_WAIT))))
            wait = min(2 * wait, _LONGEST_WAIT)

    def _until_told(self, patience: float) -> None:
        """The next task is asked for when the Orchestrator knows what became of the earlier ones.

        Raises:
            UnreachableError: it doesn't hear of that.
        """
        if not self._is_told(_TASKS, patience):
            raise UnreachableError(_("The Orchestrator has not been told yet what became of the earlier tasks."))

    def _is_told(self, changes: str, patience: float) -> bool:
        """Whether it has been told, within `patience` seconds, of the run's changes whose path begins so."""
        until = time.monotonic() + patience
        while self._parts.changes.waits(self._job_guid, changes):
            if time.monotonic() >= until or self._hurried.is_set():
                return False
            self._parts.changes.wait_for_news(_LOOK_SECONDS)
        return True

    def _once(self, call: PublishedCall, path: str, fields: Mapping[str, str], *, patient: bool) -> PublishedAnswer:
        """One try.

        Raises:
            CallError: as the client says.
            ClosedError: the run is over.
        """
        with self._lock:
            if self._closed:
                raise ClosedError(_("The run is over."))
            client = self._free.pop() if self._free else self._parts.new_client()
            self._busy[client] = patient
        try:
            return client.ask(call.method, path, fields, content=call.gives is Gives.CONTENT)
        finally:
            with self._lock:
                del self._busy[client]
                keep = not self._closed and client not in self._broken
                self._broken.discard(client)
                if keep:
                    self._free.append(client)
            if not keep:
                client.close()

    def _shown(self, call: PublishedCall, answer: PublishedAnswer) -> dict[str, Any]:
        """What the script gets.

        Raises:
            UnreadableReplyError: whether there is a next task can't be read.
        """
        data, body = answer.data, answer.body
        if self._credential is not None and (masked := self._credential(data)) != data:
            data, body = masked, read_body(masked)
        value = next_task(body) if call.path == LAST_TASK else normal_value(body, call.gives)
        if call.path == ASSET_READ and isinstance(value, dict) and value.get("password"):
            self._hide(str(value["password"]))
        return {"status": answer.status, "text": data.decode("utf-8", "replace"), "value": value, "queued": False}

    def _reason(self, call: PublishedCall, error: errors.CallError) -> GatewayError:
        """What the script is told."""
        if isinstance(error, errors.CancelledError):
            return ClosedError(_("The run is over.")) if self._closed else UnreachableError(_("A Stop has come."))
        if isinstance(error, (errors.RejectedError, errors.CredentialsRejectedError)):
            return RefusedError(error.for_people())
        text = error.for_people()
        if call.kind is Kind.CREATE and error.fate_unknown:
            text = _("{reason} (whether it was carried out is not known)").format(reason=text)
        return UnreachableError(text)
