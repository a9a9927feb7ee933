"""The process tree on Linux: a session of its own, and the robot as the sub-reaper of all that lose their parent.

Descent decides what belongs to a job. While a parent lives, /proc knows its children. An orphan becomes a child of the
robot, its sub-reaper, beside children of the robot's own (a viewer that a person opened from the tray): `descent` tells
them apart. The robot reaps only what it recognises as a job's orphan: whoever started the others waits for them.
https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from app.jobs.child import procfs
from app.jobs.child.host import NUMBER_VARIABLE
from app.jobs.child.spare import ANSWER_BYTES
from app.jobs.environment import MARK_VARIABLE
from app.jobs.processes import descent
from app.jobs.processes.helpers import command_line, patience_with
from app.jobs.processes.parenthood import WALL, become_parent, has_children_besides, no_signal_blocked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

if sys.platform == "win32":
    raise ImportError("for Linux only")

_PIPE_BYTES: Final = 1 << 20  # the most that an ordinary user may have
_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.05
_PATIENCE: Final = 30.0  # seconds for killed processes to go; a process stuck in the kernel may take longer
_REAP_SECONDS: Final = (0.2, 2.0)  # between looks for orphans that have ended: after one was found, and at the most
_POLL_SECONDS: Final = 0.02  # between looks at the script where the kernel can't tell of its end (before Linux 5.3)

_log = logging.getLogger("robot.jobs")
_roots: dict[int, str] = {}  # the pid of each running script's process, and the mark of its run
_lock = threading.Lock()  # no sweep looks while a script that has its brand isn't in `_roots` yet


class Process(Protocol):
    """As `subprocess.Popen` has it: a child of this process."""

    pid: int
    stdin: IO[bytes] | None
    returncode: int | None

    def poll(self) -> int | None:
        """Its exit code, or None while it lives."""

    def wait(self) -> int:
        """Wait for its end; its exit code."""


class SessionTree:
    """A started script; see `app.jobs.processes.tree.ProcessTree`.

    Args:
        process: the script's own, the first one of a session.
        output: what it prints comes from here.
        command: its command line.
        mark: of its run, whose brand it has.
    """

    def __init__(self, process: Process, output: int, command: list[str], mark: str) -> None:
        self._process = process
        self.pid = process.pid
        self.output = output
        self._mark = mark
        self._kill_sent = False
        self.killed = False
        self._left: set[int] = set()
        with _lock:
            descent.brand(self.pid, mark)
            _roots[self.pid] = mark
        stat = procfs.stat_of(self.pid)  # not reaped yet, so it is there
        self.created_at = created_at(stat) if stat else 0.0
        self.now_runs(command)
        # A script that closes what it didn't open takes the pipe's end from its host for a moment: the line waits here.
        self._control_reader = -1
        if process.stdin:
            with contextlib.suppress(OSError):
                self._control_reader = os.open(f"/proc/self/fd/{process.stdin.fileno()}", os.O_RDONLY)

    @classmethod
    def start(cls, command: list[str], folder: Path, environment: Mapping[str, str], mark: str) -> SessionTree:
        """Start `command` in `folder`.

        Raises:
            OSError: the system can't start it.
        """
        become_parent()
        output, output_writer = output_pipe()
        try:
            # Not under the lock: a folder on a share that hangs takes as long as it hangs. What has no brand yet no
            # sweep takes for a job's; if the robot dies, what is being started finds its control pipe at its end.
            with no_signal_blocked():
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**environment, MARK_VARIABLE: mark, NUMBER_VARIABLE: descent.number_to_wait_for(mark)},
                    stdin=subprocess.PIPE,
                    stdout=output_writer,
                    stderr=output_writer,
                    start_new_session=True,
                    bufsize=0,
                )
            return cls(process, output, command, mark)
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(output_writer)

    @property
    def mark(self) -> str:
        """Of the run that it belongs to."""
        return self._mark

    def send(self, line: bytes) -> None:
        """Write a line to the control pipe."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin:
                self._process.stdin.write(line)

    def hear(self, seconds: float) -> bytes:
        """What it prints first."""
        poll = select.poll()
        poll.register(self.output, select.POLLIN)
        return os.read(self.output, ANSWER_BYTES) if poll.poll(seconds * 1000) else b""

    def adopt(self, mark: str) -> Mapping[str, str]:
        """Give it the brand of another run; it has started nothing yet."""
        with _lock:
            if self._process.returncode is None:
                descent.brand(self.pid, mark)
                _roots[self.pid] = self._mark = mark
        return {MARK_VARIABLE: mark, NUMBER_VARIABLE: descent.number_to_wait_for(mark)}

    def now_runs(self, command: list[str]) -> None:
        """From now on its command line is this one, with zero bytes behind it if there was more room."""
        self._command_line = b"\0".join(os.fsencode(part) for part in command).rstrip(b"\0")

    def interrupt_stranger(self) -> None:
        """SIGINT, if another program is there now: it has another command line than ours, and not the control pipe.

        Either alone may be a script's that has its host, which is slow to hear: one under a title of its own, or one
        that closes what it didn't open.
        """
        with _lock:
            now = (command_line(self.pid) or b"").rstrip(b"\0")
            if self._process.returncode is not None or now == self._command_line:
                return
            if not self._holds_control_pipe():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(self.pid, signal.SIGINT)

    def wait(self) -> int:
        """Wait for the script's own process, and reap meanwhile what the robot has adopted of it."""
        try:
            watch = os.pidfd_open(self.pid)
        except OSError:
            watch = -1
        try:
            pause, longest = _REAP_SECONDS
            # Not reaped at once: its number stays taken while `kill` may want to use it.
            while not self._ended_within(pause, watch):
                pause = _REAP_SECONDS[0] if self._reap() else min(pause * 2, longest)
        finally:
            if watch >= 0:
                os.close(watch)
        with _lock:
            code = self._process.wait()
            _roots.pop(self.pid, None)
        self.killed = self._kill_sent and code == -signal.SIGKILL
        return code

    def kill(self) -> None:
        """Kill the script and whatever descends from it; Python's helpers are left to `finish`."""
        with _lock:
            if self._process.returncode is None:
                self._kill_sent = True
                procfs.kill(self.pid)
            self._kill_found(0)

    def finish(self) -> int:
        """Kill what is left until nothing is; see `_kill_found`."""
        began = time.monotonic()
        pause = _FIRST_PAUSE
        while has_children_besides(_roots.keys() - {self.pid}):
            with _lock:
                if self._process.poll() is not None:  # also after a `wait` that has failed
                    _roots.pop(self.pid, None)
                if not self._kill_found(time.monotonic() - began):
                    break
            if time.monotonic() > began + _PATIENCE:
                _log.error("Processes of job %s don't die: %s", self.pid, sorted(self._left))
                break
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return len(self._left)

    def _holds_control_pipe(self) -> bool:
        """Does the script's own process? No program that it starts gets it."""
        if not self._process.stdin or self._process.stdin.closed:
            return False
        pipe = f"pipe:[{os.fstat(self._process.stdin.fileno()).st_ino}]"
        folder = f"/proc/{self.pid}/fd"
        with contextlib.suppress(OSError):
            for each in os.listdir(folder):  # noqa: PTH208 - as below
                with contextlib.suppress(OSError):  # closed meanwhile
                    if os.readlink(f"{folder}/{each}") == pipe:  # noqa: PTH115 - a Path makes an object for each
                        return True
        return False

    def close(self) -> None:
        """Let go of the control pipe."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        if self._control_reader >= 0:
            os.close(self._control_reader)
            self._control_reader = -1

    def _ended_within(self, seconds: float, watch: int) -> bool:
        """Wait for the script's end for `seconds`; `watch`: a descriptor of its process, or -1."""
        if watch >= 0:
            poll = select.poll()
            poll.register(watch, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        deadline = time.monotonic() + seconds
        while os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _reap(self) -> bool:
        """Reap orphans of this job that have ended, for which nobody else waits; False if there were none."""
        if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | WALL) is None:
            return False
        with _lock:
            ended = [stat.pid for stat in self._orphans(procfs.all_stats()) if not stat.alive]
            for pid in ended:
                _reap(pid)
        return bool(ended)

    def _orphans(self, stats: Mapping[int, procfs.Stat]) -> Iterator[procfs.Stat]:
        """The children of the robot that descend from this job's script."""
        me = os.getpid()
        others = [mark for mark in _roots.values() if mark != self._mark]
        for stat in stats.values():
            if stat.parent == me and stat.pid not in _roots and descent.is_of_a_job(stat.pid, self._mark, others):
                yield stat

    def _kill_found(self, seconds: float) -> bool:
        """Kill every process of this job that can be found, reap the robot's own; False if there was none.

        Args:
            seconds: since the script's end; so long ago, some helpers of Python are still left alone.
        """
        stats = procfs.all_stats()
        me = os.getpid()
        roots = {stat.pid for stat in self._orphans(stats)}
        if self.pid in stats and self.pid in _roots:
            roots.add(self.pid)
        found = procfs.with_descendants(roots, stats)
        patience = {pid: patience_with(pid) for pid in found - {self.pid} if stats[pid].alive}
        if all(seconds >= each for each in patience.values()):
            self._kill_group(stats[pid] for pid in found)
        for pid in found - {self.pid}:
            if pid not in patience:
                if stats[pid].parent == me:
                    _reap(pid)
                continue
            if seconds >= patience[pid]:
                procfs.kill(pid)
            if not patience[pid]:
                self._left.add(pid)
        if self.pid in found:
            procfs.kill(self.pid)
        return bool(found)

    def _kill_group(self, found: Iterable[procfs.Stat]) -> None:
        """At one blow, so that no chain of processes that fork and end is quicker."""
        # As long as anything is in the session, nobody else can get its number.
        if any(stat.session == self.pid for stat in found):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


def output_pipe() -> tuple[int, int]:
    """A pipe for what a script prints: to read from, and to write to."""
    output, writer = os.pipe()
    with contextlib.suppress(OSError):  # a smaller pipe is slower, not wrong
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return output, writer


def created_at(stat: procfs.Stat) -> float:
    """When a process was started: clock ticks since the machine's start, and before them a number for that start.

    Ticks alone would take a process of today for one of the same number before the last restart.
    """
    return float((_boot() << 33) + stat.started)  # 20 + 33 bits: what a float holds exactly


@cache
def _boot() -> int:
    try:
        return int(Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:5], 16)
    except (OSError, ValueError):
        return 0


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def kill_found(pid: int | None, started_at: float | None, mark: str) -> set[int]:
    """Kill what is found of an interrupted run: its process, what descends from it, and all that was started by these.

    Returns:
        The pids that were still alive; zombies are left to their parents.
    """
    stats = procfs.all_stats()
    roots = {each for each in stats if descent.is_of_run(each, mark)}
    if pid in stats and created_at(stats[pid]) == started_at:  # else somebody has got the number since
        roots.add(pid)
    found = {each for each in procfs.with_descendants(roots, stats) if stats[each].alive and each != os.getpid()}
    for each in found:
        procfs.kill(each)
    return found
