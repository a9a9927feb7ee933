"""What every connection to the Orchestrator does, whichever way it goes."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from contextlib import AbstractContextManager


class SocketUser(threading.Thread):
    """A thread that is told of the sockets under the connections that it makes."""

    def connected(self, sock: socket.socket) -> None:
        """`sock` is the connection's from now on; called on this thread."""

    def compose(self, sock: socket.socket) -> str:
        """The body of the request, which goes through `sock` as soon as this returns; called on this thread.

        Raises:
            OSError: it must not be sent any more.
        """
        raise NotImplementedError


class Answer(Protocol):
    """An answer whose head has come."""

    @property
    def status(self) -> int:
        """Of HTTP."""

    def header(self, name: str) -> str:
        """Its value; empty if it was not sent."""

    def read(self, size: int) -> bytes:
        """At most so many bytes more of the body, unpacked; none at its end.

        Raises:
            OSError, http.client.HTTPException: it ends early, or can't be unpacked.
        """


class Way(Protocol):
    """A way to the Orchestrator; of one thread."""

    def request(self, method: str, path: str, headers: Mapping[str, str]) -> AbstractContextManager[Answer]:
        """Send one request, whose body the thread composes, and wait for the head of the answer.

        Raises:
            OSError, ValueError, http.client.HTTPException: there is none.
        """

    def close(self) -> None:
        """Close what was kept."""


class FinalResponse(http.client.HTTPResponse):
    """Skips every interim answer (1xx; RFC 9110, 15.2), where http.client skips 100 alone; has no chunk of -1 bytes."""

    def _read_status(self) -> tuple[str, int, str]:
        status: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in the stubs
        while 100 <= status[1] < 200:  # noqa: PLR2004 - the class of the status
            http.client.parse_headers(self.fp)
            status = super()._read_status()  # type: ignore[misc]
        return status

    def _read_next_chunk_size(self) -> int:
        """As `HTTPResponse` has it, which takes `-1` for a size and then reads up to the end of the connection.

        Raises:
            ValueError: it is none.
        """
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]  # not in the stubs
        if size < 0:
            raise ValueError(size)
        return size


def remember_socket(sock: socket.socket | None) -> None:
    """Tell this thread of the socket under its new connection."""
    thread = threading.current_thread()
    if isinstance(thread, SocketUser) and sock is not None:
        thread.connected(sock)


def body_for(sock: socket.socket) -> str | None:
    """The body that this thread composes, now that the connection is made; None: it composes none."""
    thread = threading.current_thread()
    return thread.compose(sock) if isinstance(thread, SocketUser) else None
