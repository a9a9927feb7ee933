"""Locks, conditions and events of a simulated night: whoever waits at one is parked, and the seed says who goes on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tests.simulation.scheduler import PRESENT, scheduler, unwinding

if TYPE_CHECKING:
    from tests.simulation.primitives import SimThread


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
