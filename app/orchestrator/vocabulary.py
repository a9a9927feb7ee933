"""The dictionaries of the specification (docs/contract.md) as enums, and the order that a robot receives."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

from app.base.dataclass import dataclass


class RobotStatus(IntEnum):
    """What the robot says of itself in a heartbeat (step 1)."""

    DISCONNECTED = 0
    UNLICENSED = 1
    READY = 2
    WORKING = 3


class HeartbeatCode(IntEnum):
    """`HeartbeatErrorCode` (step 1)."""

    NO_ERROR = 0
    JOB_ABORTING = 10
    JOB_STOPPING = 20
    ROBOT_NOT_FOUND = 101


ROBOT_NOT_FOUND = 101  # in every call's code


class NewJob(IntEnum):
    """`HasNewJob` (step 1)."""

    NO_JOB = 0
    JOB_FOUND = 1


class ConsumeCode(IntEnum):
    """`ConsumeJobErrorCode` (step 2)."""

    NO_ERROR = 0
    ROBOT_NOT_FOUND = 101
    NO_JOB_FOUND = 102


class JobStatus(IntEnum):
    """The status of a job (second step 2)."""

    CREATED = 0
    PENDING = 1
    ABORTING = 2
    ABORTED = 3
    SUCCESS = 4
    FAILED = 5
    STOPPING = 6
    STOPPED = 7
    IN_PROGRESS = 8


FINAL_STATUSES = frozenset({JobStatus.ABORTED, JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.STOPPED})

JOB_TYPE_ORCHESTRATED = 1


class LogLevel(StrEnum):
    """`level` of `/api/log/create` (the vendor's API page)."""

    DEBUG = "Debug"
    INFO = "Info"
    WARNING = "Warning"
    ERROR = "Error"
    CRITICAL = "Critical"


@dataclass(frozen=True)
class JobOrder:
    """A job as `consumeNextJob` hands it out.

    Attributes:
        guid: the job's GUID (`Job.GUID`).
        name: the script's name (`ProcessVersion.Name`), as sent.
        process_version_guid: `ProcessVersion.GUID`; empty if it wasn't sent.
        task: the parsed Task with its `parameters` parsed as well, or None.
    """

    guid: str
    name: str
    process_version_guid: str = ""
    task: dict[str, Any] | None = None
