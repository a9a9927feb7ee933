"""What stands in the place of `threading`, `queue`, `time` and `random` in a simulated night."""

from __future__ import annotations

import _thread
import concurrent.futures.thread as futures_of_threads
import queue
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from tests.simulation.mutexes import SimCondition, SimEvent, SimLock, SimRLock
from tests.simulation.scheduler import EPOCH, PAUSE, PRESENT, Killed, Life, begin, scheduler, seeded

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
        # Made when it was imported, perhaps before this; one pool's thread may be waiting while it holds it.
        futures_of_threads: {"_global_shutdown_lock": SimLock()},
    }
    begin(0).current = SimThread(name="nobody")  # while the robot is being imported
    for module, names in replaced.items():
        for name, value in names.items():
            setattr(module, name, value)
