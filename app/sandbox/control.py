"""The control API below `/sandbox/api/`: JSON in, JSON out, for the page and for independent scripts.

`docs/sandbox.md` is its reference; the shapes of the bodies are in `orders.py`. Errors are `{"error": "…"}` with 400,
404, 409, 413 or 415. A body has to be `application/json`: a page of another site can't send that without being asked
first (CORS), and that question is never answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.base.i18n import _
from app.sandbox import carrying_out, orders, state_file
from app.sandbox.contract import FILE_LIMIT
from app.sandbox.engine import SandboxError
from app.sandbox.examples import robot_toml
from app.sandbox.faults import Fault
from app.sandbox.reading import WrongValuesError, read
from app.sandbox.snapshot import snapshot
from app.sandbox.stored import TaskStatus
from app.sandbox.tasks import TaskExistsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxRobot

    Endpoint = Callable[[Request], Awaitable[Response]]

LONGEST_WAIT: Final = 25.0  # seconds
_LOOKS: Final = 1.0  # seconds between two looks at what time itself changes
_Order = TypeVar("_Order")


class ControlApi:
    """The endpoints; `routes` is what Starlette needs."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        stored = StorageControl(sandbox)
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "snapshot", self._snapshot),
            ("PUT", "options", self._options),
            ("GET", "state", self._state),
            ("POST", "state", self._load_state),
            ("POST", "robots", self._add_robot),
            ("GET", "robots/{number:int}/settings", self._settings),
            ("POST", "scripts", self._add_script),
            ("POST", "jobs", self._queue),
            ("POST", "jobs/{guid}/stop", self._stop),
            ("POST", "jobs/{guid}/abort", self._abort),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("DELETE", "faults/{number:int}", self._remove_fault),
            *stored.table,
        ]
        self.routes = [Route(f"/sandbox/api/{path}", endpoint, methods=[verb]) for verb, path, endpoint in table]

    async def _snapshot(self, request: Request) -> Response:
        query = request.query_params
        try:
            after, seen = int(query.get("after", "-1")), int(query.get("requests_after", "0"))
            wait = min(float(query.get("wait", "0")), LONGEST_WAIT)
        except ValueError:
            raise HTTPException(400, _("after, wait and requests_after are numbers")) from None
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        unsubscribe = self._sandbox.subscribe(wake)
        try:
            self._sandbox.tick()
            until = loop.time() + wait
            while self._sandbox.version == after and (left := until - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), min(left, _LOOKS))
                self._sandbox.tick()
        finally:
            unsubscribe()
        # ASCII: a half of a letter, which a task's parameters may hold, can't be written as UTF-8.
        return Response(json.dumps(snapshot(self._sandbox, seen)), media_type="application/json")

    async def _options(self, request: Request) -> Response:
        carrying_out.set_options(self._sandbox, await read_body(request, orders.Options))
        return JSONResponse({})

    async def _state(self, request: Request) -> Response:
        kind = request.query_params.get("format", "toml")
        if kind not in state_file.FORMATS:
            raise HTTPException(400, _("must be one of: {values}").format(values=", ".join(state_file.FORMATS)))
        headers = {"Content-Disposition": f'attachment; filename="sandbox.{kind}"'}
        return PlainTextResponse(state_file.state_text(self._sandbox, kind), headers=headers)

    async def _load_state(self, request: Request) -> Response:
        state_file.apply_state(self._sandbox, await read_body(request, state_file.State))
        return JSONResponse({})

    async def _add_robot(self, request: Request) -> Response:
        order = await read_body(request, orders.RobotOrder)
        guid = order.guid or str(uuid.uuid4())
        self._sandbox.add_robot(guid, order.name)
        return JSONResponse({"number": self._sandbox.robots[guid.lower()].number}, 201)

    async def _settings(self, request: Request) -> Response:
        robot = self._robot(request.path_params["number"])
        return PlainTextResponse(robot_toml(f"http://{request.headers['host']}", robot.guid))

    async def _add_script(self, request: Request) -> Response:
        order = await read_body(request, orders.ScriptOrder)
        with self._sandbox.changed:
            script = self._sandbox.book.script(order.name)
            self._sandbox.touch()
        return JSONResponse({"guid": script.guid}, 201)

    async def _queue(self, request: Request) -> Response:
        order = await read_body(request, orders.JobOrder)
        robot = self._robot(order.robot).guid if order.robot is not None else None
        if order.guid and self._sandbox.job(order.guid):
            raise HTTPException(409, _("There is a job with this GUID already."))
        return JSONResponse({"guid": carrying_out.queue_job(self._sandbox, order, robot).guid}, 201)

    async def _stop(self, request: Request) -> Response:
        return self._end(self._sandbox.stop_job, request)

    async def _abort(self, request: Request) -> Response:
        return self._end(self._sandbox.abort_job, request)

    def _end(self, end: Callable[[str], None], request: Request) -> Response:
        guid = request.path_params["guid"]
        if self._sandbox.job(guid) is None:
            raise HTTPException(404, _("There is no job {guid}.").format(guid=guid[:50]))
        try:
            end(guid)
        except SandboxError as error:
            raise HTTPException(409, error.message) from None
        return JSONResponse({})

    async def _add_fault(self, request: Request) -> Response:
        order = await read_body(request, orders.FaultOrder)
        fault = Fault(**{field.name: getattr(order, field.name) for field in fields(order)})
        return JSONResponse({"id": self._sandbox.faults.add(fault).id}, 201)

    async def _clear_faults(self, _request: Request) -> Response:
        self._sandbox.faults.clear()
        return JSONResponse({})

    async def _remove_fault(self, request: Request) -> Response:
        if not self._sandbox.faults.remove(request.path_params["number"]):
            raise HTTPException(404, _("This fault is off already."))
        return JSONResponse({})

    def _robot(self, number: int) -> SandboxRobot:
        robots = {robot.number: robot for robot in tuple(self._sandbox.robots.values())}
        if number not in robots:
            raise HTTPException(404, _("There is no robot {number}.").format(number=number))
        return robots[number]


class StorageControl:
    """The endpoints of what scripts keep here: queues and their tasks, assets, folders and files."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.table: list[tuple[str, str, Endpoint]] = [
            ("POST", "queues", self._add_queue),
            ("POST", "tasks", self._add_task),
            ("PUT", "tasks/{guid}", self._change_task),
            ("POST", "tasks/{guid}/new", self._new_again),
            ("DELETE", "tasks/{guid}", self._remove_task),
            ("POST", "assets", self._add_asset),
            ("PUT", "assets/{guid}", self._change_asset),
            ("DELETE", "assets/{guid}", self._remove_asset),
            ("POST", "folders", self._add_folder),
            ("DELETE", "folders/{guid}", self._remove_folder),
            ("POST", "files", self._add_file),
            ("GET", "files/{guid}", self._file),
            ("DELETE", "files/{guid}", self._remove_file),
        ]

    async def _add_queue(self, request: Request) -> Response:
        order = await read_body(request, orders.QueueOrder)
        return JSONResponse({"guid": carrying_out.add_queue(self._sandbox, order).guid}, 201)

    async def _add_task(self, request: Request) -> Response:
        order = await read_body(request, orders.TaskOrder)
        try:
            task = carrying_out.add_task(self._sandbox, order.queue, order.name, order)
        except TaskExistsError as error:
            raise HTTPException(409, error.message) from None
        except SandboxError as error:
            raise HTTPException(400, error.message) from None
        return JSONResponse({"guid": task.guid}, 201)

    async def _change_task(self, request: Request) -> Response:
        order = await read_body(request, orders.TaskChange)
        task = self._find(self._sandbox.tasks.find_guid, request, _("There is no task {guid}."))
        carrying_out.change_task(self._sandbox, task, order)
        return JSONResponse({})

    async def _new_again(self, request: Request) -> Response:
        task = self._find(self._sandbox.tasks.find_guid, request, _("There is no task {guid}."))
        with self._sandbox.changed:
            self._sandbox.tasks.set_status(task, TaskStatus.NEW)
            self._sandbox.touch()
        return JSONResponse({})

    async def _remove_task(self, request: Request) -> Response:
        task = self._find(self._sandbox.tasks.find_guid, request, _("There is no task {guid}."))
        return self._removed(self._sandbox.tasks.remove, task.guid)

    async def _add_asset(self, request: Request) -> Response:
        order = await read_body(request, orders.AssetOrder)
        asset = self._sandbox.add_asset(
            order.name, order.text, order.password, order.type, description=order.description, guid=order.guid or ""
        )
        return JSONResponse({"guid": asset.guid}, 201)

    async def _change_asset(self, request: Request) -> Response:
        order = await read_body(request, orders.AssetChange)
        asset = self._find(self._sandbox.assets.find, request, _("There is no asset {guid}."))
        carrying_out.change_asset(self._sandbox, asset, order)
        return JSONResponse({})

    async def _remove_asset(self, request: Request) -> Response:
        asset = self._find(self._sandbox.assets.find, request, _("There is no asset {guid}."))
        return self._removed(self._sandbox.assets.remove, asset.guid)

    async def _add_folder(self, request: Request) -> Response:
        order = await read_body(request, orders.FolderOrder)
        with self._sandbox.changed:
            folder = self._sandbox.files.add_folder(order.name, order.description, order.guid or "")
            self._sandbox.touch()
        return JSONResponse({"guid": folder.guid}, 201)

    async def _remove_folder(self, request: Request) -> Response:
        folder = self._find(self._sandbox.files.folder, request, _("There is no folder {guid}."))
        return self._removed(self._sandbox.files.remove_folder, folder.guid)

    async def _add_file(self, request: Request) -> Response:
        order = await read_body(request, orders.FileOrder)
        try:
            file = carrying_out.add_file(self._sandbox, order)
        except SandboxError as error:
            raise HTTPException(400, error.message) from None
        return JSONResponse({"guid": file.guid}, 201)

    async def _file(self, request: Request) -> Response:
        file = self._find(self._sandbox.files.file, request, _("There is no file {guid}."))
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"}
        return Response(file.content, media_type="application/octet-stream", headers=headers)

    async def _remove_file(self, request: Request) -> Response:
        file = self._find(self._sandbox.files.file, request, _("There is no file {guid}."))
        return self._removed(self._sandbox.files.remove_file, file.guid)

    def _removed(self, remove: Callable[[str], Any], guid: str) -> Response:
        with self._sandbox.changed:
            remove(guid)
            self._sandbox.touch()
        return JSONResponse({})

    def _find(self, find: Callable[[str], Any], request: Request, absent: str) -> Any:
        guid = request.path_params["guid"]
        found = find(guid)
        if found is None:
            raise HTTPException(404, absent.format(guid=guid[:50]))
        return found


async def read_body(request: Request, kind: type[_Order]) -> _Order:
    """The JSON body as `kind`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, _("the body has to be application/json"))
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > FILE_LIMIT:
            raise HTTPException(413, _("The body is larger than {size} MiB.").format(size=FILE_LIMIT // (1024 * 1024)))
    try:
        return read(kind, json.loads(body))
    except WrongValuesError as error:
        raise HTTPException(400, str(error)) from None
    except (ValueError, RecursionError):
        raise HTTPException(400, _("the body is not JSON")) from None
