"""The measures, each of all peers in turn, so that what else the machine does hits all alike."""

from __future__ import annotations

import contextlib
import os
import random
import select
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from tests.bench.peers.at_work import alive, kill_all
from tests.bench.peers.found import AfterKill, Found
from tests.contract.robot_process import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.bench.peers.at_work import PeerAtWork

BARE_JOBS: Final = 10
QUICK_JOBS: Final = 5
_PATIENCE: Final = 180.0  # for a job's outcome, or for a start
_CANCEL_SECONDS: Final = 45.0  # Prefect's grace of 30 s and a poll
_SETTLED_SECONDS: Final = 1.0  # a job runs for so long before it is cancelled, or its worker killed
_ASKED_WITHIN: Final = 10.0  # of rest, at random: who looks for work now and then is met at any moment

Pair = tuple["PeerAtWork", Found]


def bare_loop(place: Path) -> float:
    """Seconds that `python noop.py` takes with nothing around it."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "LANG": "C.UTF-8"}
    begun = time.monotonic()
    for _ in range(BARE_JOBS):
        subprocess.run([sys.executable, str(place / "scripts" / "noop.py")], check=True, env=environment)
    return (time.monotonic() - begun) / BARE_JOBS


def one_round(pair: Pair, *, quick: bool) -> None:
    """Start, queue, rest and cancel of one peer."""
    peer, found = pair
    peer.freeze(frozen=False)
    try:
        with _gap(found, "start", "turnaround"):
            bare = bare_loop(peer.place)
            start, turnaround = _start_and_queue(peer, QUICK_JOBS if quick else peer.about["jobs"])
            found.start.append(start)
            found.turnaround.append(turnaround)
            found.bare.append(bare)
        if peer.worker:
            with _gap(found, "rest"):
                time.sleep(random.uniform(0, 1 if quick else _ASKED_WITHIN))
                found.rest.append(_at_rest(peer))
            if reason := peer.about["cannot_cancel"]:
                found.gaps["cancel"] = reason
            elif not found.survivors:
                with _gap(found, "cancel"):
                    _cancel(peer, found)
    finally:
        peer.stop_worker()
        peer.freeze(frozen=True)


def _start_and_queue(peer: PeerAtWork, count: int) -> tuple[float, float]:
    """Seconds from the start to the first job's first line; seconds from one outcome to the next of those behind it.

    All wait already when the worker starts: when a worker that is at rest looks again is another measure.
    """
    before = len(peer.marks())
    first = peer.adapter.call("ask", "mark")
    jobs = peer.adapter.call("ask_many", "noop", count)
    begun = peer.start_worker()
    wait_until(lambda: len(peer.marks()) > before, _PATIENCE)
    told: float = peer.adapter.call("finished", [first], _PATIENCE)
    ended: float = peer.adapter.call("finished", jobs, _PATIENCE)
    return peer.marks()[before] - begun, (ended - told) / count


def _at_rest(peer: PeerAtWork) -> float:
    begun = time.monotonic()
    job = peer.adapter.call("ask", "noop")
    ended: float = peer.adapter.call("finished", [job], _PATIENCE)
    return ended - begun


def _cancel(peer: PeerAtWork, found: Found) -> None:
    with _listening(peer) as is_silent:
        job, pids = _running_tree(peer, "tree")
        begun = time.monotonic()
        peer.adapter.call("cancel", job)
        died = is_silent(_CANCEL_SECONDS)
        if died is None:
            found.survivors = len(alive(pids))
            found.state_after_cancel = peer.adapter.call("state", job)
            kill_all(pids)
        else:
            found.cancel.append(died - begun)


def at_rest(pairs: Sequence[Pair], watched: float) -> None:
    """Memory and CPU of all peers, side by side."""
    resting = []
    for peer, found in pairs:
        peer.freeze(frozen=False)
        with _gap(found, "cpu", "memory"):
            peer.start_worker()
            peer.adapter.call("finished", [peer.adapter.call("ask", "noop")], _PATIENCE)
            resting.append((peer, found))
    time.sleep(min(5.0, watched))
    before = {id(peer): peer.weigh() for peer, _found in resting}
    time.sleep(watched)
    for peer, found in resting:
        (worker_before, beside_before), (worker, beside) = before[id(peer)], peer.weigh()
        found.memory, found.uss, found.processes = worker.pss, worker.uss, len(worker.cpu)
        found.cpu = worker.cpu_since(worker_before) * 60 / watched
        if peer.about["beside"]:
            found.beside_memory = beside.pss
            found.beside_cpu = beside.cpu_since(beside_before) * 60 / watched


def after_kill(pairs: Sequence[Pair], watched: float) -> None:
    """Kill every worker in mid-job, start it again, and watch all of them for so many seconds. Workers are at rest."""
    watchers = []
    for peer, found in pairs:
        with contextlib.ExitStack() as stack, _gap(found, "kill"):
            stack.enter_context(_listening(peer))
            job, pids = _running_tree(peer, "short_tree")
            watch = _Watch(peer, found, job, pids, stack.pop_all())
            watch.kill_and_restart()
            watchers.append(threading.Thread(target=watch.watch, args=(watched,)))
            watchers[-1].start()
    for watcher in watchers:
        watcher.join()


class _Watch:
    """Of one peer whose worker was killed."""

    def __init__(
        self, peer: PeerAtWork, found: Found, job: str, pids: Sequence[int], stack: contextlib.ExitStack
    ) -> None:
        self.found, self.stack = found, stack
        self._peer, self._job, self._pids = peer, job, pids
        self._starts = len(peer.starts())
        self._restarted = self._pause = 0.0
        self._left = 0
        self._gone: float | None = None
        self._told: float | None = None
        self._again: float | None = None
        self._outcome = ""

    def kill_and_restart(self) -> None:
        self._peer.kill_worker()
        killed = time.monotonic()
        time.sleep(1.0)
        self._left = len(alive(self._pids))
        self._restarted = self._peer.start_worker()
        self._pause = self._restarted - killed

    def watch(self, watched: float) -> None:
        with self.stack, _gap(self.found, "kill"):
            deadline = time.monotonic() + watched
            while time.monotonic() < deadline:
                self._look()
                time.sleep(0.1)
            state = self._peer.adapter.call("state", self._job)
            self.found.after_kill = AfterKill(
                self._pause, self._left, self._gone, self._outcome, self._told, self._again, state, watched
            )

    def _look(self) -> None:
        now = time.monotonic() - self._restarted
        if self._gone is None and not alive(self._pids):
            self._gone = now
        if self._again is None and len(self._peer.starts()) > self._starts:
            self._again = now
        if self._told is None:
            with contextlib.suppress(RuntimeError):  # its server may be busy
                self._outcome = self._peer.adapter.call("outcome", self._job)
                self._told = now if self._outcome else None


def _running_tree(peer: PeerAtWork, script: str) -> tuple[str, list[int]]:
    before = len(peer.starts())
    job = peer.adapter.call("ask", script)
    wait_until(lambda: len(peer.starts()) > before and len(peer.starts()[before]) == 3, _PATIENCE)
    time.sleep(_SETTLED_SECONDS)
    return job, peer.starts()[before]


@contextlib.contextmanager
def _listening(peer: PeerAtWork) -> Iterator[Callable[[float], float | None]]:
    """Hold the other end of the pipe that a tree's processes hold; what it gives waits for the last one's death."""
    reader = os.open(peer.place / "scripts" / "alive", os.O_RDONLY | os.O_NONBLOCK)
    poll = select.poll()
    poll.register(reader, 0)  # POLLHUP comes unasked

    def wait(seconds: float) -> float | None:
        return time.monotonic() if poll.poll(seconds * 1000) else None

    try:
        yield wait
    finally:
        os.close(reader)


@contextlib.contextmanager
def _gap(found: Found, *measures: str) -> Iterator[None]:
    """What fails is said in the table, and the others are measured."""
    try:
        yield
    except (RuntimeError, TimeoutError, AssertionError, OSError, IndexError) as error:
        for measure in measures:
            found.gaps[measure] = (
                f"{type(error).__name__}: {error}" if not isinstance(error, RuntimeError) else str(error)
            )
