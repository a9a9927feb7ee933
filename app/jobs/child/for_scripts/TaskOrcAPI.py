"""The helper that scripts of the vendor's framework import, with the same names, written anew.

    from TaskOrcAPI import TaskOrchestratorAPI

    api = TaskOrchestratorAPI(robot_guid, host, headers)
    task = json.loads(api.get_task("Invoices").text or "[]")

In a job every call goes through the robot, by its TLS, proxy and credential, and what changes something is delivered
like a report. Where no robot runs the script, it goes to `host` with `headers`. New scripts: `import robot_job`.
"""
# ruff: noqa: INP001 - beside the package, in a folder of their own

from robot_job import RobotJobError, _gateway
from robot_job._own import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PATIENCE = 60  # seconds that the robot goes on asking while the Orchestrator can't be reached
_TIMEOUT = 30  # seconds, where there is no robot
_REFUSED = 400  # what the robot's "it said no" is to a script that looks at HTTP statuses
_OK = range(200, 400)


class Response:
    """An answer, as scripts know it from the library requests.

    Attributes:
        status_code: of HTTP.
        text: the body.
        headers: those of the answer; empty when it came through the robot.
    """

    def __init__(self, status_code: int, text: str, headers: "dict[str, str] | None" = None) -> None:
        self.status_code = status_code
        self.text = text
        self.headers = headers or {}
        self.encoding = "utf-8"
        self.reason = "OK" if self.ok else "Error"

    @property
    def ok(self) -> bool:
        """Is it no error?"""
        return self.status_code in _OK

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        return self.text.encode("utf-8", "surrogateescape")

    def json(self) -> "Any":
        """The body's JSON.

        Raises:
            ValueError: it is none.
        """
        return own("json").loads(self.text)

    def raise_for_status(self) -> None:
        """Raise a RobotJobError if it is an error."""
        if not self.ok:
            raise RobotJobError(f"{self.status_code}: {self.text[:500]}", "refused")

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


class TaskOrchestratorAPI:
    """Queues, assets and messages of the Orchestrator.

    Args:
        robot_guid: of the robot.
        host: `http(s)://...`, the Orchestrator; unused in a job.
        headers: with the robot's `Authorization`; unused in a job.

    Each method raises a RobotJobError while the Orchestrator can't be reached.
    """

    def __init__(self, robot_guid: str, host: str, headers: "dict[str, str] | None" = None) -> None:
        self.robot_guid = robot_guid
        self.host = host.rstrip("/")
        self.headers = dict(headers or {})

    def add_task(self, queue_guid: str, param_task: "Any" = None, name: str = "NewTask") -> "dict[str, Any]":
        """Put a new task into a queue; a dict with its `guid`."""
        parameters = own("json").dumps({"": ""} if param_task is None else param_task, ensure_ascii=False)
        fields = {"queue_guid": queue_guid, "name": name, "parameters": parameters}
        return self._object("POST", "/api/task/create", fields)

    def get_task(self, queue_guid: str, status: int = 0) -> Response:
        """The next task of a queue with this status (0: New); its JSON is the task, or empty."""
        if int(status) == 0:
            return self._ask("GET", "/api/queue/lastTask/" + _gateway.quoted(queue_guid), patience=_PATIENCE)
        path = "/api/task/filter/read/" + _gateway.quoted(queue_guid)
        found = self._ask("POST", path, {"status": status}, _PATIENCE)
        tasks = found.json() if found.ok and found.text else []
        if isinstance(tasks, list):
            found.text = own("json").dumps(tasks[0] if tasks else [], ensure_ascii=False)
        return found

    def update_task_status(self, task_guid: str, status: int = 0) -> Response:
        """Set a task's status: 0 New, 1 In progress, 2 Success, 3 Failed (application), 4 Failed (business)."""
        return self._ask("PUT", "/api/task/update", {"guid": task_guid, "status": status})

    def get_asset(self, asset_guid: str) -> "dict[str, Any]":
        """An asset: `guid, name, type, text, password`."""
        return self._object("GET", "/api/asset/read/" + _gateway.quoted(asset_guid), patience=_PATIENCE)

    def asset_update(
        self, asset_guid: str, text: str, name: str = "NewName", password: "str | None" = None
    ) -> Response:
        """Change an asset's text, name and, of credentials, its password."""
        fields = {"guid": asset_guid, "text": text, "name": name}
        if password is not None:
            fields["password"] = password
        return self._ask("PUT", "/api/asset/update", fields)

    def add_new_log_entry(
        self, robot_guid: str, process_version_guid: str, job_guid: str, level: str = "Info", message: str = ""
    ) -> Response:
        """A message for the Jobs screen; its JSON has a `guid`."""
        fields = {"robot_guid": robot_guid, "process_version_guid": process_version_guid, "job_guid": job_guid}
        found = self._ask("POST", "/api/log/create", {**fields, "level": level, "message": message})
        if found.ok and not _is_object(found):  # the robot keeps it and sends it by itself; nobody has its GUID yet
            found.text = own("json").dumps({"guid": str(own("uuid").uuid4())})
        return found

    def _object(
        self, method: str, path: str, fields: "dict[str, Any] | None" = None, patience: float = 0
    ) -> "dict[str, Any]":
        """An answer that is an object."""
        found = self._ask(method, path, fields, patience)
        found.raise_for_status()
        value = found.json() if found.text else {}
        return value if isinstance(value, dict) else {}

    def _ask(self, method: str, path: str, fields: "dict[str, Any] | None" = None, patience: float = 0) -> Response:
        if not _gateway.there():
            return self._ask_by_ourselves(method, path, fields)
        try:
            found = _gateway.answer(path, fields, patience)
        except RobotJobError as error:
            if error.kind == "refused":
                return Response(_REFUSED, str(error))
            raise
        return Response(int(found.get("status", _OK[0])), _readable(found.get("text") or "", found.get("value")))

    def _ask_by_ourselves(self, method: str, path: str, fields: "dict[str, Any] | None") -> Response:
        own("urllib.request")
        urllib = own("urllib.error")
        body = own("urllib.parse").parse.urlencode(fields).encode("ascii") if fields else None
        request = urllib.request.Request(self.host + path, data=body, headers=self.headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
                text = _readable(answer.read().decode("utf-8", "replace"), None)
                return Response(answer.status, text, dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Response(error.code, error.read().decode("utf-8", "replace"), dict(error.headers))
        except OSError as error:
            raise RobotJobError(f"{self.host}: {error}", "unreachable") from None


def _readable(text: str, value: "Any") -> str:
    """An answer as scripts of either dialect read it: keys also in lower case, no PHP notice around the JSON.

    Args:
        text: as it came.
        value: what the robot has read in it; None if nobody has.
    """
    json = own("json")
    try:
        found = json.loads(text)
    except ValueError:
        return str(json.dumps(_as_sent(value), ensure_ascii=False)) if isinstance(value, (dict, list)) else text
    if not isinstance(found, dict):
        return text
    lower = {str(key).strip().lower(): each for key, each in found.items()}
    return text if lower.keys() <= found.keys() else str(json.dumps({**lower, **found}, ensure_ascii=False))


def _as_sent(value: "Any") -> "Any":
    """What the robot has read, with `parameters` as JSON text again."""
    if isinstance(value, list):
        return [_as_sent(each) for each in value]
    if isinstance(value, dict) and "parameters" in value and not isinstance(value["parameters"], str):
        return {**value, "parameters": own("json").dumps(value["parameters"], ensure_ascii=False)}
    return value


def _is_object(response: Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except ValueError:
        return False
