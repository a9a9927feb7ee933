r"""A second start by hand: the robot that runs is asked to show where it is.

Whoever starts a program that sits behind an icon sees nothing, and starts it again. The robot that runs listens for
that, by the name that `single_instance` knows it by:

- Windows: the event `Local\Robot-Show-<hash of the GUID>`, reset by whoever has waited for it.
  https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-createeventw
- POSIX: a datagram to a socket beside its lock. Where no socket can be made (a path too long for one), nobody asks.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final, Self

from app.base.threads import OwnedThread
from app.system.single_instance import guid_hash

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger("robot.system")


class ShowRequests:
    """While the context lasts, `on_show` is called for each start that finds this robot running.

    Args:
        robot_guid: whose; only its hash is used.
        on_show: called on a thread of this object; must return quickly.
    """

    def __init__(self, robot_guid: str, on_show: Callable[[], None]) -> None:
        self._name = guid_hash(robot_guid)
        self._on_show = on_show
        self._thread = OwnedThread("show-requests", self._wait)

    def _asked(self) -> None:
        log.info("The robot was started once more; it shows where it is")
        self._on_show()

    if sys.platform == "win32":

        def __enter__(self) -> Self:
            self._closed = win32event.CreateEvent(private_attributes(), True, False, None)
            self._shown = win32event.CreateEvent(private_attributes(), False, False, f"{_NAME}{self._name}")
            self._thread.start()
            return self

        def __exit__(self, *_exc: object) -> None:
            win32event.SetEvent(self._closed)
            if self._thread.stop():  # else it still waits for them
                win32api.CloseHandle(self._closed)
                win32api.CloseHandle(self._shown)

        def _wait(self, _ended: threading.Event) -> None:
            either = [self._closed, self._shown]
            while win32event.WaitForMultipleObjects(either, False, win32event.INFINITE) != win32event.WAIT_OBJECT_0:
                self._asked()

    else:

        def __enter__(self) -> Self:
            self._socket = _listening(self._name)
            self._thread.start()
            return self

        def __exit__(self, *_exc: object) -> None:
            self._thread.ended.set()
            _ask(self._name)  # wakes it
            self._thread.stop()
            if self._socket is not None:
                _file(self._name).unlink(missing_ok=True)
                self._socket.close()

        def _wait(self, ended: threading.Event) -> None:
            if self._socket is None:
                return
            while self._socket.recv(1) and not ended.is_set():
                self._asked()


if sys.platform == "win32":
    import pywintypes
    import win32api
    import win32con
    import win32event

    from app.base.private_files import private_attributes

    _NAME: Final = "Local\\Robot-Show-"

    def ask_to_show(robot_guid: str) -> None:
        """Ask this session's robot of this GUID; it's fine if there is none, or if it may not be asked."""
        try:
            event = win32event.OpenEvent(win32con.EVENT_MODIFY_STATE, False, f"{_NAME}{guid_hash(robot_guid)}")
        except pywintypes.error as error:
            log.info("The robot that runs can't be asked to show itself: %s", error.strerror)
            return
        win32event.SetEvent(event)
        win32api.CloseHandle(event)

else:
    import contextlib
    import socket

    from app.base.paths import user_state_dir

    def ask_to_show(robot_guid: str) -> None:
        """Ask this user's robot of this GUID; it's fine if there is none, or if it may not be asked."""
        _ask(guid_hash(robot_guid))

    def _ask(name: str) -> None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            asking.setblocking(False)
            asking.sendto(b"s", str(_file(name)))

    def _listening(name: str) -> socket.socket | None:
        """The place is this robot's alone (`SingleInstance` is held): a socket that lies there is a killed robot's."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            _file(name).unlink(missing_ok=True)
            made.bind(str(_file(name)))
            _file(name).chmod(0o600)
        except OSError as error:
            log.debug("Nobody can ask this robot to show itself: %s", error)
            made.close()
            return None
        return made

    def _file(name: str) -> Path:
        return user_state_dir() / "locks" / f"{name}.show"
