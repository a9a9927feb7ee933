r"""The robot that runs is asked to show where it is, or to serve its page.

Whoever starts a program that sits behind an icon sees nothing, and starts it again; `robot open` wants the page. The
robot that runs listens for both, by the name that `single_instance` knows it by:

- Windows: the events `Local\Robot-Show-<hash of the GUID>` and `Local\Robot-Open-…`, reset by whoever has waited.
  https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-createeventw
- POSIX: a datagram to a socket beside its lock. Where no socket can be made, nobody asks. A path too long for a socket
  is gone by way of its folder's descriptor, where the system has those as files (Linux).

The page's address holds its token. It comes back in `address_file`, which only this user may read.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final, Self

from app.base.paths import user_state_dir
from app.base.threads import OwnedThread
from app.system.single_instance import guid_hash

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

log = logging.getLogger("robot.system")


class ShowRequests:
    """While the context lasts, `on_show` is called for each start that finds this robot running.

    Args:
        robot_guid: whose; only its hash is used.
        on_show: called on a thread of this object; must return quickly.
        on_open: likewise, for each `robot open`.
    """

    def __init__(self, robot_guid: str, on_show: Callable[[], None], on_open: Callable[[], None]) -> None:
        self._name = guid_hash(robot_guid)
        self._on_show = on_show
        self._on_open = on_open
        self._thread = OwnedThread("show-requests", self._wait)

    def _asked(self, *, to_open: bool) -> None:
        if to_open:
            log.info("The robot's page is asked for")
            self._on_open()
        else:
            log.info("The robot was started once more; it shows where it is")
            self._on_show()

    if sys.platform == "win32":

        def __enter__(self) -> Self:
            self._closed = win32event.CreateEvent(private_attributes(), True, False, None)
            self._shown = win32event.CreateEvent(private_attributes(), False, False, f"{_SHOW}{self._name}")
            self._opened = win32event.CreateEvent(private_attributes(), False, False, f"{_OPEN}{self._name}")
            self._thread.start()
            return self

        def __exit__(self, *_exc: object) -> None:
            win32event.SetEvent(self._closed)
            if self._thread.stop():  # else it still waits for them
                win32api.CloseHandle(self._closed)
                win32api.CloseHandle(self._shown)
                win32api.CloseHandle(self._opened)

        def _wait(self, _ended: threading.Event) -> None:
            events = [self._closed, self._shown, self._opened]
            while (number := win32event.WaitForMultipleObjects(events, False, win32event.INFINITE)) > 0:
                self._asked(to_open=number == events.index(self._opened))

    else:

        def __enter__(self) -> Self:
            self._socket = _listening(self._name)
            self._thread.start()
            return self

        def __exit__(self, *_exc: object) -> None:
            self._thread.ended.set()
            _ask(self._name, _SHOW)  # wakes it
            self._thread.stop()
            if self._socket is not None:
                _file(self._name).unlink(missing_ok=True)
                self._socket.close()

        def _wait(self, ended: threading.Event) -> None:
            if self._socket is None:
                return
            while (asked := self._socket.recv(1)) and not ended.is_set():
                self._asked(to_open=asked == _OPEN)


def address_file(robot_guid: str) -> Path:
    """Where the robot of this GUID writes the address of its page when it was asked to open it."""
    return user_state_dir() / "locks" / f"{guid_hash(robot_guid)}.page"


if sys.platform == "win32":
    import pywintypes
    import win32api
    import win32con
    import win32event

    from app.base.private_files import private_attributes

    _SHOW: Final = "Local\\Robot-Show-"
    _OPEN: Final = "Local\\Robot-Open-"

    def _ask(name: str, what: str) -> bool:
        try:
            event = win32event.OpenEvent(win32con.EVENT_MODIFY_STATE, False, f"{what}{name}")
        except pywintypes.error as error:
            log.info("No robot that runs can be asked to show itself: %s", error.strerror)
            return False
        win32event.SetEvent(event)
        win32api.CloseHandle(event)
        return True

else:
    import contextlib
    import os
    import socket

    _LONGEST: Final = 103  # bytes of an address; macOS has four fewer than Linux
    _SHOW: Final = b"s"
    _OPEN: Final = b"o"

    def _ask(name: str, what: bytes) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            asking.setblocking(False)
            with _short(_file(name)) as place:
                return asking.sendto(what, place) > 0
        return False

    def _listening(name: str) -> socket.socket | None:
        """The place is this robot's alone (`SingleInstance` is held): a socket that lies there is a killed robot's."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            _file(name).unlink(missing_ok=True)
            with _short(_file(name)) as place:
                made.bind(place)
            _file(name).chmod(0o600)
        except OSError as error:
            log.debug("Nobody can ask this robot to show itself: %s", error)
            made.close()
            return None
        return made

    def _file(name: str) -> Path:
        return user_state_dir() / "locks" / f"{name}.show"

    @contextlib.contextmanager
    def _short(file: Path) -> Iterator[str]:
        """A path to `file` that fits into a socket's address."""
        if len(os.fsencode(file)) <= _LONGEST:
            yield str(file)
            return
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{folder}/{file.name}"
        finally:
            os.close(folder)


def ask_to_show(robot_guid: str) -> None:
    """Ask this user's robot of this GUID (Windows: of this session); it's fine if there is none, or it may not be."""
    _ask(guid_hash(robot_guid), _SHOW)


def ask_to_open(robot_guid: str) -> bool:
    """Ask it to write the address of its page into `address_file`; False if none runs, or it may not be asked."""
    return _ask(guid_hash(robot_guid), _OPEN)
