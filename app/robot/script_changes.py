"""Brings what scripts asked to be changed to the Orchestrator: in order, run by run, beside the reports.

    put down ──▶ waiting ──▶ under way ──▶ taken: gone, its content overwritten
                    ▲            │
                    └── again ───┼── 4xx, or an error named five times in a row ──▶ dead letter; the next one's turn
                                 └── nothing but errors for an hour, though heartbeats are answered ──▶ dead letter

- In order: of a run only the oldest is sent, the next when that is settled. Messages of one level that wait side by
  side go as one.
- In doubt: after an attempt whose fate is unknown, the next change of the same thing waits until it can't be carried
  out any more; else the older one might come last. The journal notes the doubt for a robot that comes after this one,
  and a clean end that there is none: what a robot that died was sending is in doubt, too.
- The final status of a run waits for its changes (a server fails the tasks of a failed job), until they are settled or
  have failed for ten seconds while heartbeats are answered (durability rule 4).
- Whose it is: as with reports.

`Delivery` drives it; the requests have a few threads of their own, which are made with the first.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from app.base.i18n import _
from app.gateway.errors import UsageError
from app.gateway.published import LOG_CREATE, complete_fields, method_of
from app.journal.errors import JournalError
from app.orchestrator.errors import (
    CallError,
    CredentialsRejectedError,
    ErrorNamedError,
    RejectedError,
    UnreachableError,
)
from app.robot.clients import Clients
from app.robot.doubt import longest_doubt
from app.robot.pending_changes import PendingChanges, without_content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.base.clock import Clock
    from app.journal.journal import Journal
    from app.journal.records import ScriptChange
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.origin import Origin
    from app.robot.pending import Attempts

log = logging.getLogger("robot.delivery")

SENDERS: Final = 2  # runs at once; as a rule there is one
MOST_WAITING: Final = 10_000  # changes of one run
MOST_BYTES: Final = 64 * 1024 * 1024  # of them together
_ONE_BYTES: Final = 1024 * 1024
_ERRORS_IN_A_ROW: Final = 5
_GIVE_UP_SECONDS: Final = 3600.0


class ScriptChanges:
    """The changes of one robot's runs. Any thread; see `app.gateway.records.Changes` for what scripts use.

    Args:
        robot_guid: whom messages are from.
        request_timeout: of the settings, in seconds.
    """

    def __init__(
        self,
        journal: Journal,
        origin: Origin,
        new_client: Callable[[], OrchestratorClient],
        clock: Clock,
        robot_guid: str,
        request_timeout: float,
    ) -> None:
        self._journal = journal
        self._origin = origin
        self._robot_guid = robot_guid
        self.pending = PendingChanges(clock, longest_doubt(request_timeout))
        self._clock = clock
        self._lock = threading.Condition()  # guards the following; notified when something was settled
        self._sizes: Counter[str] = Counter()  # bytes that this life has put down, by job
        self._clients = Clients(new_client)
        self._pool: ThreadPoolExecutor | None = None
        self._on_news: Callable[[], object] | None = None  # set by whoever drives it
        self._counts = (0, 0)  # how many wait here, and for others
        self._told = (0, 0)  # likewise, as whoever asked has seen it
        self._doubts_known = False  # whether those of earlier lives are

    # ------------------------------------------------------------------ what a script's gateway asks

    def put(self, job_guid: str, path: str, fields: Mapping[str, str]) -> None:
        """See `Changes`. Messages needn't outlive the machine, so that a chatty script doesn't wait for its disk."""
        size = sum(len(key) + len(value.encode("utf-8", "replace")) for key, value in fields.items())
        with self._lock:
            known = self._sizes[job_guid.lower()]
        if size > _ONE_BYTES:
            raise UsageError(_("A change has at most {count} bytes.").format(count=_ONE_BYTES))
        if known + size > MOST_BYTES or self._journal.scripts.count_of(job_guid) >= MOST_WAITING:
            raise UsageError(_("Too many changes of this run wait for the Orchestrator."))
        self._journal.scripts.add(job_guid, path, fields, synced=path != LOG_CREATE)
        with self._lock:
            self._sizes[job_guid.lower()] += size
        self.pending.changed()
        self._tell()

    def over(self, job_guid: str) -> None:
        """A run has ended; its final status waits for what it asked."""
        self.pending.over(job_guid)
        self._tell()

    def waits(self, job_guid: str, beginning: str) -> bool:
        """See `Changes`."""
        return self._journal.scripts.waits(job_guid, beginning)

    def wait_for_news(self, seconds: float) -> None:
        """See `Changes`."""
        with self._lock:
            self._lock.wait(seconds)

    # ------------------------------------------------------------------ what the delivery asks

    def connect(self, on_news: Callable[[], object]) -> None:
        """Call `on_news`, on any thread, when something was put down or settled."""
        self._on_news = on_news

    def heard(self, *, answered: bool) -> None:
        """A heartbeat was answered, or not."""
        if self.pending.heard(answered=answered):
            self._tell()

    def counts_to_tell(self) -> tuple[int, int]:
        """How many wait here, and for others; whoever asks shows it."""
        self._told = self._counts
        return self._told

    def step(self, tell: Callable[[], object]) -> float:
        """Begin what is due; seconds until there may be more.

        Args:
            tell: called if it is news how many wait: what is on its way is none; that it fails is, and that it is over.

        Raises:
            JournalError: the file can't be read.
        """
        if self.pending.stale:
            unread, version = not self.pending.fresh, self.pending.version
            counts = self._journal.scripts.counts()
            self._counts = counts.pop(self._origin, 0), sum(counts.values())
            queues = self._journal.scripts.queues(self._origin) if self._counts[0] else []
            if not self._doubts_known:
                noted = self._journal.scripts.doubts()
                if any(doubt.none for doubt in noted):
                    self._journal.scripts.no_longer_at_rest()
                self._journal.scripts.doubt(self.pending.doubt_earlier_lives(queues, noted))
                self._doubts_known = True
            self.pending.replace(queues, version)
            self._journal.scripts.doubts_over(self.pending.doubts_over())
            if unread and self._on_news is not None:  # what waits is known now: the loop's start waits for that
                self._on_news()
        if self._counts != self._told and (any(self._told) or self.pending.failing):
            tell()
        while (batch := self.pending.begin_next(SENDERS)) is not None:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(SENDERS, "robot-change-sender")
            self._pool.submit(self.send, batch)
        return self.pending.seconds_to_next(SENDERS)

    def close(self, seconds: float) -> None:
        """End: what was never tried gets its attempt, within `seconds`; what is under way is waited for."""
        self.pending.close(seconds)
        self._tell()
        until = self._clock.monotonic() + seconds
        while self._on_news is not None and self.pending.busy and self._clock.monotonic() < until:
            self.wait_for_news(0.05)
        self.pending.end()
        if self._pool is not None:
            self._pool.shutdown(wait=True)  # each request ends by its own time limit
        self._note_that_nothing_is_under_way()
        self._clients.close()

    def _note_that_nothing_is_under_way(self) -> None:
        """For the next robot, which else doubts the first change of each run."""
        if not self._doubts_known:
            return
        try:
            queues = self._journal.scripts.queues(self._origin)
        except JournalError as error:
            log.warning("The next start doubts what was not under way: %s", error.message)
        else:
            self._journal.scripts.doubt(self.pending.doubts.at_rest(queues))

    # ------------------------------------------------------------------ its own threads

    def send(self, batch: list[ScriptChange]) -> None:
        """One attempt to deliver a change, or messages that go together."""
        begun = self._clock.monotonic()
        settled = False
        try:
            settled = self._attempt(batch, begun)
        except Exception as error:  # noqa: BLE001 - its text may hold what the script sent
            log.error("A change of a script could not be handled: %s", type(error).__name__)  # noqa: TRY400
            self.pending.failed(batch, UnreachableError("{reason}", reason=type(error).__name__), 0.0)
        finally:
            self.pending.ended(batch, settled=settled)
            with self._lock:
                if settled:
                    guid = batch[0].job_guid.lower()
                    self._sizes[guid] -= sum(len(k) + len(v.encode()) for each in batch for k, v in each.fields.items())
                    if self._sizes[guid] <= 0:
                        del self._sizes[guid]
                self._lock.notify_all()
            self._tell()

    def _tell(self) -> None:
        if self._on_news is not None:
            self._on_news()

    def _attempt(self, batch: list[ScriptChange], begun: float) -> bool:
        """Whether these are settled."""
        change, ids = batch[0], [each.id for each in batch]
        fields = change.fields
        if len(batch) > 1:
            fields = fields | {"message": "\n".join(each.fields.get("message", "") for each in batch)}
        try:
            self._say(change, fields)
        except CallError as error:
            took = self._clock.monotonic() - begun
            return self._not_taken(change, ids, error, self.pending.failed(batch, error, took))
        self._journal.scripts.delivered(ids)
        if not self._journal.scripts.count_of(change.job_guid):
            self._journal.scripts.wipe()
        log.info("Delivered %s of job %s's script", change.path, change.job_guid)
        return True

    def _not_taken(self, change: ScriptChange, ids: list[int], error: CallError, attempts: Attempts) -> bool:
        reason, doubt = without_content(str(error), change.fields), self.pending.doubts.to_note(change.id)
        named = isinstance(error, ErrorNamedError) and attempts.tried >= _ERRORS_IN_A_ROW
        if isinstance(error, RejectedError) or named or self._is_hopeless(error, attempts):
            log.error("%s of job %s's script was refused: %s", change.path, change.job_guid, reason)
            self._journal.scripts.dead_letters(ids, reason, doubt)
            return True
        text = "%s of job %s's script could not be delivered yet: %s; next try in %.1f s"
        log.warning(text, change.path, change.job_guid, reason, attempts.due - self._clock.monotonic())
        self._journal.scripts.failed(ids, reason, doubt)
        return False

    def _is_hopeless(self, error: CallError, attempts: Attempts) -> bool:
        if error.http_status is None or isinstance(error, CredentialsRejectedError) or attempts.failing_since is None:
            return False
        return self.pending.answered_for(attempts) >= _GIVE_UP_SECONDS

    def _say(self, change: ScriptChange, fields: Mapping[str, str]) -> None:
        """Make the call; once more without what an old database can't store, if it says that it couldn't.

        Raises:
            CallError: it wasn't taken.
        """
        form = complete_fields(change.path, fields, self._robot_guid, change.process_version_guid, change.job_guid)
        with self._clients.one() as client:
            try:
                client.ask(method_of(change.path), change.path, form, change=True)
            except UnreachableError as error:
                plain = {key: _plain(value) for key, value in form.items()}
                if error.http_status != 500 or plain == form:  # noqa: PLR2004 - an internal error
                    raise
                client.ask(method_of(change.path), change.path, plain, change=True)


def _plain(text: str) -> str:
    """`text` without characters beyond the BMP (emoji), and without NUL."""
    return "".join("?" if c > "\uffff" else c for c in text if c != "\0")
