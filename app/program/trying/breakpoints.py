"""The terminal's end of a script's breakpoints: what is typed goes to the script's debugger.

The script has neither the terminal nor its stdin, as in a job. Its debugger comes over loopback and shows a secret that
only the script's process was told; what it says is the script's output. See `app.jobs.child.desk`.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import socket
import sys
import threading
from typing import Any, Final, Self

_READ_BYTES: Final = 4096
_SECRET_SECONDS: Final = 5.0


class Breakpoints:
    """Waits for debuggers, one at a time, while the context lasts."""

    def __init__(self) -> None:
        self._secret = secrets.token_hex(16)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._debugger: socket.socket | None = None
        self._typing: threading.Thread | None = None
        self._typed_out = False  # stdin has come to its end

    @property
    def address(self) -> tuple[int, str]:
        """Port and secret, for the script's process."""
        return int(self._listener.getsockname()[1]), self._secret

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, name="breakpoints", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        with self._lock:
            if self._debugger:
                self._debugger.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return  # closed
            with contextlib.suppress(OSError), connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_SECRET_SECONDS)
        with connection.makefile("rb") as words:
            if not hmac.compare_digest(words.readline(_READ_BYTES).strip(), self._secret.encode()):
                return
            connection.settimeout(None)
            with self._lock:
                self._debugger = connection
                if self._typed_out:
                    connection.shutdown(socket.SHUT_WR)
                elif self._typing is None:
                    self._typing = threading.Thread(target=self._pass_on, name="typing", daemon=True)
                    self._typing.start()
            try:
                while words.read1(_READ_BYTES):  # until it goes
                    pass
            finally:
                with self._lock:
                    self._debugger = None

    def _pass_on(self) -> None:
        """Hand what is typed to whichever debugger waits; begun by the first one."""
        while typed := _typed():
            with self._lock, contextlib.suppress(OSError):
                if self._debugger:
                    self._debugger.sendall(typed)
        with self._lock, contextlib.suppress(OSError):
            self._typed_out = True
            if self._debugger:
                self._debugger.shutdown(socket.SHUT_WR)


def _typed() -> bytes:
    """The next bytes of stdin, as UTF-8 also from a console of Windows; empty at its end.

    Unbuffered: a thread that waits in a buffer keeps the program from ending.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stdin: Any = sys.stdin.buffer
        return bytes(stdin.raw.read(_READ_BYTES) or b"")
    return b""
