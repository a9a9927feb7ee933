"""What the journal hands out: jobs and undelivered reports, as frozen records."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from app.base.dataclass import dataclass

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from app.orchestrator.origin import Origin
    from app.orchestrator.vocabulary import JobStatus


class Reported(StrEnum):
    """What became of the newest report about a job."""

    WAITING = "waiting"  # in the outbox
    DELIVERED = "delivered"  # the Orchestrator answered 2xx
    REFUSED = "refused"  # the Orchestrator would not take it so far
    DISCARDED = "discarded"  # a person gave it up


@dataclass(frozen=True)
class JobRecord:
    """One run.

    Attributes:
        started_at: aware, UTC.
        ended_at: aware, UTC; None until the run is finished.
        status: the final status; None until the run is finished.
        exit_code: of the script's process; None if there was none.
        reason: why it ended so, one sentence; empty until the run is finished.
        last_line: the last line of its output, redacted.
        pid: of the script's process; None until it was started.
        created_at: that process's creation time, seconds since 1970 as psutil tells it.
        mark: what the job's processes carry, so that they can be recognised after the robot died.
        reported: whether the Orchestrator knows.
        origin: whose job it is.
    """

    guid: str
    name: str
    process_version_guid: str
    started_at: datetime
    ended_at: datetime | None
    status: JobStatus | None
    exit_code: int | None
    reason: str
    last_line: str
    log_file: Path
    pid: int | None
    created_at: float | None
    mark: str
    reported: Reported
    origin: Origin


@dataclass(frozen=True)
class ChangeDoubt:
    """An attempt at a script's change, taken or not, may yet be carried out.

    Attributes:
        thing: what the change is about; no content.
        seconds: for how long, when it was noted; 0: a robot that ended cleanly notes that no attempt may.
    """

    change_id: int
    job_guid: str
    thing: str
    seconds: float

    @property
    def none(self) -> bool:
        """Whether it says that nothing is in doubt."""
        return self.seconds <= 0


@dataclass(frozen=True)
class ScriptChange:
    """One change that a script asked for and the Orchestrator has not taken (yet).

    Attributes:
        path: of the call, such as `/api/task/update`.
        fields: its parameters; empty where they are nobody's business (a list for people).
        origin: the only one that may be told of it.
        created_at: when it was journaled; aware, UTC.
        attempts: how often sending it failed, since a person last asked to try again.
        last_error: how it failed the last time; empty if it has not been tried.
        dead: refused: only a person sends it again.
        job_over: whether its run has ended.
    """

    id: int
    job_guid: str
    job_name: str
    process_version_guid: str
    path: str
    fields: dict[str, str]
    origin: Origin
    created_at: datetime
    attempts: int
    last_error: str
    dead: bool
    job_over: bool

    @property
    def refused_at(self) -> None:
        """Refused ones aren't tried again by themselves."""

    @property
    def confirming(self) -> bool:
        """None is said twice."""
        return False


@dataclass(frozen=True)
class RunNotes:
    """What a script said about its run.

    Attributes:
        result: JSON text, masked; empty if there was none.
        done, total, progress: how far it said it was, last, in units of its own and in words.
        task_guid, task_name: of the job's Task.
        evidence: names of the files in the run's folder of evidence.
    """

    job_guid: str
    result: str
    done: float | None
    total: float | None
    progress: str
    task_guid: str
    task_name: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class OutboxRow:
    """One `job/update` that the Orchestrator has not taken (yet), or has taken and is to confirm.

    Attributes:
        origin: the only one that may be told of it.
        created_at: when it was journaled; aware, UTC.
        attempts: how often sending it failed, since a person last asked to try again.
        last_error: how it failed the last time; empty if it has not been tried.
        refused_at: when it was first refused; aware, UTC; None if it was not.
        dead: refused for so long that only a person sends it again.
        doubtful_until: until when an attempt whose fate is unknown may still be carried out; aware, UTC.
        confirming: taken, but to be sent once more after `doubtful_until`.
    """

    id: int
    job_guid: str
    job_name: str
    status: JobStatus
    origin: Origin
    created_at: datetime
    attempts: int
    last_error: str
    refused_at: datetime | None
    dead: bool
    doubtful_until: datetime | None
    confirming: bool


Undelivered: TypeAlias = OutboxRow | ScriptChange
"""What the Orchestrator has not taken (yet)."""
