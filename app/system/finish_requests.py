r"""Asking the running robots to finish: the way in which the installer replaces a program that is in use.

Two named objects in the session's own namespace; neither carries a GUID, so that the installer need not know one:

- the mutex `Local\Robot-Running`: its name exists as long as any robot's process lives. A robot never closes its
  handle; the end of the process does. So once the name has gone, the program's files are no longer in use.
- the event `Local\Robot-Finish`: each robot waits for it, then takes no more jobs, finishes the one that runs, and
  ends with exit code 0. It stays set while somebody waits for that, so that a robot that Task Scheduler starts in the
  meantime ends at once.

Robots of other sessions are not reached; a per-machine installer on a terminal server finds their files in use.
POSIX has no installer of ours, so there is nobody to ask.

https://learn.microsoft.com/windows/win32/sync/object-namespaces (Microsoft calls them kernel object namespaces)
https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-createeventw
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from app.base.threads import OwnedThread

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("robot.system")

RUNNING_NAME: Final = "Local\\Robot-Running"
FINISH_NAME: Final = "Local\\Robot-Finish"
_LOOK_SECONDS: Final = 0.2  # the end of a name can't be waited for


class FinishRequests:
    """While the context lasts, `on_finish` is called once if somebody asks this session's robots to finish.

    Args:
        on_finish: called on a thread of this object; must return quickly.
    """

    def __init__(self, on_finish: Callable[[], None]) -> None:
        self._on_finish = on_finish

    if sys.platform == "win32":

        def __enter__(self) -> Self:
            _mark_running()
            self._closed = win32event.CreateEvent(private_attributes(), True, False, None)
            self._asked = win32event.CreateEvent(private_attributes(), True, False, FINISH_NAME)
            self._thread = OwnedThread("finish-requests", lambda _ended: self._wait())
            self._thread.start()
            return self

        def __exit__(self, *_exc: object) -> None:
            win32event.SetEvent(self._closed)
            if self._thread.stop():  # else it still waits for them
                win32api.CloseHandle(self._closed)
                win32api.CloseHandle(self._asked)

        def _wait(self) -> None:
            which = win32event.WaitForMultipleObjects([self._closed, self._asked], False, win32event.INFINITE)
            if which == win32event.WAIT_OBJECT_0 + 1:
                log.info("The robot is asked to finish its job and end")
                self._on_finish()

    else:

        def __enter__(self) -> Self:
            """Nobody asks on POSIX."""
            return self

        def __exit__(self, *_exc: object) -> None:
            pass


if sys.platform == "win32":
    import pywintypes
    import win32api
    import win32con
    import win32event
    import winerror

    from app.base.private_files import private_attributes

    _marks: list[object] = []  # the handle of this process's mark; never closed, see above

    def ask_running_robots_to_finish(timeout: float) -> bool:
        """Ask this session's robots to end after their jobs; True once none is left, False after `timeout` seconds.

        What has been asked stays asked: after a False they still end when their jobs do. With a timeout of 0 it asks
        and says whether any robot runs.
        """
        deadline = time.monotonic() + timeout
        finish = win32event.CreateEvent(private_attributes(), True, False, FINISH_NAME)
        try:
            win32event.SetEvent(finish)
            while _any_robot_runs():
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_LOOK_SECONDS)
            return True
        finally:
            # Those who wait have been woken; robots that start from now on are not meant.
            win32event.ResetEvent(finish)
            win32api.CloseHandle(finish)

    def _mark_running() -> None:
        if not _marks:
            _marks.append(win32event.CreateMutex(private_attributes(), False, RUNNING_NAME))

    def _any_robot_runs() -> bool:
        try:
            win32api.CloseHandle(win32event.OpenMutex(win32con.SYNCHRONIZE, False, RUNNING_NAME))
        except pywintypes.error as error:
            return error.winerror != winerror.ERROR_FILE_NOT_FOUND
        return True

else:

    def ask_running_robots_to_finish(timeout: float) -> bool:  # noqa: ARG001 - the same call on every system
        """Nobody replaces a program in use on POSIX: True."""
        return True
