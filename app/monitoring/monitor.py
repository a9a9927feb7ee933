"""Tells programs what the robot does: listens to the board, and writes on a thread of its own, at a sensible rate.

It belongs to the program, not to one robot of it: what a person has to mend is told while no robot runs, and the end of
the program as well. What can't be written is said in the log once, and tried again with the next change.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, Self

from app import __version__
from app.base.account import user_name
from app.base.data_folder import make_data_folder
from app.base.errors import RobotError
from app.base.paths import DataPaths
from app.base.plain_text import printable
from app.base.threads import OwnedThread
from app.orchestrator.identity import machine_name
from app.orchestrator.origin import Origin, origin_of
from app.robot.state import RobotState
from app.status.file import lives, own_process, write_status
from app.status.record import (
    ENDED,
    PAUSED,
    Process,
    Status,
    StatusJob,
    StatusLast,
    StatusProgress,
    WrongRecordError,
    read_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from app.base.clock import Clock
    from app.base.redaction import Redactor
    from app.monitoring.event_log import EventLog
    from app.robot.state import ShownJob, Snapshot, StateBoard
    from app.settings.model import Settings

log = logging.getLogger("robot.program")
_TEXT_LIMIT: Final = 200  # characters of what a script says of its progress
_AT_MOST_EVERY: Final = 1.0  # seconds
_AT_LEAST_EVERY: Final = 30.0  # who reads a copy elsewhere can't look at the process: a fresh record is what it has


class Listener(Protocol):
    """Somewhere else where the same is told."""

    def see(self, snapshot: Snapshot) -> None:
        """Every change, in order."""

    def tell(self, status: Status) -> None:
        """What it amounts to now. OSError if it can't be written."""


class Monitor:
    """While the context lasts, programs are told; `use` says where, and may be called again."""

    def __init__(self, board: StateBoard, redactor: Redactor, clock: Clock) -> None:
        self._board = board
        self._redactor = redactor
        self._clock = clock
        self._seen: deque[tuple[datetime, Snapshot]] = deque()
        self._changed = threading.Event()
        self._at_once = threading.Event()  # the next record doesn't wait for its second
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._origin = Origin("", "")
        self._policies: tuple[str, ...] = ()
        self._listeners: list[Listener] = []
        self._event_log: EventLog | None = None
        self._thread = OwnedThread("robot-monitor", self._run)
        self._snapshot = board.snapshot
        self._state = ""
        self._since = clock.now()
        self._process: Process | None = None
        self._complained = False

    def __enter__(self) -> Self:
        self._unsubscribe = self._board.subscribe(self._look)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._unsubscribe()
        self._thread.ended.set()
        self._changed.set()
        self._at_once.set()
        if self._thread.stop():
            code = error.exit_code if isinstance(error, RobotError) else 0 if error is None else 1
            self._tell(int(code), str(error) if isinstance(error, RobotError) else "")

    def use(self, settings: Settings, policies: Sequence[str] = ()) -> None:
        """A robot with these settings comes up; its places (locks) are taken.

        Args:
            settings: in force from now on.
            policies: the keys that Group Policy prescribes.
        """
        with self._lock:
            self._policies = tuple(policies)
            self._folder, self._origin = settings.data_dir, origin_of(settings.host, settings.guid)
            self._listeners = self._listeners_for(settings)
        self._changed.set()
        self._at_once.set()  # one that is killed in its first second was there

    def none_comes_up(self, folder: Path) -> None:
        """A person has to mend something before there is a robot; `folder` is where it would keep its data."""
        with self._lock:
            self._folder = folder
        with suppress(OSError):  # said in words when the status is written
            make_data_folder(folder)
        self._changed.set()

    def _listeners_for(self, settings: Settings) -> list[Listener]:
        listeners: list[Listener] = []
        if settings.metrics_file:
            from app.monitoring.metrics import Metrics  # late: the library is for who wants it

            listeners.append(Metrics(settings.metrics_file, DataPaths(settings.data_dir).journal))
        if settings.event_log:
            from app.monitoring.event_log import EventLog  # late, likewise

            self._event_log = self._event_log or EventLog(self._redactor)  # which knows that the start was told
            listeners.append(self._event_log)
        return listeners

    def _look(self, snapshot: Snapshot) -> None:
        self._seen.append((self._clock.now(), snapshot))
        self._changed.set()

    def _run(self, ended: threading.Event) -> None:
        while not ended.is_set():
            self._clock.wait(self._changed, _AT_LEAST_EVERY)
            self._changed.clear()
            self._tell()
            self._clock.wait(self._at_once, _AT_MOST_EVERY)
            self._at_once.clear()

    def _tell(self, exit_code: int | None = None, problem: str = "") -> None:
        with self._lock:
            folder, origin, listeners = self._folder, self._origin, self._listeners
        while self._seen:
            moment, self._snapshot = self._seen.popleft()
            if (name := _state_name(self._snapshot)) != self._state:
                self._state, self._since = name, moment
            for listener in listeners:
                listener.see(self._snapshot)
        if folder is None:
            return
        self._process = self._process or own_process()
        file = DataPaths(folder).status
        try:
            if _is_anothers(file, self._process):
                return
        except OSError:
            pass  # what is wrong with the folder is said when it is written
        status = self._status(origin, self._process, exit_code, problem)
        ways: list[Callable[[Status], None]] = [partial(write_status, file), *(each.tell for each in listeners)]
        failed = [error for tell in ways if (error := _try(tell, status))]
        if failed and not self._complained:
            log.warning("What the robot does can't be told to programs: %s", failed[0])
        self._complained = bool(failed)

    def _status(self, origin: Origin, process: Process, exit_code: int | None, problem: str) -> Status:
        now, snapshot, ended = self._clock.now(), self._snapshot, exit_code is not None
        job, last = (None if ended else snapshot.job), snapshot.last
        clean = self._redactor
        return Status(
            version=__version__,
            written=now,
            machine=machine_name(),
            user=user_name(),
            process=process,
            orchestrator=origin.host,
            robot=origin.fingerprint,
            state=ENDED if ended else self._state,
            since=now if ended else self._since,
            heard=self._board.heard_at,
            connected=False if ended else snapshot.connected,
            problem=clean(problem if ended else snapshot.problem),
            settings_problem="" if ended else clean(snapshot.settings_problem),
            job=_shown_job(job, clean) if job else None,
            last=StatusLast(last.guid, clean(last.name), int(last.status), last.ended_at, clean(last.reason))
            if last
            else None,
            waiting=snapshot.undelivered,
            strangers=snapshot.strangers,
            leaving_at=None if ended else snapshot.leaving_at,
            exit_code=exit_code,
            policies=self._policies,
        )


def _try(tell: Callable[[Status], None], status: Status) -> OSError | None:
    try:
        tell(status)
    except OSError as error:
        return error
    return None


def _state_name(snapshot: Snapshot) -> str:
    return PAUSED if snapshot.paused and snapshot.state is RobotState.READY else snapshot.state.value


def _is_anothers(file: Path, ours: Process) -> bool:
    """Whether another robot that lives has taken the data folder since; this one waits for a person, or ends."""
    try:
        other = read_text(file.read_text("utf-8"))
    except (FileNotFoundError, WrongRecordError, UnicodeDecodeError):
        return False
    return other.process != ours and other.machine == machine_name() and other.state != ENDED and lives(other.process)


def _shown_job(job: ShownJob, clean: Callable[[str], str]) -> StatusJob:
    said = job.progress
    progress = StatusProgress(said.done, said.total, printable(clean(said.text), limit=_TEXT_LIMIT)) if said else None
    return StatusJob(job.guid, clean(job.name), job.started_at, progress)
