"""One seeded scheduler for real threads that pass a baton: one runs at a time, and time moves only when nobody can.

The primitives of `threading`, `queue` and `time` are replaced (`install`) before the robot is imported, so its own code
runs unchanged: every lock, wait and call is a place where another thread may go on, and which one does is the seed's
choice. The same seed makes the same night, step by step.
"""

from __future__ import annotations

import _thread
import heapq
import math
import random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.primitives import SimThread

EPOCH: Final = 1_790_000_000.0  # the wall clock at a night's beginning, seconds since 1970
_SPIN: Final = 20_000  # turns without a moment passing: somebody waits without waiting
_TURNS: Final = 2_000_000  # of one night, which has a few thousand: it doesn't come to its end
_POLLS: Final = 50  # after so many looks in vain others have their turn
PAUSE: Final = 0.001  # how often a busy machine keeps one from going on, for up to half a second
_PREEMPTION: Final = 0.04  # how often a thread that could go on lets another one go first


class Killed(BaseException):
    """Unwinds a thread of a process that was killed; nothing that it does on its way reaches the world."""


class StuckError(Exception):
    """Everybody waits for ever, or somebody spins."""


class Life:
    """One process: what its threads share, until it is killed."""

    def __init__(self, name: str, born: float = 0.0) -> None:
        self.name = name
        self.born = born
        self.dead = False
        self.threads: set[SimThread] = set()


class Scheduler:
    """Who runs, what time it is, and what happens when.

    Attributes:
        now: seconds of virtual time since the night began.
        turns: how often the baton was passed.
        wall_offset: how far the wall clock was set wrong, in seconds.
    """

    def __init__(self, seed: int) -> None:
        self.rng = SeededRandom(seed)
        self.now = 0.0
        self.turns = 0
        self.wall_offset = 0.0
        self.current: SimThread
        self._first: SimThread | None = None  # the story's own
        self._over = _thread.allocate_lock()
        self.failure: BaseException | None = None
        self.died: list[tuple[str, BaseException]] = []  # threads that an exception ended
        self._ready: list[SimThread] = []
        self._timers: list[tuple[float, int, SimThread | None, int, Callable[[], object] | None]] = []
        self._sequence = 0
        self._spin = 0

    # ------------------------------------------------------------------ for primitives

    def park(self, deadline: float | None = None) -> bool:
        """Let others run until this thread is woken, or `deadline`; True if it was woken."""
        me = self.current
        if me.life is not None and me.life.dead:
            raise Killed
        me.parked, me.woken = True, False
        me.ticket += 1
        if deadline is not None:
            self._at(deadline, me, me.ticket, None)
        self._pass_on(me)
        if me.life is not None and me.life.dead:
            raise Killed
        return me.woken

    def wake(self, thread: SimThread) -> None:
        """It may go on."""
        if thread.parked:
            thread.parked, thread.woken = False, True
            self._ready.append(thread)

    def wake_first(self) -> None:
        """The story's own thread may go on."""
        if self._first is not None:
            self.wake(self._first)

    def maybe_yield(self) -> None:
        """A place where another thread may go on."""
        me = self.current
        me.steps -= 1
        if not me.steps:
            self.step(me)

    def step(self, me: SimThread) -> None:
        """The last of `me.steps`: after so many of them something happens with the next one, or the process is dead."""
        me.steps = 1  # for one that is dead each is the last
        if me.life is not None and me.life.dead:
            raise Killed
        me.steps = self.steps(me.pauses)
        chance = self.rng.random() * max(me.pauses, _PREEMPTION)
        if chance < me.pauses and me is not self._first:
            self.park(self.now + self.rng.choice((0.01, 0.1, 0.5)))
        elif self._ready and chance < _PREEMPTION:
            self._ready.append(me)
            self._pass_on(me)
            if me.life is not None and me.life.dead:
                raise Killed

    def steps(self, pauses: float) -> int:
        """How many steps a thread does until one of them is interrupted: drawn once, not with each of thousands."""
        often = max(pauses, _PREEMPTION)
        return 1 + int(math.log(1.0 - self.rng.random()) / math.log(1.0 - often))

    def polled(self) -> None:
        """This thread has asked for something that it won't wait for, and didn't get it: whoever has it may go on."""
        self._spin += 1
        if self._spin % _POLLS == 0:
            self.park(self.now)

    def sleep(self, seconds: float) -> None:
        """Nothing but time passes for this thread."""
        self.park(self.now + max(0.0, seconds))

    # ------------------------------------------------------------------ for the world

    def call_at(self, moment: float, action: Callable[[], object]) -> None:
        """Carry `action` out at that time, on nobody's account; it must not wait."""
        self._at(max(moment, self.now), None, 0, action)

    def kill(self, life: Life) -> None:
        """End a process: none of its threads does anything more that can be seen."""
        life.dead = True
        for thread in sorted(life.threads, key=lambda each: each.number):
            thread.steps = 1
            self.wake(thread)

    def run(self, story: Callable[[], object]) -> None:
        """Run `story` on the first thread; returns when it has ended.

        Raises:
            StuckError: nobody could go on.
        """
        from tests.simulation.primitives import SimThread  # it needs the scheduler

        self._over.acquire()

        def first() -> None:
            try:
                story()
            except BaseException as error:  # noqa: BLE001 - handed on
                self.failure = self.failure or error

        main = SimThread(target=first, name="story")
        main.last = True
        self._first = main
        self.current = main
        main.begin()
        self._over.acquire()
        if self.failure:
            raise self.failure

    # ------------------------------------------------------------------ the baton

    def started(self, thread: SimThread) -> None:
        """A new thread may run."""
        thread.parked = True
        self.wake(thread)

    def ended(self, thread: SimThread) -> None:
        """It hands the baton on for the last time."""
        if thread.last:
            self._over.release()
            return
        self._hand_to(self._next())

    def _at(self, moment: float, thread: SimThread | None, ticket: int, action: Callable[[], object] | None) -> None:
        self._sequence += 1
        heapq.heappush(self._timers, (moment, self._sequence, thread, ticket, action))

    def _pass_on(self, me: SimThread) -> None:
        following = self._next()
        if following is not me:
            self._hand_to(following)
            me.gate.acquire()

    def _hand_to(self, thread: SimThread) -> None:
        self.current = thread
        thread.begin()

    def _next(self) -> SimThread:
        self.turns += 1
        self._spin += 1
        if self._spin > _SPIN:
            self._give_up(f"somebody spins: {[each.name for each in self._ready]}, {self.current.name}")
        if self.turns > _TURNS:
            self._give_up(f"the night has no end, after {self.turns} turns")
        while not self._ready:
            if not self._timers:
                self._give_up("everybody waits for ever")
            moment, _number, thread, ticket, action = heapq.heappop(self._timers)
            if moment > self.now:
                self.now = moment
                self._spin = 0
            if action is not None:
                action()
            elif thread is not None and thread.parked and thread.ticket == ticket:
                thread.parked = False
                self._ready.append(thread)
        if len(self._ready) == 1:
            return self._ready.pop()
        return self._ready.pop(self.rng.randrange(len(self._ready)))

    def _give_up(self, why: str) -> None:
        """Whoever called `run` is told; every thread is left where it is, in a process that is about to end."""
        self.failure = StuckError(f"{why}, at {self.now:.3f} s")
        self._over.release()
        never = _thread.allocate_lock()
        never.acquire()
        never.acquire()


DRAWS: Final[list[SeededRandom]] = []
PRESENT: Final[list[Scheduler]] = []  # the scheduler of the night that is going on


def unwinding() -> bool:
    """Whether this thread's process is dead."""
    life = scheduler().current.life
    return life is not None and life.dead


def scheduler() -> Scheduler:
    """That of the night that is going on."""
    return PRESENT[0]


def begin(seed: int) -> Scheduler:
    """A new night's."""
    PRESENT[:] = [Scheduler(seed)]
    from tests.simulation.primitives import SimThread  # it needs the scheduler

    SimThread.count = 0
    random.seed(seed)
    DRAWS[:] = [SeededRandom(seed)]
    return PRESENT[0]


class SeededRandom(random.Random):
    """What the robot draws from in a night, whoever of it draws."""


def seeded(x: Any = None) -> random.Random:
    """In the place of `random.Random`: who doesn't give it a seed draws from what the night has for all of them."""
    return DRAWS[0] if x is None else SeededRandom(x)
