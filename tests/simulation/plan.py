"""What is to happen in a night: a list of steps that the seed draws, from which any may be left out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import weather
from tests.simulation.machine import Script

PEOPLE = ("pause", "resume", "stop", "abort", "cancel log-off", "quit", "finish", "end of session")


@dataclass(frozen=True)
class Step:
    """One thing that happens at `at` seconds of the night."""

    at: float
    kind: str
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        details = " ".join(f"{key}={value}" for key, value in self.details.items())
        return f"{self.at:8.2f} {self.kind} {details}"


@dataclass
class Plan:
    """A night."""

    seed: int
    settings: dict[str, Any]
    offers_again: bool
    steps: list[Step]

    def without(self, dropped: set[int]) -> Plan:
        """The same night without some of its steps."""
        kept = [step for number, step in enumerate(self.steps) if number not in dropped]
        return Plan(self.seed, self.settings, self.offers_again, kept)

    def __str__(self) -> str:
        lines = [f"seed {self.seed}, settings {self.settings}, offers again: {self.offers_again}"]
        return "\n".join([*lines, *map(str, self.steps)])


def draw(seed: int) -> Plan:
    """The night of this seed."""
    rng = random.Random(f"night {seed}")
    settings = {
        "when_idle": rng.choice(("logoff", "logoff", "exit", "wait")),
        "logoff_countdown": rng.choice((0, 3, 15, 40)),
        "request_timeout": rng.choice((2, 5, 10)),
        "heartbeat_seconds": rng.choice((1, 5, 10)),
        "stop_timeout": 0,
    }
    steps: list[Step] = []
    length = rng.choice((20.0, 60.0, 180.0))
    begins: list[float] = []

    def some_time() -> float:
        """Any time, or soon after a job was queued: then most things happen."""
        return rng.choice(begins) + rng.uniform(0, 3) if rng.random() < 0.5 else rng.uniform(0, length)

    for number in range(rng.choice((1, 1, 2, 3, 4))):
        at = rng.uniform(0, length * 0.6) if number else 0.0
        begins.append(at)
        seconds = rng.choice((0.0, 0.2, 3.0, 12.0, 40.0)) * rng.uniform(0.8, 1.2)
        code = rng.choice((0, 0, 0, 0, 1, 3, None))
        on_stop = rng.choice(("stops", "stops", "finishes", "fails", "ignores"))
        script = Script(seconds, code, on_stop, rng.choice((0.0, 0.5, 8.0)), rng.choice((0, 0, 2, 5)))
        steps.append(Step(at, "job", {"number": number, "script": script}))
        if rng.random() < 0.25:
            asks = rng.choice((10, 20, 20))
            steps.append(Step(at + rng.uniform(0, seconds + 5), "ask", {"number": number, "code": asks}))
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        at = some_time()
        details = {
            "seconds": rng.choice((0.5, 3.0, 8.0, 20.0, 90.0)),
            "weather": rng.choice((weather.MIXED, weather.TIRED, *rng.sample(weather.KINDS, 4))),
            "call": rng.choice(("", "update", "update", "heartbeat", "consume", "task")),
            "share": rng.choice((1.0, 1.0, 0.5)),
        }
        steps.append(Step(at, "weather", details))
    if rng.random() < 0.35:
        steps += [
            Step(some_time(), "crash", {"again after": rng.choice((0.5, 5.0, 70.0))})
            for _ in range(rng.choice((1, 1, 2)))
        ]
    if rng.random() < 0.15:
        seconds = rng.choice((0.3, 3.0, 30.0))
        steps.append(Step(some_time(), "journal", {"seconds": seconds, "full": rng.random() < 0.5}))
    if rng.random() < 0.3:
        steps.append(Step(some_time(), "person", {"does": rng.choice(PEOPLE)}))
    if rng.random() < 0.1:
        steps.append(Step(some_time(), "clock", {"jumps": rng.choice((-7200.0, 3600.0, 86400.0))}))
    if rng.random() < 0.12:
        steps.append(Step(some_time(), "settings", {"host": rng.random() < 0.6}))
    return Plan(seed, settings, rng.random() < 0.4, sorted(steps, key=lambda step: step.at))
