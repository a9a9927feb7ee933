"""Also sends the script's and the robot's messages to the Orchestrator (`send_logs`, `/api/log/create`).

The Jobs screen shows a job's latest message, so that an operator sees an error where he looks for it. Lines are
batched, and nothing here can hold a job up: the script's output is read back from its log file, from a thread of its
own, and a batch that can't be sent is dropped.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from app.orchestrator.errors import CallError
from app.orchestrator.vocabulary import JobStatus, LogLevel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.base.redaction import Redactor
    from app.orchestrator.client import OrchestratorClient
    from app.robot.state import Snapshot, StateBoard

log = logging.getLogger(__name__)

BATCH_SECONDS: Final = 5.0
BATCH_BYTES: Final = 16 * 1024  # of one message; what a script floods beyond that stays in its log file
WAITING_MESSAGES: Final = 1000
_JOIN_SECONDS: Final = 5.0


class _Followed(NamedTuple):
    """The job whose output is being sent."""

    guid: str
    process_version_guid: str
    log_file: Path


class LogShipper(logging.Handler):
    """A log handler for the robot's warnings and errors, and a follower of the running job's log file.

    As a context: attaches itself to the root logger and the state board; at its end it sends what waits, once.
    """

    def __init__(
        self, new_client: Callable[[], OrchestratorClient], robot_guid: str, board: StateBoard, redactor: Redactor
    ) -> None:
        super().__init__(logging.WARNING)
        self._client = new_client()
        self._robot_guid = robot_guid
        self._board = board
        self._redactor = redactor
        self._waiting: queue.Queue[dict[str, str]] = queue.Queue(WAITING_MESSAGES)
        self._followed: _Followed | None = None
        self._offset = 0
        self._lock_followed = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="robot-log-shipping", daemon=True)

    def __enter__(self) -> Self:
        self._unsubscribe = self._board.subscribe(self._on_change)
        logging.getLogger().addHandler(self)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Order: no new messages, then the thread (which sends what waits), then its connection.
        logging.getLogger().removeHandler(self)
        self._unsubscribe()
        self._ended.set()
        self._thread.join(_JOIN_SECONDS)
        self._client.cancel()
        self._client.close()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a message of the robot's own. The sending itself must not log through here again."""
        if record.name != __name__:
            level = LogLevel.ERROR if record.levelno >= logging.ERROR else LogLevel.WARNING
            self._put(level, self._redactor(record.getMessage()))

    def _on_change(self, snapshot: Snapshot) -> None:
        """A job began or ended; runs on the loop's thread, so it only takes notes."""
        job = snapshot.job
        with self._lock_followed:
            followed = self._followed
            if followed and (job is None or job.guid != followed.guid):
                self._collect(followed)
                if snapshot.last and snapshot.last.guid == followed.guid:
                    level = LogLevel.ERROR if snapshot.last.status == JobStatus.FAILED else LogLevel.INFO
                    self._put(level, snapshot.last.reason, followed)
                self._followed = None
            if job and self._followed is None:
                self._followed, self._offset = _Followed(job.guid, job.process_version_guid, job.log_file), 0

    def _run(self) -> None:
        while not self._ended.wait(BATCH_SECONDS):
            with self._lock_followed:
                if self._followed:
                    self._collect(self._followed)
            self._send()
        self._send()

    def _collect(self, followed: _Followed) -> None:
        """Queue what the script has printed since, as one message; of a flood, its end."""
        try:
            with followed.log_file.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(self._offset, size - BATCH_BYTES))
                text = file.read().decode("utf-8", errors="replace").strip()
                self._offset = size
        except OSError:
            return
        if text:
            self._put(LogLevel.INFO, text, followed)

    def _put(self, level: LogLevel, message: str, followed: _Followed | None = None) -> None:
        followed = followed or self._followed
        fields = {
            "robot_guid": self._robot_guid,
            "process_version_guid": followed.process_version_guid if followed else "",
            "job_guid": followed.guid if followed else "",
            "level": level.value,
            "message": message,
        }
        try:
            self._waiting.put_nowait(fields)
        except queue.Full:
            log.debug("A message for the Orchestrator was dropped: too many wait")

    def _send(self) -> None:
        """Send what waits; at the first failure the rest of this batch is dropped."""
        try:
            while True:
                self._client.create_log(self._waiting.get_nowait())
        except queue.Empty:
            return
        except CallError as error:
            log.info("Messages could not be sent to the Orchestrator: %s", error)
            while not self._waiting.empty():
                self._waiting.get_nowait()
