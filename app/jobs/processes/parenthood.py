"""The robot as a parent on Linux: what its children inherit, and how it learns of their ends."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

if sys.platform == "win32":
    raise ImportError("for Linux only")

_PR_SET_CHILD_SUBREAPER: Final = 36
WALL: Final = 0x40000000  # children made by any kind of clone(2)

_log = logging.getLogger("robot.jobs")


@contextlib.contextmanager
def no_signal_blocked() -> Iterator[None]:
    """A child inherits what is blocked in the thread that starts it; the robot's parent may have blocked anything."""
    before = signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@cache
def become_parent() -> None:
    """Make this process one that learns of its children's ends and adopts its orphaned descendants; once."""
    libc = ctypes.CDLL(None, use_errno=True)
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        # Whoever started the robot ignored it: the kernel would throw exit codes away. Python's own function wants the
        # main thread.
        libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
        libc.signal.restype = ctypes.c_void_p
        libc.signal(signal.SIGCHLD, None)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        _log.warning("This process can't adopt the scripts' orphans: %s", os.strerror(ctypes.get_errno()))


def has_children_besides(known: Collection[int]) -> bool:
    """Has this process any child, dead or alive, that isn't `known`? A look through all of /proc takes milliseconds."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | WALL)
    except ChildProcessError:
        return False
    if not known or not _kernel_tells():
        return True
    # Twice: the kernel may pass over one while another is reaped, or handed on by a thread that ends.
    return any(_is_seen_besides(known) for _ in range(2))


@cache
def _kernel_tells() -> bool:
    """Has it been built to list children?"""
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def _is_seen_besides(known: Collection[int]) -> bool:
    """Look through the lists: a child is of the thread that started or adopted it."""
    for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - a Path makes an object for each
        try:
            file = os.open(f"/proc/self/task/{thread}/children", os.O_RDONLY)
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that has ended
        try:
            while part := os.read(file, 4096):
                if any(int(pid) not in known for pid in part.split()):
                    return True
        except (FileNotFoundError, ProcessLookupError):
            continue
        finally:
            os.close(file)
    return False
