"""The record in `status.json`, to and from JSON. Its names are documented (`docs/admin.md`): programs rely on them."""

from __future__ import annotations

import json
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, Final

from app.base.dataclass import dataclass, fields

FORMAT: Final = 1  # goes up when a name changes its meaning; new names alone don't raise it
# Beside the states of `RobotState`:
PAUSED: Final = "paused"
ENDED: Final = "ended"


class WrongRecordError(ValueError):
    """The text is no such record.

    Attributes:
        newer: it is one of a later version of the robot.
    """

    def __init__(self, *, newer: bool = False) -> None:
        super().__init__("newer" if newer else "wrong")
        self.newer = newer


@dataclass(frozen=True)
class Process:
    """Whose record it is. A number is used again, so that the moment of creation belongs to it.

    Attributes:
        created: seconds since 1970, as the system tells it.
    """

    pid: int
    created: float


@dataclass(frozen=True)
class StatusProgress:
    """How far its script says that it is: `done` of `total`, in units of its own, and in words."""

    done: float
    total: float | None
    text: str


@dataclass(frozen=True)
class StatusJob:
    """The job that runs."""

    guid: str
    name: str
    started: datetime  # aware
    progress: StatusProgress | None = None


@dataclass(frozen=True)
class StatusLast:
    """How the last job of this process ended; `status` is the Orchestrator's number."""

    guid: str
    name: str
    status: int
    ended: datetime  # aware
    reason: str


@dataclass(frozen=True)
class Status:
    """What a robot does at the moment `written`.

    Attributes:
        written: aware; a robot that lives writes it anew at least every half minute.
        robot: a fingerprint of its GUID, from which there is no way back.
        state: a `RobotState`, "paused" or "ended".
        since: aware; when that began.
        heard: aware; the last good answer of the Orchestrator; None before the first.
        connected: whether the last question was answered well; None before the first answer.
        problem: why it is offline or needs a person, or what ended it; in the language of the settings.
        waiting: reports that wait for this Orchestrator; `strangers` those for another one.
        leaving_at: aware; the log-off, while its countdown runs.
        exit_code: of a robot that has ended; None while it runs.
        policies: the settings that Group Policy prescribes.
    """

    version: str
    written: datetime
    machine: str
    user: str
    process: Process
    orchestrator: str
    robot: str
    state: str
    since: datetime
    heard: datetime | None = None
    connected: bool | None = None
    problem: str = ""
    settings_problem: str = ""
    job: StatusJob | None = None
    last: StatusLast | None = None
    waiting: int = 0
    strangers: int = 0
    leaving_at: datetime | None = None
    exit_code: int | None = None
    policies: tuple[str, ...] = ()


def as_values(status: Status) -> dict[str, Any]:
    """What JSON can hold of it, `format` first."""
    return {"format": FORMAT, **_json_values(status)}


def _json_values(record: Status | Process | StatusJob | StatusLast | StatusProgress) -> dict[str, Any]:
    values = {each.name: getattr(record, each.name) for each in fields(type(record))}
    return {name: _json_value(value) for name, value in values.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, Process | StatusJob | StatusLast | StatusProgress):
        return _json_values(value)
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def as_text(status: Status) -> str:
    """The file's content."""
    return json.dumps(as_values(status), ensure_ascii=False, indent=2) + "\n"


def read_text(text: str) -> Status:
    """The record in a file's content; names that it doesn't know are left out.

    Raises:
        WrongRecordError: it is none, or one of a later version.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise WrongRecordError from None
    if not isinstance(values, dict) or not isinstance(values.get("format"), int):
        raise WrongRecordError
    if values["format"] > FORMAT:
        raise WrongRecordError(newer=True)
    try:
        return _made(values)
    except (TypeError, ValueError, KeyError, OverflowError):
        raise WrongRecordError from None


def _made(values: dict[str, Any]) -> Status:
    process, job, last = values["process"], values.get("job"), values.get("last")
    known: dict[str, Any] = {each.name: values[each.name] for each in fields(Status) if each.name in values}
    known |= {
        "written": _moment(values["written"]),
        "since": _moment(values["since"]),
        "heard": _moment(values["heard"]) if values.get("heard") else None,
        "policies": tuple(map(str, values.get("policies", ()))),
        "leaving_at": _moment(values["leaving_at"]) if values.get("leaving_at") else None,
        "process": Process(int(process["pid"]), float(process["created"])),
        "job": StatusJob(str(job["guid"]), str(job["name"]), _moment(job["started"]), _progress(job)) if job else None,
        "last": last
        and StatusLast(
            str(last["guid"]), str(last["name"]), int(last["status"]), _moment(last["ended"]), str(last["reason"])
        ),
    }
    texts = ("version", "machine", "user", "orchestrator", "robot", "state", "problem", "settings_problem")
    if not all(isinstance(known.get(name, ""), str) for name in texts):
        raise TypeError
    if not all(isinstance(known.get(name, 0), int) for name in ("waiting", "strangers")):
        raise TypeError
    return Status(**known)


def _progress(job: dict[str, Any]) -> StatusProgress | None:
    found = job.get("progress")
    if not found:
        return None
    total = found.get("total")
    return StatusProgress(float(found["done"]), None if total is None else float(total), str(found.get("text", "")))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not MINYEAR < moment.year < MAXYEAR:  # in any zone, it has a year there as well
        raise ValueError(text)
    return moment
