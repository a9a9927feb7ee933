"""What scripts may call themselves: queues of tasks, assets, log messages; the vendor's API in simple form."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.orchestrator.vocabulary import LogLevel
from app.sandbox.contract import Call, Refused

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.records import Asset, QueueTask

TASK_STATUSES: Final = range(7)  # 0 New, 1 In progress, 2 Success, 3 and 4 Failed, 5 Postponed, 6 Abandoned


def task_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/task/create`."""
    _known(sandbox, call)
    queue, name, parameters = call.text("queue_guid"), call.text("name"), call.text("parameters", "{}")
    call.expect("queue_guid", "name", "parameters", "priority", "description", "comment")
    try:
        json.loads(parameters)
    except ValueError:
        raise Refused(400, _("The parameter parameters is not JSON text.")) from None
    priority = call.number("priority", int, "0")
    return {"guid": sandbox.tasks.create(queue, name, parameters, sandbox.clock(), priority).guid}


def queue_last_task(sandbox: Sandbox, call: Call) -> dict[str, Any] | list[Any]:
    """`GET /api/queue/lastTask/{queue GUID or name}`: the next New task, `[]` if there is none."""
    _known(sandbox, call)
    task = sandbox.tasks.next_new(call.rest)
    return _task(task) if task else []


def task_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/task/read/{guid}`."""
    _known(sandbox, call)
    return _task(_find_task(sandbox, call.rest))


def task_update(sandbox: Sandbox, call: Call) -> list[Any]:
    """`PUT /api/task/update`."""
    _known(sandbox, call)
    task = _find_task(sandbox, call.text("guid"))
    call.expect("guid", "status", "comment", "description", "parameters")
    task.status = call.number("status", TASK_STATUSES.index, str(task.status))
    task.comment = call.text("comment", task.comment)
    task.description = call.text("description", task.description)
    task.parameters = call.text("parameters", task.parameters)
    return []


def asset_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/asset/read/{guid or name}`."""
    _known(sandbox, call)
    asset = _find_asset(sandbox, call.rest)
    return {
        "guid": asset.guid,
        "name": asset.name,
        "type": str(asset.type),
        "text": asset.text,
        "password": asset.password,
    }


def asset_update(sandbox: Sandbox, call: Call) -> list[Any]:
    """`PUT /api/asset/update`."""
    _known(sandbox, call)
    asset = _find_asset(sandbox, call.text("guid"))
    call.expect("guid", "name", "type", "text", "password")
    asset.name = call.text("name", asset.name)
    asset.text = call.text("text", asset.text)
    asset.password = call.text("password", asset.password)
    return []


def log_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/log/create`: a message that an operator sees with the job."""
    _known(sandbox, call)
    if call.text("robot_guid").lower() != call.robot_guid.lower():
        raise Refused(401, _("robot_guid is not the GUID of the Authorization header."))
    call.expect("robot_guid", "process_version_guid", "job_guid", "level", "message")
    level, message = call.text("level"), call.text("message")
    if level not in set(LogLevel):
        raise Refused(400, _("The parameter {name} must not be {value}.").format(name="level", value=repr(level[:50])))
    job = sandbox.job(call.text("job_guid"))
    if job is None:
        raise Refused(404, _("There is no job {guid}.").format(guid=call.text("job_guid")[:50]))
    if call.text("process_version_guid") != job.process_version_guid:
        call.complain(_("process_version_guid is not that of this job."))
    sandbox.add_log(job, level, message)
    return {"guid": str(uuid.uuid4())}


SCRIPT_CALLS: Final = {
    "/api/task/create": ("POST", task_create),
    "/api/queue/lastTask/": ("GET", queue_last_task),
    "/api/task/read/": ("GET", task_read),
    "/api/task/update": ("PUT", task_update),
    "/api/asset/read/": ("GET", asset_read),
    "/api/asset/update": ("PUT", asset_update),
    "/api/log/create": ("POST", log_create),
}


def _known(sandbox: Sandbox, call: Call) -> None:
    if not sandbox.knows(call.robot_guid):
        raise Refused(401, _("There is no robot with this GUID."))


def _find_task(sandbox: Sandbox, guid: str) -> QueueTask:
    task = sandbox.tasks.find(guid)
    if task is None:
        raise Refused(404, _("There is no task {guid}.").format(guid=guid[:50]))
    return task


def _find_asset(sandbox: Sandbox, key: str) -> Asset:
    asset = sandbox.assets.find(key)
    if asset is None:
        raise Refused(404, _("There is no asset {key}.").format(key=key[:50]))
    return asset


def _task(task: QueueTask) -> dict[str, Any]:
    return {
        "id": str(task.id),
        "guid": task.guid,
        "queue": task.queue,
        "name": task.name,
        "status": str(task.status),
        "priority": str(task.priority),
        "created": task.created.strftime("%Y-%m-%d %H:%M:%S"),
        "comment": task.comment,
        "description": task.description,
        "parameters": task.parameters,
    }
