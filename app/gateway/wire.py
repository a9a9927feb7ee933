"""One connection of a script, and the bounded lines on it."""

from __future__ import annotations

import time
from typing import Final, Protocol

LINE_BYTES: Final = 4 * 1024 * 1024  # each way
LINE_SECONDS: Final = 30.0  # from a line's first byte to its last, and for sending an answer
_READ_BYTES: Final = 64 * 1024


class Wire(Protocol):
    """One connection, for one thread; `close` may come from any."""

    def receive(self, limit: int, seconds: float | None) -> bytes:
        """Some bytes, at most `limit`; none at its end, or once it is closed.

        Raises:
            OSError: it is broken; TimeoutError: none came within `seconds`.
        """

    def send(self, data: bytes, seconds: float) -> None:
        """All of `data`.

        Raises:
            OSError: it is broken; TimeoutError: it was not taken within `seconds`.
        """

    def close(self) -> None:
        """No more of it; whoever waits on it is woken."""


class LineTooLongError(Exception):
    """A line that is longer than it may be: what follows can't be told from its rest."""


class Lines:
    """The lines that come over a wire. Between lines it waits as long as it must, in one for `LINE_SECONDS`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._rest = bytearray()

    def next(self) -> bytes | None:
        """A line without its end; None at the wire's end, whatever came after the last line.

        Raises:
            LineTooLongError: there is more of it than there may be.
            OSError: the wire is broken, or the line was not finished in time.
        """
        looked_at = 0
        until = time.monotonic() + LINE_SECONDS if self._rest else None
        while (end := self._rest.find(b"\n", looked_at)) < 0:
            looked_at = len(self._rest)
            if looked_at > LINE_BYTES:
                raise LineTooLongError
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            data = self._wire.receive(_READ_BYTES, left)
            if not data:
                return None
            self._rest += data
            until = until or time.monotonic() + LINE_SECONDS
        if end > LINE_BYTES:
            raise LineTooLongError
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return line
