"""One seeded scheduler for real threads that pass a baton: one runs at a time, and time moves only when nobody can.

The primitives of `threading`, `queue` and `time` are replaced (`install`) before the robot is imported, so its own code
runs unchanged: every lock, wait and call is a place where another thread may go on, and which one does is the seed's
choice. The same seed makes the same night, step by step.
"""

from __future__ import annotations

import _thread
import heapq
import queue
import random
import threading
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

EPOCH: Final = 1_790_000_000.0  # the wall clock at a night's beginning, seconds since 1970
_SPIN: Final = 20_000  # turns without a moment passing: somebody waits without waiting
_PREEMPTION: Final = 0.04  # how often a thread that could go on lets another one go first


class Killed(BaseException):  # noqa: N818 - no error: the process of this thread is dead
    """Unwinds a thread of a process that was killed; nothing that it does on its way reaches the world."""


class StuckError(Exception):
    """Everybody waits for ever, or somebody spins."""


class Life:
    """One process: what its threads share, until it is killed."""

    def __init__(self, name: str) -> None:
        self.name = name
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
        self.rng = random.Random(seed)
        self.now = 0.0
        self.turns = 0
        self.wall_offset = 0.0
        self.current = SimThread(name="nobody")  # while the robot is being imported
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

    def maybe_yield(self) -> None:
        """A place where another thread may go on."""
        me = self.current
        if me.life is not None and me.life.dead:
            raise Killed
        if self._ready and self.rng.random() < _PREEMPTION:
            self._ready.append(me)
            self._pass_on(me)
            if me.life is not None and me.life.dead:
                raise Killed

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
            self.wake(thread)

    def run(self, story: Callable[[], object]) -> None:
        """Run `story` on the first thread; returns when it has ended.

        Raises:
            StuckError: nobody could go on.
        """
        self._over.acquire()

        def first() -> None:
            try:
                story()
            except BaseException as error:  # noqa: BLE001 - handed on
                self.failure = self.failure or error

        main = SimThread(target=first, name="story")
        main.last = True
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


_scheduler: list[Scheduler] = []


def _unwinding() -> bool:
    life = scheduler().current.life
    return life is not None and life.dead


def scheduler() -> Scheduler:
    """That of the night that is going on."""
    return _scheduler[0]


def begin(seed: int) -> Scheduler:
    """A new night's."""
    _scheduler[:] = [Scheduler(seed)]
    random.seed(seed)
    SeededRandom.seeds = random.Random(seed)
    return _scheduler[0]


class SeededRandom(random.Random):
    """In the place of `random.Random`: one that isn't given a seed gets the night's."""

    seeds = random.Random(0)

    def __init__(self, x: Any = None) -> None:
        super().__init__(SeededRandom.seeds.getrandbits(64) if x is None else x)


class _Worker:
    """A real thread that carries one simulated thread after another: starting a new one costs more than that."""

    idle: list[_Worker] = []  # noqa: RUF012 - one list for all

    def __init__(self) -> None:
        self.gate = _thread.allocate_lock()
        self.gate.acquire()
        self.carries: SimThread | None = None
        _real_start(self._run, ())

    def _run(self) -> None:
        while True:
            self.gate.acquire()
            thread = self.carries
            assert thread is not None
            thread.carried()
            self.carries = None
            _Worker.idle.append(self)
            scheduler().ended(thread)


class SimThread:
    """In the place of `threading.Thread`."""

    _count = 0

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        SimThread._count += 1
        self.number = SimThread._count
        self.name = name or f"Thread-{self.number}"
        self.daemon = bool(daemon)
        self.ident: int | None = None
        self.life: Life | None = None
        self.last = False
        self.parked = self.woken = self.finished = False
        self.ticket = 0
        self._target, self._args, self._kwargs = target, tuple(args), dict(kwargs or {})
        self._joiners: list[SimThread] = []
        self._worker: _Worker | None = None

    @property
    def gate(self) -> Any:
        """What it waits at for the baton."""
        assert self._worker is not None
        return self._worker.gate

    @property
    def native_id(self) -> int | None:
        return self.ident

    def start(self) -> None:
        if self.ident is not None:
            raise RuntimeError("threads can only be started once")
        now = scheduler()
        self.life = now.current.life
        self.ident = self.number
        if self.life is not None:
            if self.life.dead:
                raise Killed
            self.life.threads.add(self)
        now.started(self)
        now.maybe_yield()

    def begin(self) -> None:
        """It has the baton."""
        if self._worker is None:
            self._worker = _Worker.idle.pop() if _Worker.idle else _Worker()
            self._worker.carries = self
            self.ident = self.number
        self._worker.gate.release()

    def run(self) -> None:
        if self._target:
            self._target(*self._args, **self._kwargs)

    def carried(self) -> None:
        """All of it, on the real thread that carries it."""
        try:
            if self.life is None or not self.life.dead:
                self.run()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - the judge hears of it
            scheduler().died.append((self.name, error))
        self.finished = True
        if self.life is not None:
            self.life.threads.discard(self)
        for joiner in self._joiners:
            scheduler().wake(joiner)

    def is_alive(self) -> bool:
        return self.ident is not None and not self.finished

    def join(self, timeout: float | None = None) -> None:
        now = scheduler()
        deadline = None if timeout is None else now.now + max(0.0, timeout)
        while not self.finished:
            if deadline is not None and now.now >= deadline:
                return
            self._joiners.append(now.current)
            now.park(deadline)


class SimLock:
    """In the place of `threading.Lock`; also what conditions, events, semaphores and queues are made of."""

    __slots__ = ("_locked", "_waiting")

    def __init__(self) -> None:
        self._locked = False
        self._waiting: list[SimThread] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        now = scheduler()
        now.maybe_yield()
        if not self._locked:
            self._locked = True
            return True
        if not blocking or timeout == 0:
            return False
        deadline = None if timeout < 0 else now.now + timeout
        while self._locked:
            me = now.current
            self._waiting.append(me)
            if not now.park(deadline):
                if me in self._waiting:
                    self._waiting.remove(me)
                if self._locked:
                    return False
        self._locked = True
        return True

    def release(self) -> None:
        if not self._locked:
            if _unwinding():
                return
            raise RuntimeError("release unlocked lock")
        self._locked = False
        if self._waiting:
            scheduler().wake(self._waiting.pop(0))

    def _at_fork_reinit(self) -> None:
        self._locked = False

    def locked(self) -> bool:
        return self._locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class SimRLock:
    """In the place of `threading.RLock`."""

    __slots__ = ("_count", "_lock", "_owner")

    def __init__(self) -> None:
        self._lock = SimLock()
        self._owner: SimThread | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        me = scheduler().current
        if self._owner is me:
            self._count += 1
            return True
        if not self._lock.acquire(blocking, timeout):
            return False
        self._owner, self._count = me, 1
        return True

    def release(self) -> None:
        if self._owner is not scheduler().current:
            if _unwinding():
                return
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._lock.release()

    __enter__ = acquire

    def __exit__(self, *_: object) -> None:
        self.release()

    def _is_owned(self) -> bool:
        return self._owner is scheduler().current

    def _release_save(self) -> int:
        count, self._count, self._owner = self._count, 0, None
        self._lock.release()
        return count

    def _acquire_restore(self, count: int) -> None:
        self._lock.acquire()
        self._owner, self._count = scheduler().current, count


def monotonic() -> float:
    """In the place of `time.monotonic`."""
    return scheduler().now if _scheduler else 0.0


def wall() -> float:
    """In the place of `time.time`."""
    return EPOCH + monotonic() + (scheduler().wall_offset if _scheduler else 0.0)


def _sleep(seconds: float) -> None:
    scheduler().sleep(seconds)


class _Timer(SimThread):
    """In the place of `threading.Timer`."""

    def __init__(self, interval: float, function: Callable[..., object], args: Any = None, kwargs: Any = None) -> None:
        super().__init__()
        self._interval, self._function = interval, function
        self._given = tuple(args or ()), dict(kwargs or {})
        self._finished = threading.Event()

    def cancel(self) -> None:
        self._finished.set()

    def run(self) -> None:
        if not self._finished.wait(self._interval):
            self._function(*self._given[0], **self._given[1])


_real_start = _thread.start_new_thread


def install() -> None:
    """Replace the primitives for everything that is imported from now on; there is no way back."""
    replaced: dict[Any, dict[str, Any]] = {
        threading: {
            "Lock": SimLock,
            "_allocate_lock": SimLock,
            "RLock": SimRLock,
            "Thread": SimThread,
            "Timer": _Timer,
            "_time": monotonic,
            "current_thread": lambda: scheduler().current,
            "get_ident": lambda: scheduler().current.number if _scheduler else 0,
        },
        queue: {"SimpleQueue": queue._PySimpleQueue, "time": monotonic},  # type: ignore[attr-defined]
        time: {"monotonic": monotonic, "time": wall, "sleep": _sleep, "perf_counter": monotonic},
        random: {"Random": SeededRandom},
    }
    begin(0)
    for module, names in replaced.items():
        for name, value in names.items():
            setattr(module, name, value)
