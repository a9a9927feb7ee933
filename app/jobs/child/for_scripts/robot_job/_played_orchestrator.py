"""Queues and assets of the Orchestrator that the pytest fixture `robot` plays."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import unquote

NEW, IN_PROGRESS = 0, 1


class Refused(Exception):  # noqa: N818 - what it is
    """The Orchestrator, or the robot, says no."""

    def __init__(self, text: str, kind: str = "refused") -> None:
        super().__init__(text)
        self.kind = kind


class PlayedTask:
    """A task of a queue.

    Attributes:
        statuses: all that it was given, the last one being `status`.
        fields: everything else, such as `priority` and what the script has set.
    """

    def __init__(self, name: str, parameters: Any, fields: dict[str, Any]) -> None:
        self.guid = str(uuid.uuid4())
        self.name, self.parameters = name, parameters
        self.statuses = [NEW]
        self.fields = {"priority": 0, "comment": "", "description": "", "tags": "", **fields}

    @property
    def status(self) -> int:
        """0 New, 1 In progress, 2 Success, 3 Failed (application), 4 Failed (business), 5 Postponed."""
        return self.statuses[-1]

    @property
    def comment(self) -> str:
        """What the script said of it last."""
        return str(self.fields["comment"])

    def __repr__(self) -> str:
        return f"<PlayedTask {self.name}: {self.statuses}>"

    def described(self) -> dict[str, Any]:
        """As the Orchestrator describes it."""
        about = {"guid": self.guid, "name": self.name, "status": str(self.status), "parameters": self.parameters}
        return {**self.fields, **about}


class PlayedQueue:
    """A queue.

    Attributes:
        tasks: all of them, in the order of their making.
    """

    def __init__(self, name: str) -> None:
        self.guid, self.name = str(uuid.uuid4()), name
        self.tasks: list[PlayedTask] = []

    def add(self, name: str, parameters: Any = None, **fields: Any) -> PlayedTask:
        """Put a New task into it; `fields`: `priority`, `description`, `comment`, `tags` and so on."""
        task = PlayedTask(name, {} if parameters is None else parameters, fields)
        self.tasks.append(task)
        return task

    def next_new(self) -> PlayedTask | None:
        """The one that is handed out next."""
        new = [task for task in self.tasks if task.status == NEW]
        return max(new, key=lambda task: int(task.fields["priority"])) if new else None


class PlayedAsset:
    """An asset: its text (of credentials: the login) and password, as the script has left them."""

    def __init__(self, name: str) -> None:
        self.guid, self.name, self.text, self.password = str(uuid.uuid4()), name, "", ""


class PlayedOrchestrator:
    """Knows what the test has put into it, and nothing else."""

    def __init__(self) -> None:
        self.queues: dict[str, PlayedQueue] = {}
        self.assets: dict[str, PlayedAsset] = {}

    def queue(self, name: str) -> PlayedQueue:
        """The queue of this name."""
        return self.queues.setdefault(name, PlayedQueue(name))

    def asset(self, name: str, text: str | None, password: str | None) -> PlayedAsset:
        """The asset of this name, with what is given."""
        asset = self.assets.setdefault(name, PlayedAsset(name))
        asset.text = asset.text if text is None else text
        asset.password = asset.password if password is None else password
        return asset

    def ask(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Answer a call; an empty object for nothing.

        Raises:
            Refused: there is no such thing, or the call isn't played.
        """
        call, name = path, ""
        if path.count("/") > 3:  # noqa: PLR2004 - /api/queue/lastTask/NAME
            call, _, name = path.rpartition("/")
        answer = _CALLS.get(call)
        if answer is None:
            raise Refused(f"The played Orchestrator doesn't know {call}", "usage")
        return answer(self, unquote(name), fields)

    def _known_queue(self, name: str) -> PlayedQueue:
        for queue in self.queues.values():
            if name in (queue.name, queue.guid):
                return queue
        raise Refused(f"There is no queue {name}; the test has to make it: robot.queue({name!r})")

    def _known_asset(self, name: str) -> PlayedAsset:
        for asset in self.assets.values():
            if name in (asset.name, asset.guid):
                return asset
        raise Refused(f"There is no asset {name}; the test has to make it: robot.asset({name!r}, …)")

    def _known_task(self, guid: str) -> PlayedTask:
        for queue in self.queues.values():
            for task in queue.tasks:
                if task.guid == guid:
                    return task
        raise Refused(f"There is no task {guid}")

    def _last_task(self, name: str, _fields: dict[str, Any]) -> dict[str, Any]:
        task = self._known_queue(name).next_new()
        return task.described() if task else {}

    def _create_task(self, _name: str, fields: dict[str, Any]) -> dict[str, Any]:
        about = dict(fields)
        queue = self._known_queue(about.pop("queue_guid"))
        task = queue.add(about.pop("name"), json.loads(about.pop("parameters", "{}")), **about)
        return {"guid": task.guid}

    def _read_task(self, guid: str, _fields: dict[str, Any]) -> dict[str, Any]:
        return self._known_task(guid).described()

    def _update_task(self, _name: str, fields: dict[str, Any]) -> dict[str, Any]:
        task = self._known_task(fields["guid"])
        if "status" in fields:
            task.statuses.append(int(fields["status"]))
        task.fields.update({key: value for key, value in fields.items() if key not in ("guid", "status")})
        return {}

    def _read_asset(self, name: str, _fields: dict[str, Any]) -> dict[str, Any]:
        asset = self._known_asset(name)
        about = {"guid": asset.guid, "name": asset.name, "type": "1" if asset.password else "2"}
        return {**about, "text": asset.text, "password": asset.password}

    def _update_asset(self, _name: str, fields: dict[str, Any]) -> dict[str, Any]:
        asset = self._known_asset(fields["guid"])
        asset.text, asset.password = fields.get("text", asset.text), fields.get("password", asset.password)
        return {}


_CALLS = {
    "/api/queue/lastTask": PlayedOrchestrator._last_task,  # noqa: SLF001
    "/api/task/create": PlayedOrchestrator._create_task,  # noqa: SLF001
    "/api/task/read": PlayedOrchestrator._read_task,  # noqa: SLF001
    "/api/task/update": PlayedOrchestrator._update_task,  # noqa: SLF001
    "/api/asset/read": PlayedOrchestrator._read_asset,  # noqa: SLF001
    "/api/asset/update": PlayedOrchestrator._update_asset,  # noqa: SLF001
}
