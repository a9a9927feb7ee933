"""What is to happen in a night: a list of steps that the seed draws, from which any may be left out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from tests.simulation import weather
from tests.simulation.machine import Script
from tests.simulation.rules import Rules
from tests.simulation.worlds import widen

PEOPLE = ("pause", "resume", "stop", "abort", "cancel log-off", "quit", "finish", "end of session")


@dataclass(frozen=True)
class Step:
    """One thing that happens at `at` seconds of the night.

    With `on`, "update sent" for instance, it waits from then on for the `nth` such moment, and happens so many seconds
    `after` it.
    """

    at: float
    kind: str
    details: dict[str, Any] = field(default_factory=dict)
    on: str = ""
    nth: int = 1
    after: float = 0.0

    def __str__(self) -> str:
        details = " ".join(f"{key}={value}" for key, value in self.details.items())
        moment = f" {self.after:.2f} s after {self.on}, number {self.nth}" if self.on else ""
        return f"{self.at:8.2f} {self.kind} {details}{moment}"


@dataclass
class Plan:
    """A night."""

    seed: int
    settings: dict[str, Any]
    offers_again: bool
    steps: list[Step]
    rules: Rules = field(default_factory=Rules)

    def without(self, dropped: set[int]) -> Plan:
        """The same night without some of its steps."""
        kept = [step for number, step in enumerate(self.steps) if number not in dropped]
        return replace(self, steps=kept)

    def add(
        self, at: float, kind: str, details: dict[str, Any], on: str = "", nth: int = 1, after: float = 0.0
    ) -> None:
        """One more thing that happens."""
        self.steps.append(Step(at, kind, details, on, nth, after))

    def __str__(self) -> str:
        lines = [f"seed {self.seed}, settings {self.settings}, offers again: {self.offers_again}"]
        if self.rules != Rules():
            lines.append(str(self.rules))
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
    plan = Plan(seed, settings, rng.random() < 0.4, steps)
    widen(plan)
    plan.steps.sort(key=lambda step: step.at)
    return plan


_REQUESTS = ("reports", "reports", "changes", "changes", "one job", "weather", "outage")
_EVENTS = ("crash", "power", "disk", "people", "clock", "settings")
TROUBLES = (*dict.fromkeys(_REQUESTS), *_EVENTS, "unsaved")
_NO_PUT = 0.02  # of all servers know no PUT
_MEET = 0.4  # of all nights: something is under way, and something else happens meanwhile
# What a request may suffer so that nobody knows what became of it, and what makes it come late.
_UNSURE = (weather.LATE, weather.LATE, weather.RESET, "504", weather.SILENT, weather.LOST, weather.SLOW, "503")
_MOMENTS = ("update sent", "update sent", "update over", "task sent", "task over", "consume sent", "heartbeat sent",
            "commit")  # fmt: skip

_SPELLED = {
    "reports": ("update sent", "update over", "update over"),
    "changes": ("task sent", "task over", "task over"),
    "disk": ("journal waits", "journal waits", "journal opened"),
}
_LONG = 100.0  # seconds: a job that waits for it is given up
# When another program takes the journal's file.
_WRITES = ("update sent", "update over", "task over", "consume sent", "consume sent", "commit")


class _Steps:
    """What happens, in no order.

    Each night has a few kinds of trouble, and much of each: all kinds in every night, each of them seldom, meet less
    often in the one moment that matters (Groce and others, "Swarm testing", 2012).
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._length = rng.choice((20.0, 60.0, 180.0))
        self._jobs: list[float] = []  # when each is queued
        self._moments: list[float] = []  # near which more happens than at other times
        self._steps: list[Step] = []
        self._troubles = [rng.choice(_REQUESTS), rng.choice(_EVENTS)]
        if rng.random() >= _MEET:
            self._troubles = rng.sample(TROUBLES, rng.choice((1, 2, 2, 3, 4)))

    def draw(self) -> list[Step]:
        """All of them."""
        rng = self._rng
        for number in range(rng.choice((2, 2, 3, 4) if "one job" in self._troubles else (1, 1, 2, 2, 3, 4))):
            self._job(number)
        kinds = {
            "weather": (self._weather, (1, 2, 3)),
            "reports": (lambda: self._spell("update"), (1, 1, 2)),
            "changes": (lambda: self._spell("task"), (1, 1, 2)),
            "one job": (self._one_job, (1,)),
            "outage": (self._outage, (1,)),
            "crash": (self._crash, (1, 1, 2)),
            "power": (self._power_cut, (1, 1, 2)),
            "disk": (self._disk, (1, 1, 2)),
            "people": (self._people, (1,)),
            "clock": (self._clock, (1, 1, 2)),
            "settings": (self._settings, (1,)),
            "unsaved": (self._unsaved, (1,)),
        }
        for trouble in self._troubles:
            happen, times = kinds[trouble]
            for _ in range(rng.choice(times)):
                happen()
        if rng.random() < _NO_PUT:
            about = {"seconds": self._length, "weather": weather.NO_PUT, "call": "update", "share": 1.0}
            self._add(0.0, "weather", about)
        return self._steps

    def _add(self, at: float, kind: str, details: dict[str, Any]) -> None:
        self._steps.append(Step(at, kind, details))

    def _add_somewhere(self, kind: str, details: dict[str, Any]) -> None:
        """At any time, or at a moment of something that is under way."""
        rng = self._rng
        if rng.random() < 0.3:
            self._add(self._some_time(), kind, details)
            return
        spelled = [_SPELLED[trouble] for trouble in self._troubles if trouble in _SPELLED]
        if kind == "journal":
            starts = {"crash", "power", "settings"} & set(self._troubles)
            on = "journal opened" if starts and rng.random() < 0.4 else rng.choice(_WRITES)
        else:
            on = rng.choice(rng.choice(spelled) if spelled and rng.random() < 0.7 else _MOMENTS)
        nth = rng.choice((1, 1, 1, 2, 2, 3, 4))
        after = rng.choice((0.0, 0.05, 0.5, 2.0, 2.0, 8.0)) * rng.random()
        self._steps.append(Step(rng.choice(self._jobs), kind, details, on, nth, after))

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
        tasks = rng.choice((1, 2, 5) if "changes" in self._troubles else (0, 0, 0, 2, 5))
        script = Script(seconds, code, on_stop, rng.choice((0.0, 0.5, 8.0)), tasks)
        self._add(at, "job", {"number": number, "script": script})
        self._moments.append(at + seconds)
        if rng.random() < 0.2:
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

    def _spell(self, call: str) -> None:
        """A few requests, one after the other, of which nobody knows what becomes of them; then all is well again."""
        rng = self._rng
        at = rng.choice(self._jobs) if rng.random() < 0.7 else self._some_time()
        for _ in range(rng.choice((1, 1, 2, 3))):
            details = {"seconds": 60.0, "weather": rng.choice(_UNSURE), "call": call, "share": 1.0}
            self._add(at, "weather", details | {"times": rng.choice((1, 1, 1, 2))})

    def _one_job(self) -> None:
        """What is said of one job, and of that one alone, gets no answer for a while: others must not wait for it."""
        rng = self._rng
        which = rng.randrange(len(self._jobs) - 1)
        kind = rng.choice((weather.SILENT, weather.SILENT, weather.LATE, weather.LOST, weather.SLOW, "504", "503"))
        details = {"seconds": rng.choice((20.0, 90.0, 300.0)), "weather": kind, "call": "update", "share": 1.0}
        self._add(self._jobs[which] + rng.choice((0.0, 3.0)) * rng.random(), "weather", details | {"only": which})

    def _outage(self) -> None:
        """For a minute or more nothing is answered well, no heartbeat, or no question for a job: waits get longer.

        Somebody at the machine may try what the buttons do.
        """
        rng = self._rng
        kind = rng.choice((weather.SILENT, weather.LOST, weather.RESET, "503"))
        call, seconds, at = rng.choice(("", "heartbeat", "consume")), rng.choice((40.0, 90.0, 200.0)), self._some_time()
        self._add(at, "weather", {"seconds": seconds, "weather": kind, "call": call, "share": 1.0})
        for _ in range(rng.choice((0, 0, 1, 5))):
            self._add(at + rng.uniform(5.0, seconds), "person", {"does": rng.choice(("resume", *PEOPLE))})

    def _crash(self) -> None:
        self._add_somewhere("crash", {"again after": self._rng.choice((0.1, 0.5, 0.5, 5.0, 70.0))})

    def _disk(self) -> None:
        rng = self._rng
        seconds = rng.choice((0.3, 3.0, 6.0, 30.0, 100.0, 100.0))
        details: dict[str, Any] = {"seconds": seconds, "full": rng.random() < 0.5, "readable": rng.random() < 0.5}
        if rng.random() < 0.25:  # it comes back: a program that copies the file, again and again
            details |= {"times": rng.choice((2, 3, 5)), "gap": rng.choice((0.02, 0.2, 1.0))}
        self._add_somewhere("journal", details)
        if seconds >= _LONG and rng.random() < 0.4:  # long trouble has company
            at = rng.choice(self._jobs) + rng.uniform(0.0, seconds)
            about = {
                "seconds": rng.choice((40.0, 90.0)),
                "weather": rng.choice(_UNSURE),
                "call": "update",
                "share": 1.0,
            }
            self._add(at, "weather", about)
            if rng.random() < 0.5:
                self._add(
                    at + rng.uniform(0.0, 60.0), "settings", {"host": rng.random() < 0.6, "who": rng.choice((1, 2))}
                )

    def _clock(self) -> None:
        self._add_somewhere("clock", {"jumps": self._rng.choice((-7200.0, -7200.0, 3600.0, 86400.0))})

    def _unsaved(self) -> None:
        at = self._rng.choice(self._moments)
        self._add(at, "unsaved document", {"seconds": self._rng.choice((30.0, 90.0, 200.0, 400.0))})

    def _people(self) -> None:
        rng = self._rng
        at = self._some_time()
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            self._add(at, "person", {"does": rng.choice(PEOPLE)})
            at += rng.choice((0.05, 1.0, 8.0)) * rng.random()

    def _power_cut(self) -> None:
        """Mostly just after something began; when the machine is up again, a virus scanner may have the file first."""
        rng = self._rng
        details = {"again after": rng.choice((5.0, 70.0)), "scanned for": rng.choice((0.0, 0.0, 0.5, 25.0))}
        if rng.random() < 0.5:
            self._add_somewhere("power cut", details)
        else:
            at = rng.choice(self._moments) + rng.choice((0.0, 0.0, 4.0)) + rng.choice((0.3, 0.3, 3.0)) * rng.random()
            self._add(at, "power cut", details)

    def _settings(self) -> None:
        """Now and then somebody saves the file again at once."""
        rng = self._rng
        for _ in range(rng.choice((1, 1, 2))):
            self._add_somewhere("settings", {"host": rng.random() < 0.6, "who": rng.choice((1, 1, 2, 2, 0))})
        if rng.random() < 0.4:
            at = self._some_time()
            for _ in range(2):
                self._add(at, "settings", {"host": rng.random() < 0.6})
                at += rng.choice((0.02, 0.2, 5.0)) * rng.random()
