"""One Orchestrator as its vendor has it: eight workers of PHP, a queue before them, and what becomes of a request."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.orchestrator.errors import UnreachableError

if TYPE_CHECKING:
    from tests.fleet.engine import Task, World

READY, WORKING, CONSUME, UPDATE = "Ready", "Working", "consumeNextJob", "job/update"
HEARTBEATS: Final = (READY, WORKING)

WORKERS: Final = 8  # php-fpm by default, says the vendor
BACKLOG: Final = 511  # php-fpm's listen.backlog; nginx answers 502 at once when it is full
# Mean seconds of one worker; an assumption: a read, a write and the audit's record each, a few more for a job.
SERVICE: Final = {READY: 0.005, WORKING: 0.005, CONSUME: 0.020, UPDATE: 0.010}

REFUSED: Final = UnreachableError("no connection")
FULL: Final = UnreachableError("HTTP 502", http_status=502, fate_unknown=True)
BUSY_SECONDS: Final = 30.0  # what a server that is busy asks for
TIMED_OUT: Final = UnreachableError("no answer in time", fate_unknown=True)


class Request:
    """One call of one robot, which waits for its answer at most `timeout` seconds."""

    __slots__ = ("_server", "call", "given_up", "number", "sent", "task", "ticket", "timeout")

    def __init__(self, server: Server, call: str, number: int, timeout: float) -> None:
        self._server = server
        self.call = call
        self.number = number
        self.timeout = timeout
        self.given_up = False
        self.sent = 0.0

    def arm(self, task: Task) -> None:
        """It is sent."""
        self.task, self.ticket = task, task.ticket
        self.sent = task.world.now
        self._server.arrives(self)

    def answer(self, value: object) -> None:
        """Whoever waits hears that."""
        self.task.resume(self.ticket, value)

    def give_up(self) -> None:
        """The time limit is over; the server doesn't know."""
        if self.ticket == self.task.ticket:
            self.given_up = True
            self._server.seconds.timed_out[int(self.task.world.now)] += 1
            self.answer(TIMED_OUT)


@dataclass
class Seconds:
    """What happened in each second.

    Attributes:
        came: requests that the robots have sent.
        beats: heartbeats among them.
        answered: requests answered in time.
        refused: without a connection, or because the queue was full.
        timed_out: given up by their robots.
        wasted: carried out for nobody.
        busy: workers' seconds; of heartbeats alone: `busy_beats`.
        waited: the longest wait before a worker took a request.
    """

    came: Counter[int] = field(default_factory=Counter)
    beats: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    timed_out: Counter[int] = field(default_factory=Counter)
    wasted: Counter[int] = field(default_factory=Counter)
    busy: dict[int, float] = field(default_factory=dict)
    busy_beats: dict[int, float] = field(default_factory=dict)
    waited: dict[int, float] = field(default_factory=dict)


class Server:
    """See the module.

    Attributes:
        state: "up"; "down": no connection; "dark": nothing arrives; "hangs": the workers do nothing; "peace": 503 with
            Retry-After.
        retry_after: its seconds.
        jobs: for each robot that has one, the seconds that its script takes.
        heard: when a heartbeat of each robot was last carried out.
        longest_silence: the longest time between two of them, since `watched_from`.
        backlog: how many requests may wait.
    """

    def __init__(
        self, world: World, *, service: dict[str, float] | None = None, backlog: int = BACKLOG, fixed: bool = False
    ) -> None:
        self.world = world
        self.state = "up"
        self.seconds = Seconds()
        self.jobs: dict[int, float] = {}
        self.heard: dict[int, float] = {}
        self.longest_silence: dict[int, float] = {}
        self.watched_from = 0.0
        self._service = service or SERVICE
        self.backlog = backlog
        self.retry_after = BUSY_SECONDS
        self._fixed = fixed
        self._busy = 0
        self._queue: deque[Request] = deque()

    def becomes(self, state: str) -> None:
        """From now on."""
        self.state = state
        if state == "down":  # the connections are lost
            waiting, self._queue = self._queue, deque()
            for request in waiting:
                self._refuse(request, REFUSED)
        while state == "up" and self._queue and self._busy < WORKERS:
            self._serve(self._queue.popleft())

    def arrives(self, request: Request) -> None:
        """A robot has sent it."""
        now = self.world.now
        second = int(now)
        self.seconds.came[second] += 1
        if request.call in HEARTBEATS:
            self.seconds.beats[second] += 1
        if self.state == "up" and self._busy < WORKERS and not self._queue:
            self._serve(request)
        elif self.state == "down":
            self._refuse(request, REFUSED)
        elif self.state == "peace":
            self._refuse(request, UnreachableError("HTTP 503", http_status=503, retry_after=self.retry_after))
        elif self.state == "dark":
            self.world.at(now + request.timeout, request.give_up)
        elif len(self._queue) < self.backlog:
            self._queue.append(request)
            self.world.at(now + request.timeout, request.give_up)
        else:
            self._refuse(request, FULL)

    def _refuse(self, request: Request, error: UnreachableError) -> None:
        self.seconds.refused[int(self.world.now)] += 1
        self.world.at(self.world.now, request.answer, error)

    def _serve(self, request: Request) -> None:
        now = self.world.now
        mean = self._service[request.call]
        takes = mean if self._fixed else self.world.rng.expovariate(1 / mean)
        second = int(now)
        seconds = self.seconds
        seconds.busy[second] = seconds.busy.get(second, 0.0) + takes
        if request.call in HEARTBEATS:
            seconds.busy_beats[second] = seconds.busy_beats.get(second, 0.0) + takes
        seconds.waited[second] = max(seconds.waited.get(second, 0.0), now - request.sent)
        self._busy += 1
        self.world.at(now + takes, self._done, request)

    def _done(self, request: Request) -> None:
        self._busy -= 1
        if self._queue and self.state == "up":
            self._serve(self._queue.popleft())
        if self.state == "down":
            self._refuse(request, REFUSED)
            return
        second = int(self.world.now)
        if request.call in HEARTBEATS:
            self._hear(request.number)
        if request.given_up:
            self.seconds.wasted[second] += 1
            return
        self.seconds.answered[second] += 1
        request.answer(self.jobs.pop(request.number, None) if request.call == CONSUME else request.number in self.jobs)

    def _hear(self, number: int) -> None:
        now = self.world.now
        last = self.heard.get(number)
        if last is not None and last >= self.watched_from:
            self.longest_silence[number] = max(self.longest_silence.get(number, 0.0), now - last)
        self.heard[number] = now
