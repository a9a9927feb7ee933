"""Queues of tasks: take one after the other, and say what became of each."""

import time

from . import _gateway, _told
from . import _host as own_host
from ._arguments import as_name, as_text
from ._errors import BusinessError, RobotJobError
from ._reports import as_json
from ._texts import say
from ._turns import Turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import TracebackType
    from typing import Any

NEW, IN_PROGRESS, SUCCESS, FAILED, BUSINESS, POSTPONED, ABANDONED = range(7)
_PRIORITIES = ("low", "normal", "high", "deadline")  # some servers send the word
_PATIENCE = 60  # seconds that the robot goes on asking before it says so
_PAUSE = 0.5  # seconds
_OFTEN = 20  # times that one script gets the same task: the server may repeat one that has failed
_LONGEST_COMMENT = 2000  # characters


def queue(name: str) -> "Queue":
    """The queue with this name (or GUID).

    for task in robot_job.queue("Invoices"):
        with task:
            post(task.parameters["number"])
    """
    return Queue(name)


class Queue:
    """A queue of the Orchestrator.

    Iterating takes task after task, each marked In progress for this job. It ends when there is no New task or the
    operator has asked the job to stop. While the Orchestrator can't be reached it goes on asking. Threads and processes
    of one script may do so side by side.

    Attributes:
        name: its name or GUID.
    """

    def __init__(self, name: str) -> None:
        self.name = as_name("robot_job.queue", name)

    def __iter__(self) -> "Iterator[QueueTask]":
        seen = {}  # type: dict[str, list[QueueTask]]
        while not _stopped():
            try:
                with Turn():
                    found = None if _stopped() else self._next(_PATIENCE, seen)
            except RobotJobError as error:
                if error.kind != "unreachable":
                    raise
                time.sleep(_PAUSE)  # a stop breaks the robot's patience off before it gets here
                if not _stopped():
                    text = say("The Orchestrator can't be reached; asking for the next task goes on")
                    print(f"[robot_job] {text}: {error}")  # noqa: T201
                continue
            if found is None:
                return
            yield found

    def next(self) -> "QueueTask | None":
        """The next New task, marked In progress; None if there is none. It doesn't wait.

        Raises:
            RobotJobError: the Orchestrator can't be reached, or says no.
        """
        with Turn():
            return self._next(0, {})

    def add(self, name: str, parameters: "Any" = None, **fields: "Any") -> str:
        """Put a new task into the queue; its GUID.

        Args:
            name: what people call it.
            parameters: anything that JSON can hold.
            **fields: `priority`, `description`, `comment`, `deadline` (a datetime or a text), `retries`, `tags` (a list
                of texts).

            robot_job.queue("Letters").add("INV-17", {"to": "office@example.com"})

        Raises:
            RobotJobError: the Orchestrator can't be reached, or says no.
        """
        known = name if isinstance(name, (int, float)) else as_text("robot_job.Queue.add", "name", name)
        _gateway.need("robot_job.queue")
        given = {"queue_guid": self.name, "name": known}
        given["parameters"] = as_json({} if parameters is None else parameters)
        given.update((key, _field(value)) for key, value in fields.items())
        found = _gateway.api("/api/task/create", given)
        guid = found.get("guid") if isinstance(found, dict) else None
        if not guid:
            raise RobotJobError(say("The Orchestrator answered a new task without its GUID"), "failed")
        return str(guid)

    def _next(self, patience: float, seen: "dict[str, list[QueueTask]]") -> "QueueTask | None":
        _gateway.need("robot_job.queue")
        found = _gateway.api("/api/queue/lastTask/" + _gateway.quoted(self.name), patience=patience)
        if not found:
            return None
        task = QueueTask(found)
        before = seen.setdefault(task.guid, [])
        if len(before) == _OFTEN or (before and before[-1].status in (IN_PROGRESS, SUCCESS)):
            # It doesn't take what it is told. Working on would do the same thing again and again.
            raise RobotJobError(
                say("The Orchestrator hands task {name} out again and again", name=task.name), "refused"
            )
        before.append(task)
        try:
            task._update(IN_PROGRESS)  # noqa: SLF001 - its own file
        except KeyboardInterrupt:  # a stop, before the script has seen the task
            task._update(NEW)  # noqa: SLF001
            raise
        return task

    def __repr__(self) -> str:
        return f"<Queue {self.name}>"


class QueueTask:
    """A task that was taken from a queue. Say what became of it, or let `with` do it.

        with task:
            post(task.parameters)

    A clean end is Success (2). `BusinessError` is Failed, business (4), and the script goes on after the block. Any
    other exception is Failed, application (3), and is raised on; so is a stop in mid-task. A task that was ended within
    the block is left as it is.

    Attributes:
        fields: everything that the Orchestrator said, keys in lower case.
        status: what it was set to last: 0 New, 1 In progress, 2 Success, 3 Failed (application), 4 Failed (business), 5
            Postponed, 6 Abandoned.
    """

    def __init__(self, fields: "dict[str, Any]") -> None:
        self.fields = fields
        self.status = NEW

    @property
    def guid(self) -> str:
        """Its GUID."""
        return self._text("guid")

    @property
    def name(self) -> str:
        """What people call it."""
        return self._text("name")

    @property
    def parameters(self) -> "Any":
        """Its parameters, parsed: `{}` if there are none; a text or a table as it is."""
        found = self.fields.get("parameters")
        return {} if found is False or found in (None, "", [], {}) else found  # False: a PHP server's nothing

    @property
    def priority(self) -> int:
        """0 Low, 1 Normal, 2 High, 3 Deadline."""
        text = self._text("priority").lower()
        return _PRIORITIES.index(text) if text in _PRIORITIES else int(text) if text.isdecimal() else 0

    @property
    def description(self) -> str:
        """What stands there for people."""
        return self._text("description")

    @property
    def comment(self) -> str:
        """What was said of it last."""
        return self._text("comment")

    @property
    def tags(self) -> str:
        """Its tags, as the Orchestrator writes them."""
        return self._text("tags")

    @property
    def created(self) -> str:
        """When it was made, by the Orchestrator's clock."""
        return self._text("created")

    @property
    def deadline(self) -> str:
        """Until when it is to be done, by the Orchestrator's clock; empty if it has none."""
        return self._text("deadline")

    def success(self, comment: str = "") -> None:
        """It is done: Success (2)."""
        self._update(SUCCESS, comment)

    def failed(self, reason: str) -> None:
        """The script could not do it: Failed, application (3)."""
        self._update(FAILED, reason)

    def business_error(self, reason: str) -> None:
        """It can't be done as it is: Failed, business (4)."""
        self._update(BUSINESS, reason)

    def postpone(self, until: "datetime | str", comment: str = "") -> None:
        """Not now: Postponed (5).

        Args:
            until: when it is to be New again, by the Orchestrator's clock, which knows no zone; as a text
                `2026-11-25 09:00:00`.
            comment: why.

        Raises:
            RobotJobError: `until` is no moment.
        """
        if not isinstance(until, str) and not hasattr(until, "strftime"):
            raise RobotJobError(say("{value} is no moment to postpone to", value=repr(until)), "usage")
        self._update(POSTPONED, comment, postponed=_field(until))

    def __enter__(self) -> "QueueTask":  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", trace: "TracebackType | None"
    ) -> bool:
        if self.status != IN_PROGRESS:  # the script has said it itself
            return isinstance(error, BusinessError)
        status, comment = _judged(error)
        self._update(status, comment)
        return status == BUSINESS

    def _update(self, status: int, comment: str = "", **fields: "Any") -> None:
        given = {"guid": self.guid, "status": status, **fields}
        if comment:
            given["comment"] = str(comment)[:_LONGEST_COMMENT]
        try:
            _gateway.api("/api/task/update", given)
        except KeyboardInterrupt:  # a stop while this is being said: nobody knows how much of it was heard
            _gateway.api("/api/task/update", given)
            self.status = status
            raise
        self.status = status

    def _text(self, key: str) -> str:
        value = self.fields.get(key)
        return "" if value is None or value is False else str(value)

    def __repr__(self) -> str:
        return f"<QueueTask {self.name or self.guid}>"


def _field(value: "Any") -> "Any":
    """A field of a task as the Orchestrator reads it: times without a zone, tags with `;` between them."""
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return ";".join(map(str, value)) if isinstance(value, (list, tuple, set)) else value


def _judged(error: "BaseException | None") -> "tuple[int, str]":
    """The status that a `with` block's end means, and its comment."""
    if error is None:
        return SUCCESS, ""
    if isinstance(error, BusinessError):
        return BUSINESS, str(error)
    host = own_host()
    if isinstance(error, KeyboardInterrupt) or (host is not None and host.is_interrupt(error)):
        return FAILED, say("Stopped by the operator in the middle of this task")
    text = str(error)
    name = type(error).__name__
    return FAILED, f"{name}: {text}" if text else name


def _stopped() -> bool:
    """Was a stop asked? Without saying that the script asks: it may still be interrupted in the middle of a task."""
    host = own_host()
    return bool(host.stop_requested) if host is not None else _told()
