"""Every case of the fault suite: a call of the algorithm × a fault × how the fault goes on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from app.sandbox.faults import FaultKind, When


class Step(StrEnum):
    """The network calls of the algorithm, as the specification numbers its steps."""

    READY = "1, 5: heartbeat Ready"
    CONSUME = "2: consumeNextJob"
    IN_PROGRESS = "2: update, in progress"
    WORKING = "3: heartbeat Working"
    OUTCOME = "4: update, outcome"
    START = "start: outbox of a robot that died"


class Course(StrEnum):
    """How the fault goes on."""

    RECOVERS = "recovers"  # it hits twice, then all is well
    STAYS = "stays"  # it goes on until the robot is ended by a person and started again
    LIMIT = "offline_limit"  # it goes on, and the settings set a limit


class Road(StrEnum):
    """Faults before any Orchestrator is reached: the robot's call goes to another address."""

    REFUSED = "refused"
    NO_NAME = "no name"
    EXPIRED = "TLS: expired"
    WRONG_HOST = "TLS: wrong host"
    UNKNOWN_CA = "TLS: unknown authority"


@dataclass(frozen=True)
class FaultCase:
    """One fault. `kind` is a road, or a fault of the sandbox with its `options`."""

    name: str
    kind: Road | FaultKind
    options: tuple[tuple[str, object], ...] = ()
    retry_after: float = 0  # seconds that the server asks for

    @property
    def slow(self) -> bool:
        """Whether it is the robot's time-out that ends a call."""
        return self.kind in {FaultKind.DELAY, FaultKind.DRIP}

    @property
    def refuses_for_good(self) -> bool:
        """4xx: for a job's status this is the end of that report (durability rule 3)."""
        return self.name.startswith("40")


def _status(code: int, note: str = "", **options: object) -> FaultCase:
    return FaultCase(f"{code}{note}", FaultKind.STATUS, (("status", code), *options.items()))


_BEFORE: Final = ("when", When.BEFORE)
_AFTER: Final = ("when", When.AFTER)  # the request takes effect, only its answer is lost
_SIZE: Final = ("size", 2 * 1024 * 1024)

FAULTS: Final = (
    FaultCase("connection refused", Road.REFUSED),
    FaultCase("name not found", Road.NO_NAME),
    FaultCase("TLS: certificate expired", Road.EXPIRED),
    FaultCase("TLS: certificate of another host", Road.WRONG_HOST),
    FaultCase("TLS: unknown authority", Road.UNKNOWN_CA),
    FaultCase("closed without an answer, not carried out", FaultKind.DROP, (_BEFORE,)),
    FaultCase("closed without an answer, carried out", FaultKind.DROP, (_AFTER,)),
    FaultCase("reset in mid-body, not carried out", FaultKind.RESET, (_BEFORE,)),
    FaultCase("reset in mid-body, carried out", FaultKind.RESET, (_AFTER,)),
    FaultCase("no answer in time, carried out", FaultKind.DELAY, (_AFTER, ("seconds", 2.0))),
    FaultCase("answer drips in, byte by byte", FaultKind.DRIP, (("seconds", 0.05),)),
    _status(500),
    _status(502, ", carried out", when=When.AFTER),
    _status(503),
    FaultCase("429 with Retry-After", FaultKind.STATUS, (("status", 429), ("retry_after", 7)), retry_after=7),
    _status(404),
    _status(405),
    FaultCase("200 with a log-in page", FaultKind.HTML, (_BEFORE,)),
    FaultCase("200 with half of the JSON, carried out", FaultKind.TRUNCATED, (_AFTER,)),
    FaultCase("200 with wrong types", FaultKind.WRONG_TYPES),
    FaultCase("200 with a huge body, not carried out", FaultKind.HUGE, (_BEFORE, _SIZE)),
    FaultCase("200 with a gzip bomb, not carried out", FaultKind.GZIP_BOMB, (_BEFORE, _SIZE)),
    FaultCase("redirect to another host", FaultKind.REDIRECT, (_BEFORE,)),
)


@dataclass(frozen=True)
class Case:
    """One cell of the table."""

    step: Step
    fault: FaultCase
    course: Course

    def __str__(self) -> str:
        return f"{self.step} × {self.fault.name} × {self.course}"

    @property
    def expected(self) -> str:
        """What the robot must do, in the words of the table."""
        taken = self.fault.kind in COUNTS_AS_TAKEN
        match self.step:
            case Step.IN_PROGRESS | Step.WORKING:
                return UNDISTURBED
            case Step.OUTCOME | Step.START if self.fault.refuses_for_good:
                return DEAD_LETTER
            case Step.OUTCOME | Step.START if taken:
                return UNDISTURBED
        return {Course.RECOVERS: RECOVERED, Course.STAYS: STAYED, Course.LIMIT: GAVE_UP}[self.course]


# Any whole 2xx answer means that a status was taken, whatever its JSON says; and two bytes may drip.
COUNTS_AS_TAKEN: Final = frozenset({FaultKind.TRUNCATED, FaultKind.WRONG_TYPES, FaultKind.DRIP})

UNDISTURBED: Final = "the job goes on; outcome delivered"
DEAD_LETTER: Final = "refused for good: kept, shown, blocks nothing"
RECOVERED: Final = "tried again until it worked"
STAYED: Final = "stays and asks; delivered after a restart"
GAVE_UP: Final = "exit 4; delivered at the next start"

CASES: Final = tuple(Case(*cell) for cell in product(Step, FAULTS, Course))
