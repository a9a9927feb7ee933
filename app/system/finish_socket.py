"""Being asked to end, and asking, on POSIX: the same questions as on Windows, by a socket of each robot's own.

`<state>/robots/<pid>.sock`, for its user alone. Who asks connects; the connection lasts as long as who asks does:

    → hold     take no more jobs while this connection lasts     ← held   no job runs, none will be taken
    → end      end after the running job

A connection that closes without `end` takes its request back. The robot's end closes all of them.
https://man7.org/linux/man-pages/man7/unix.7.html
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.paths import user_state_dir
from app.base.private_files import make_private_folder
from app.base.threads import OwnedThread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from app.system.asked_to_end import AskedToEnd

log = logging.getLogger("robot.system")

_LONGEST_WORD: Final = 16
_LOOK_SECONDS: Final = 0.1
_END_SECONDS: Final = 60.0  # for the end itself, once no job runs any more; the network may take its time-outs
_to_the_end: Final[list[object]] = []  # connections, which the end of the process closes


def folder() -> Path:
    """Where the sockets of this user's robots are."""
    return user_state_dir() / "robots"


if sys.platform != "win32":

    class FinishSocket:
        """The robot's side; `robot` is told what others ask of it while the context lasts."""

        def __init__(self, robot: AskedToEnd) -> None:
            self._robot = robot
            self._file = folder() / f"{os.getpid()}.sock"
            self._askers: set[socket.socket] = set()  # those who want it to hold
            self._lock = threading.Lock()
            self._selector = selectors.DefaultSelector()
            self._thread = OwnedThread("finish-requests", self._listen)

        def start(self) -> None:
            """Listen. A folder that can't be used is no reason not to work."""
            self._listener = socket.socket(socket.AF_UNIX)
            try:
                make_private_folder(self._file.parent)
                self._file.unlink(missing_ok=True)  # of an earlier process of this number
                with _short(self._file) as name:
                    self._listener.bind(name)
                self._listener.listen()
            except OSError as error:
                log.warning("The robot can't be asked to finish: %s", error.strerror or error)
                return
            self._listener.setblocking(False)
            self._selector.register(self._listener, selectors.EVENT_READ)
            self._thread.start()

        def stop(self) -> None:
            """Listen no more. Who is still connected learns of the end from the end of the process."""
            if self._thread.stop():
                connections = [key.fileobj for key in self._selector.get_map().values()]
                _to_the_end.extend(each for each in connections if each is not self._listener)
                self._selector.close()
            self._listener.close()
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)

        def _listen(self, ended: threading.Event) -> None:
            while not ended.is_set():
                for key, _events in self._selector.select(_LOOK_SECONDS):
                    if key.fileobj is self._listener:
                        self._accept()
                    elif isinstance(key.fileobj, socket.socket):
                        self._hear(key.fileobj)

        def _accept(self) -> None:
            with contextlib.suppress(OSError):
                connection, _address = self._listener.accept()
                connection.setblocking(False)
                self._selector.register(connection, selectors.EVENT_READ)

        def _hear(self, connection: socket.socket) -> None:
            try:
                words = connection.recv(_LONGEST_WORD).split()
            except OSError:
                words = []
            if b"hold" in words:
                self._hold(connection)
            if b"end" in words:
                log.info("The robot is asked to finish its job and end")
                self._robot.finish()
            if not words:
                self._selector.unregister(connection)
                connection.close()
                self._let_go(connection)

        def _hold(self, connection: socket.socket) -> None:
            with self._lock:
                self._askers.add(connection)
            log.info("Somebody waits for the robot to end: it takes no more jobs meanwhile")
            self._robot.hold(self._say_held)

        def _say_held(self) -> None:
            with self._lock:
                for connection in self._askers:
                    with contextlib.suppress(OSError):
                        connection.send(b"held\n")

        def _let_go(self, connection: socket.socket) -> None:
            with self._lock:
                if connection not in self._askers:
                    return
                self._askers.remove(connection)
                left = bool(self._askers)
            if not left:
                self._robot.let_go()
                log.info("Nobody waits for the robot's end any more: it takes jobs again")

    @contextlib.contextmanager
    def _short(file: Path) -> Iterator[str]:
        """A name for the socket by way of its open folder: a socket's path may have 107 letters at most."""
        handle = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            by_handle = Path(f"/proc/self/fd/{handle}")  # Linux
            yield str(by_handle / file.name if by_handle.exists() else file)
        finally:
            os.close(handle)

    def ask(word: bytes, but: Collection[int] = ()) -> dict[int, socket.socket]:
        """Say this to every robot of this user; the connections, by process id.

        Args:
            word: `hold` or `end`, with a line's end.
            but: process ids of those who have heard it.
        """
        asked = {}
        for file in folder().glob("*.sock"):
            pid = int(file.stem)
            if pid in but:
                continue
            connection = socket.socket(socket.AF_UNIX)
            try:
                with _short(file) as name:
                    connection.connect(name)
                connection.send(word)
            except OSError:  # it has gone, or just goes
                connection.close()
            else:
                connection.setblocking(False)
                asked[pid] = connection
        return asked

    def wait_for_all(seconds: float, before_they_end: Callable[[list[int]], None]) -> bool:
        """Have all of them hold, then end; True once none runs, False if one can't in time: then they go on."""
        deadline = time.monotonic() + seconds
        asked: dict[int, socket.socket] = {}
        held: set[int] = set()
        try:
            while asked := _living(asked | ask(b"hold\n", but=asked), held):
                if held >= asked.keys():
                    before_they_end(list(asked))
                    for connection in asked.values():
                        with contextlib.suppress(OSError):
                            connection.send(b"end\n")
                    deadline = time.monotonic() + _END_SECONDS
                    while asked and time.monotonic() < deadline:
                        time.sleep(_LOOK_SECONDS)
                        asked = _living(asked, held)
                elif time.monotonic() >= deadline:
                    return False
                else:
                    time.sleep(_LOOK_SECONDS)
            return True
        finally:
            for connection in asked.values():
                connection.close()

    def _living(asked: dict[int, socket.socket], held: set[int]) -> dict[int, socket.socket]:
        """Those that haven't closed their connection; who says that it holds comes to `held`."""
        living = dict(asked)
        for pid, connection in asked.items():
            try:
                said = connection.recv(4096)
            except BlockingIOError:
                continue
            except OSError:
                said = b""
            if said:
                held.add(pid)
            else:
                living.pop(pid).close()
        return living
