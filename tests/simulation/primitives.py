"""What stands in the place of `threading`, `queue`, `time` and `random` in a simulated night."""

from __future__ import annotations

import _thread
import queue
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from tests.simulation.scheduler import EPOCH, PAUSE, PRESENT, Killed, Life, begin, scheduler, seeded, unwinding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class _Worker:
    """A real thread that carries one simulated thread after another: starting a new one costs more than that."""

    idle: list[_Worker] = []  # noqa: RUF012 - one list for all

    def __init__(self) -> None:
        self.gate = _thread.allocate_lock()
        self.gate.acquire()
        self.carries: SimThread | None = None
        _thread.start_new_thread(self._run, ())

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

    count = 0  # of this night

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
        SimThread.count += 1
        self.number = SimThread.count
        self.name = name or f"Thread-{self.number}"
        self.daemon = bool(daemon)
        self.ident: int | None = None
        self.life: Life | None = None
        self.last = False
        self.parked = self.woken = self.finished = False
        self.ticket = 0
        self.pauses = PAUSE  # how often it is kept from going on
        self.steps = 1  # until something may happen to it; the first draws how many
        self._target, self._args, self._kwargs = target, tuple(args), dict(kwargs or {})
        self._joiners: list[SimThread] = []
        self._worker: _Worker | None = None

    def __hash__(self) -> int:
        return self.number  # sets of threads are in the same order each time

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
        now = PRESENT[0]
        me = now.current
        me.steps -= 1  # as in `maybe_yield`
        if not me.steps:
            now.step(me)
        if not self._locked:
            self._locked = True
            return True
        if not blocking or timeout == 0:
            now.polled()
            return False
        deadline = None if timeout < 0 else now.now + timeout
        while self._locked:
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
            if unwinding():
                return
            raise RuntimeError("release unlocked lock")
        self._locked = False
        if self._waiting:
            scheduler().wake(self._waiting.pop(0))

    def _at_fork_reinit(self) -> None:
        self._locked = False

    def locked(self) -> bool:
        return self._locked

    _is_owned = locked
    __enter__ = acquire

    def __exit__(self, *_: object) -> None:
        if self._locked and not self._waiting:
            self._locked = False
        else:
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
            if unwinding():
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


class SimCondition(threading.Condition):
    """In the place of `threading.Condition`: whoever waits is parked, without a lock of his own."""

    def __init__(self, lock: Any = None) -> None:
        inside: Any = SimRLock() if lock is None else lock
        super().__init__(inside)
        self._parked: list[SimThread] = []

    def wait(self, timeout: float | None = None) -> bool:
        inside: Any = self
        if not inside._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        now = PRESENT[0]
        me = now.current
        self._parked.append(me)
        saved = inside._release_save()
        try:
            if timeout is not None and timeout <= 0:
                now.polled()
                woken = False
            else:
                woken = now.park(None if timeout is None else now.now + timeout)
        finally:
            inside._acquire_restore(saved)
        if not woken and me in self._parked:
            self._parked.remove(me)
        return woken

    def notify(self, n: int = 1) -> None:
        inside: Any = self
        if not inside._is_owned():
            raise RuntimeError("cannot notify on un-acquired lock")
        woken, self._parked[:] = self._parked[:n], self._parked[n:]
        for thread in woken:
            PRESENT[0].wake(thread)

    def notify_all(self) -> None:
        self.notify(len(self._parked))


class SimEvent:
    """In the place of `threading.Event`."""

    __slots__ = ("_flag", "_waiting")

    def __init__(self) -> None:
        self._flag = False
        self._waiting: list[SimThread] = []

    def is_set(self) -> bool:
        return self._flag

    def set(self) -> None:
        PRESENT[0].maybe_yield()
        self.happens()

    def happens(self) -> None:
        """It is set on nobody's account."""
        self._flag = True
        for thread in self._waiting:
            PRESENT[0].wake(thread)
        self._waiting.clear()

    def clear(self) -> None:
        PRESENT[0].maybe_yield()
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        now = PRESENT[0]
        now.maybe_yield()
        if self._flag:
            return True
        if timeout is not None and timeout <= 0:
            now.polled()
            return self._flag
        me = now.current
        self._waiting.append(me)
        woken = now.park(None if timeout is None else now.now + timeout)
        if not woken and me in self._waiting:
            self._waiting.remove(me)
        return woken


def start_in(life: Life, thread: Any) -> None:
    """Start it as one of this process's, on nobody's account."""
    thread.life, thread.ident = life, thread.number
    life.threads.add(thread)
    scheduler().started(thread)


def monotonic() -> float:
    """In the place of `time.monotonic`."""
    return PRESENT[0].now


def wall() -> float:
    """In the place of `time.time`."""
    return EPOCH + monotonic() + scheduler().wall_offset


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


def install() -> None:
    """Replace the primitives for everything that is imported from now on; there is no way back."""
    replaced: dict[Any, dict[str, Any]] = {
        threading: {
            "Lock": SimLock,
            "_allocate_lock": SimLock,
            "RLock": SimRLock,
            "Condition": SimCondition,
            "Event": SimEvent,
            "Thread": SimThread,
            "Timer": _Timer,
            "_time": monotonic,
            "current_thread": lambda: scheduler().current,
            "get_ident": lambda: scheduler().current.number,
        },
        queue: {"SimpleQueue": queue._PySimpleQueue, "time": monotonic},  # type: ignore[attr-defined]
        time: {"monotonic": monotonic, "time": wall, "sleep": _sleep, "perf_counter": monotonic},
        random: {"Random": seeded},
    }
    begin(0).current = SimThread(name="nobody")  # while the robot is being imported
    for module, names in replaced.items():
        for name, value in names.items():
            setattr(module, name, value)
