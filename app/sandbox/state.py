"""The shape of a state file: a whole sandbox as plain values. `orders.py` has what else may be said of each thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - the hints are read while the program runs
from enum import StrEnum
from typing import Annotated, Any

from app.sandbox.orders import (
    AssetOrder,
    FaultOrder,
    FileOrder,
    FolderOrder,
    Options,
    QueueOrder,
    ScriptOrder,
    TaskFields,
)
from app.sandbox.reading import Guid, Limits, Name


class JobWord(StrEnum):
    """The statuses of jobs in words; the names are those of JobStatus."""

    CREATED = "Created"
    PENDING = "Pending"
    ABORTING = "Aborting"
    ABORTED = "Aborted"
    SUCCESS = "Success"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    IN_PROGRESS = "In progress"


@dataclass(frozen=True)
class SavedRobot:
    """A robot; what it said last is there for jobs that it holds."""

    guid: Guid
    name: Annotated[str, Limits(0, 200)] = ""
    status: str = ""
    machine: str = ""
    ip: str = ""
    mac: str = ""
    job_guid: str = ""
    seen: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SavedTask(TaskFields):
    """A task of the queue in which it stands. The GUID of a job's Task is whatever it was queued with."""

    name: Name
    guid: Name | None = None
    created: datetime | None = None
    started: datetime | None = None
    updated: datetime | None = None
    job: str = ""  # GUID of the job that works on it
    parent: str = ""  # GUID of the task that it repeats


@dataclass(frozen=True)
class SavedQueue(QueueOrder):
    """A queue with its tasks, oldest first."""

    created: datetime | None = None
    tasks: list[SavedTask] = field(default_factory=list)


@dataclass(frozen=True)
class SavedReport:
    """What a robot said of a job."""

    time: datetime
    status: JobWord


@dataclass(frozen=True)
class SavedMessage:
    """A message of a job."""

    time: datetime
    level: str
    message: str


@dataclass(frozen=True)
class SavedJob:
    """A job. `robot`: name or GUID of the only robot that may have it; `taken_by`: of the one that was given it."""

    name: Annotated[str, Limits(1, 100_000)]
    task: dict[str, Any] | None = None
    task_json: str | None = None
    robot: str = ""
    guid: Guid | None = None
    priority: Annotated[int, Limits(1, 3)] = 2
    status: JobWord = JobWord.PENDING
    queued: datetime | None = None
    stop_at: datetime | None = None
    abort_at: datetime | None = None
    taken: datetime | None = None
    taken_by: str = ""
    times_taken: int = 0
    on_offer: bool | None = None
    repeats: int = 0
    history: list[SavedReport] = field(default_factory=list)
    log: list[SavedMessage] = field(default_factory=list)


@dataclass(frozen=True)
class SavedFolder(FolderOrder):
    """A folder."""

    created: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True)
class SavedFile(FileOrder):
    """A file."""

    created: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True)
class SavedFault(FaultOrder):
    """A fault; `until_off` stands for a count without an end, which TOML has no word for."""

    until_off: bool = False


@dataclass(frozen=True)
class State:
    """A whole sandbox, but for the requests that it has seen."""

    settings: Options = field(default_factory=Options)
    robots: list[SavedRobot] = field(default_factory=list)
    scripts: list[ScriptOrder] = field(default_factory=list)
    queues: list[SavedQueue] = field(default_factory=list)
    assets: list[AssetOrder] = field(default_factory=list)
    folders: list[SavedFolder] = field(default_factory=list)
    files: list[SavedFile] = field(default_factory=list)
    jobs: list[SavedJob] = field(default_factory=list)
    job_tasks: list[SavedTask] = field(default_factory=list)  # the Tasks that came with jobs, as scripts left them
    faults: list[SavedFault] = field(default_factory=list)
