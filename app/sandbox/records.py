"""What the sandbox remembers: robots, jobs, requests, queue tasks and assets. Data only, no rules."""

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
    seen_at: datetime | None = None
    working_heartbeat_at: datetime | None = None


@dataclass(frozen=True)
class LogMessage:
    """One message of `/api/log/create`."""

    time: datetime
    level: str
    message: str


@dataclass
class SandboxJob:
    """A job in the sandbox.

    Attributes:
        task: the fields of its Task as they were queued (`parameters` not yet JSON text), or None.
        robot_guid: the only robot that may have it; None = any.
        status: the Orchestrator's view, with 2 Aborting and 6 Stopping set by itself.
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


@dataclass
class QueueTask:
    """A task of a queue (not a job): `/api/task/…`. `status`: 0 New … 6 Abandoned."""

    id: int
    guid: str
    queue: str
    name: str
    created: datetime
    parameters: str = "{}"
    status: int = 0
    priority: int = 0
    comment: str = ""
    description: str = ""


@dataclass
class Asset:
    """A resource: `type` 1 credentials (`text` is the login), 2 text, 3 calendar."""

    guid: str
    name: str
    type: int = 2
    text: str = ""
    password: str = ""
