"""The Task that comes with a job: the fields that were queued, and the task that scripts read and update."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from app.sandbox.reading import is_whole

if TYPE_CHECKING:
    from datetime import datetime

    from app.sandbox.records import SandboxJob
    from app.sandbox.stored import QueueTask
    from app.sandbox.tasks import TaskStore


def task_of(tasks: TaskStore, job: SandboxJob, now: datetime) -> QueueTask | None:
    """The job's task: the one of a queue whose GUID it names, else one of its own, made at the first call."""
    if job.task is None:
        return None
    guid = str(job.task.get("guid") or uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:task:{job.guid}"))
    found = tasks.find_guid(guid)
    if found is not None:
        return found
    name = str(job.task.get("name") or job.name)
    return tasks.attach(name, parameters_text(job.task.get("parameters", {})), now, guid=guid)


def parameters_text(parameters: Any) -> str:
    """JSON text, unless it is that already."""
    if isinstance(parameters, str):
        try:
            json.loads(parameters)
        except ValueError:
            pass
        else:
            return parameters
    text = json.dumps(parameters, ensure_ascii=False)
    return text if is_whole(text) else json.dumps(parameters)
