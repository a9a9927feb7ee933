"""The process tree on Linux: a session of its own, and the robot as the sub-reaper of all that lose their parent.

A script's children may leave its session and outlive their parents. As a sub-reaper the robot becomes the parent of
every such orphan, whatever it did to its environment, so a script's tree can always be found by descent.
https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html

The robot reaps only what it recognises as a job's orphan: other code in this process has children of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Final

from app.jobs.child import procfs
from app.jobs.environment import MARK_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

if sys.platform == "win32":
    raise ImportError("for Linux only")

_PR_SET_CHILD_SUBREAPER: Final = 36
_WALL: Final = 0x40000000  # children made by any kind of clone(2)
_PIPE_BYTES: Final = 1 << 20  # the most that an ordinary user may have
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.05
_PATIENCE: Final = 30.0  # seconds for killed processes to go; a process stuck in the kernel may take longer

_log = logging.getLogger(__name__)
_roots: set[int] = set()  # pids of running scripts
_lock = threading.Lock()  # no sweep looks while a script is being started, when it isn't in `_roots` yet


class SessionTree:
    """A started script; see `app.jobs.processes.tree.ProcessTree`."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str], mark: str) -> None:
        _become_subreaper()
        self._mark = mark
        self._kill_sent = False
        self.killed = False
        self._left: set[int] = set()
        self.output, output_writer = os.pipe()
        try:
            with contextlib.suppress(OSError):  # a smaller pipe is slower, not wrong
                fcntl.fcntl(output_writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            with _lock:
                self._process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**environment, MARK_VARIABLE: mark},
                    stdin=subprocess.PIPE,
                    stdout=output_writer,
                    stderr=output_writer,
                    start_new_session=True,
                    bufsize=0,
                )
                self.pid = self._process.pid
                _roots.add(self.pid)
        except BaseException:
            os.close(self.output)
            raise
        finally:
            os.close(output_writer)
        stat = procfs.stat_of(self.pid)  # not reaped yet, so it is there
        self._started = stat.started if stat else 0
        self.created_at = self._started / _TICKS

    def send(self, line: bytes) -> None:
        """Write a line to the control pipe."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin:
                self._process.stdin.write(line)

    def wait(self) -> int:
        """Wait for the script's own process."""
        # WNOWAIT: its number stays taken until everything is dead, so no signal can hit a stranger.
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with _lock:
            code = self._process.wait()
            _roots.discard(self.pid)
        self.killed = self._kill_sent and code == -signal.SIGKILL
        return code

    def kill(self) -> None:
        """Kill the session, then whatever left it."""
        with _lock:
            if self._process.returncode is None:
                self._kill_sent = True
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
            self._kill_found()

    def finish(self) -> int:
        """Kill what is left until nothing is; see `_kill_found`."""
        deadline = time.monotonic() + _PATIENCE
        pause = _FIRST_PAUSE
        while _has_children():
            with _lock:
                if not self._kill_found():
                    break
            if time.monotonic() > deadline:
                _log.error("Processes of job %s don't die: %s", self.pid, sorted(self._left))
                break
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return len(self._left)

    def close(self) -> None:
        """Let go of the control pipe."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _kill_found(self) -> bool:
        """Kill every process of this job that can be found, reap the robot's own; False if there was none."""
        stats = procfs.all_stats()
        me = os.getpid()
        my_session = os.getsid(0)
        roots = {self.pid} if self.pid in stats and self.pid in _roots else set()
        for stat in stats.values():
            if stat.parent == me and stat.pid not in _roots and self._is_orphan(stat, my_session):
                roots.add(stat.pid)
        found = procfs.with_descendants(roots, stats)
        for pid in found - {self.pid}:
            if stats[pid].alive:
                procfs.kill(pid)
                self._left.add(pid)
            elif stats[pid].parent == me:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        if self.pid in found:
            procfs.kill(self.pid)
        return bool(found)

    def _is_orphan(self, stat: procfs.Stat, my_session: int) -> bool:
        """Is this child of the robot an orphan of this job? The robot's own children stay in the robot's session."""
        if stat.session == self.pid:
            return True
        if stat.session == my_session or stat.started < self._started:
            return False
        return procfs.mark_of(stat.pid) in ("", self._mark)


@cache
def _become_subreaper() -> None:
    """Make this process the parent of its orphaned descendants, once."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        _log.warning("This process can't adopt the scripts' orphans: %s", os.strerror(ctypes.get_errno()))


def _has_children() -> bool:
    """Does this process have any child, dead or alive? One system call; a look through /proc takes milliseconds."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | _WALL)
    except ChildProcessError:
        return False
    return True


def kill_found(pid: int | None, started_at: float | None, mark: str) -> set[int]:
    """Kill what is found of an interrupted run: its process, its session, what carries its mark, and their descendants.

    Returns:
        The pids that were still alive; zombies are left to their parents.
    """
    stats = procfs.all_stats()
    roots = {stat.pid for stat in stats.values() if mark and procfs.mark_of(stat.pid) == mark}
    if pid is not None and started_at is not None:
        now = stats.get(pid)
        # Somebody else may have the number by now, and with it a session of that number.
        if now is None or abs(now.started / _TICKS - started_at) < 1 / _TICKS:
            roots |= {s.pid for s in stats.values() if s.session == pid and s.started / _TICKS >= started_at}
    found = {each for each in procfs.with_descendants(roots, stats) if stats[each].alive and each != os.getpid()}
    for each in found:
        procfs.kill(each)
    return found
