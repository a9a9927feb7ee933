"""What scripts ask of queues: `/api/queue/…` and `/api/task/…`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from app.base.i18n import _
from app.sandbox.contract import Call, Refused
from app.sandbox.dialect import plain
from app.sandbox.moments import read_moment, written
from app.sandbox.stored import PriorityWord, StatusWord, TaskPriority, TaskStatus
from app.sandbox.tasks import TaskExistsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from enum import IntEnum

    from app.sandbox.engine import Sandbox
    from app.sandbox.stored import Queue, QueueTask

_FIELDS: Final = (
    *("guid", "name", "queue_guid", "description", "comment", "status", "priority", "postponed", "deadline"),
    *("retries", "tags", "parameters", "job_guid"),
)
TAG_MARK: Final = ";"


def task_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/task/create`."""
    queue, name, parameters = call.name("queue_guid"), call.name(), call.text("parameters", "{}")
    call.expect(*(field for field in _FIELDS if field != "guid"))
    fields = _changed_fields(call)
    fields.pop("name", None)
    fields.pop("parameters", None)
    try:
        task = sandbox.tasks.create(queue, name, _json_text(parameters), sandbox.clock(), **fields)
    except TaskExistsError as error:
        raise Refused(409, error.message) from None
    return {"guid": task.guid}


def queue_last_task(sandbox: Sandbox, call: Call) -> dict[str, Any] | list[Any]:
    """`GET /api/queue/lastTask/{queue GUID or name}`: the next New task, `[]` if there is none."""
    task = sandbox.tasks.next_new(call.rest)
    return task_reply(sandbox, task) if task else []


def queue_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/queue/read/{GUID or name}`."""
    queue = _find_queue(sandbox, call.rest)
    return {
        "id": str(queue.id),
        "guid": queue.guid,
        "name": queue.name,
        "description": queue.description,
        "auto_change_status": str(int(queue.auto_change_status)),
        "unique_tasks": str(int(queue.unique_tasks)),
        "created": written(queue.created),
    }


def task_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/task/read/{GUID or name}`."""
    return task_reply(sandbox, find_task(sandbox, call.rest))


def task_update(sandbox: Sandbox, call: Call) -> list[Any]:
    """`PUT /api/task/update`."""
    task = find_task(sandbox, call.text("guid"))
    call.expect(*_FIELDS)
    fields = _changed_fields(call)
    status = fields.pop("status", None)
    if "parameters" in fields:
        fields["parameters"] = _json_text(fields["parameters"])
    queue = call.optional("queue_guid")
    if queue and queue.strip():
        fields["queue"] = (sandbox.tasks.queue(queue) or sandbox.tasks.add_queue(queue)).name
    if status is not None:
        sandbox.tasks.set_status(task, status)
    for name, value in fields.items():
        setattr(task, name, value)
    task.updated = sandbox.clock()
    return []


def task_add_tag(sandbox: Sandbox, call: Call) -> list[Any]:
    """`POST /api/task/addTag`: `task_guid`, `tag_names` with `;` between them."""
    task, names = _tags(sandbox, call)
    task.tags += [name for name in names if name not in task.tags]
    return []


def task_remove_tag(sandbox: Sandbox, call: Call) -> list[Any]:
    """`POST /api/task/removeTag`: as addTag."""
    task, names = _tags(sandbox, call)
    task.tags = [name for name in task.tags if name not in names]
    return []


def task_filter_read(sandbox: Sandbox, call: Call) -> dict[str, Any] | list[Any]:
    """`POST /api/task/filter/read/{queue}[/{filters}]`: the first task that fits, `[]` if none does."""
    return next(iter(task_filter_list(sandbox, call)), [])


def task_filter_list(sandbox: Sandbox, call: Call) -> list[dict[str, Any]]:
    """`POST /api/task/filter/list/{queue}[/{filters}]`: every task that fits, oldest first.

    Conditions stand in the path, `status=1&priority=High`, or in the body; a task has to meet all of them. `name` may
    be a GUID; `tags` asks for each of the tags.
    """
    key, _slash, filters = call.rest.partition("/")
    queue = _find_queue(sandbox, key)
    wanted = {plain(name): value for name, value in (*parse_qsl(filters, keep_blank_values=True), *call.form.items())}
    if filters and not parse_qsl(filters, keep_blank_values=True):
        raise call.wrong("filters", filters)
    if plain(wanted.get("name", "")) in (plain(queue.name), plain(queue.guid)):
        del wanted["name"]  # the vendor's page of `list` names the queue there
    found = [task for task in sandbox.tasks.all() if task.queue == queue.name]
    replies = [task_reply(sandbox, task) for task in found]
    return [reply for reply in replies if _fits(reply, wanted, call)]


TASK_CALLS: Final = {
    "/api/task/create": ("POST", task_create),
    "/api/queue/lastTask/": ("GET", queue_last_task),
    "/api/queue/read/": ("GET", queue_read),
    "/api/task/read/": ("GET", task_read),
    "/api/task/update": ("PUT", task_update),
    "/api/task/addTag": ("POST PUT", task_add_tag),  # the vendor's pages say both
    "/api/task/removeTag": ("POST PUT", task_remove_tag),
    "/api/task/filter/read/": ("POST", task_filter_read),
    "/api/task/filter/list/": ("POST", task_filter_list),
}


def find_task(sandbox: Sandbox, key: str) -> QueueTask:
    """The task of that GUID or name; Refused (404) if there is none."""
    task = sandbox.tasks.find(key)
    if task is None:
        raise Refused(404, _("There is no task {guid}.").format(guid=key[:50]))
    return task


def task_reply(sandbox: Sandbox, task: QueueTask) -> dict[str, Any]:
    """A task as the Orchestrator sends it: numbers as texts, `parameters` as JSON text."""
    queue = sandbox.tasks.queue(task.queue)
    job = sandbox.job(task.job_guid)
    parent = sandbox.tasks.find_guid(task.parent_task)
    return {
        "id": str(task.id),
        "guid": task.guid,
        "queue_id": str(queue.id) if queue else "0",
        "name": task.name,
        "description": task.description,
        "status": str(int(task.status)),
        "job_id": str(job.number) if job else None,
        "priority": str(int(task.priority)),
        "created": written(task.created),
        "started": written(task.started),
        "postponed": written(task.postponed),
        "deadline": written(task.deadline),
        "updated": written(task.updated or task.created),
        "comment": task.comment,
        "tags": TAG_MARK.join(task.tags),
        "retries": str(task.retries),
        "parent_task": str(parent.id) if parent else None,
        "parameters": task.parameters,
    }


def _changed_fields(call: Call) -> dict[str, Any]:
    """The fields of a QueueTask that the request names."""
    fields: dict[str, Any] = {}
    if call.optional("name") is not None:
        fields["name"] = call.name()
    for name in ("description", "comment", "parameters", "job_guid"):
        if (text := call.optional(name)) is not None:
            fields[name] = text
    for name, kind in (("status", TaskStatus), ("priority", TaskPriority)):
        if (text := call.optional(name)) is not None:
            fields[name] = _member(kind, name, text, call)
    for name in ("postponed", "deadline"):
        if (text := call.optional(name)) is not None:
            fields[name] = _moment(name, text, call)
    if (text := call.optional("tags")) is not None:
        fields["tags"] = _split(text)
    if call.optional("retries"):
        fields["retries"] = call.number("retries", range(1_000_000).index)
    return fields


def _member(kind: type[IntEnum], name: str, text: str, call: Call) -> IntEnum:
    """A status or a priority: its number, or its word."""
    words = StatusWord if kind is TaskStatus else PriorityWord
    for member in kind:
        if text.strip().lower() in (str(int(member)), words[member.name].lower()):
            return member
    raise call.wrong(name, text)


def _moment(name: str, text: str, call: Call) -> datetime | None:
    if not text.strip():
        return None
    try:
        return read_moment(text)
    except ValueError:
        raise call.wrong(name, text) from None


def _json_text(text: str) -> str:
    try:
        json.loads(text)
    except ValueError:
        raise Refused(400, _("The parameter parameters is not JSON text.")) from None
    return text


def _split(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(TAG_MARK)) if name]


def _tags(sandbox: Sandbox, call: Call) -> tuple[QueueTask, list[str]]:
    guid = call.optional("task_guid")
    task = find_task(sandbox, call.text("guid") if guid is None else guid)
    names = call.optional("tag_names")
    names = call.text("tags") if names is None else names
    call.expect("task_guid", "guid", "tag_names", "tags")
    if not _split(names):
        raise call.wrong("tag_names", names)
    return task, _split(names)


def _find_queue(sandbox: Sandbox, key: str) -> Queue:
    queue = sandbox.tasks.queue(key)
    if queue is None:
        raise Refused(404, _("There is no queue {key}.").format(key=key[:50]))
    return queue


def _fits(reply: Mapping[str, Any], wanted: Mapping[str, str], call: Call) -> bool:
    names = {plain(name): name for name in reply}
    for key, value in wanted.items():
        if key not in names:
            raise call.wrong("filters", key)
        name, text = names[key], str(reply[names[key]] or "")
        if name == "tags":
            fits = set(_split(value)) <= set(_split(text))
        elif name in ("status", "priority"):
            kind = TaskStatus if name == "status" else TaskPriority
            fits = int(_member(kind, name, value, call)) == int(text)
        else:
            fits = value == text or (name == "name" and value.lower() == reply["guid"])
        if not fits:
            return False
    return True
