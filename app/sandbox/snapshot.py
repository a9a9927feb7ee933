"""The whole sandbox as JSON, for the page and for scripts. Credentials and passwords are masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.records import MASK, mask_guid

if TYPE_CHECKING:
    from datetime import datetime

    from app.sandbox.engine import Sandbox
    from app.sandbox.faults import Fault
    from app.sandbox.records import RecordedRequest, SandboxJob, SandboxRobot

JOBS_SHOWN: Final = 100
REQUESTS_SHOWN: Final = 200
LOG_SHOWN: Final = 50
TASKS_SHOWN: Final = 50
VIOLATIONS_SHOWN: Final = 50
_GUID_PARAMETERS: Final = frozenset({"robotguid", "robot_guid"})
_SECRET_PARAMETERS: Final = frozenset({"password"})


def snapshot(sandbox: Sandbox, requests_after: int = 0) -> dict[str, Any]:
    """The newest jobs and requests, newest first, and all the rest; of the requests only those after that number."""
    with sandbox.changed:
        numbers = {robot.guid.lower(): robot.number for robot in sandbox.robots.values()}
        newest = list(sandbox.requests)[-REQUESTS_SHOWN:]
        return {
            "started_at": _time(sandbox.started_at),
            "version": sandbox.version,
            "robots": [_robot(robot) for robot in sandbox.robots.values()],
            "jobs": [_job(job, numbers) for job in reversed(sandbox.jobs[-JOBS_SHOWN:])],
            "jobs_total": len(sandbox.jobs),
            "requests": [_request(request) for request in reversed(newest) if request.number > requests_after],
            "requests_total": sandbox.requests[-1].number if sandbox.requests else 0,
            "violations": sandbox.violations[-VIOLATIONS_SHOWN:],
            "faults": [_fault(fault) for fault in sandbox.faults.active()],
            "tasks": [
                {
                    "guid": task.guid,
                    "queue": task.queue,
                    "name": task.name,
                    "status": task.status,
                    "created": _time(task.created),
                }
                for task in reversed(sandbox.tasks.all()[-TASKS_SHOWN:])
            ],
            "assets": [{"guid": asset.guid, "name": asset.name, "type": asset.type} for asset in sandbox.assets.all()],
        }


def masked(form: dict[str, str]) -> dict[str, str]:
    """A request's parameters, fit for a page."""

    def value_of(name: str, value: str) -> str:
        if name.lower() in _GUID_PARAMETERS:
            return mask_guid(value)
        return MASK if name.lower() in _SECRET_PARAMETERS else value

    return {name: value_of(name, value) for name, value in form.items()}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None


def _robot(robot: SandboxRobot) -> dict[str, Any]:
    return {
        "number": robot.number,
        "name": robot.name,
        "guid": mask_guid(robot.guid),
        "status": int(robot.status) if robot.status else None,
        "machine": robot.machine,
        "ip": robot.ip,
        "mac": robot.mac,
        "job_guid": robot.job_guid,
        "seen_at": _time(robot.seen_at),
    }


def _job(job: SandboxJob, numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "guid": job.guid,
        "name": job.name,
        "task": job.task,
        "status": int(job.status),
        "for_robot": numbers.get((job.robot_guid or "").lower()),
        "robot": numbers.get((job.consumed_by or "").lower()),
        "queued_at": _time(job.queued_at),
        "consumed_at": _time(job.consumed_at),
        "times_consumed": job.times_consumed,
        "history": [{"time": _time(moment), "status": int(status)} for moment, status in job.history],
        "can_stop": not job.is_final and job.status not in {JobStatus.STOPPING, JobStatus.ABORTING},
        "can_abort": not job.is_final and job.status is not JobStatus.ABORTING,
        "log": [
            {"time": _time(entry.time), "level": entry.level, "message": entry.message}
            for entry in job.log[-LOG_SHOWN:]
        ],
    }


def _request(request: RecordedRequest) -> dict[str, Any]:
    return {
        "number": request.number,
        "time": _time(request.time),
        "method": request.method,
        "path": request.path,
        "authorization": MASK if request.authorization else "",
        "form": masked(request.form),
        "status_code": request.status_code,
        "complaints": list(request.complaints),
        "reply": request.reply,
        "fault": request.fault,
        "lost": request.lost,
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "kind": fault.kind,
        "path": fault.path,
        "form": masked(dict(fault.form)),
        "when": fault.when,
        "skip": fault.skip,
        "count": fault.count,
        "seconds": fault.seconds,
        "status": fault.status,
    }
