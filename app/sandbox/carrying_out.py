"""Orders of the control API and of state files, carried out: from their words to the sandbox's records."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.base.i18n import _
from app.sandbox.job_book import SandboxError
from app.sandbox.reading import is_whole
from app.sandbox.stored import TaskPriority, TaskStatus

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.orders import AssetChange, FileOrder, JobOrder, Options, QueueOrder, TaskChange, TaskFields
    from app.sandbox.records import SandboxJob
    from app.sandbox.stored import Asset, Queue, QueueTask, StoredFile


def set_options(sandbox: Sandbox, order: Options) -> None:
    """What isn't named stays."""
    with sandbox.changed:
        sandbox.dialect = order.dialect or sandbox.dialect
        sandbox.strict = sandbox.strict if order.strict is None else order.strict
        sandbox.touch()


def queue_job(sandbox: Sandbox, order: JobOrder, robot_guid: str | None) -> SandboxJob:
    """Queue the job."""

    def moment(seconds: float | None) -> Any:
        return None if seconds is None else sandbox.clock() + timedelta(seconds=seconds)

    return sandbox.queue_job(
        order.name,
        task=order.task,
        robot_guid=robot_guid,
        guid=order.guid,
        priority=order.priority,
        stop_after=moment(order.stop_after),
        abort_after=moment(order.abort_after),
    )


def add_queue(sandbox: Sandbox, order: QueueOrder) -> Queue:
    """Make the queue, or change its settings."""
    with sandbox.changed:
        queue = sandbox.tasks.add_queue(
            order.name,
            order.guid or "",
            description=order.description,
            unique_tasks=order.unique_tasks,
            auto_change_status=order.auto_change_status,
            abandon_new_after=order.abandon_new_after,
            abandon_in_progress_after=order.abandon_in_progress_after,
            repeat_abandoned=order.repeat_abandoned,
        )
        sandbox.touch()
        return queue


def task_parameters(order: TaskFields) -> str:
    """JSON text; ValueError if `parameters_json` is none."""
    if order.parameters_json is None:
        value = {} if order.parameters is None else order.parameters
        text = json.dumps(value, ensure_ascii=False, default=str)  # str: the dates of TOML
        return text if is_whole(text) else json.dumps(value, default=str)
    json.loads(order.parameters_json)
    return order.parameters_json


def task_fields(order: TaskFields) -> dict[str, Any]:
    """The fields of a QueueTask that the order says."""
    fields: dict[str, Any] = {
        "status": TaskStatus[order.status.name],
        "priority": TaskPriority[order.priority.name],
        "description": order.description,
        "comment": order.comment,
        "postponed": order.postponed,
        "deadline": order.deadline,
        "tags": list(order.tags),
        "retries": order.retries,
    }
    return fields | ({"guid": order.guid} if order.guid else {})


def add_task(sandbox: Sandbox, queue: str, name: str, order: TaskFields) -> QueueTask:
    """Put the task into its queue. Raises SandboxError, TaskExistsError."""
    try:
        parameters = task_parameters(order)
    except ValueError:
        raise SandboxError(_("The parameter parameters is not JSON text.")) from None
    with sandbox.changed:
        task = sandbox.tasks.create(queue, name, parameters, sandbox.clock(), **task_fields(order))
        sandbox.touch()
        return task


def change_task(sandbox: Sandbox, task: QueueTask, order: TaskChange) -> None:
    """What isn't named stays."""
    with sandbox.changed:
        if order.status is not None:
            sandbox.tasks.set_status(task, TaskStatus[order.status.name])
        if order.priority is not None:
            task.priority = TaskPriority[order.priority.name]
        _change(task, order, ("name", "description", "comment", "postponed", "deadline", "tags", "retries"))
        task.updated = sandbox.clock()
        sandbox.touch()


def change_asset(sandbox: Sandbox, asset: Asset, order: AssetChange) -> None:
    """What isn't named stays."""
    with sandbox.changed:
        _change(asset, order, ("name", "type", "text", "password", "description"))
        sandbox.touch()


def add_file(sandbox: Sandbox, order: FileOrder) -> StoredFile:
    """Keep the file. Raises SandboxError: there is no such folder, or the content isn't Base64."""
    with sandbox.changed:
        folder = sandbox.files.folder(order.folder) if order.folder else None
        if order.folder and folder is None:
            raise SandboxError(_("There is no folder {key}.").format(key=order.folder[:50]))
        try:
            content = file_content(order)
        except ValueError:
            raise SandboxError(_("The content of the file is not Base64.")) from None
        file = sandbox.files.add_file(order.name, content, folder.guid if folder else "", order.guid or "")
        sandbox.touch()
        return file


def file_content(order: FileOrder) -> bytes:
    """The bytes that it says; ValueError if they aren't Base64."""
    if order.base64 is None:
        return (order.text or "").encode()
    try:
        return base64.b64decode(order.base64, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _change(record: Any, order: Any, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(order, name)
        if value is not None:
            setattr(record, name, value)
