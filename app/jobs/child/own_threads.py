"""Our threads in the script's process, and their rest while the script forks.

From Python 3.12 on fork() warns in a process with threads, and ours are no business of the script's. So they come to
their end before a fork and begin anew after it. A listening thread it must be: a signal's handler would wait for the
main thread, which may be in a long call into C when the robot dies.
"""

import _thread
import os
import sys
import time

TYPE_CHECKING = False  # importing the real one takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PATIENCE = 0.25  # seconds for our threads to go before a fork
# Threads are counted when fork() has called all who want to be called after it, so we have to begin later still.
_COUNTS_LATE = sys.platform != "win32" and sys.version_info >= (3, 13)


class OwnThreads:
    """Starts and rests them.

    Args:
        wake: lets every thread look at `may_rest` soon.
        again: starts what is to run, after a rest.
        knock: number of the signal on which `begin_again` will be called, if `knock_is_ours`.
    """

    def __init__(
        self,
        wake: "Callable[[], None]",
        again: "Callable[[], None]",
        knock: int,
        knock_is_ours: "Callable[[], bool]",
    ) -> None:
        self._wake = wake
        self._again = again
        self._knock = knock
        self._knock_is_ours = knock_is_ours
        self._pid = os.getpid()
        self._main_thread = _thread.get_ident()
        self._lock = _thread.allocate_lock()
        self._running = set()  # type: set[object] # what they do
        self._native = {}  # type: dict[object, int] # and their numbers; 0 until known
        self._forks = 0  # under way
        self._rested = False  # the next knock ends the rest
        self._late_call: Any = None  # what knocks after a fork
        self._modules = 0  # how many there were when it was registered
        if sys.platform != "win32":
            os.register_at_fork(before=self._rest, after_in_parent=self._resume)

    def start(self, work: "Callable[[], None]") -> None:
        """Do `work` on a thread, unless one does it already."""
        with self._lock:
            if work in self._running:
                return
            self._running.add(work)
            self._native[work] = 0
        _thread.start_new_thread(self._run, (work,))

    def done(self, work: object) -> None:
        """`work` is done for good."""
        with self._lock:
            self._running.discard(work)

    def may_rest(self, work: object) -> bool:
        """Is the thread that does `work` to end now?"""
        with self._lock:
            if self._forks:
                self._running.discard(work)
            return self._forks > 0

    def begin_again(self) -> None:
        """At a knock: end a rest, if there is one."""
        if self._rested:
            self._rested = False
            self._again()

    def _run(self, work: "Callable[[], None]") -> None:
        self._native[work] = _thread.get_native_id()
        work()

    def _rest(self) -> None:
        """Before a fork: let our threads come to their end."""
        if os.getpid() != self._pid:
            return  # a fork of a fork
        with self._lock:
            self._forks += 1
        if _COUNTS_LATE:
            self._be_called_last()
        self._wake()
        deadline = time.monotonic() + _PATIENCE
        while any(not number or _lives(number) for number in list(self._native.values())):
            if time.monotonic() > deadline:
                return  # then the fork is one with threads
            time.sleep(0.0002)

    def _be_called_last(self) -> None:
        """After the fork, knock as the last of all that are called; modules imported meanwhile may have joined them.

        The call is C's own: the knock's handler runs when the next line of Python does, and that is the script's.
        """
        if sys.platform == "win32" or self._modules == len(sys.modules):
            return
        from _functools import partial  # type: ignore[import-not-found] # built in

        if self._late_call is not None:
            self._late_call.__setstate__((_thread.get_ident, (), {}, None))  # does nothing any more
        self._late_call = partial(_thread.interrupt_main, self._knock)
        os.register_at_fork(after_in_parent=self._late_call)
        self._modules = len(sys.modules)

    def _resume(self) -> None:
        """After a fork, in the parent."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._forks -= 1
        if self._forks:
            return
        self._rested = True
        if not (_COUNTS_LATE and _thread.get_ident() == self._main_thread and self._knock_is_ours()):
            self.begin_again()


def _lives(number: int) -> bool:
    try:
        os.stat("/proc/self/task/%d" % number)  # noqa: PTH116, UP031
    except OSError:
        return False
    return True
