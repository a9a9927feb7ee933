"""Every case of the fault suite: a call of the algorithm × a fault × how the fault goes on."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from tests.field.requests import LOST_AFTER, LOST_BEFORE, NOTICE, Plan, answers, page


class Step(StrEnum):
    """The network calls of the algorithm, as the specification numbers its steps."""

    READY = "1, 5: heartbeat Ready"
    CONSUME = "2: consumeNextJob"
    IN_PROGRESS = "2: update, in progress"
    WORKING = "3: heartbeat Working"
    OUTCOME = "4: update, outcome"
    ONE_OF_TWO = "2, 4: updates of one job, another waits"
    START = "start: outbox of a robot that died"


UPDATES: Final = frozenset({Step.IN_PROGRESS, Step.OUTCOME, Step.ONE_OF_TWO, Step.START})


class Course(StrEnum):
    """How the fault goes on."""

    RECOVERS = "recovers"  # it hits twice, then all is well
    STAYS = "stays"  # it goes on until the robot is ended by a person and started again
    LIMIT = "nobody comes"  # it goes on; `offline_limit` is set, and ten minutes pass


class Road(StrEnum):
    """Faults before any Orchestrator is reached: the robot's call goes to another address."""

    REFUSED = "refused"
    NO_NAME = "no name"
    EXPIRED = "TLS: expired"
    WRONG_HOST = "TLS: wrong host"
    UNKNOWN_CA = "TLS: unknown authority"


class Sort(StrEnum):
    """How the robot must take an answer (the table of answers in `app/orchestrator/client.py`)."""

    AGAIN = "again"  # whichever call
    TAKEN = "taken"  # a status is delivered by it; to the other calls it is no answer
    FINE = "fine"  # a good answer to every call
    REFUSES_A_REPORT = "refuses a report"  # to the other calls it is no answer
    REFUSES_THE_ROBOT = "refuses the robot"  # a heartbeat, a question for a job; a status is sent again


@dataclass(frozen=True)
class FaultCase:
    """One fault.

    Attributes:
        plan: a road, or what the server does.
        put_only: the server does it only when the call is a PUT.
        slow: it is the robot's time-out that ends the call.
        retry_after: seconds that the server asks for.
    """

    name: str
    plan: Road | Plan
    sort: Sort = Sort.AGAIN
    put_only: bool = False
    slow: bool = False
    retry_after: float = 0


_SIZE: Final = 2 * 1024 * 1024
_BOMB: Final = gzip.compress(b" " * _SIZE)
_JSON: Final = b'{"ErrorText": "no"}'
_LATE: Final = 0.5  # seconds; the time-out of those cases is shorter


def _again(status: int, **details: object) -> FaultCase:
    return FaultCase(str(status), answers(status, **details))


FAULTS: Final = (
    FaultCase("connection refused", Road.REFUSED),
    FaultCase("name not found", Road.NO_NAME),
    FaultCase("TLS: certificate expired", Road.EXPIRED),
    FaultCase("TLS: certificate of another host", Road.WRONG_HOST),
    FaultCase("TLS: unknown authority", Road.UNKNOWN_CA),
    FaultCase("closed without an answer, not carried out", LOST_BEFORE),
    FaultCase("closed without an answer, carried out", LOST_AFTER),
    FaultCase("reset in mid-body, not carried out", answers(200, b"[]" * 40, manner="reset")),
    FaultCase("reset in mid-body, carried out", Plan(wrap=(b" " * 40, b" " * 40), manner="reset")),
    FaultCase("no answer in time, carried out at once", Plan(after=_LATE), slow=True),
    FaultCase("no answer in time, carried out later", Plan(before=_LATE), slow=True),
    FaultCase("no answer in time, never carried out", answers(200, b"[]", after=_LATE), slow=True),
    FaultCase("answer drips in, byte by byte", Plan(wrap=(b"", b" " * 60), manner="drip"), slow=True),
    _again(500),
    FaultCase("502, carried out", Plan(status=502)),
    _again(503),
    FaultCase("429 with Retry-After", answers(429, headers=(("Retry-After", "7"),)), retry_after=7),
    FaultCase("401 with JSON", answers(401, _JSON), Sort.REFUSES_THE_ROBOT),
    FaultCase("403 with JSON", answers(403, _JSON), Sort.REFUSES_THE_ROBOT),
    FaultCase("403 with a page", page(403)),
    FaultCase("404 with nothing", answers(404), Sort.REFUSES_A_REPORT),
    FaultCase("404 with JSON", answers(404, _JSON), Sort.REFUSES_A_REPORT),
    FaultCase("404 with a page", page(404)),
    FaultCase("422 with JSON", answers(422, _JSON), Sort.REFUSES_A_REPORT),
    FaultCase("405 to PUT", answers(405, _JSON), Sort.FINE, put_only=True),
    FaultCase("407 with a page", page(407)),
    FaultCase("408", answers(408)),
    FaultCase("421 with a page", page(421)),
    FaultCase("425", answers(425)),
    FaultCase("200 with a log-in page", page(200)),
    FaultCase("200 with JSON that names an error", answers(200, b'{"ErrorCode": 500, "ErrorText": "deadlock"}')),
    FaultCase("200 with half of the JSON, carried out", Plan(bend=lambda body: b"{" + body[: len(body) // 2])),
    FaultCase("200 with wrong types", Plan(status=200, body=b'{"a": [1]}'), Sort.TAKEN),
    FaultCase("200 with a PHP notice before it", Plan(wrap=(NOTICE, b"")), Sort.FINE),
    FaultCase("102 before the 200", Plan(ahead=b"HTTP/1.1 102 Processing\r\n\r\n"), Sort.FINE),
    FaultCase("200 with a huge body, not carried out", answers(200, b"[" + b" " * _SIZE)),
    FaultCase("200 with a gzip bomb, not carried out", answers(200, _BOMB, headers=(("Content-Encoding", "gzip"),))),
    FaultCase("redirect to another host", answers(307)),  # with its Location: `fault_run.Range`
)


class Expected(StrEnum):
    """What the robot does, in the words of the table."""

    UNDISTURBED = "goes on as if nothing had been; outcome delivered"
    RECOVERED = "tried again until it worked"
    STAYED = "stays and asks; delivered after a restart"
    GAVE_UP = "exit 4; delivered at the next start"
    REFUSED = "exit 3; delivered at the next start"
    WARNED = "works on; leaves with a warning after ten minutes; delivered at the next start"
    NEXT_START = "refused: holds nobody up; tried again at each start until it is taken"


@dataclass(frozen=True)
class Case:
    """One cell of the table."""

    step: Step
    fault: FaultCase
    course: Course

    def __str__(self) -> str:
        return f"{self.step} × {self.fault.name} × {self.course}"

    @property
    def expected(self) -> Expected:
        """What the robot must do."""
        sort, report = self.fault.sort, self.step in UPDATES
        # While a job runs, neither a report that fails nor a heartbeat is the job's problem.
        if self.step in {Step.IN_PROGRESS, Step.WORKING} or sort is Sort.FINE or (sort is Sort.TAKEN and report):
            return Expected.UNDISTURBED
        if sort is Sort.REFUSES_THE_ROBOT and not report:
            return Expected.REFUSED
        if sort is Sort.REFUSES_A_REPORT and report:
            return Expected.NEXT_START
        outcomes = {Course.RECOVERS: Expected.RECOVERED, Course.STAYS: Expected.STAYED}
        return outcomes.get(self.course, Expected.WARNED if report else Expected.GAVE_UP)


CASES: Final = tuple(Case(*cell) for cell in product(Step, FAULTS, Course))
