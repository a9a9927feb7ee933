"""An Orchestrator for rough weather, written from the contract's text alone: no code of the robot's or its sandbox's.

It knows any number of robots, notes what it hears, and notes *when it carries a status out*, which may be long after
the request came, or without anybody hearing the answer: a `Plan` says what is done with a request, a `Rule` which
requests it is about. The honest server follows the specification: update by PUT, `[]` as its answer.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import socket
import socketserver
import struct
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ABORTED, SUCCESS, FAILED, STOPPED, IN_PROGRESS = 3, 4, 5, 7, 8
FINAL: Final = frozenset({ABORTED, SUCCESS, FAILED, STOPPED})
ABORT, STOP = 10, 20
READY, WORKING = "2", "3"
PATIENCE: Final = 20.0
_READABLE: Final = 2**20  # of a body: nobody needs to read more than that
DRIP_SECONDS: Final = 0.05
_LATE: Final = 0.4  # seconds, nearly the shortest time-out that a robot here is given
_CALLS: Final = {
    "/api/robot/heartbeat": "heartbeat",
    "/api/robot/consumeNextJob": "consume",
    "/api/job/update": "update",
    "/api/log/create": "log",
}
_REASONS: Final = {200: "OK", 102: "Processing"}
PAGE: Final = b"<!DOCTYPE html><html><title>Not here</title><body>A proxy's own words</body></html>"
NOTICE: Final = b"<br />\n<b>Warning</b>: Undefined array key &quot;x&quot; in <b>/var/www/a.php</b> on line 7<br />\n"


@dataclass(frozen=True)
class Plan:
    """What is done with a request; as it stands: what an honest server does.

    Attributes:
        before: seconds between its arrival and its being carried out.
        acts: whether it is carried out at all.
        after: seconds between that and the answer.
        lost: the connection is closed instead of an answer.
        status, body, kind, headers: another answer than the honest one.
        ahead: bytes sent before the answer, such as one of 1xx.
        wrap: what stands before and after the honest answer's body.
        bend: makes another body of it.
        manner: "reset": the connection is reset in mid-body; "drip": byte after byte.
    """

    before: float = 0.0
    acts: bool = True
    after: float = 0.0
    lost: bool = False
    status: int | None = None
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    ahead: bytes = b""
    wrap: tuple[bytes, bytes] = (b"", b"")
    bend: Callable[[bytes], bytes] | None = None
    manner: str = ""

    @property
    def leaves_doubt(self) -> bool:
        """Whether a client can't know what became of its request."""
        hurt = self.lost or self.before > 0 or self.after > 0 or bool(self.manner) or self.bend is not None
        too_much = len(self.body) > _READABLE or ("Content-Encoding", "gzip") in self.headers
        return hurt or too_much or self.status in {502, 504} or (self.acts and (self.status or 200) >= 300)


HONEST: Final = Plan()
LOST_BEFORE: Final = Plan(acts=False, lost=True)
LOST_AFTER: Final = Plan(lost=True)


def answers(status: int, body: bytes = b"", **details: Any) -> Plan:
    """Not carried out, and answered so."""
    return Plan(acts=False, status=status, body=body, **details)


def page(status: int) -> Plan:
    """Something before the server answers, with a page of its own; the server never heard of it."""
    return answers(status, PAGE, kind="text/html; charset=utf-8")


@dataclass
class Job:
    """One job, as an operator has queued it for a robot.

    Attributes:
        robot: the GUID of the robot that it is for.
        task: stands in the reply as it is; None leaves it out.
        asks: heartbeats Working of this job are answered with these codes, one after the other; the last one stays.
        expected: the final statuses that are right.
        handed_out: how often consumeNextJob has answered with it.
        waiting: it is handed out to the next who asks.
        carried: the statuses that were carried out, in that order.
    """

    name: str
    robot: str
    task: Any = None
    asks: tuple[int, ...] = ()
    expected: frozenset[int] = frozenset({SUCCESS})
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    version: str = field(default_factory=lambda: str(uuid.uuid4()))
    handed_out: int = 0
    waiting: bool = True
    carried: list[int] = field(default_factory=list)
    asked: int = 0

    @property
    def finals(self) -> list[int]:
        """The final statuses that were carried out."""
        return [status for status in self.carried if status in FINAL]

    @property
    def over(self) -> bool:
        """Whether the last thing carried out is a final status."""
        return bool(self.carried) and self.carried[-1] in FINAL


@dataclass
class Request:
    """One request, and what became of it.

    Attributes:
        credential: what the Authorization header says in base64, None if it isn't that.
        at, carried_at, answered_at: seconds of the monotonic clock; None: not (yet).
        peer: the address that it came from.
        answer: of a request that was answered with JSON, as an object.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: str
    at: float = field(default_factory=time.monotonic)
    plan: Plan = HONEST
    carried_at: float | None = None
    answered_at: float | None = None
    answer: Any = None

    @property
    def call(self) -> str:
        """`heartbeat`, `consume`, `update`, `log`; any other path as it is."""
        return _CALLS.get(self.path, self.path)

    @property
    def form(self) -> dict[str, str]:
        """The parameters; bytes that aren't UTF-8 are an error."""
        pairs = parse_qsl(self.body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict")
        return dict(pairs)

    @property
    def credential(self) -> str | None:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            return base64.b64decode(value, validate=True).decode() if scheme == "Basic" else None
        return None

    @property
    def leaves_doubt(self) -> bool:
        """Whether its sender can't know what became of it; a busy machine's late answer counts, too."""
        late = self.answered_at is None or self.answered_at - self.at > _LATE
        return self.plan.leaves_doubt or late

    @property
    def status(self) -> str:
        """The robot's or the job's."""
        return self.form.get("Status") or self.form.get("status") or ""

    def __str__(self) -> str:
        return f"{self.call} {self.status}".strip()


@dataclass
class Rule:
    """Which requests a plan is about; the newest rule that matches counts.

    Attributes:
        left: so many more requests; None: until `end`.
        hits: the requests that it was about.
    """

    plan: Plan
    matches: Callable[[Request], bool]
    left: int | None = None
    hits: list[Request] = field(default_factory=list)

    def end(self) -> None:
        """From now on the server is well again."""
        self.left = 0


class Orchestrator:
    """A running server.

    Args:
        robots: the GUIDs that it knows.
        address: where it listens; a name that leads here may be given to robots.

    Attributes:
        jobs: those that may be handed out; `known`, by GUID, are those that may be reported.
        requests: all of them, in order of arrival.
        strangers: what was told to this server though it is none of its business.
        offers_again: to a robot that says Ready, what was handed out to it and of which nothing was carried out.
        then: called with every request that was just carried out.
        methods: that `job/update` may be called with; others are answered with 405.
    """

    def __init__(self, *robots: str, address: str = "127.0.0.1") -> None:
        self.robots = set(robots)
        self.jobs: list[Job] = []
        self.known: dict[str, Job] = {}
        self.requests: list[Request] = []
        self.strangers: list[str] = []
        self.rules: list[Rule] = []
        self.methods: frozenset[str] = frozenset({"PUT"})
        self.update_body = b"[]"
        self.offers_again = False
        self.then: Callable[[Request], object] = lambda _request: None
        self.busy = 0
        self._address = address
        self.changed = threading.Condition(threading.RLock())
        self._server = _Server((address, 0), _Connection)
        self._server.orchestrator = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{self._address}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.hang_up()

    # ------------------------------------------------------------------ what an operator, or the weather, does

    def queue(self, name: str, **details: Any) -> Job:
        """Queue a job, for the only robot unless one is named."""
        details.setdefault("robot", next(iter(self.robots)))
        if isinstance(expected := details.get("expected"), int):
            details["expected"] = frozenset({expected})
        job = Job(name, **details)
        with self.changed:
            self.jobs.append(job)
            self.known[job.guid] = job
        return job

    def disturb(
        self,
        plan: Plan,
        call: str = "update",
        *,
        status: int | str | None = None,
        statuses: Iterable[int] = (),
        job: Job | None = None,
        times: int | None = None,
        skip: int = 0,
    ) -> Rule:
        """Deal with matching requests by `plan`, so many `times`, after `skip` of them."""
        wanted = {str(one) for one in (*statuses, *(() if status is None else (status,)))}
        passed: list[Request] = []

        def matches(request: Request) -> bool:
            fits = request.call == call and (not wanted or request.status in wanted)
            fits = fits and (job is None or request.form.get("guid") == job.guid)
            if fits and len(passed) < skip:
                passed.append(request)
                return False
            return fits

        rule = Rule(plan, matches, times)
        with self.changed:
            self.rules.insert(0, rule)
        return rule

    def wait_for(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until `condition` holds; it is looked at whenever something came, was carried out or was answered."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), f"never happened; requests: {self.calls()[-60:]}"

    def wait_for_quiet(self, seconds: float = PATIENCE) -> None:
        """Wait until nothing that was sent is still to be carried out."""
        self.wait_for(lambda: self.busy == 0, seconds)

    def calls(self) -> list[str]:
        """The requests so far, as `heartbeat 2`, `update 8`."""
        with self.changed:
            return [str(request) for request in self.requests]

    def heard(self, call: str, status: int | str | None = None, job: Job | None = None) -> list[Request]:
        """The requests of a call."""
        with self.changed:
            return [
                request
                for request in self.requests
                if request.call == call
                and (status is None or request.status == str(status))
                and (job is None or request.form.get("guid") == job.guid)
            ]

    # ------------------------------------------------------------------ the calls

    def take(self, request: Request) -> Plan:
        """Note a request that has arrived; what is to be done with it."""
        with self.changed:
            self.requests.append(request)
            self.busy += 1
            for rule in self.rules:
                if rule.left != 0 and rule.matches(request):
                    rule.left = None if rule.left is None else rule.left - 1
                    rule.hits.append(request)
                    request.plan = rule.plan
                    break
            self.changed.notify_all()
            return request.plan

    def done(self) -> None:
        """A request is over, however."""
        with self.changed:
            self.busy -= 1
            self.changed.notify_all()

    def answered(self, request: Request) -> None:
        """An answer is on its way."""
        with self.changed:
            request.answered_at = time.monotonic()
            self.changed.notify_all()

    def carry_out(self, request: Request) -> tuple[int, bytes]:
        """Do what was asked; the honest answer."""
        with self.changed:
            request.carried_at = time.monotonic()
            status, answer = self._carry_out(request)
            self.then(request)
            request.answer = answer
            self.changed.notify_all()
            return status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def _carry_out(self, request: Request) -> tuple[int, Any]:
        credential = request.credential
        if request.method == "GET" and credential is None:
            return 200, PAGE  # what an operator opens, and `check` looks at
        if credential not in self.robots:
            self.strangers.append(f"{request} with the credential {credential}")
            return 401, {"ErrorText": "unauthorized"}
        try:
            form = request.form
        except ValueError as error:
            self.strangers.append(f"unreadable parameters: {error}")
            return 400, {"ErrorText": str(error)}
        if form.get("RobotGUID", credential) != credential:
            self.strangers.append(f"{request} of {form['RobotGUID']} with the credential {credential}")
        calls: dict[str, Callable[[], tuple[int, Any]]] = {
            "heartbeat": lambda: (200, self._heartbeat(form)),
            "consume": lambda: (200, self._consume(form)),
            "update": lambda: self._update(request.method, form, str(credential)),
            "log": lambda: (200, {"guid": str(uuid.uuid4())}),
        }
        return calls.get(request.call, lambda: (404, {"ErrorText": "no such call"}))()

    def _next(self, robot: str) -> Job | None:
        return next((job for job in self.jobs if job.waiting and job.robot == robot), None)

    def _heartbeat(self, form: dict[str, str]) -> dict[str, Any]:
        code = 0
        if form["Status"] == WORKING:
            job = self.known.get(form["JobGUID"])
            if job is None or job.robot != form["RobotGUID"]:
                self.strangers.append(f"Working on a job that is none of ours: {form}")
            elif job.asks:
                code = job.asks[min(job.asked, len(job.asks) - 1)]
                job.asked += 1
        elif self.offers_again and form["Status"] == READY:
            for job in self.jobs:
                mine = job.robot == form["RobotGUID"]
                job.waiting = job.waiting or (mine and job.handed_out > 0 and not job.carried)
        has_new_job = int(self._next(form["RobotGUID"]) is not None)
        return {"HeartbeatErrorCode": code, "ErrorText": "", "HasNewJob": has_new_job, "Extra": []}

    def _consume(self, form: dict[str, str]) -> dict[str, Any]:
        job = self._next(form["RobotGUID"])
        if job is None:
            return {"ConsumeJobErrorCode": 102, "ErrorText": "no job found"}
        job.waiting = False
        job.handed_out += 1
        reply = {
            "ConsumeJobErrorCode": 0,
            "ErrorText": "",
            "Job": json.dumps({"GUID": job.guid, "Status": "1"}),
            "ProcessVersion": json.dumps({"GUID": job.version, "Name": job.name}),
        }
        return reply if job.task is None else reply | {"Task": job.task}

    def _update(self, method: str, form: dict[str, str], credential: str) -> tuple[int, Any]:
        if method not in self.methods:
            return 405, {"ErrorText": "method not allowed"}
        job = self.known.get(form["guid"])
        if job is None or job.robot != credential:
            self.strangers.append(
                f"status {form['status']} of job {form['guid']}, which is none of {credential}'s here"
            )
            return 404, {"ErrorText": "no such job"}
        job.carried.append(int(form["status"]))
        return 200, self.update_body


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True
    orchestrator: Orchestrator

    def __init__(self, address: tuple[str, int], handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close what is still open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A robot that was killed has cut its connection: nothing to print."""


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        orchestrator = self.server.orchestrator
        while (request := self._read()) is not None:
            plan = orchestrator.take(request)
            try:
                if not self._deal_with(orchestrator, request, plan):
                    return
            finally:
                orchestrator.done()

    def _read(self) -> Request | None:
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        while (header := self.rfile.readline(65536).strip()) != b"":
            key, _, value = header.decode("latin-1").partition(":")
            headers[key.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return None
        return Request(line[0], line[1], headers, body, self.client_address[0])

    def _deal_with(self, orchestrator: Orchestrator, request: Request, plan: Plan) -> bool:
        """False: the connection ends."""
        time.sleep(plan.before)
        status, body = orchestrator.carry_out(request) if plan.acts else (0, b"")
        time.sleep(plan.after)
        if plan.lost:
            return False
        body = plan.wrap[0] + (plan.bend(body) if plan.bend else body) + plan.wrap[1]
        if plan.status is not None:
            status, body = plan.status, plan.body
        lines = [
            f"HTTP/1.1 {status} {_REASONS.get(status, 'Other')}",
            f"Content-Type: {plan.kind}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in plan.headers),
        ]
        orchestrator.answered(request)
        with contextlib.suppress(OSError):
            return self._send(plan.ahead + "\r\n".join([*lines, "", ""]).encode(), body, plan.manner)
        return False

    def _send(self, head: bytes, body: bytes, manner: str) -> bool:
        """False: the connection ends."""
        if manner == "reset":
            self.wfile.write(head + body[: len(body) // 2])
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return False
        if manner == "drip":
            self.wfile.write(head)
            for number in range(len(body)):
                time.sleep(DRIP_SECONDS)
                self.wfile.write(body[number : number + 1])
            return True
        self.wfile.write(head + body)
        return True
