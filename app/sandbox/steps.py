"""The three calls of the specification (docs/contract.md, steps 1 to 5) as the sandbox answers them."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.orchestrator.vocabulary import (
    JOB_TYPE_ORCHESTRATED,
    ConsumeCode,
    HeartbeatCode,
    JobStatus,
    RobotStatus,
)
from app.sandbox.contract import Call, Refused
from app.sandbox.dialect import in_dialect
from app.sandbox.engine import Heartbeat
from app.sandbox.job_task import task_of
from app.sandbox.task_calls import task_reply

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxJob

_MAC: Final = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}", re.IGNORECASE)
_HEARTBEAT_PARAMETERS: Final = (
    "RobotGUID",
    "Machine",
    "IP",
    "MAC",
    "Status",
    "JobGUID",
    "JobName",
    "JobType",
)
_NOT_REPORTABLE: Final = (JobStatus.CREATED, JobStatus.PENDING)


def heartbeat(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/robot/heartbeat`."""
    for name in _HEARTBEAT_PARAMETERS:
        call.text(name)
    call.expect(*_HEARTBEAT_PARAMETERS)
    call.number("JobType", _job_type)
    beat = Heartbeat(
        robot_guid=call.text("RobotGUID"),
        status=RobotStatus(call.number("Status", RobotStatus)),
        job_guid=call.text("JobGUID"),
        job_name=call.text("JobName"),
        machine=call.text("Machine"),
        ip=call.text("IP"),
        mac=call.text("MAC"),
    )
    _look_at_machine(beat, call)
    code, new_job = sandbox.heartbeat(beat, call.complain)
    text = {
        HeartbeatCode.ROBOT_NOT_FOUND: _("There is no robot with this GUID."),
        HeartbeatCode.JOB_ABORTING: _("The job is to be aborted."),
        HeartbeatCode.JOB_STOPPING: _("The job is to be stopped."),
    }.get(code, "")
    return {"HeartbeatErrorCode": int(code), "ErrorText": text, "HasNewJob": int(new_job)}


def consume_next_job(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/robot/consumeNextJob`. Status may be missing, as in the specification's own sample."""
    robot_guid = call.text("RobotGUID")
    call.expect("RobotGUID", "Status")
    if call.optional("Status") is not None:
        if call.number("Status", RobotStatus) != RobotStatus.READY:
            call.complain(_("A robot that isn't Ready consumes a job."))
    else:
        call.complain(_("The specification lists the parameter Status; it is missing."))
    code, job = sandbox.consume(robot_guid, call.complain)
    if job is None:
        text = {
            ConsumeCode.ROBOT_NOT_FOUND: _("There is no robot with this GUID."),
            ConsumeCode.NO_JOB_FOUND: _("There is no new job."),
        }[code]
        return {
            "ConsumeJobErrorCode": int(code),
            "ErrorText": text,
            "Job": None,
            "ProcessVersion": None,
            "Task": None,
        }
    return {
        "ConsumeJobErrorCode": int(code),
        "ErrorText": "",
        "Job": _json(
            {
                "GUID": job.guid,
                "Name": job.name,
                "Type": str(JOB_TYPE_ORCHESTRATED),
                "Status": str(int(job.status)),
                "ProcessVersionGUID": job.process_version_guid,
            }
        ),
        "ProcessVersion": _json({"GUID": job.process_version_guid, "Name": job.name, "Version": "1"}),
        "Task": _task_text(sandbox, job),
    }


def job_update(sandbox: Sandbox, call: Call) -> list[Any]:
    """`PUT /api/job/update`; answers `[]`."""
    guid = call.text("guid")
    status = JobStatus(call.number("status", _reportable))
    call.expect("guid", "status")
    if not sandbox.knows(call.robot_guid):
        raise Refused(401, _("There is no robot with this GUID."))
    job = sandbox.job(guid)
    if job is None:
        raise Refused(404, _("There is no job {guid}.").format(guid=guid[:50]))
    if job.consumed_by is None or job.consumed_by.lower() != call.robot_guid.lower():
        raise Refused(403, _("The job {name} was not handed to this robot.").format(name=job.name))
    sandbox.report(job, status, call.complain)
    return []


STEPS: Final = {
    "/api/robot/heartbeat": ("POST", heartbeat),
    "/api/robot/consumeNextJob": ("POST", consume_next_job),
    "/api/job/update": ("PUT", job_update),
}


def _job_type(number: int) -> None:
    if number != JOB_TYPE_ORCHESTRATED:
        raise ValueError(number)


def _reportable(number: int) -> None:
    if JobStatus(number) in _NOT_REPORTABLE:
        raise ValueError(number)


def _look_at_machine(beat: Heartbeat, call: Call) -> None:
    if not beat.machine:
        call.complain(_("Machine is empty."))
    try:
        ipaddress.ip_address(beat.ip)
    except ValueError:
        call.complain(_("IP is not an IP address."))
    if not _MAC.fullmatch(beat.mac):
        call.complain(_("MAC is not a MAC address."))
    if beat.status is RobotStatus.WORKING and not beat.job_guid:
        raise Refused(400, _("A heartbeat Working needs the GUID of the job."))


def _task_text(sandbox: Sandbox, job: SandboxJob) -> str:
    """The Task as the real one sends it: JSON text, its `parameters` JSON text once more; `[]` = none."""
    task = task_of(sandbox.tasks, job, sandbox.clock())
    if job.task is None or task is None:
        return "[]"
    value = task_reply(sandbox, task) | job.task | {"parameters": task.parameters}
    return _json(in_dialect(value, sandbox.dialect))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
