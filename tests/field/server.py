"""An Orchestrator for rough weather, written from the contract's text alone: no code of the robot's or its sandbox's.

It knows any number of robots, notes what it hears, and notes *when it carries a status out*, which may be long after
the request came, or without anybody hearing the answer: a `Plan` says what is done with a request, a `Rule` which
requests it is about. The honest server follows the specification: update by PUT, `[]` as its answer.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

from tests.field.connection import Connection, Server
from tests.field.requests import PAGE, PATIENCE, READY, WORKING, Job, Plan, Request, Rule


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
        tasks: GUIDs of those that are New, of the only queue.
        told: what was carried out about tasks and jobs, in order, as `task GUID status` and `job GUID status`.
        messages: what was carried out of `log/create`.
        then: called with every request that was just carried out.
        methods: that `job/update` may be called with; others are answered with 405.
    """

    def __init__(self, *robots: str, address: str = "127.0.0.1") -> None:
        self.robots = set(robots)
        self.jobs: list[Job] = []
        self.known: dict[str, Job] = {}
        self.requests: list[Request] = []
        self.strangers: list[str] = []
        self.tasks: list[str] = []
        self.told: list[str] = []
        self.messages: list[str] = []
        self.rules: list[Rule] = []
        self.methods: frozenset[str] = frozenset({"PUT"})
        self.update_body = b"[]"
        self.offers_again = False
        self.then: Callable[[Request], object] = lambda _request: None
        self.busy = 0
        self._address = address
        self.changed = threading.Condition(threading.RLock())
        self._server = Server((address, 0), Connection)
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
            "log": lambda: self._log(form),
            "next": lambda: (200, {"guid": self.tasks[0], "name": self.tasks[0]} if self.tasks else []),
            "task": lambda: self._task(form, str(credential)),
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
        self.told.append(f"job {job.guid} {form['status']}")
        return 200, self.update_body

    def _log(self, form: dict[str, str]) -> tuple[int, Any]:
        self.messages.append(form["message"])
        return 200, {"guid": str(uuid.uuid4())}

    def _task(self, form: dict[str, str], credential: str) -> tuple[int, Any]:
        job = self.known.get(form.get("job_guid", ""))
        if job is None or job.robot != credential:
            self.strangers.append(f"task {form} of a job that is none of {credential}'s here")
            return 404, {"ErrorText": "no such job"}
        self.told.append(f"task {form['guid']} {form['status']}")
        if form["guid"] in self.tasks:
            self.tasks.remove(form["guid"])
        return 200, []
