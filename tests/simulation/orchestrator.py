"""A simulated Orchestrator: what a PHP server with eight workers does with the three calls, and what it notes of them.

Written from the contract, not from the robot: the judge (`judge.py`) goes by what is carried out here.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from app.orchestrator.origin import origin_of
from tests.simulation.rules import NONE, PUTS_BACK, Rules
from tests.simulation.scheduler import scheduler

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.simulation.scheduler import Life

FINAL: Final = (3, 4, 5, 7)
READY, WORKING = "2", "3"
ABORT: Final = 10
OF_SCRIPTS: Final = ("message", "create", "next")


@dataclass
class Job:
    """A job and what the server knows of it; moments in seconds of the night."""

    guid: str
    name: str
    priority: int = 2
    queued: float = 0.0
    waiting: bool = True
    handed_out: list[float] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)  # when an answer that handed it out came to a robot
    carried: list[tuple[float, int]] = field(default_factory=list)
    asks: int = 0  # 10 abort, 20 stop
    told: dict[int, float] = field(default_factory=dict)  # code -> when the first answer with it arrived
    ended_by_server: float | None = None  # since when it is over for the server, without a word of the robot
    refused: list[tuple[float, int]] = field(default_factory=list)  # what was said of it after that, in vain

    @property
    def final(self) -> int | None:
        """The last thing carried out, if that ended it."""
        return self.carried[-1][1] if self.carried and self.carried[-1][1] in FINAL else None

    @property
    def said(self) -> list[tuple[float, int]]:
        """What the server has heard of it, also what it wouldn't carry out."""
        return sorted([*self.carried, *self.refused]) if self.refused else self.carried

    @property
    def outcome(self) -> int | None:
        """The final status as the robot has told it, also to a server that wouldn't hear it."""
        return self.refused[-1][1] if self.refused and self.refused[-1][1] in FINAL else self.final


class Orchestrator:
    """One server and what it has noted.

    Attributes:
        heard: heartbeats and questions for a job that were carried out: when, of which life, when they were sent.
        asked_ready: answers to Ready that arrived: when, at which life, whether they announced a job.
        strangers: what was none of this server's business.
        tasks: what was carried out for tasks of queues.
        said_ready: heartbeats Ready that were carried out: when, of which life.
        rules: what it does of its own accord.
        open_while_ready: jobs at work, as far as the server knew, when their robot, which had them, said Ready.
    """

    def __init__(self, host: str, guid: str, rng: random.Random, *, offers_again: bool, rules: Rules = NONE) -> None:
        self.host = host
        self.guid = guid
        self.origin = origin_of(host, guid)
        self.offers_again = offers_again
        self.rules = rules
        self._refusal = rng.choice((400, 404, 409, 410, 422)) if rules.refuses_late else 0
        self.jobs: dict[str, Job] = {}
        self.heard: list[tuple[float, Life, float]] = []
        self.asked_ready: list[tuple[float, Life, bool]] = []
        self.said_ready: list[tuple[float, Life]] = []
        self.strangers: list[str] = []
        self.tasks: list[tuple[float, str, str, str]] = []  # when, job, task, status
        self.messages: list[tuple[float, str]] = []  # of scripts
        self.created: list[str] = []  # tasks, by name
        self.nexts: list[tuple[float, str]] = []  # when which queue was asked for its next task
        self.told_by: list[Life] = []  # each of these
        self.open_while_ready: list[tuple[float, Life, str]] = []
        self._credential = "Basic " + base64.b64encode(guid.encode()).decode()
        self._yes, self._no = rng.choice([(1, 0), ("1", "0"), (True, False)])
        keys: list[Callable[[str], str]] = [str, str.lower, str.upper]
        self._key = rng.choice(keys)
        self._text = rng.random() < 0.8  # objects as JSON text, as the specification has it

    def knows(self, authorization: str) -> bool:
        """Whether that is its robot's credential."""
        return authorization == self._credential

    def add(self, job: Job) -> None:
        """A job is queued."""
        self.jobs[job.guid] = job
        job.queued = scheduler().now

    @property
    def next(self) -> Job | None:
        """The one that would be handed out now."""
        waiting = [job for job in self.jobs.values() if job.waiting]
        return max(waiting, key=lambda job: job.priority) if waiting else None

    def carry_out(
        self, call: str, fields: dict[str, str], authorization: str, life: Life, sent: float
    ) -> tuple[int, bytes]:
        """Do it; HTTP status and body of the answer."""
        if authorization != self._credential or fields.get("RobotGUID", self.guid) != self.guid:
            self.strangers.append(f"{call} {fields} of somebody else")
            return 401, b"{}"
        self._fail_the_old()
        if call == "heartbeat":
            return 200, self._json(self._heartbeat(fields, life, sent))
        if call == "consume":
            self.heard.append((scheduler().now, life, sent))
            return 200, self._json(self._consume())
        if call == "task":
            self._change(fields)
            self.told_by.append(life)
            return 200, b"[]"
        if call in OF_SCRIPTS:
            return 200, self._for_a_script(call, fields)
        return self._update(fields)

    def _change(self, fields: dict[str, str]) -> None:
        """Of a task, which comes with its job; or of an asset, whose name tells it."""
        thing = fields["guid"]
        job = fields.get("job_guid") or next((guid for guid in self.jobs if guid.startswith(thing[:8])), "")
        if job not in self.jobs:
            self.strangers.append(f"{thing} is nobody's here")
        self.tasks.append((scheduler().now, job, thing, fields.get("status") or fields["text"]))

    def _for_a_script(self, call: str, fields: dict[str, str]) -> bytes:
        if call == "message":
            self.messages.append((scheduler().now, fields["message"]))
        elif call == "create":
            self.created.append(fields["name"])
        else:
            self.nexts.append((scheduler().now, fields["queue"]))
            return b"[]"
        return b'{"guid": "1"}'

    def answer_arrives(self, call: str, fields: dict[str, str], body: bytes, life: Life) -> None:
        """The robot has the answer now."""
        now = scheduler().now
        reply = {key.lower(): value for key, value in json.loads(body).items()} if body[:1] == b"{" else {}
        if call == "consume" and "job" in reply:
            found = reply["job"]
            found = json.loads(found) if isinstance(found, str) else found
            guid = next(value for key, value in found.items() if key.lower() == "guid")
            self.jobs[guid].arrived.append(now)
        if call == "heartbeat" and fields["Status"] in (READY, "0"):
            self.asked_ready.append((now, life, bool(int(reply["hasnewjob"]))))
        if call == "heartbeat" and int(reply["heartbeaterrorcode"]) and fields["JobGUID"] in self.jobs:
            self.jobs[fields["JobGUID"]].told.setdefault(int(reply["heartbeaterrorcode"]), now)

    def _heartbeat(self, fields: dict[str, str], life: Life, sent: float) -> dict[str, Any]:
        now, status, guid = scheduler().now, fields["Status"], fields["JobGUID"]
        self.heard.append((now, life, sent))
        code = 0
        if status == WORKING:
            job = self.jobs.get(guid)
            if job is None:
                self.strangers.append(f"Working on {guid}, which is nobody's here")
            else:
                code = job.asks or (ABORT if self.rules.aborts and job.ended_by_server is not None else 0)
        elif status == READY:
            self.said_ready.append((now, life))
            for job in self.jobs.values():
                # What was sent before there was the job is true, however late it is carried out.
                if job.arrived and job.arrived[0] < sent and not any(said in FINAL for _when, said in job.said):
                    self.open_while_ready.append((now, life, job.guid))
                if self.offers_again and job.handed_out and not job.carried:
                    job.waiting = True
        if self.rules.believes_ready and (status == READY or (status == "0" and self.rules.disconnected_too)):
            self._believe()
        return {"HeartbeatErrorCode": code, "ErrorText": "", "HasNewJob": self._yes if self.next else self._no}

    def _believe(self) -> None:
        """The robot says that it works on nothing."""
        for job in self.jobs.values():
            if job.handed_out and not job.waiting and job.final is None and job.ended_by_server is None:
                if self.rules.believes_ready == PUTS_BACK:
                    job.waiting = True
                else:
                    job.ended_by_server = scheduler().now

    def _fail_the_old(self) -> None:
        """What has had no outcome for too long has failed, for the server."""
        for job in self.jobs.values():
            if job.handed_out and job.final is None and job.ended_by_server is None:
                over = job.handed_out[0] + self.rules.ends_after
                if over <= scheduler().now:
                    job.ended_by_server, job.waiting = over, False

    def _consume(self) -> dict[str, Any]:
        job = self.next
        if job is None:
            return {"ConsumeJobErrorCode": 102, "ErrorText": "no job found"}
        job.waiting = False
        job.handed_out.append(scheduler().now)
        about: dict[str, Any] = {
            "Job": {"GUID": job.guid, "Status": "1"},
            "ProcessVersion": {"GUID": "f" + job.guid[1:], "Name": job.name},
        }
        texts = {key: json.dumps(value) if self._text else value for key, value in about.items()}
        return {"ConsumeJobErrorCode": 0, "ErrorText": "", **texts}

    def _update(self, fields: dict[str, str]) -> tuple[int, bytes]:
        job = self.jobs.get(fields["guid"])
        if job is None:
            self.strangers.append(f"status {fields['status']} of {fields['guid']}, which is nobody's here")
            return 404, b"{}"
        if self._refusal and job.ended_by_server is not None:
            job.refused.append((scheduler().now, int(fields["status"])))
            return self._refusal, b"{}"
        job.carried.append((scheduler().now, int(fields["status"])))
        if self.rules.believes_ready == PUTS_BACK and job.final is not None:
            job.waiting = False
        return 200, b"[]"

    def _json(self, reply: dict[str, Any]) -> bytes:
        return json.dumps({self._key(key): value for key, value in reply.items()}).encode()
