"""What scripts keep in the Orchestrator: queues with their tasks, assets, folders and files. Data only, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class TaskStatus(IntEnum):
    """The status of a task of a queue (not that of a job)."""

    NEW = 0
    IN_PROGRESS = 1
    SUCCESS = 2
    FAILED_APPLICATION = 3
    FAILED_BUSINESS = 4
    POSTPONED = 5
    ABANDONED = 6


class TaskPriority(IntEnum):
    """The priorities of tasks; the numbers are the sandbox's own, since the vendor publishes the words only."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    DEADLINE = 3  # before all others; a task whose deadline is over has it too


class StatusWord(StrEnum):
    """The statuses of tasks in words; the names are those of TaskStatus."""

    NEW = "New"
    IN_PROGRESS = "In progress"
    SUCCESS = "Success"
    FAILED_APPLICATION = "Failed (application)"
    FAILED_BUSINESS = "Failed (business)"
    POSTPONED = "Postponed"
    ABANDONED = "Abandoned"


class PriorityWord(StrEnum):
    """The priorities of tasks in words; the names are those of TaskPriority."""

    LOW = "Low"
    NORMAL = "Normal"
    HIGH = "High"
    DEADLINE = "Deadline"


@dataclass
class Queue:
    """A queue of tasks.

    Attributes:
        unique_tasks: no two tasks have the same name.
        auto_change_status: a task In progress becomes Failed (application) when its job fails, is stopped or aborted.
        abandon_new_after: seconds after which a task that is New is Abandoned; None = never.
        abandon_in_progress_after: the same for a task In progress.
        repeat_abandoned: an Abandoned task is put into the queue once more, as often as its `retries` say.
    """

    id: int
    guid: str
    name: str
    created: datetime
    description: str = ""
    unique_tasks: bool = False
    auto_change_status: bool = True
    abandon_new_after: float | None = None
    abandon_in_progress_after: float | None = None
    repeat_abandoned: bool = False


@dataclass
class QueueTask:
    """A task of a queue (not a job): `/api/task/…`.

    Attributes:
        queue: the queue's name; empty for the Task that came with a job.
        parameters: JSON text as it was sent.
        job_guid: the job that works on it, as far as it was said.
        parent_task: GUID of the Abandoned task that this one repeats.
    """

    id: int
    guid: str
    queue: str
    name: str
    created: datetime
    parameters: str = "{}"
    status: TaskStatus = TaskStatus.NEW
    priority: TaskPriority = TaskPriority.NORMAL
    comment: str = ""
    description: str = ""
    started: datetime | None = None
    postponed: datetime | None = None
    deadline: datetime | None = None
    updated: datetime | None = None
    tags: list[str] = field(default_factory=list)
    retries: int = 0
    parent_task: str = ""
    job_guid: str = ""


@dataclass
class Asset:
    """A resource: `type` 1 credentials (`text` is the login), 2 text, 3 calendar."""

    guid: str
    name: str
    type: int = 2
    text: str = ""
    password: str = ""
    description: str = ""


@dataclass
class Folder:
    """A folder of the storage."""

    id: int
    guid: str
    name: str
    created: datetime
    updated: datetime
    description: str = ""


@dataclass
class StoredFile:
    """A file of the storage; `folder_guid` is empty for one that lies in none."""

    id: int
    guid: str
    name: str
    created: datetime
    updated: datetime
    content: bytes = b""
    folder_guid: str = ""
