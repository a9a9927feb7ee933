"""Requests to the field's Orchestrator: what is done with one (`Plan`), and which ones that is about (`Rule`)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable

ABORTED, SUCCESS, FAILED, STOPPED, IN_PROGRESS = 3, 4, 5, 7, 8
FINAL: Final = frozenset({ABORTED, SUCCESS, FAILED, STOPPED})
ABORT, STOP = 10, 20
READY, WORKING = "2", "3"
PATIENCE: Final = 20.0
READABLE: Final = 2**20  # of a body: nobody needs to read more than that
DRIP_SECONDS: Final = 0.05
LATE: Final = 0.4  # seconds, nearly the shortest time-out that a robot here is given
CALLS: Final = {
    "/api/robot/heartbeat": "heartbeat",
    "/api/robot/consumeNextJob": "consume",
    "/api/job/update": "update",
    "/api/log/create": "log",
    "/api/task/update": "task",
}
NEXT_TASK: Final = "/api/queue/lastTask/"
REASONS: Final = {200: "OK", 102: "Processing"}
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
        too_much = len(self.body) > READABLE or ("Content-Encoding", "gzip") in self.headers
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
        """`heartbeat`, `consume`, `update`, `log`, `task`, `next`; any other path as it is."""
        return "next" if self.path.startswith(NEXT_TASK) else CALLS.get(self.path, self.path)

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
        late = self.answered_at is None or self.answered_at - self.at > LATE
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
