r"""Being asked to end: what `robot finish`, and so the installer, tells a robot that runs.

Who asks is `app.system.running_robots`. What follows is Windows'; POSIX has `app.system.finish_socket`.

Each robot has named objects of its own, found by its process id in the machine's namespace, so that robots of every
session can be reached. None carries a GUID, so that nobody need know one.

- the event `Global\Robot-<pid>-End`: end after the running job. Its name also says that the robot lives: the robot
  never closes its handle, the end of the process does. So once the name has gone, the program's files are free.
- the event `…-Make-Way`: the same for an upgrade: whatever starts robots may start this one again afterwards.
- the event `…-Hold`: take no more jobs for as long as there is somebody who waits; and the event `…-Held`, by which the
  robot answers that no job runs and none will be taken.
- the mutex name `…-Asker` exists as long as anybody who waits lives. When it goes without End, the request is taken
  back, whatever ended who asked.

Nobody ends before all can: who waits for several robots first has all of them hold, so that a wait that runs out leaves
each as it was. Only this user, SYSTEM and administrators can open the objects; events and mutexes need no privilege in
the global namespace (file mappings would).

https://learn.microsoft.com/windows/win32/termserv/kernel-object-namespaces
https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-createeventw
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Final, Self

from app.base.threads import OwnedThread

if TYPE_CHECKING:
    from app.system.asked_to_end import AskedToEnd

log = logging.getLogger("robot.system")

END: Final = "End"
MAKE_WAY: Final = "Make-Way"
HOLD: Final = "Hold"
HELD: Final = "Held"
ASKER: Final = "Asker"
_LOOK_MILLISECONDS: Final = 200  # the end of a name can't be waited for


def object_name(pid: int, what: str) -> str:
    """The name of one of a robot's objects."""
    return f"Global\\Robot-{pid}-{what}"


class FinishRequests:
    """While the context lasts, `robot` is told what others ask of it.

    Args:
        robot: whom to tell.
    """

    def __init__(self, robot: AskedToEnd) -> None:
        self._robot = robot

    if sys.platform == "win32":

        def __enter__(self) -> Self:
            self._lock = threading.Lock()
            self._holds = False
            self._closed = win32event.CreateEvent(private_attributes(), True, False, None)
            self._thread = OwnedThread("finish-requests", lambda _ended: self._listen())
            try:
                self._end, self._make_way, self._hold, self._held = _objects_of_this_process()
            except pywintypes.error as error:  # another account has taken the names: no reason not to work
                log.warning("The robot can't be asked to finish: %s", error.strerror)
            else:
                self._thread.start()
            return self

        def __exit__(self, *_exc: object) -> None:
            win32event.SetEvent(self._closed)
            if self._thread.stop():  # else it still waits for it
                win32api.CloseHandle(self._closed)

        def _listen(self) -> None:
            while (which := self._asked([self._closed, self._end, self._make_way, self._hold])) == _HOLD_ASKED:
                self._hold_while_asked()
            if which in {_END_ASKED, _MAKE_WAY_ASKED}:
                log.info("The robot is asked to finish its job and end")
                self._robot.finish()

        def _hold_while_asked(self) -> None:
            """Until who asks has gone; or until the end is asked for, which then finds the robot holding still."""
            log.info("Somebody waits for the robot to end: it takes no more jobs meanwhile")
            self._holds = True
            self._robot.hold(self._say_held)
            while _exists(ASKER):
                if self._asked([self._closed, self._end, self._make_way], _LOOK_MILLISECONDS) is not None:
                    return
            with self._lock:
                self._holds = False
                win32event.ResetEvent(self._held)
            win32event.ResetEvent(self._hold)
            self._robot.let_go()
            log.info("Nobody waits for the robot's end any more: it takes jobs again")

        def _say_held(self) -> None:
            with self._lock:
                if self._holds:
                    win32event.SetEvent(self._held)

        def _asked(self, events: list[int], milliseconds: int | None = None) -> int | None:
            """Which of the events is set, the first before the others; None when the time is over."""
            patience = win32event.INFINITE if milliseconds is None else milliseconds
            which = win32event.WaitForMultipleObjects(events, False, patience)
            return None if which == win32event.WAIT_TIMEOUT else which - win32event.WAIT_OBJECT_0

    else:

        def __enter__(self) -> Self:
            self._socket = FinishSocket(self._robot)
            self._socket.start()
            return self

        def __exit__(self, *_exc: object) -> None:
            self._socket.stop()


if sys.platform == "win32":
    import os

    import pywintypes
    import win32api
    import win32con
    import win32event

    from app.base.private_files import private_attributes

    _END_ASKED: Final = 1
    _MAKE_WAY_ASKED: Final = 2
    _HOLD_ASKED: Final = 3
    _objects: list[int] = []  # never closed, see above

    def _objects_of_this_process() -> list[int]:
        if not _objects:
            # End last of all: whoever finds it may count on the others.
            for what in (MAKE_WAY, HOLD, HELD, END):
                name = object_name(os.getpid(), what)
                _objects.append(win32event.CreateEvent(private_attributes(), True, False, name))
        make_way, hold, held, end = _objects
        return [end, make_way, hold, held]

    def asked_to_make_way() -> bool:
        """Whether this robot was asked to end for an upgrade, after which it may be started again."""
        asked = _objects[:1] and win32event.WaitForSingleObject(_objects[0], 0) == win32event.WAIT_OBJECT_0
        return bool(asked)

    def _exists(what: str) -> bool:
        try:
            name = object_name(os.getpid(), what)
            win32api.CloseHandle(win32event.OpenMutex(win32con.SYNCHRONIZE, False, name))
        except pywintypes.error:
            return False
        return True

else:
    from app.system.finish_socket import FinishSocket

    def asked_to_make_way() -> bool:
        """POSIX has no installer of ours, and so no upgrades: False."""
        return False
