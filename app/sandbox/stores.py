"""Queues of tasks and assets: the part of the Orchestrator that scripts use themselves. Thread-safe."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

from app.sandbox.records import Asset, QueueTask

if TYPE_CHECKING:
    from datetime import datetime


class TaskStore:
    """The tasks of all queues. A queue exists as soon as a task is put into it, under its GUID or its name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: list[QueueTask] = []

    def all(self) -> list[QueueTask]:
        """Every task, in the order created."""
        with self._lock:
            return list(self._tasks)

    def create(self, queue: str, name: str, parameters: str, created: datetime, priority: int = 0) -> QueueTask:
        """Put a new task into a queue; `parameters` is JSON text."""
        with self._lock:
            number = len(self._tasks) + 1
            task = QueueTask(number, str(uuid.uuid4()), queue, name, created, parameters=parameters, priority=priority)
            self._tasks.append(task)
            return task

    def find(self, guid: str) -> QueueTask | None:
        """The task of that GUID."""
        with self._lock:
            return next((task for task in self._tasks if task.guid.lower() == guid.lower()), None)

    def next_new(self, queue: str) -> QueueTask | None:
        """The oldest New task of the queue with that GUID or name."""
        with self._lock:
            return next(
                (task for task in self._tasks if task.queue.lower() == queue.lower() and task.status == 0), None
            )


class AssetStore:
    """The assets, found by GUID or name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._assets: list[Asset] = []

    def all(self) -> list[Asset]:
        """Every asset, in the order added."""
        with self._lock:
            return list(self._assets)

    def add(self, name: str, text: str = "", password: str = "", type_: int = 2) -> Asset:
        """Add an asset, or replace the one of that name."""
        asset = Asset(str(uuid.uuid4()), name, type_, text, password)
        with self._lock:
            self._assets = [old for old in self._assets if old.name.lower() != name.lower()]
            self._assets.append(asset)
        return asset

    def find(self, key: str) -> Asset | None:
        """The asset with that GUID or name."""
        with self._lock:
            return next((a for a in self._assets if key.lower() in (a.guid.lower(), a.name.lower())), None)
