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
    steps = _Steps(rng).draw()
    return Plan(seed, settings, rng.random() < 0.4, sorted(steps, key=lambda step: step.at))


class _Steps:
    """What happens, in no order."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._length = rng.choice((20.0, 60.0, 180.0))
        self._jobs: list[float] = []  # when each is queued
        self._moments: list[float] = []  # near which more happens than at other times
        self._steps: list[Step] = []

    def draw(self) -> list[Step]:
        """All of them."""
        rng = self._rng
        for number in range(rng.choice((1, 1, 2, 3, 4))):
            self._job(number)
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            self._weather()
        if rng.random() < 0.35:
            for _ in range(rng.choice((1, 1, 2))):
                self._add(self._some_time(), "crash", {"again after": rng.choice((0.5, 5.0, 70.0))})
        if rng.random() < 0.15:
            self._power_cut()
        if rng.random() < 0.2:
            seconds = rng.choice((0.3, 3.0, 30.0, 100.0))
            self._add(
                self._some_time(),
                "journal",
                {"seconds": seconds, "full": rng.random() < 0.5, "readable": rng.random() < 0.5},
            )
        if rng.random() < 0.35:
            self._people()
        if rng.random() < 0.1:
            self._add(self._some_time(), "clock", {"jumps": rng.choice((-7200.0, 3600.0, 86400.0))})
        if rng.random() < 0.2:
            self._settings()
        return self._steps

    def _add(self, at: float, kind: str, details: dict[str, Any]) -> None:
        self._steps.append(Step(at, kind, details))

    def _some_time(self) -> float:
        """Any time, or soon after something began: then most things happen."""
        rng = self._rng
        if rng.random() < 0.6:
            return rng.choice(self._moments) + rng.choice((0.0, 0.0, 4.0, 10.0)) + rng.uniform(0, 3)
        return rng.uniform(0, self._length)

    def _job(self, number: int) -> None:
        rng = self._rng
        at = rng.uniform(0, self._length * 0.6) if number else 0.0
        self._jobs.append(at)
        self._moments.append(at)
        seconds = rng.choice((0.0, 0.2, 3.0, 12.0, 40.0)) * rng.uniform(0.8, 1.2)
        code = rng.choice((0, 0, 0, 0, 1, 3, None))
        on_stop = rng.choice(("stops", "stops", "finishes", "fails", "ignores"))
        script = Script(seconds, code, on_stop, rng.choice((0.0, 0.5, 8.0)), rng.choice((0, 0, 2, 5)))
        self._add(at, "job", {"number": number, "script": script})
        self._moments.append(at + seconds)
        if rng.random() < 0.25:
            asked = at + rng.uniform(0, seconds + 5)
            codes = rng.choice(((10,), (20,), (20, 10)))
            for code_asked in codes:
                self._add(asked, "ask", {"number": number, "code": code_asked})
                asked += rng.uniform(0, 12)

    def _weather(self) -> None:
        rng = self._rng
        details = {
            "seconds": rng.choice((0.5, 3.0, 8.0, 20.0, 90.0)),
            "weather": rng.choice((weather.MIXED, weather.TIRED, *rng.sample(weather.KINDS, 4))),
            "call": rng.choice(("", "update", "update", "heartbeat", "consume", "task")),
            "share": rng.choice((1.0, 1.0, 0.5)),
        }
        if details["call"] == "update" and rng.random() < 0.4:
            details["seconds"] = rng.choice((20.0, 90.0, 300.0))
            if len(self._jobs) > 1 and rng.random() < 0.7:
                details["only"] = rng.randrange(len(self._jobs))
            else:
                details["weather"] = weather.REFUSES
        at = self._some_time()
        self._moments.append(at)
        self._add(at, "weather", details)

    def _people(self) -> None:
        rng = self._rng
        at = self._some_time()
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            self._add(at, "person", {"does": rng.choice(PEOPLE)})
            at += rng.choice((0.05, 1.0, 8.0)) * rng.random()

    def _power_cut(self) -> None:
        """Mostly just after something began; when the machine is up again, a virus scanner may have the file first."""
        rng = self._rng
        at = rng.choice(self._moments) + rng.choice((0.0, 0.0, 4.0)) + rng.choice((0.3, 0.3, 3.0)) * rng.random()
        details = {"again after": rng.choice((5.0, 70.0)), "scanned for": rng.choice((0.0, 0.0, 0.5, 25.0))}
        self._add(at, "power cut", details)

    def _settings(self) -> None:
        """Now and then somebody saves the file again at once."""
        rng = self._rng
        at = self._some_time()
        for _ in range(rng.choice((1, 1, 2, 3))):
            self._add(at, "settings", {"host": rng.random() < 0.6})
            at += rng.choice((0.02, 0.2, 5.0)) * rng.random()
