"""What scripts say about their runs: on the board at once, in the journal for the history."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any, Final

from app.base.errors import RobotError
from app.gateway.errors import GatewayError
from app.gateway.published import ALONE, LOG_CREATE
from app.orchestrator.vocabulary import LogLevel
from app.robot.task_fields import task_field

if TYPE_CHECKING:
    from app.gateway.records import Progress
    from app.journal.journal import Journal
    from app.orchestrator.vocabulary import JobOrder
    from app.robot.script_changes import ScriptChanges
    from app.robot.state import StateBoard

MESSAGE_LIMIT: Final = 16 * 1024  # characters


class Notes:
    """See `app.gateway.records.Notes`.

    Args:
        result_as_message: send a run's result as its last message; else `LogShipper` does, behind the others.
    """

    def __init__(self, journal: Journal, changes: ScriptChanges, board: StateBoard, *, result_as_message: bool) -> None:
        self._journal = journal
        self._changes = changes
        self._board = board
        self._result_as_message = result_as_message
        self._lock = threading.Lock()
        self._progress: dict[str, Progress] = {}  # of runs, by their jobs' GUIDs
        self._results: dict[str, str] = {}

    def progress(self, order: JobOrder, progress: Progress) -> None:
        """See the protocol."""
        with self._lock:
            self._progress[order.guid] = progress
        self._board.amend_job(order.guid, progress=progress)

    def result(self, order: JobOrder, text: str) -> None:
        """See the protocol."""
        self._journal.scripts.note(order.guid, durable=True, result=text)
        with self._lock:
            self._results[order.guid] = text
        self._board.amend_job(order.guid, result=text)

    def kept(self, order: JobOrder, names: list[str]) -> None:
        """See the protocol."""
        self._journal.scripts.note(order.guid, evidence=json.dumps(names))

    def over(self, order: JobOrder, *, asked: bool) -> None:
        """See the protocol."""
        with self._lock:
            progress, result = self._progress.pop(order.guid, None), self._results.pop(order.guid, "")
        values: dict[str, Any] = {}
        if progress is not None:
            values |= {"done": progress.done, "total": progress.total, "progress": progress.text}
        if order.task is not None:
            values |= {"task_guid": task_field(order, "guid"), "task_name": task_field(order, "name")}
        if values:
            self._journal.scripts.note(order.guid, **values)
        if asked:
            self._changes.over(order.guid)
        if asked and result and self._result_as_message:
            fields = {"level": LogLevel.INFO.value, "message": result_text(result), ALONE: "1"}
            # A run whose changes fill the journal already, or a journal that nobody can write: the history has it.
            with contextlib.suppress(GatewayError, RobotError):
                self._changes.put(order.guid, LOG_CREATE, fields)


def result_text(text: str) -> str:
    """A result, JSON text, for people: a text without its quotes, anything else as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return (value if isinstance(value, str) else text)[:MESSAGE_LIMIT]
