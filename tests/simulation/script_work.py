"""What a simulated script asks of the robot's real gateway, from its first task to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.gateway.published import LAST_TASK, TASK_UPDATE
from app.jobs.environment import GATEWAY_VARIABLE
from tests.simulation.scheduler import scheduler

if TYPE_CHECKING:
    from app.gateway.gateway import ScriptChannel
    from tests.simulation.machine import Process

MESSAGE, ASSET, CREATE, NEXT, RESULT, PROGRESS = OTHERS = ("message", "asset", "create", "next", "result", "progress")
_CREATE_PATH: Final = "/api/task/create"


class GoneError(Exception):
    """Nobody answers any more."""


class Work:
    """On a thread of the script's process."""

    def __init__(self, process: Process, channel: ScriptChannel) -> None:
        self._process = process
        self._door: Any = channel._door
        self._key = channel.variables[GATEWAY_VARIABLE].partition("|")[2]

    def run(self) -> None:
        """Task after task, and what else the script asks between them."""
        script = self._process.script
        wishes: list[Any] = [(f"{number}", status) for number in range(script.tasks) for status in ("1", "2")]
        for number, kind in enumerate(script.others):  # between the others
            wishes.insert(2 * number + 1, (f"{kind[0]}{number}", kind))
        try:
            for name, wish in wishes:
                scheduler().sleep(scheduler().rng.uniform(0.0, script.seconds / len(wishes)))
                self._wish(f"{self._process.guid[:8]}-{name}", wish)
        except GoneError:
            pass  # nobody knows what became of it

    def _wish(self, name: str, wish: str) -> None:
        process = self._process
        if wish in ("1", "2"):
            self._change(name, wish, path=TASK_UPDATE, fields={"guid": name, "status": wish})
        elif wish == ASSET:
            self._change(name, "new", path="/api/asset/update", fields={"guid": name, "text": "new"})
        elif wish == MESSAGE:
            process.asked_to_say.append(name)
            if "value" in self._ask(call="log", text=name, level="Info"):
                process.said.append(name)
        elif wish == CREATE:
            patience = scheduler().rng.choice((0.0, 30.0))
            answer = self._ask(
                call="api", path=_CREATE_PATH, fields={"queue_guid": "q", "name": name}, patience=patience
            )
            process.created.append((name, "value" in answer))
        elif wish == NEXT:
            tasks = [change for change in process.changes if change[1] != "new"]
            process.nexts[name] = tasks
            self._ask(call="api", path=f"{LAST_TASK}/{name}", patience=scheduler().rng.choice((0.0, 30.0)))
        elif wish == RESULT:
            self._ask(call="result", json=f'"{name}"')
        else:
            self._ask(call="progress", done=1, total=2, text=name)

    def _change(self, name: str, value: str, **call: Any) -> None:
        process = self._process
        process.asking = (name, value)
        if "value" in self._ask(call="api", **call):
            process.changes.append(process.asking)
        process.asking = None

    def _ask(self, **request: Any) -> dict[str, Any]:
        """The answer.

        Raises:
            GoneError: there is none.
        """
        process = self._process
        if process.pipe is None:
            process.pipe = self._door.knock(self._key)
        answer = None if process.pipe is None else process.pipe.ask(**request)
        if answer is None:
            raise GoneError
        return answer
