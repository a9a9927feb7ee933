"""The robots that run on this machine, and asking them to end (`app.system.finish_requests` is their side of it)."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_SECONDS: Final = 0.2
_END_SECONDS: Final = 60.0  # for the end itself, once no job runs any more; the network may take its time-outs

if sys.platform == "win32":
    import os

    import pywintypes
    import win32api
    import win32con
    import win32event
    import win32process
    import win32ts

    from app.base.private_files import private_attributes
    from app.system.finish_requests import ASKER, END, HELD, HOLD, MAKE_WAY, object_name

    _ASK_AND_ANSWER: Final = win32con.SYNCHRONIZE | win32con.EVENT_MODIFY_STATE

    def ask_to_end(*, all_sessions: bool = False) -> bool:
        """Ask robots to end after their jobs, for good; True if none runs.

        Args:
            all_sessions: those of every session, as far as this account may ask them.
        """
        robots = _robots(all_sessions=all_sessions)
        for pid in robots:
            _set(pid, END)
        return not robots

    def wait_for_the_end(
        seconds: float,
        *,
        all_sessions: bool = False,
        make_way: bool = False,
        before_they_end: Callable[[list[int]], None] = lambda _pids: None,
    ) -> bool:
        """Ask robots to end after their jobs, and wait; True once none runs.

        None ends before all can. After `seconds` in which that did not come, nothing is asked of them any more: False.

        Args:
            seconds: for the jobs; the end itself, which then comes, has a minute more.
            all_sessions: those of every session, as far as this account may ask them.
            make_way: for an upgrade, after which they may be started again.
            before_they_end: is handed their process ids at the last moment at which they all live.
        """
        deadline = time.monotonic() + seconds
        with contextlib.ExitStack() as asking:
            asked: set[int] = set()
            while robots := _robots(all_sessions=all_sessions):
                for pid in robots:
                    if pid not in asked:
                        asking.callback(win32api.CloseHandle, _sign(pid))
                        asked.add(pid)
                    _set(pid, HOLD)  # again and again: it may just be taking an earlier request back
                if all(_is_set(pid, HELD) for pid in robots):
                    before_they_end(robots)
                    for pid in robots:
                        _set(pid, MAKE_WAY if make_way else END)
                    if not _gone(robots):
                        return False
                elif time.monotonic() >= deadline:
                    return False
                else:
                    time.sleep(_LOOK_SECONDS)
        return True

    def _gone(robots: list[int]) -> bool:
        deadline = time.monotonic() + _END_SECONDS
        while any(_open(pid, END) for pid in robots):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def _robots(*, all_sessions: bool) -> list[int]:
        """Every robot's process that this account may ask. Windows lists processes of all sessions to everybody."""
        here = _session(os.getpid())
        pids = [pid for pid in win32process.EnumProcesses() if _open(pid, END)]
        return pids if all_sessions else [pid for pid in pids if _session(pid) == here]

    def _session(pid: int) -> int | None:
        try:
            session: int = win32ts.ProcessIdToSessionId(pid)  # type: ignore[no-untyped-call]
        except pywintypes.error:
            return None
        return session

    def _sign(pid: int) -> int:
        """The name that says to this robot that somebody waits."""
        mutex = win32event.CreateMutex(private_attributes(), False, object_name(pid, ASKER))
        return int(mutex.Detach())

    def _open(pid: int, what: str, do: Callable[[int], bool] = lambda _event: True) -> bool:
        """Open one of a robot's events and do something with it; False if there is none, or it is not for us.

        Never kept open: the name must go with the robot.
        """
        try:
            event = win32event.OpenEvent(_ASK_AND_ANSWER, False, object_name(pid, what))
        except pywintypes.error:
            return False
        try:
            return do(event)
        finally:
            win32api.CloseHandle(event)

    def _set(pid: int, what: str) -> None:
        def do(event: int) -> bool:
            win32event.SetEvent(event)
            return True

        _open(pid, what, do)

    def _is_set(pid: int, what: str) -> bool:
        return _open(pid, what, lambda event: win32event.WaitForSingleObject(event, 0) == win32event.WAIT_OBJECT_0)

else:
    from app.system.finish_socket import ask, wait_for_all

    def ask_to_end(*, all_sessions: bool = False) -> bool:  # noqa: ARG001 - the same call on every system
        """Ask this user's robots to end after their jobs, for good; True if none runs."""
        robots = ask(b"end\n")
        for connection in robots.values():
            connection.close()
        return not robots

    def wait_for_the_end(
        seconds: float,
        *,
        all_sessions: bool = False,  # noqa: ARG001
        make_way: bool = False,  # noqa: ARG001
        before_they_end: Callable[[list[int]], None] = lambda _pids: None,
    ) -> bool:
        """Ask this user's robots to end after their jobs, and wait; None ends before all can, as on Windows."""
        return wait_for_all(seconds, before_they_end)
