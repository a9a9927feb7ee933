"""What the sandbox remembers of robots, jobs and requests. Data only, no rules; what scripts use is in `stored.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.orchestrator.vocabulary import FINAL_STATUSES, JobStatus

if TYPE_CHECKING:
    from datetime import datetime

MASK = "••••"


def mask_guid(guid: str) -> str:
    """A GUID that is a credential, fit for a page: its last four characters only."""
    return f"{MASK}{guid[-4:]}" if len(guid) > 8 else MASK  # noqa: PLR2004 - a short one would be shown whole


@dataclass
class SandboxRobot:
    """A robot that the sandbox knows; times are aware, None before the first request of that kind."""

    guid: str
    number: int  # how the page and the control API call it, since the GUID is a credential
    name: str = ""
    status: str = ""  # the last heartbeat's Status as sent; empty before the first
    machine: str = ""
    ip: str = ""
    mac: str = ""
    job_guid: str = ""
    seen_at: datetime | None = None  # its last heartbeat, consume or report
    working_heartbeat_at: datetime | None = None


@dataclass(frozen=True)
class LogMessage:
    """One message of `/api/log/create`."""

    time: datetime
    level: str
    message: str


@dataclass(frozen=True)
class Script:
    """A script that was named here: what the Orchestrator calls a process version."""

    id: int
    guid: str
    name: str
    created: datetime


@dataclass
class SandboxJob:
    """A job in the sandbox.

    Attributes:
        task: the fields of its Task as they were queued (`parameters` not yet JSON text), or None.
        robot_guid: the only robot that may have it; None = any.
        number: counted from 1, in the order queued; scripts see it as `job_id`.
        priority: 1 to 3; 3 is taken first.
        status: the Orchestrator's view, with 2 Aborting and 6 Stopping set by itself.
        stop_after: when it is stopped by itself; None = never. `abort_after`: the same with an Abort.
        silent: the robot that has it wasn't heard for 30 s, so nobody knows how it is (the technical status Unknown).
        history: (time, status) as *reported by robots*, in order, without repeats of the newest report.
        repeats: reports that only said the newest one again; a robot whose answer was lost has to do that.
        consumed_by: the robot that it was handed to last; None before that.
        times_consumed: how often it was handed out.
        on_offer: it can be consumed now.
    """

    guid: str
    name: str
    process_version_guid: str
    queued_at: datetime
    number: int = 0
    priority: int = 2
    stop_after: datetime | None = None
    abort_after: datetime | None = None
    silent: bool = False
    task: dict[str, Any] | None = None
    robot_guid: str | None = None
    status: JobStatus = JobStatus.PENDING
    history: list[tuple[datetime, JobStatus]] = field(default_factory=list)
    repeats: int = 0
    consumed_at: datetime | None = None
    consumed_by: str | None = None
    times_consumed: int = 0
    on_offer: bool = True
    log: list[LogMessage] = field(default_factory=list)

    @property
    def is_final(self) -> bool:
        """Whether it has one of the final statuses."""
        return self.status in FINAL_STATUSES

    @property
    def reported(self) -> list[JobStatus]:
        """The statuses of `history` without their times."""
        return [status for _, status in self.history]

    @property
    def final_reports(self) -> list[JobStatus]:
        """The final statuses that robots reported; more than one is a violation."""
        return [status for status in self.reported if status in FINAL_STATUSES]


@dataclass(frozen=True)
class RecordedRequest:
    """One request that reached the sandbox, and what was wrong in it.

    `form` and `authorization` are as sent, with the credential in them: mask them wherever they are shown.
    `status_code` is the HTTP status, None if no answer was given. `fault` is the kind of fault that hit it, empty if
    none did; `lost` says that it took effect all the same.
    """

    number: int
    time: datetime
    method: str
    path: str
    authorization: str
    form: dict[str, str]
    status_code: int | None
    complaints: tuple[str, ...]
    reply: str
    fault: str = ""
    lost: bool = False
