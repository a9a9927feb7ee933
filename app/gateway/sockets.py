"""Doors and wires of POSIX: Unix sockets."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import selectors
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.threads import OwnedThread

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from app.gateway.wire import Wire

if sys.platform == "win32":
    raise ImportError("not for Windows")

_log = logging.getLogger("robot.jobs")
_PATH_BYTES: Final = 107  # of `sun_path`, less its end (unix(7))
_WAITING: Final = 16
_TOO_MANY_FILES: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE: Final = 0.1  # seconds


class SocketWire:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def receive(self, limit: int, seconds: float | None) -> bytes:
        """See `Wire`."""
        self._socket.settimeout(seconds)
        return self._socket.recv(limit)

    def send(self, data: bytes, seconds: float) -> None:
        """See `Wire`."""
        self._socket.settimeout(seconds)
        self._socket.sendall(data)

    def close(self) -> None:
        """See `Wire`. Shut down first: that wakes a thread that reads, which a close alone doesn't."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class SocketDoor:
    """One run's socket."""

    def __init__(self, folder: Path, waiting: selectors.BaseSelector, on_visitor: Callable[[Wire], None]) -> None:
        self._waiting = waiting
        self._own_folder: Path | None = None
        path = folder / "gateway"
        if len(os.fsencode(path)) > _PATH_BYTES:
            path = self._elsewhere() / "gateway"
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(os.fspath(path))  # in a folder of mode 0700: nobody else comes near it
            self._socket.listen(_WAITING)
            self._socket.setblocking(False)
            # epoll(7) may be changed while another thread waits on it.
            waiting.register(self._socket, selectors.EVENT_READ, on_visitor)
        except BaseException:
            self._leave_nothing()
            raise
        self.address = f"unix:{path}"

    def _elsewhere(self) -> Path:
        """A folder with a short name: systemd's for this user, else one for temporary files."""
        import tempfile  # late: most folders of runs have a short name

        places = (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir())
        short = (place for place in places if place and len(place) < _PATH_BYTES // 2 and Path(place).is_dir())
        parent = next(short, "/tmp")  # noqa: S108 - made anew, with a random name, for its owner alone
        self._own_folder = Path(tempfile.mkdtemp(prefix="robot-", dir=parent))
        return self._own_folder

    def close(self) -> None:
        """See `Door`."""
        with contextlib.suppress(KeyError, ValueError):
            self._waiting.unregister(self._socket)
        self._leave_nothing()

    def _leave_nothing(self) -> None:
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()
        if self._own_folder is not None:
            import shutil

            shutil.rmtree(self._own_folder, ignore_errors=True)


class SocketDoors:
    """All sockets, and the thread that waits at them. It is started with the first."""

    def __init__(self) -> None:
        self._waiting = selectors.DefaultSelector()
        self._bell, self._ring = socket.socketpair()
        self._waiting.register(self._bell, selectors.EVENT_READ, None)
        self._thread: OwnedThread | None = None

    def open(self, folder: Path, on_visitor: Callable[[Wire], None]) -> SocketDoor:
        """See `Doors`."""
        door = SocketDoor(folder, self._waiting, on_visitor)
        if self._thread is None:
            self._thread = OwnedThread("robot-gateway", self._run)
            self._thread.start()
        return door

    def close(self) -> None:
        """See `Doors`."""
        if self._thread is not None:
            self._thread.ended.set()
            self._ring.send(b".")
            self._thread.stop()
        self._waiting.close()
        self._bell.close()
        self._ring.close()

    def _run(self, ended: threading.Event) -> None:
        while not ended.is_set():
            for key, _events in self._waiting.select():
                if key.data is not None and isinstance(key.fileobj, socket.socket):
                    _let_in(key.fileobj, key.data)


def _let_in(door: socket.socket, on_visitor: Callable[[Wire], None]) -> None:
    try:
        visitor, _address = door.accept()
    except OSError as error:  # it was closed a moment ago, or whoever knocked has gone
        if error.errno in _TOO_MANY_FILES:
            time.sleep(_PAUSE)  # he goes on knocking
        return
    try:
        on_visitor(SocketWire(visitor))
    except Exception:  # noqa: BLE001 - whatever it is (no thread to be had), the next one may have better luck
        _log.exception("A connection of a script could not be served")
        visitor.close()
