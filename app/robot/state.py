"""What the robot is doing now: frozen snapshots, published to whoever looks (tray, console).

The robot's threads publish; the tray and the console only ever see whole, immutable snapshots.
"""

from __future__ import annotations

import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from app.base.dataclass import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from app.gateway.records import Progress
    from app.orchestrator.vocabulary import JobStatus


class RobotState(StrEnum):
    """What the robot does now."""

    READY = "ready"
    WORKING = "working"
    STOPPING = "stopping"
    OFFLINE = "offline"
    ERROR = "error"
    LEAVING = "leaving"  # the countdown before the log-off; may be cancelled


@dataclass(frozen=True)
class ShownJob:
    """The job that runs now."""

    guid: str
    name: str
    started_at: datetime  # aware
    log_file: Path
    process_version_guid: str = ""
    progress: Progress | None = None  # as far as its script says
    result: str = ""  # what it has given, JSON text, masked; empty: nothing
    task_name: str = ""  # of its Task; empty: it has none
    task_number: str = ""


@dataclass(frozen=True)
class LastOutcome:
    """How the last job ended."""

    guid: str
    name: str
    status: JobStatus
    ended_at: datetime  # aware
    reason: str  # one sentence for people, in the user's language
    last_line: str  # the last line of output, redacted; empty if there was none
    log_file: Path | None
    result: str = ""  # what the script gave, JSON text, masked; empty if nothing


@dataclass(frozen=True)
class Snapshot:
    """Everything that a person can be shown, at one moment.

    `connected` is None before the first answer. `problem` is the text behind Offline and Error, in the user's language.
    `leaving_at` is the moment of the log-off while the countdown runs. `stays`: somebody has cancelled the log-off, and
    the robot has not worked since.
    """

    state: RobotState = RobotState.READY
    job: ShownJob | None = None
    last: LastOutcome | None = None
    connected: bool | None = None
    paused: bool = False
    stays: bool = False
    problem: str = ""
    leaving_at: datetime | None = None
    undelivered: int = 0
    strangers: int = 0  # reports that wait for another Orchestrator, or for another GUID
    journal_problem: str = ""  # the journal's file is busy, or the disk is full: the robot waits for it
    settings_problem: str = ""  # a changed settings file is wrong; the old settings stay in force
    no_settings: bool = False  # none could be read since the start: nobody knows where logs and Orchestrator are
    settings_since: datetime | None = None  # since when those in force are; aware
    unfilled: bool = False  # nothing is wrong, but host or GUID is still to be filled in; `problem` says so kindly
    robot: str = ""  # what tells this robot from others for a person
    starts_with_windows: bool | None = None  # None where Windows isn't, or doesn't tell
    second_starts: int = 0  # how often somebody has started this robot once more, to no effect

    @property
    def starting(self) -> bool:
        """Nothing is wrong, but nobody has answered yet: it isn't Ready for anybody before that."""
        return self.state is RobotState.READY and self.connected is None and not self.paused


class RobotControls(Protocol):
    """What a person may ask of the robot. Every call returns at once and may come from any thread."""

    def stop_job(self) -> None:
        """Soft stop of the running job, as the Orchestrator's code 20."""

    def abort_job(self) -> None:
        """Hard stop of the running job, as the Orchestrator's code 10."""

    def pause(self) -> None:
        """Finish the running job and take no more."""

    def resume(self) -> None:
        """Take jobs again."""

    def cancel_leaving(self) -> None:
        """Don't log off now; stay and poll until the robot has worked once more."""

    def quit(self) -> None:
        """End the program; a running job is aborted and reported."""


@dataclass
class StateBoard:
    """Holds the newest snapshot and tells subscribers of every change, in order.

    Subscribers are called on the publishing thread and must return quickly.

    Attributes:
        heard_at: when the Orchestrator last answered well; aware. It changes all the time, so nobody is told of it.
    """

    snapshot: Snapshot = field(default_factory=Snapshot)
    heard_at: datetime | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _subscribers: list[Callable[[Snapshot], None]] = field(default_factory=list, repr=False)
    _beneath: Snapshot = field(default_factory=Snapshot, repr=False)  # what is true beside trouble with the journal

    def publish(self, **changes: Any) -> None:
        """Replace fields of the snapshot; subscribers hear of it only if something changed."""
        with self._lock:
            self._beneath = replace(self._beneath, **changes)
            new = self._beneath
            if new.journal_problem:  # whatever else goes on, a person is needed, or at least to be told
                new = replace(new, state=RobotState.ERROR, problem=new.journal_problem, leaving_at=None)
            if new == self.snapshot:
                return
            self.snapshot = new
            for subscriber in tuple(self._subscribers):
                subscriber(new)

    def amend_job(self, guid: str, **changes: Any) -> None:
        """Replace fields of the job that runs, if that is the one of this GUID."""
        with self._lock:
            job = self._beneath.job
            if job is not None and job.guid == guid:
                self.publish(job=replace(job, **changes))

    def subscribe(self, subscriber: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `subscriber` with the present snapshot and each later one; returns the way to end that."""
        with self._lock:
            self._subscribers.append(subscriber)
            subscriber(self.snapshot)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers.remove(subscriber)

        return unsubscribe
