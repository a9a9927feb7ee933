"""The control API below `/sandbox/api/`: JSON in, JSON out, for the page and for independent scripts.

    GET    snapshot?after=VERSION&wait=SECONDS&requests_after=NUMBER    everything; waits for a change after VERSION
    POST   robots             {"name", "guid"?}                         → {"number"}
    GET    robots/NUMBER/settings                                       → its robot.toml, with the credential in it
    POST   jobs               {"name", "task"?, "robot"?, "guid"?}      → {"guid"}
    POST   jobs/GUID/stop     POST jobs/GUID/abort
    POST   faults             the fields of Fault                       → {"id"}
    DELETE faults/ID          DELETE faults
    POST   assets             {"name", "type"?, "text"?, "password"?}   → {"guid"}
    POST   tasks              {"queue", "name", "parameters"?}          → {"guid"}

Errors are `{"error": "…"}` with 400, 404, 409, 413 or 415. A body has to be `application/json`: a page of another site
can't send that without being asked first (CORS), and that question is never answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from app.base.i18n import _
from app.sandbox.contract import BODY_LIMIT
from app.sandbox.engine import SandboxError
from app.sandbox.examples import robot_toml
from app.sandbox.faults import Fault, FaultKind, When
from app.sandbox.snapshot import snapshot

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxRobot

LONGEST_WAIT: Final = 25.0  # seconds
_Order = TypeVar("_Order", bound="Order")


class Order(BaseModel):
    """What a body may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RobotOrder(Order):
    """A robot to make known."""

    name: str = Field("", max_length=200)
    guid: uuid.UUID | None = None


class JobOrderBody(Order):
    """A job to queue."""

    name: str = Field(min_length=1, max_length=100_000)
    task: dict[str, Any] | None = None
    robot: int | None = None
    guid: uuid.UUID | None = None


class FaultOrder(Order):
    """A fault to switch on; the fields of `app.sandbox.faults.Fault`."""

    kind: FaultKind
    path: str = "*"
    form: dict[str, str] = {}
    when: When = When.BEFORE
    skip: int = Field(0, ge=0)
    count: int | None = Field(1, ge=1)
    seconds: float = Field(1.0, ge=0, le=3600)
    status: int = Field(503, ge=200, le=599)
    retry_after: int | None = Field(None, ge=0)
    location: str = "http://elsewhere.invalid/"
    size: int = Field(8 * 1024 * 1024, ge=1, le=256 * 1024 * 1024)
    body: str = ""


class AssetOrder(Order):
    """An asset to add or to replace."""

    name: str = Field(min_length=1, max_length=200)
    type: int = Field(2, ge=1, le=3)
    text: str = ""
    password: str = ""


class TaskOrder(Order):
    """A task to put into a queue."""

    queue: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=200)
    parameters: dict[str, Any] = {}


class ControlApi:
    """The endpoints; `routes` is what Starlette needs."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        base = "/sandbox/api"
        self.routes = [
            Route(f"{base}/snapshot", self._snapshot),
            Route(f"{base}/robots", self._add_robot, methods=["POST"]),
            Route(f"{base}/robots/{{number:int}}/settings", self._settings),
            Route(f"{base}/jobs", self._queue, methods=["POST"]),
            Route(f"{base}/jobs/{{guid}}/stop", self._stop, methods=["POST"]),
            Route(f"{base}/jobs/{{guid}}/abort", self._abort, methods=["POST"]),
            Route(f"{base}/faults", self._faults, methods=["POST", "DELETE"]),
            Route(f"{base}/faults/{{number:int}}", self._remove_fault, methods=["DELETE"]),
            Route(f"{base}/assets", self._add_asset, methods=["POST"]),
            Route(f"{base}/tasks", self._add_task, methods=["POST"]),
        ]

    async def _snapshot(self, request: Request) -> Response:
        query = request.query_params
        try:
            after, seen = int(query.get("after", "-1")), int(query.get("requests_after", "0"))
            wait = min(float(query.get("wait", "0")), LONGEST_WAIT)
        except ValueError:
            raise HTTPException(400, "after, wait and requests_after are numbers") from None
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        unsubscribe = self._sandbox.subscribe(wake)
        try:
            if self._sandbox.version == after and wait > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), wait)
        finally:
            unsubscribe()
        return JSONResponse(snapshot(self._sandbox, seen))

    async def _add_robot(self, request: Request) -> Response:
        order = await _read(request, RobotOrder)
        guid = str(order.guid or uuid.uuid4())
        self._sandbox.add_robot(guid, order.name)
        return JSONResponse({"number": self._sandbox.robots[guid].number}, 201)

    async def _settings(self, request: Request) -> Response:
        robot = self._robot(request.path_params["number"])
        return PlainTextResponse(robot_toml(f"http://{request.headers['host']}", robot.guid))

    async def _queue(self, request: Request) -> Response:
        order = await _read(request, JobOrderBody)
        guid = str(order.guid) if order.guid else None
        robot = self._robot(order.robot).guid if order.robot is not None else None
        if guid and self._sandbox.job(guid):
            raise HTTPException(409, _("There is a job with this GUID already."))
        job = self._sandbox.queue_job(order.name, task=order.task, robot_guid=robot, guid=guid)
        return JSONResponse({"guid": job.guid}, 201)

    async def _stop(self, request: Request) -> Response:
        return self._end(self._sandbox.stop_job, request)

    async def _abort(self, request: Request) -> Response:
        return self._end(self._sandbox.abort_job, request)

    def _end(self, end: Any, request: Request) -> Response:
        guid = request.path_params["guid"]
        if self._sandbox.job(guid) is None:
            raise HTTPException(404, _("There is no job {guid}.").format(guid=guid[:50]))
        try:
            end(guid)
        except SandboxError as error:
            raise HTTPException(409, error.message) from None
        return JSONResponse({})

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._sandbox.faults.clear()
            return JSONResponse({})
        order = await _read(request, FaultOrder)
        fault = self._sandbox.faults.add(Fault(**{name: getattr(order, name) for name in FaultOrder.model_fields}))
        return JSONResponse({"id": fault.id}, 201)

    async def _remove_fault(self, request: Request) -> Response:
        if not self._sandbox.faults.remove(request.path_params["number"]):
            raise HTTPException(404, _("This fault is off already."))
        return JSONResponse({})

    async def _add_asset(self, request: Request) -> Response:
        order = await _read(request, AssetOrder)
        asset = self._sandbox.add_asset(order.name, order.text, order.password, order.type)
        return JSONResponse({"guid": asset.guid}, 201)

    async def _add_task(self, request: Request) -> Response:
        order = await _read(request, TaskOrder)
        parameters = json.dumps(order.parameters, ensure_ascii=False)
        task = self._sandbox.add_task(order.queue, order.name, parameters)
        return JSONResponse({"guid": task.guid}, 201)

    def _robot(self, number: int) -> SandboxRobot:
        robots = {robot.number: robot for robot in tuple(self._sandbox.robots.values())}
        if number not in robots:
            raise HTTPException(404, _("There is no robot {number}.").format(number=number))
        return robots[number]


async def _read(request: Request, kind: type[_Order]) -> _Order:
    """The JSON body as `kind`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "the body has to be application/json")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            raise HTTPException(413, "the body is larger than 1 MiB")
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors())
        raise HTTPException(400, "; ".join(problems)) from None
