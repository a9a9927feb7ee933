"""Also sends the script's and the robot's messages to the Orchestrator (`send_logs`, `/api/log/create`).

The Jobs screen shows a job's latest message, so that an operator sees an error where he looks for it. Nothing here can
hold a job up: the script's output is read back from its log file, and everything is sent from a thread of its own.

    refused (4xx)                  that message is dropped; the next one is sent
    it can't be stored (500)       once more without what a database may not take, then dropped
    no answer, a page, 502, 503…   kept, and tried again later; of too many that wait the oldest go
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from app.base.threads import OwnedThread
from app.orchestrator.errors import CallError, CancelledError, CredentialsRejectedError, RejectedError, UnreachableError
from app.orchestrator.vocabulary import JobStatus, LogLevel
from app.robot.job_output import JobOutput
from app.robot.notes import result_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.redaction import Redactor
    from app.orchestrator.client import OrchestratorClient
    from app.robot.state import LastOutcome, Snapshot, StateBoard

log = logging.getLogger("robot.wire")

BATCH_SECONDS: Final = 5.0
WAITING_MESSAGES: Final = 1000
MESSAGE_LIMIT: Final = 16 * 1024  # characters
_FAILURES_IN_A_ROW: Final = 2  # messages that can't be stored: then it isn't the messages
_LONGEST_WAIT: Final = 60.0  # seconds, of those that a server asks for


class _Job(NamedTuple):
    """The job that messages belong to."""

    guid: str
    process_version_guid: str
    output: JobOutput


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
        self._state = threading.RLock()  # guards the following three; a signal handler may log in the middle of it
        self._job: _Job | None = None
        self._over: list[tuple[_Job, LastOutcome | None]] = []
        self._waiting: deque[dict[str, str]] = deque(maxlen=WAITING_MESSAGES)
        self._failing = False
        self._thread = OwnedThread("robot-log-shipping", self._run)

    def __enter__(self) -> Self:
        self._unsubscribe = self._board.subscribe(self._on_change)
        logging.getLogger().addHandler(self)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Order: no new messages, then the thread (which sends what waits, if it can in time), then its connection.
        logging.getLogger().removeHandler(self)
        self._unsubscribe()
        if not self._thread.stop():
            self._client.cancel()
            self._thread.stop()
        self._client.close()

    def emit(self, record: logging.LogRecord) -> None:
        """Put down a message of the robot's own. What the wire logs is not sent: it would never end."""
        if record.name == log.name or record.name.startswith("urllib3"):
            return
        try:
            text = record.getMessage()
            if record.exc_info:
                text = f"{text}\n{_FORMATTER.formatException(record.exc_info)}"
        except Exception:  # noqa: BLE001 - a log line with a slip in it must not end who wrote it
            self.handleError(record)
            return
        level = LogLevel.ERROR if record.levelno >= logging.ERROR or record.exc_info else LogLevel.WARNING
        with self._state:
            self._put(level, text, self._job)

    def _on_change(self, snapshot: Snapshot) -> None:
        """A job began or ended. Runs on the loop's thread, so it only takes notes."""
        job, last = snapshot.job, snapshot.last
        with self._state:
            known = self._job
            if known and last and last.guid == known.guid:
                self._over.append((known, last))
                self._job = known = None
            if job and not (last and last.guid == job.guid) and (known is None or job.guid != known.guid):
                if known:
                    self._over.append((known, None))
                self._job = _Job(job.guid, job.process_version_guid, JobOutput(job.log_file))

    def _run(self, ended: threading.Event) -> None:
        wait = BATCH_SECONDS
        while not ended.wait(wait):
            self._collect()
            wait = self._send()
        self._collect(final=True)
        self._send()

    def _collect(self, *, final: bool = False) -> None:
        """Put down what scripts have written, and how those that are over ended."""
        with self._state:
            over, self._over = self._over, []
            job = self._job
        for ended, last in over:
            self._put_output(ended, final=True)
            if last:
                failed = last.status == JobStatus.FAILED
                with self._state:
                    self._put(LogLevel.ERROR if failed else LogLevel.INFO, _last_words(last), ended)
                    if last.result:
                        self._put(LogLevel.INFO, result_text(last.result), ended)
        if job:
            self._put_output(job, final=final)

    def _put_output(self, job: _Job, *, final: bool) -> None:
        messages = job.output.new_messages(final=final)
        with self._state:
            for level, text in messages:
                self._put(level, text, job)

    def _put(self, level: LogLevel, message: str, job: _Job | None) -> None:
        fields = {"robot_guid": self._robot_guid}
        if job:  # an Orchestrator takes an empty GUID for that of a job which it doesn't know
            fields |= {"process_version_guid": job.process_version_guid, "job_guid": job.guid}
        self._waiting.append(fields | {"level": level.value, "message": self._redactor(message)[:MESSAGE_LIMIT]})

    def _send(self) -> float:
        """Send what waits, in order; the seconds until the next try."""
        unstorable = 0
        while True:
            with self._state:
                if not self._waiting:
                    return BATCH_SECONDS
                message = self._waiting[0]
            try:
                stored = self._stored(message)
            except CallError as error:
                return self._later(error)
            if self._failing and stored:
                log.info("Messages reach the Orchestrator again")
                self._failing = False
            unstorable = 0 if stored else unstorable + 1
            with self._state:
                if self._waiting and self._waiting[0] is message:  # else it was the oldest of too many
                    self._waiting.popleft()
            if unstorable >= _FAILURES_IN_A_ROW:
                return BATCH_SECONDS

    def _stored(self, message: dict[str, str]) -> bool:
        """Send one message; False if it was given up, because no other answer is to be expected.

        Raises:
            CallError: nothing can be sent now.
        """
        texts = dict.fromkeys((message["message"], _plain(message["message"])))
        try:
            for text in texts:
                try:
                    self._client.create_log(message | {"message": text})
                except UnreachableError as error:
                    if error.http_status != HTTPStatus.INTERNAL_SERVER_ERROR:
                        raise
                    reason: CallError = error
                else:
                    return True
        except (RejectedError, CredentialsRejectedError) as error:
            log.info("A message was refused by the Orchestrator: %s", error)
            return True  # by somebody who is there and well
        log.info("A message can't be stored by the Orchestrator: %s", reason)
        return False

    def _later(self, error: CallError) -> float:
        if not self._failing and not isinstance(error, CancelledError):
            log.info("Messages could not be sent to the Orchestrator: %s", error)
            self._failing = True
        asked = error.retry_after if isinstance(error, UnreachableError) else None
        return max(BATCH_SECONDS, min(asked or 0.0, _LONGEST_WAIT))


_FORMATTER: Final = logging.Formatter()


def _last_words(last: LastOutcome) -> str:
    """How a job ended; of one that failed also its last line, which is the exception's where there was one."""
    if last.status != JobStatus.FAILED or not last.last_line or last.last_line in last.reason:
        return last.reason
    return f"{last.reason} {last.last_line}"


def _plain(text: str) -> str:
    """`text` without what an old database can't take: characters beyond the BMP (emoji), and NUL."""
    return "".join("?" if c > "\uffff" else c for c in text if c != "\0")
