"""An Orchestrator written from the contract's text alone: `http.server`, no code of the robot's or of its sandbox.

It is strict about what it is sent: everything that a PHP server or the specification would not take stands in
`complaints`, which must be empty in the end.
"""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PENDING, ABORTED, SUCCESS, FAILED, STOPPED, IN_PROGRESS = 1, 3, 4, 5, 7, 8
FINAL = {ABORTED, SUCCESS, FAILED, STOPPED}
READY, WORKING = "2", "3"
DROP = "drop"  # close the connection without having read anything into it
DROP_ANSWER = "drop answer"  # do what was asked, then close the connection

FIELDS = {
    ("POST", "/api/robot/heartbeat"): [
        "RobotGUID",
        "Machine",
        "IP",
        "MAC",
        "Status",
        "JobGUID",
        "JobName",
        "JobType",
    ],
    ("POST", "/api/robot/consumeNextJob"): ["RobotGUID", "Status"],
    ("PUT", "/api/job/update"): ["guid", "status"],
}


@dataclass
class Job:
    """One job, as an operator has queued it.

    Attributes:
        name: of the process version, which is the script's name.
        task: stands in the reply as it is; None leaves it out.
        asks: the codes that heartbeats Working of this job are answered with, one after the other; the last one stays.
        when: they are only asked once this file is there; until then the answer is 0.
        updates: the statuses that the robot reported, in order.
    """

    name: str
    task: Any = None
    asks: tuple[int, ...] = ()
    when: Path | None = None
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    version: str = field(default_factory=lambda: str(uuid.uuid4()))
    updates: list[int] = field(default_factory=list)
    asked: int = 0

    @property
    def final(self) -> int | None:
        """The final status; None before there is one."""
        return next((status for status in self.updates if status in FINAL), None)


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True))

    def __str__(self) -> str:
        status = self.form.get("Status") or self.form.get("status")
        return f"{self.path.rsplit('/', 1)[-1]} {status}"


Interference = str | tuple[int, bytes] | None


class Orchestrator:
    """A running server that knows one robot.

    Attributes:
        interfere: called with every request before it is handled; what it returns is done instead of the honest answer:
            `DROP`, `DROP_ANSWER`, or a status with a body.
        refusal: the code that both robot calls answer with, 0 for none.
    """

    def __init__(self, robot_guid: str) -> None:
        self.robot_guid = robot_guid
        self.jobs: list[Job] = []
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.interfere: Callable[[Request], Interference] = lambda _request: None
        self.refusal = 0
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def queue(self, name: str, **details: Any) -> Job:
        """Queue a job for the robot."""
        job = Job(name, **details)
        with self._lock:
            self.jobs.append(job)
        return job

    def calls(self) -> list[str]:
        """The requests so far, as `heartbeat 2`, `update 8`."""
        with self._lock:
            return [str(request) for request in self.requests]

    def wait_for(self, condition: Callable[[], object], seconds: float = 15) -> None:
        """Wait until `condition` holds; it is looked at after every request."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), f"never happened; requests: {self.calls()}"

    # ------------------------------------------------------------------ the three calls

    def answer(self, request: Request) -> tuple[int, bytes] | None:
        """What the request is answered with; None closes the connection instead. Runs on the connection's thread."""
        with self._lock:
            self.requests.append(request)
            interference = self.interfere(request)
            if interference == DROP:
                return None
            if isinstance(interference, tuple):
                self._changed.notify_all()
                return interference
            answer = self._answer(request)
            self._changed.notify_all()
            return None if interference == DROP_ANSWER else answer

    def _answer(self, request: Request) -> tuple[int, bytes]:
        if (request.method, request.path) == ("GET", "/"):
            return 200, b"<html>the page that an operator opens</html>"
        complaints = self._complaints_about(request)
        if complaints:
            self.complaints += [f"{request.method} {request.path}: {complaint}" for complaint in complaints]
            return 400, b"bad request"
        form = request.form
        if request.path.endswith("/heartbeat"):
            return 200, _json(self._heartbeat(form))
        if request.path.endswith("/consumeNextJob"):
            return 200, _json(self._consume())
        job = next((job for job in self.jobs if job.guid == form["guid"]), None)
        if job is None:
            return 404, b"no such job"
        job.updates.append(int(form["status"]))
        return 200, b"[]"

    def _waiting(self) -> Job | None:
        """The oldest job that no robot has said to be in progress, or to have ended: it is Pending."""
        return next((job for job in self.jobs if not job.updates), None)

    def _heartbeat(self, form: dict[str, str]) -> dict[str, Any]:
        if self.refusal:
            return {"HeartbeatErrorCode": self.refusal, "ErrorText": f"Robot {self.robot_guid} is unknown here"}
        code = 0
        if form["Status"] == WORKING:
            job = next((job for job in self.jobs if job.guid == form["JobGUID"]), None)
            if job is None or job.name != form["JobName"]:
                self.complaints.append(f"Working on a job that is none of ours: {form}")
            elif job.asks and (job.when is None or job.when.exists()):
                code = job.asks[min(job.asked, len(job.asks) - 1)]
                job.asked += 1
        return {"HeartbeatErrorCode": code, "ErrorText": "", "HasNewJob": int(self._waiting() is not None), "Extra": []}

    def _consume(self) -> dict[str, Any]:
        if self.refusal:
            return {"ConsumeJobErrorCode": self.refusal, "ErrorText": "unknown"}
        job = self._waiting()
        if job is None:
            return {"ConsumeJobErrorCode": 102, "ErrorText": "no job found"}
        reply = {
            "ConsumeJobErrorCode": 0,
            "ErrorText": "",
            "Job": json.dumps({"GUID": job.guid, "Status": str(PENDING)}),
            "ProcessVersion": json.dumps({"GUID": job.version, "Name": job.name}),
        }
        return reply if job.task is None else reply | {"Task": job.task}

    def _complaints_about(self, request: Request) -> list[str]:
        fields = FIELDS.get((request.method, request.path))
        if fields is None:
            return ["no such call"]
        found = []
        bare = "Basic " + base64.b64encode(self.robot_guid.encode()).decode()
        if request.headers.get("authorization") != bare:
            found.append("Authorization is not the bare GUID in base64")
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
            found.append(f"Content-Type {request.headers.get('content-type')!r}")
        try:
            pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        except ValueError:
            return [*found, "the body is not urlencoded"]
        if [key for key, _ in pairs] != fields:
            found.append(f"fields {[key for key, _ in pairs]}")
        form = dict(pairs)
        if "RobotGUID" in fields and form.get("RobotGUID") != self.robot_guid:
            found.append("another robot's GUID")
        return found


def _json(reply: dict[str, Any]) -> bytes:
    return json.dumps(reply, ensure_ascii=False).encode()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A robot that was killed has cut its connection: nothing to print."""


def _handler_of(orchestrator: Orchestrator) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # one packet an answer

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # the robot was killed in the middle of it
                self.close_connection = True
                return
            headers = {key.lower(): value for key, value in self.headers.items()}
            answer = orchestrator.answer(Request(self.command, self.path, headers, body))
            if answer is None:
                self.close_connection = True
                return
            status, content = answer
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
