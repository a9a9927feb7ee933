"""What else scripts and programs ask: assets, messages, process versions, jobs, the status of robots."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.orchestrator.vocabulary import LogLevel, RobotStatus
from app.sandbox.contract import Call, Refused
from app.sandbox.moments import read_moment, written

if TYPE_CHECKING:
    from datetime import datetime

    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxJob, SandboxRobot
    from app.sandbox.stored import Asset

UNKNOWN: Final = 9  # the status Unknown as a number; the vendor publishes none, so this one is the sandbox's
_PRIORITIES: Final = range(1, 4)
_ASSET_TYPES: Final = range(1, 4)
_ASSET_FIELDS: Final = ("name", "type", "text", "password", "description")


def asset_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/asset/read/{guid or name}`."""
    asset = _find_asset(sandbox, call.rest)
    return {
        "guid": asset.guid,
        "name": asset.name,
        "type": str(asset.type),
        "text": asset.text,
        "password": asset.password,
    }


def asset_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/asset/create`."""
    call.expect(*_ASSET_FIELDS)
    name = call.name()
    if sandbox.assets.find(name):
        raise Refused(409, _("There is an asset {name} already.").format(name=name[:50]))
    kind = call.number("type", _ASSET_TYPES.index, "2")
    text, password, description = (call.text(field, "") for field in ("text", "password", "description"))
    return {"guid": sandbox.assets.add(name, text, password, kind, description).guid}


def asset_update(sandbox: Sandbox, call: Call) -> list[Any]:
    """`PUT /api/asset/update`."""
    asset = _find_asset(sandbox, call.text("guid"))
    call.expect("guid", *_ASSET_FIELDS)
    name = call.name(default=asset.name)
    if sandbox.assets.find(name) not in (asset, None):
        raise Refused(409, _("There is an asset {name} already.").format(name=name[:50]))
    asset.name = name
    asset.type = call.number("type", _ASSET_TYPES.index, str(asset.type))
    asset.text = call.text("text", asset.text)
    asset.password = call.text("password", asset.password)
    asset.description = call.text("description", asset.description)
    return []


def asset_delete(sandbox: Sandbox, call: Call) -> list[Any]:
    """`DELETE /api/asset/delete/{guid or name}`."""
    sandbox.assets.remove(_find_asset(sandbox, call.rest).guid)
    return []


def log_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/log/create`: a message that an operator sees with the job. The level may be a number."""
    if call.text("robot_guid", call.robot_guid).lower() != call.robot_guid.lower():
        raise Refused(401, _("robot_guid is not the GUID of the Authorization header."))
    call.expect("robot_guid", "process_version_guid", "job_guid", "level", "message")
    level, message = call.text("level", LogLevel.INFO), call.text("message")
    if level not in set(LogLevel) and not level.isdecimal():
        raise call.wrong("level", level)
    guid = call.optional("job_guid")
    if not guid:
        call.complain(_("No job is named, so the message stands at none."))
        return {"guid": str(uuid.uuid4())}
    job = _find_job(sandbox, guid)
    if call.text("process_version_guid", job.process_version_guid) != job.process_version_guid:
        call.complain(_("process_version_guid is not that of this job."))
    sandbox.add_log(job, level, message)
    return {"guid": str(uuid.uuid4())}


def process_version_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/processVersion/read/{guid or name}`."""
    script = sandbox.book.find_script(call.rest)
    if script is None:
        raise Refused(404, _("There is no process version {key}.").format(key=call.rest[:50]))
    return {
        "id": str(script.id),
        "guid": script.guid,
        "process_id": str(script.id),
        "name": script.name,
        "description": "",
        "process_file_name": script.name,
        "created": written(script.created),
        "updated": written(script.created),
    }


def job_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/job/read/{guid}`; the vendor's page shows no usable sample, so the names are those that it mentions."""
    job = _find_job(sandbox, call.rest)
    robot = sandbox.robots.get((job.consumed_by or job.robot_guid or "").lower())
    script = sandbox.book.script(job.name)
    return {
        "id": str(job.number),
        "guid": job.guid,
        "name": job.name,
        "status": str(UNKNOWN if job.silent else int(job.status)),
        "process_version_id": str(script.id),
        "process_version_guid": script.guid,
        "robot_id": str(robot.number) if robot else None,
        "priority": str(job.priority),
        "stop_after": written(job.stop_after),
        "abort_after": written(job.abort_after),
        "last_message": job.log[-1].message if job.log else "",
        "created_at": written(job.queued_at),
        "started_at": written(job.consumed_at),
        "updated_at": written(job.history[-1][0] if job.history else job.consumed_at or job.queued_at),
    }


def job_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/job/create`: `process_version_guid` (the script's GUID or name).

    `robot_guid`, `priority` (1 to 3), `stop_after` and `abort_after` (a moment, or seconds from now) and `parameters`
    (JSON text), `task_name` may come along. A name that is new here is a new script.
    """
    call.expect(
        *("process_version_guid", "name", "robot_guid", "priority", "stop_after", "abort_after", "parameters"),
        *("task_name", "task_guid"),
    )
    key = call.optional("process_version_guid") or call.name()
    script = sandbox.book.find_script(key) or sandbox.book.script(key)
    robot = call.optional("robot_guid")
    job = sandbox.queue_job(
        script.name,
        task=_job_task(call),
        robot_guid=find_robot(sandbox, robot).guid if robot else None,
        priority=call.number("priority", _PRIORITIES.index, "2"),
        stop_after=_moment(sandbox, call, "stop_after"),
        abort_after=_moment(sandbox, call, "abort_after"),
    )
    return {"guid": job.guid}


def robot_get_status(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/robot/getStatus/{guid}`."""
    return {"Status": int(find_robot(sandbox, call.rest).status or RobotStatus.DISCONNECTED)}


def robot_set_status(sandbox: Sandbox, call: Call) -> list[Any]:
    """`POST /api/robot/setStatus`: `guid`, `status`; holds until the robot says otherwise."""
    robot = find_robot(sandbox, call.optional("guid") or call.text("robot_guid"))
    call.expect("guid", "robot_guid", "status")
    robot.status = str(call.number("status", RobotStatus))
    return []


OTHER_CALLS: Final = {
    "/api/asset/read/": ("GET", asset_read),
    "/api/asset/create": ("POST", asset_create),
    "/api/asset/update": ("PUT", asset_update),
    "/api/asset/delete/": ("DELETE", asset_delete),
    "/api/log/create": ("POST", log_create),
    "/api/processVersion/read/": ("GET", process_version_read),
    "/api/job/read/": ("GET", job_read),
    "/api/job/create": ("POST", job_create),
    "/api/robot/getStatus/": ("GET", robot_get_status),
    "/api/robot/setStatus": ("POST PUT", robot_set_status),  # the vendor's pages say both
}


def find_robot(sandbox: Sandbox, key: str) -> SandboxRobot:
    """The robot with that GUID or name; Refused (404) if there is none."""
    robots = sandbox.robots.values()
    robot = next((one for one in robots if key.lower() in (one.guid.lower(), one.name.lower())), None)
    if robot is None:
        raise Refused(404, _("There is no such robot."))
    return robot


def _find_asset(sandbox: Sandbox, key: str) -> Asset:
    asset = sandbox.assets.find(key)
    if asset is None:
        raise Refused(404, _("There is no asset {key}.").format(key=key[:50]))
    return asset


def _find_job(sandbox: Sandbox, guid: str) -> SandboxJob:
    job = sandbox.job(guid)
    if job is None:
        raise Refused(404, _("There is no job {guid}.").format(guid=guid[:50]))
    return job


def _job_task(call: Call) -> dict[str, Any] | None:
    task: dict[str, Any] = {}
    if text := call.optional("parameters"):
        try:
            task["parameters"] = json.loads(text)
        except ValueError:
            raise Refused(400, _("The parameter parameters is not JSON text.")) from None
    for name, field in (("task_name", "name"), ("task_guid", "guid")):
        if text := call.optional(name):
            task[field] = text
    return task or None


def _moment(sandbox: Sandbox, call: Call, name: str) -> datetime | None:
    text = call.text(name, "").strip()
    if not text:
        return None
    try:
        return sandbox.clock() + timedelta(seconds=int(text)) if text.isdecimal() else read_moment(text)
    except (ValueError, OverflowError):
        raise call.wrong(name, text) from None
