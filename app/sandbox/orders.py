"""What the control API and state files may say: the shapes of their JSON, one dataclass each. See `reading.read`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - the hints are read while the program runs
from typing import Annotated, Any

from app.sandbox.dialect import Dialect  # noqa: TC001 - likewise
from app.sandbox.faults import FaultKind, When
from app.sandbox.reading import Guid, Limits, Name
from app.sandbox.stored import PriorityWord, StatusWord

Seconds = Annotated[float, Limits(0, 366 * 24 * 3600)]


@dataclass(frozen=True)
class Options:
    """How the sandbox reads and answers; see `Sandbox`."""

    dialect: Dialect | None = None
    strict: bool | None = None


@dataclass(frozen=True)
class RobotOrder:
    """A robot to make known."""

    name: Annotated[str, Limits(0, 200)] = ""
    guid: Guid | None = None


@dataclass(frozen=True)
class ScriptOrder:
    """A script whose name the page offers."""

    name: Annotated[str, Limits(1, 512)]


@dataclass(frozen=True)
class JobOrder:
    """A job to queue; `robot` is the number of the only robot that may have it."""

    name: Annotated[str, Limits(1, 100_000)]
    task: dict[str, Any] | None = None
    robot: int | None = None
    guid: Guid | None = None
    priority: Annotated[int, Limits(1, 3)] = 2
    stop_after: Seconds | None = None  # from now on
    abort_after: Seconds | None = None


@dataclass(frozen=True)
class FaultOrder:
    """A fault to switch on; the fields of `app.sandbox.faults.Fault`."""

    kind: FaultKind
    path: str = "*"
    form: dict[str, str] = field(default_factory=dict)
    when: When = When.BEFORE
    skip: Annotated[int, Limits(0)] = 0
    count: Annotated[int, Limits(1)] | None = 1
    seconds: Annotated[float, Limits(0, 3600)] = 1.0
    status: Annotated[int, Limits(200, 599)] = 503
    retry_after: Annotated[int, Limits(0)] | None = None
    location: str = "http://elsewhere.invalid/"
    size: Annotated[int, Limits(1, 256 * 1024 * 1024)] = 8 * 1024 * 1024
    body: str = ""


@dataclass(frozen=True)
class AssetOrder:
    """An asset to add or to replace. Type 1: credentials, 2: text, 3: calendar."""

    name: Name
    type: Annotated[int, Limits(1, 3)] = 2
    text: str = ""
    password: str = ""
    description: str = ""
    guid: Guid | None = None


@dataclass(frozen=True)
class AssetChange:
    """What is to change in an asset; what isn't named stays."""

    name: Name | None = None
    type: Annotated[int, Limits(1, 3)] | None = None
    text: str | None = None
    password: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class QueueOrder:
    """A queue to make, or whose settings change; see `stored.Queue`."""

    name: Name
    guid: Guid | None = None
    description: str = ""
    unique_tasks: bool = False
    auto_change_status: bool = True
    abandon_new_after: Seconds | None = None
    abandon_in_progress_after: Seconds | None = None
    repeat_abandoned: bool = False


@dataclass(frozen=True)
class TaskFields:
    """What a task has besides its name. `parameters`: JSON of any shape; `parameters_json`: their text."""

    parameters: Any = None
    parameters_json: str | None = None
    guid: Guid | None = None
    status: StatusWord = StatusWord.NEW
    priority: PriorityWord = PriorityWord.NORMAL
    description: str = ""
    comment: str = ""
    postponed: datetime | None = None
    deadline: datetime | None = None
    tags: list[str] = field(default_factory=list)
    retries: Annotated[int, Limits(0, 1_000_000)] = 0


@dataclass(frozen=True, kw_only=True)
class TaskOrder(TaskFields):
    """A task to put into a queue."""

    queue: Name
    name: Name


@dataclass(frozen=True)
class TaskChange:
    """What is to change in a task; what isn't named stays."""

    name: Name | None = None
    status: StatusWord | None = None
    priority: PriorityWord | None = None
    description: str | None = None
    comment: str | None = None
    postponed: datetime | None = None
    deadline: datetime | None = None
    tags: list[str] | None = None
    retries: Annotated[int, Limits(0, 1_000_000)] | None = None


@dataclass(frozen=True)
class FolderOrder:
    """A folder of the storage to make."""

    name: Name
    description: str = ""
    guid: Guid | None = None


@dataclass(frozen=True)
class FileOrder:
    """A file to keep: its content as `text` or as `base64`; `folder` is a folder's name or GUID."""

    name: Name
    text: str | None = None
    base64: str | None = None
    folder: str = ""
    guid: Guid | None = None
