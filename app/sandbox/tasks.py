"""Queues of tasks, and what becomes of a task by itself.

New ──lastTask, update 1──▶ In progress ──update──▶ Success · Failed (application) · Failed (business) · Postponed
 ▲                              │  its job failed, was stopped or aborted (auto_change_status) ▶ Failed (application)
 └── postponed until, update 0  └── too long New or In progress ▶ Abandoned ── retries left ▶ a New one with this parent
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from app.base.errors import RobotError
from app.base.i18n import _
from app.sandbox.stored import Queue, QueueTask, TaskPriority, TaskStatus

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

_FAR_AWAY: Final = datetime.max.replace(tzinfo=UTC)


class TaskExistsError(RobotError):
    """The queue holds a task of that name, and takes each name once."""


class TaskStore:
    """All queues and their tasks. A queue exists as soon as a task is put into it, under its GUID or its name.

    Args:
        lock: held while anything is looked at or changed.
        clock: the sandbox's.
    """

    def __init__(self, lock: threading.Condition, clock: Callable[[], datetime]) -> None:
        self._lock = lock
        self._clock = clock
        self._tasks: list[QueueTask] = []
        self._queues: list[Queue] = []
        self._last_id = 0

    def all(self) -> list[QueueTask]:
        """Every task, in the order created."""
        with self._lock:
            return list(self._tasks)

    def queues(self) -> list[Queue]:
        """Every queue, in the order created."""
        with self._lock:
            return list(self._queues)

    def queue(self, key: str) -> Queue | None:
        """The queue with that GUID or name."""
        with self._lock:
            return next((q for q in self._queues if key.lower() in (q.guid.lower(), q.name.lower())), None)

    def add_queue(self, name: str, guid: str = "", **settings: Any) -> Queue:
        """Make a queue, or change the settings of the one with that name; see `Queue`."""
        with self._lock:
            queue = self.queue(name)
            if queue is None:
                queue = Queue(len(self._queues) + 1, guid or str(uuid.uuid4()), name, self._clock())
                self._queues.append(queue)
            elif guid:
                queue.guid = guid
            for field, value in settings.items():
                setattr(queue, field, value)
            return queue

    def create(self, queue: str, name: str, parameters: str, created: datetime, **fields: Any) -> QueueTask:
        """Put a new task into the queue with that GUID or name; `parameters` is JSON text, `fields` those of QueueTask.

        Raises:
            TaskExistsError: the queue takes each name once and has this one.
        """
        with self._lock:
            found = self.queue(queue) or self.add_queue(queue)
            if found.unique_tasks and any(t.queue == found.name and t.name == name for t in self._tasks):
                raise TaskExistsError(
                    _("The queue {queue} holds a task {name} already.").format(queue=queue, name=name)
                )
            return self._add(found.name, name, parameters, created, fields)

    def attach(self, name: str, parameters: str, created: datetime, **fields: Any) -> QueueTask:
        """Keep the Task that comes with a job: scripts can read and update it, no queue hands it out."""
        with self._lock:
            return self._add("", name, parameters, created, fields)

    def remove(self, guid: str) -> bool:
        """Delete a task; False if there is none."""
        with self._lock:
            left = [task for task in self._tasks if task.guid.lower() != guid.lower()]
            found = len(left) < len(self._tasks)
            self._tasks = left
            return found

    def find(self, key: str) -> QueueTask | None:
        """The task of that GUID, else the newest one of that name."""
        with self._lock:
            return self.find_guid(key) or next((task for task in reversed(self._tasks) if task.name == key), None)

    def find_guid(self, guid: str) -> QueueTask | None:
        """The task of that GUID."""
        with self._lock:
            return next((task for task in self._tasks if task.guid.lower() == guid.lower()), None)

    def next_new(self, queue: str) -> QueueTask | None:
        """The New task of the queue with that GUID or name that is next: by priority, then by age."""
        with self._lock:
            found = self.queue(queue)
            if found is None:
                return None
            new = [task for task in self._tasks if task.queue == found.name and task.status is TaskStatus.NEW]
            return min(new, key=self._order, default=None)

    def set_status(self, task: QueueTask, status: TaskStatus) -> None:
        """Give the task that status and the times that go with it. New again forgets when it was begun and by whom."""
        with self._lock:
            now = self._clock()
            if status is TaskStatus.IN_PROGRESS and task.status is not status:
                task.started = now
            elif status is TaskStatus.NEW:
                task.started = task.postponed = None
                task.job_guid = ""
            task.status, task.updated = status, now

    def job_ended(self, job_guid: str) -> bool:
        """A job failed, was stopped or aborted: what it left In progress is Failed (application). Whether any was."""
        with self._lock:
            left = [task for task in self._tasks if self._goes_with(task, job_guid)]
            for task in left:
                self.set_status(task, TaskStatus.FAILED_APPLICATION)
            return bool(left)

    def tick(self) -> bool:
        """What time itself changes: Postponed becomes New, too old becomes Abandoned. Whether anything did."""
        with self._lock:
            now = self._clock()
            due = [task for task in self._tasks if task.status is TaskStatus.POSTPONED]
            due = [task for task in due if task.postponed is not None and task.postponed <= now]
            for task in due:
                self.set_status(task, TaskStatus.NEW)
            old = [task for task in self._tasks if self._is_too_old(task, now)]
            for task in old:
                self._abandon(task, now)
            return bool(due or old)

    # The lock is held

    def _add(self, queue: str, name: str, parameters: str, created: datetime, fields: dict[str, Any]) -> QueueTask:
        self._last_id += 1
        fields = {"guid": str(uuid.uuid4()), **fields}
        task = QueueTask(id=self._last_id, queue=queue, name=name, created=created, parameters=parameters, **fields)
        if task.postponed is not None and task.postponed > created and task.status is TaskStatus.NEW:
            task.status = TaskStatus.POSTPONED
        self._tasks.append(task)
        return task

    def _order(self, task: QueueTask) -> tuple[int, datetime, int]:
        over = task.deadline is not None and task.deadline <= self._clock()
        priority = TaskPriority.DEADLINE if over else task.priority
        deadline = task.deadline or _FAR_AWAY
        return -priority, deadline if priority is TaskPriority.DEADLINE else _FAR_AWAY, task.id

    def _goes_with(self, task: QueueTask, job_guid: str) -> bool:
        if task.status is not TaskStatus.IN_PROGRESS or task.job_guid.lower() != job_guid.lower():
            return False
        queue = self.queue(task.queue)
        return queue is None or queue.auto_change_status

    def _is_too_old(self, task: QueueTask, now: datetime) -> bool:
        queue = self.queue(task.queue) if task.status in (TaskStatus.NEW, TaskStatus.IN_PROGRESS) else None
        if queue is None:
            return False
        if task.status is TaskStatus.NEW:
            limit, since = queue.abandon_new_after, task.updated or task.created
        else:
            limit, since = queue.abandon_in_progress_after, task.started or task.created
        return limit is not None and now - since >= timedelta(seconds=limit)

    def _abandon(self, task: QueueTask, now: datetime) -> None:
        self.set_status(task, TaskStatus.ABANDONED)
        queue = self.queue(task.queue)
        if queue is not None and queue.repeat_abandoned and task.retries > 0:
            again: dict[str, Any] = {"retries": task.retries - 1, "parent_task": task.guid, "tags": list(task.tags)}
            again |= {"priority": task.priority, "description": task.description, "deadline": task.deadline}
            self._add(task.queue, task.name, task.parameters, now, again)
