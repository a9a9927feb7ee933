"""A state put into a sandbox: everything is looked at first, so that a mistake changes nothing."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.orchestrator.vocabulary import JobStatus
from app.sandbox.carrying_out import add_queue, file_content, set_options, task_fields, task_parameters
from app.sandbox.faults import Fault
from app.sandbox.job_task import task_of
from app.sandbox.orders import FaultOrder
from app.sandbox.reading import Mistake, WrongValuesError
from app.sandbox.records import LogMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox.engine import Sandbox
    from app.sandbox.reading import Path
    from app.sandbox.state import SavedJob, SavedQueue, SavedTask, State
    from app.sandbox.stored import QueueTask

_HELD: Final = frozenset({JobStatus.ABORTING, JobStatus.STOPPING, JobStatus.IN_PROGRESS})


def apply_state(sandbox: Sandbox, state: State) -> None:
    """Add everything to the sandbox. Raises WrongValuesError, and has done nothing then."""
    with sandbox.changed:
        mistakes = list(_mistakes(sandbox, state))
        if mistakes:
            raise WrongValuesError(mistakes)
        set_options(sandbox, state.settings)
        _apply_robots(sandbox, state)
        for script in state.scripts:
            sandbox.book.script(script.name)
        for queue in state.queues:
            _apply_queue(sandbox, queue)
        for asset in state.assets:
            sandbox.assets.add(
                asset.name, asset.text, asset.password, asset.type, asset.description, guid=asset.guid or ""
            )
        _apply_storage(sandbox, state)
        for task in state.job_tasks:
            _keep(sandbox.tasks.attach(task.name, task_parameters(task), sandbox.clock(), **task_fields(task)), task)
        for job in state.jobs:
            _apply_job(sandbox, job)
        for order in state.faults:
            values = {field.name: getattr(order, field.name) for field in fields(FaultOrder)}
            sandbox.faults.add(Fault(**values | ({"count": None} if order.until_off else {})))
        sandbox.touch()


def _mistakes(sandbox: Sandbox, state: State) -> Iterator[Mistake]:
    """What the shape alone doesn't say: names that lead nowhere or stand there twice, texts that are no JSON."""
    yield from _wrong_jobs(sandbox, state)
    yield from _wrong_files(sandbox, state)
    for where, task in _tasks(state):
        if not _is_json(task.parameters_json):
            yield Mistake((*where, "parameters_json"), _("is not JSON text"))
    yield from _twice(state)


def _wrong_jobs(sandbox: Sandbox, state: State) -> Iterator[Mistake]:
    robots = {word.lower() for one in sandbox.robots.values() for word in (one.guid, one.name)}
    robots |= {word.lower() for one in state.robots for word in (one.guid, one.name)}
    for index, job in enumerate(state.jobs):
        for key in ("robot", "taken_by"):
            name = getattr(job, key)
            if name and name.lower() not in robots:
                yield Mistake(("jobs", index, key), _("there is no robot {name}").format(name=name))
        if not _is_json(job.task_json, dict):
            yield Mistake(("jobs", index, "task_json"), _("is not the JSON text of an object"))
        if job.guid and sandbox.job(job.guid):
            yield Mistake(("jobs", index, "guid"), _("stands there already"))


def _wrong_files(sandbox: Sandbox, state: State) -> Iterator[Mistake]:
    folders = {word for one in state.folders for word in (one.name, one.guid)}
    folders |= {word for one in sandbox.files.folders() for word in (one.name, one.guid)}
    for index, file in enumerate(state.files):
        if file.folder and file.folder not in folders:
            yield Mistake(("files", index, "folder"), _("there is no folder {name}").format(name=file.folder))
        try:
            file_content(file)
        except ValueError:
            yield Mistake(("files", index, "base64"), _("is not Base64"))


def _tasks(state: State) -> Iterator[tuple[Path, SavedTask]]:
    for number, queue in enumerate(state.queues):
        for index, task in enumerate(queue.tasks):
            yield ("queues", number, "tasks", index), task
    for index, task in enumerate(state.job_tasks):
        yield ("job_tasks", index), task


def _twice(state: State) -> Iterator[Mistake]:
    for kind, key in (("queues", "name"), ("assets", "name"), ("robots", "guid"), ("jobs", "guid")):
        seen = set()
        for index, one in enumerate(getattr(state, kind)):
            value = (getattr(one, key) or "").lower()
            if value and value in seen:
                yield Mistake((kind, index, key), _("stands there already"))
            seen.add(value)
    guids = set()
    for where, task in _tasks(state):
        if task.guid and task.guid.lower() in guids:
            yield Mistake((*where, "guid"), _("stands there already"))
        guids.add((task.guid or "").lower())


def _is_json(text: str | None, kind: type = object) -> bool:
    try:
        return text is None or isinstance(json.loads(text), kind)
    except ValueError:
        return False


def _apply_robots(sandbox: Sandbox, state: State) -> None:
    for saved in state.robots:
        sandbox.add_robot(saved.guid, saved.name)
        robot = sandbox.robots[saved.guid.lower()]
        robot.status, robot.machine, robot.ip, robot.mac = saved.status, saved.machine, saved.ip, saved.mac
        robot.job_guid, robot.seen_at = saved.job_guid, saved.seen


def _apply_queue(sandbox: Sandbox, saved: SavedQueue) -> None:
    queue = add_queue(sandbox, replace(saved, unique_tasks=False))  # renamed tasks may have met since
    queue.created = saved.created or queue.created
    for task in saved.tasks:
        made = sandbox.tasks.create(queue.name, task.name, task_parameters(task), sandbox.clock(), **task_fields(task))
        _keep(made, task)
    queue.unique_tasks = saved.unique_tasks


def _keep(task: QueueTask, saved: SavedTask) -> None:
    """What a task has from its life before."""
    task.created = saved.created or task.created
    task.started, task.updated = saved.started, saved.updated
    task.job_guid, task.parent_task = saved.job, saved.parent


def _apply_storage(sandbox: Sandbox, state: State) -> None:
    for saved in state.folders:
        folder = sandbox.files.add_folder(saved.name, saved.description, saved.guid or "")
        folder.created, folder.updated = saved.created or folder.created, saved.updated or folder.updated
    for one in state.files:
        place = sandbox.files.folder(one.folder) if one.folder else None
        file = sandbox.files.add_file(one.name, file_content(one), place.guid if place else "", one.guid or "")
        file.created, file.updated = one.created or file.created, one.updated or file.updated


def _apply_job(sandbox: Sandbox, saved: SavedJob) -> None:
    status = JobStatus[saved.status.name]
    job = sandbox.book.add(
        saved.name,
        saved.guid,
        task=json.loads(saved.task_json) if saved.task_json is not None else saved.task,
        robot_guid=_robot(sandbox, saved.robot),
        priority=saved.priority,
        queued_at=saved.queued,
        stop_after=saved.stop_at,
        abort_after=saved.abort_at,
    )
    job.status, job.repeats = status, saved.repeats
    job.consumed_at, job.consumed_by, job.times_consumed = (
        saved.taken,
        _robot(sandbox, saved.taken_by),
        saved.times_taken,
    )
    job.history = [(report.time, JobStatus[report.status.name]) for report in saved.history]
    job.log = [LogMessage(entry.time, entry.level, entry.message) for entry in saved.log]
    waits = not job.is_final and status not in _HELD and job.consumed_by is None
    job.on_offer = waits if saved.on_offer is None else saved.on_offer and not job.is_final
    task_of(sandbox.tasks, job, job.queued_at)


def _robot(sandbox: Sandbox, key: str) -> str | None:
    robots: Any = sandbox.robots.values()
    return next((one.guid for one in robots if key and key.lower() in (one.guid.lower(), one.name.lower())), None)
