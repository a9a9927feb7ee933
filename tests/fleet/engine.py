"""Virtual time for ten thousand robots: each is a few generators that say what they wait for."""

from __future__ import annotations

import heapq
import random
from typing import TYPE_CHECKING, Any, Final

from app.base.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Steps = Generator[Any, Any, Any]

LEAST: Final = 0.01  # seconds; as `Controls.wait` has it


class Task:
    """One generator under way. What it yields: seconds to sleep, or something that has `arm`."""

    __slots__ = ("_steps", "ticket", "world")

    def __init__(self, world: World, steps: Steps) -> None:
        self.world = world
        self.ticket = 0  # a wake-up that is older is for an earlier wait
        self._steps = steps

    def resume(self, ticket: int, value: object = None) -> None:
        """Go on, unless something else has let it go on already."""
        if ticket != self.ticket:
            return
        self.ticket += 1
        try:
            wish = self._steps.send(value)
        except StopIteration:
            return
        if isinstance(wish, float):
            self.world.at(self.world.now + wish, self.resume, self.ticket)
        else:
            wish.arm(self)

    def end(self) -> None:
        """It goes on no more."""
        self.ticket += 1
        self._steps.close()


class Signal:
    """An event that one task waits for."""

    __slots__ = ("_ticket", "_waits", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._waits: Task | None = None
        self._ticket = 0

    def set(self) -> None:
        """It has happened."""
        self.is_set = True
        if self._waits is not None:
            self._waits.world.at(self._waits.world.now, self._waits.resume, self._ticket)
            self._waits = None

    def wait(self, seconds: float) -> Steps:
        """Wait until it happens, at most `seconds`; then it has not happened."""
        if not self.is_set:
            yield _Wait(self, seconds)
        self.is_set, self._waits = False, None

    def armed(self, task: Task) -> None:
        """This task waits for it."""
        self._waits, self._ticket = task, task.ticket


class _Wait:
    __slots__ = ("_seconds", "_signal")

    def __init__(self, signal: Signal, seconds: float) -> None:
        self._signal = signal
        self._seconds = seconds

    def arm(self, task: Task) -> None:
        self._signal.armed(task)
        task.world.at(task.world.now + max(self._seconds, 0.0), task.resume, task.ticket)


class World(Clock):
    """What time it is, and what happens when; the robots' clock.

    Attributes:
        time: seconds since the beginning.
        rng: everything that is drawn.
    """

    def __init__(self, seed: int, rng: Any = None) -> None:
        self.time = 0.0
        self.rng = rng or random.Random(seed)
        self._events: list[tuple[float, int, Callable[..., object], tuple[object, ...]]] = []
        self._sequence = 0

    @property
    def now(self) -> float:  # type: ignore[override] # no wall clock here
        """Seconds since the beginning."""
        return self.time

    def monotonic(self) -> float:
        return self.time

    def at(self, moment: float, action: Callable[..., object], *arguments: object) -> None:
        """Do that then."""
        self._sequence += 1
        heapq.heappush(self._events, (moment, self._sequence, action, arguments))

    def spawn(self, steps: Steps, at: float | None = None) -> Task:
        """Begin it, now or then."""
        task = Task(self, steps)
        self.at(self.time if at is None else at, task.resume, 0)
        return task

    def run(self, until: float) -> None:
        """Let it happen."""
        events = self._events
        while events and events[0][0] <= until:
            self.time, _number, action, arguments = heapq.heappop(events)
            action(*arguments)
        self.time = until
