"""The whole sandbox as JSON, for the page and for scripts. Credentials and passwords are masked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from app.orchestrator.vocabulary import JobStatus, LogLevel
from app.sandbox.dialect import plain
from app.sandbox.records import MASK, mask_guid

if TYPE_CHECKING:
    from datetime import datetime

    from app.sandbox.engine import Sandbox
    from app.sandbox.faults import Fault
    from app.sandbox.records import RecordedRequest, SandboxJob, SandboxRobot
    from app.sandbox.stored import Asset, QueueTask, StoredFile

JOBS_SHOWN: Final = 100
WAITING_SHOWN: Final = 50  # of those that wait; what runs is always shown
REQUESTS_SHOWN: Final = 200
LOG_SHOWN: Final = 50
LIVE_LOG_SHOWN: Final = 300  # of a job that runs
TASKS_SHOWN: Final = 100
VIOLATIONS_SHOWN: Final = 50
_GUID_PARAMETERS: Final = frozenset({"robotguid"})
_SECRET_PARAMETERS: Final = frozenset({"password"})
_ERRORS: Final = frozenset({LogLevel.ERROR, LogLevel.CRITICAL})
_REASONS: Final = 2  # the last error of the script, and the robot's own words
_REASON_LENGTH: Final = 300  # characters of each


def snapshot(sandbox: Sandbox, requests_after: int = 0) -> dict[str, Any]:
    """Jobs and requests, newest first, and all the rest; of the requests only those after that number."""
    with sandbox.changed:
        numbers = {robot.guid.lower(): robot.number for robot in sandbox.robots.values()}
        newest = list(sandbox.requests)[-REQUESTS_SHOWN:]
        # The Task of a job is told there, until a script has done something with it.
        tasks = [task for task in sandbox.tasks.all() if task.queue or task.updated]
        return {
            "started_at": _time(sandbox.started_at),
            "now": _time(sandbox.clock()),
            "version": sandbox.version,
            "options": {"dialect": sandbox.dialect, "strict": sandbox.strict},
            "robots": [_robot(robot) for robot in sandbox.robots.values()],
            "scripts": sorted(sandbox.book.scripts),
            "jobs": [_job(job, numbers) for job in shown_jobs(sandbox.jobs)],
            "jobs_total": len(sandbox.jobs),
            "jobs_running": sum(_runs(job) for job in sandbox.jobs),
            "jobs_waiting": sum(_waits(job) for job in sandbox.jobs),
            "requests": [_request(request) for request in reversed(newest) if request.number > requests_after],
            "requests_total": sandbox.requests[-1].number if sandbox.requests else 0,
            "violations": sandbox.violations[-VIOLATIONS_SHOWN:],
            "faults": [_fault(fault) for fault in sandbox.faults.active()],
            "queues": [queue.name for queue in sandbox.tasks.queues()],
            "tasks": [_task(task) for task in reversed(tasks[-TASKS_SHOWN:])],
            "tasks_total": len(tasks),
            "assets": [_asset(asset) for asset in sandbox.assets.all()],
            "files": [_file(file, sandbox) for file in sandbox.files.files()],
        }


def shown_jobs(jobs: list[SandboxJob]) -> list[SandboxJob]:
    """Everything that runs, then the newest others: a hundred that wait push out neither it nor all that has ended."""
    running = [job for job in jobs if _runs(job)]
    others = [job for job in reversed(jobs) if not _runs(job)]
    waiting = [job for job in others if _waits(job)]
    ended = [job for job in others if not _waits(job)]
    room = max(JOBS_SHOWN - len(running), 0)
    waiting = waiting[: max(min(WAITING_SHOWN, room), room - len(ended))]
    shown = waiting + ended[: room - len(waiting)]
    return list(reversed(running)) + sorted(shown, key=lambda job: job.number, reverse=True)


def reason(job: SandboxJob) -> str:
    """Why a job ended badly: the last line of what was said last, by the script and by the robot."""
    if not job.is_final or job.status is JobStatus.SUCCESS:
        return ""
    errors = [entry.message.strip().splitlines() for entry in job.log if entry.level in _ERRORS]
    lines = [lines[-1].strip()[:_REASON_LENGTH] for lines in errors if lines][-_REASONS:]
    return " · ".join(
        line for number, line in enumerate(lines) if not any(line in later for later in lines[number + 1 :])
    )


def _waits(job: SandboxJob) -> bool:
    return job.on_offer and not job.is_final


def _runs(job: SandboxJob) -> bool:
    return not job.on_offer and not job.is_final


def masked(form: dict[str, str]) -> dict[str, str]:
    """A request's parameters, fit for a page."""

    def value_of(name: str, value: str) -> str:
        if plain(name) in _GUID_PARAMETERS:
            return mask_guid(value)
        return MASK if plain(name) in _SECRET_PARAMETERS else value

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
        "number": job.number,
        "name": job.name,
        "priority": job.priority,
        "waits": _waits(job),
        "runs": _runs(job),
        "silent": job.silent,
        "reason": reason(job),
        "stop_after": _time(job.stop_after),
        "abort_after": _time(job.abort_after),
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
            for entry in job.log[-(LIVE_LOG_SHOWN if _runs(job) else LOG_SHOWN) :]
        ],
    }


def _task(task: QueueTask) -> dict[str, Any]:
    return {
        "guid": task.guid,
        "queue": task.queue,
        "name": task.name,
        "status": task.status,
        "priority": task.priority,
        "comment": task.comment,
        "description": task.description,
        "parameters": readable(task.parameters),
        "tags": task.tags,
        "retries": task.retries,
        "job_guid": task.job_guid,
        "created": _time(task.created),
        "started": _time(task.started),
        "updated": _time(task.updated),
        "postponed": _time(task.postponed),
        "deadline": _time(task.deadline),
    }


def readable(text: str) -> str:
    """JSON text with letters in place of escapes; any other text as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _asset(asset: Asset) -> dict[str, Any]:
    return {
        "guid": asset.guid,
        "name": asset.name,
        "type": asset.type,
        "text": asset.text,
        "description": asset.description,
        "has_password": bool(asset.password),
    }


def _file(file: StoredFile, sandbox: Sandbox) -> dict[str, Any]:
    folder = sandbox.files.folder(file.folder_guid)
    return {"guid": file.guid, "name": file.name, "size": len(file.content), "folder": folder.name if folder else ""}


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
