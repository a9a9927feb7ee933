"""The processes of Linux, read from /proc: who descends from whom, and who carries a run's mark.

Standard library and Python 3.8 only: the host uses it too, inside any interpreter. Faster than psutil by an order of
magnitude, which matters when fifty processes have to be found and verified dead within milliseconds.
https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

import os
import time

_BRANDED_WITHIN = 10.0  # seconds; a busy machine may leave the robot without a processor for some
_SIGKILL = 9  # the signal module is slow to import


class Stat:
    """What /proc/PID/stat says of one process."""

    __slots__ = ("parent", "pid", "session", "started", "state")

    def __init__(self, pid: int, state: str, parent: int, session: int, started: int) -> None:
        self.pid = pid
        self.state = state
        self.parent = parent
        self.session = session
        self.started = started  # clock ticks since the machine's start: no change of the clock moves it

    @property
    def alive(self) -> bool:
        """False for a zombie, which holds nothing but its number."""
        return self.state not in "ZX"


def stat_of(pid: int) -> "Stat | None":
    """The process `pid`, or None if there is none."""
    # Without an object around it: of hundreds of processes that is a fifth of the time that an abort takes to find its.
    try:
        file = os.open("/proc/%d/stat" % pid, os.O_RDONLY)  # noqa: UP031 - host's imports
    except OSError:
        return None
    try:
        line = os.read(file, 4096)
    except OSError:
        return None
    finally:
        os.close(file)
    fields = line[line.rfind(b")") + 2 :].split(None, 20)  # the name before it may hold blanks and brackets
    if len(fields) < 20:  # noqa: PLR2004 - the last one that is read
        return None
    return Stat(pid, fields[0].decode("ascii"), int(fields[1]), int(fields[3]), int(fields[19]))


def all_stats() -> "dict[int, Stat]":
    """Every process that can be seen, by its number."""
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            stat = stat_of(int(name))
            if stat is not None:
                found[stat.pid] = stat
    return found


def with_descendants(roots: "set[int]", stats: "dict[int, Stat]") -> "set[int]":
    """`roots` and everything that descends from them."""
    children = {}  # type: dict[int, list[int]]
    for stat in stats.values():
        children.setdefault(stat.parent, []).append(stat.pid)
    found = set()  # type: set[int]
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(children.get(pid, ()))
    return found


def mark_of(pid: int) -> str:
    """The mark of the run that the process `pid` was started in; empty for a stranger, or somebody else's process."""
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:  # noqa: PTH123, UP031 - host's imports
            variables = file.read().split(b"\0")
    except OSError:
        return ""
    name = b"ROBOT_RUN_MARK="
    return next((os.fsdecode(variable[len(name) :]) for variable in variables if variable.startswith(name)), "")


def brand_of(pid: int) -> bytes:
    """What tells the run that `pid` descends from, see `app.jobs.processes.descent`; empty if nothing does."""
    try:
        with open("/proc/%d/limits" % pid, "rb") as file:  # noqa: PTH123, UP031 - host's imports
            limits = file.read()
    except OSError:
        return b""
    soft = limits.partition(b"Max file locks")[2].split(None, 1)[:1]
    return soft[0] if soft and soft[0].isdigit() else b""


def wait_for_brand(brand: bytes) -> None:
    """Wait until the robot has given this process its brand; not for long: it says so itself when it can't."""
    deadline = time.monotonic() + _BRANDED_WITHIN
    while brand and brand_of(os.getpid()) != brand and time.monotonic() < deadline:
        time.sleep(0.001)


def kill(pid: int) -> None:
    """Kill one process; nothing happens if it has gone, or belongs to somebody else."""
    try:  # noqa: SIM105 - contextlib is slow to import
        os.kill(pid, _SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def kill_all_but_me(mark: str) -> None:
    """For the host, when the robot has died: kill the job's other processes, and what they start meanwhile."""
    me = os.getpid()
    brand = brand_of(me)
    for _ in range(100):
        stats = all_stats()
        roots = {pid for pid in stats if (brand_of(pid) == brand if brand else mark and mark_of(pid) == mark)}
        roots.add(me)
        others = [pid for pid in with_descendants(roots, stats) if pid != me and stats[pid].alive]
        if not others:
            return
        for pid in others:
            kill(pid)
