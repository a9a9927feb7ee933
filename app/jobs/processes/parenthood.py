"""The robot as a parent on Linux: what its children inherit, and how it learns of their ends."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    raise ImportError("for Linux only")

_PR_SET_CHILD_SUBREAPER: Final = 36

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
