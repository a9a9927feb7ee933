"""HTTP requests: the only place that makes them.

One request at a time, on a worker thread of its own, so that the caller can stop waiting at once: when it is told to
end, or when the whole of it (name look-up, connection, a server that drips its answer byte by byte) takes too long.
A request that nobody waits for any more has its connection shut down, which ends its worker.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import queue
import socket
import threading
import time
import urllib.parse
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.base.dataclass import dataclass
from app.base.i18n import N_, Amount, Phrase
from app.orchestrator.connections import Connections
from app.orchestrator.errors import CancelledError, UnreachableError
from app.orchestrator.reasons import describe_failure
from app.orchestrator.sockets import SocketUser

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.orchestrator.connections import ConnectionSettings
    from app.orchestrator.sockets import Answer

MAX_BODY_BYTES: Final = 1024 * 1024  # the largest honest reply, a job with its task, is a few kilobytes
_CHUNK_BYTES: Final = 64 * 1024
_JOIN_SECONDS: Final = 2.0


AddressFields: TypeAlias = "Callable[[str], Mapping[str, Any]]"


@dataclass(frozen=True)
class HttpResponse:
    """What came back: status, decoded body (at most `MAX_BODY_BYTES`), and what cut it short, if anything did.

    `location` and `date` are those headers; empty if they were not sent.
    """

    status: int
    body: bytes
    retry_after: float | None = None
    location: str = ""
    date: str = ""
    cut_short: Phrase | None = None


class Transport:
    """Sends requests for one caller thread; `cancel` and `close` may come from any thread."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._abandoned: list[_Worker] = []
        self._waiting: queue.SimpleQueue[HttpResponse | Exception] | None = None
        self._cancelled = False

    def request(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any],
        *,
        cancellable: bool = True,
        address_fields: AddressFields | None = None,
    ) -> HttpResponse:
        """Send one request with urlencoded parameters in its body and wait for the answer.

        Args:
            method: of HTTP.
            path: below the settings' host.
            form: the parameters; their values become texts.
            cancellable: whether `cancel` ends it.
            address_fields: parameters that depend on this machine's address in the connection, added to `form` (or in
                place of those that stand there) once the connection is made; called on the worker's thread.

        Raises:
            UnreachableError: no answer: no connection, time-out, reset before the status line.
            CancelledError: `cancel` was called; only where `cancellable`.
        """
        replies: queue.SimpleQueue[HttpResponse | Exception] = queue.SimpleQueue()
        with self._lock:
            if cancellable:
                if self._cancelled:
                    raise CancelledError("cancelled")
                self._waiting = replies
            if self._worker is None:
                self._worker = _Worker(self._settings)
                self._worker.start()
            worker = self._worker
        request = _Request(method, path, form, address_fields, replies)
        worker.work.put(request)
        total = 2 * self._settings.timeout
        try:
            reply: HttpResponse | Exception = replies.get(timeout=total)
        except queue.Empty:
            self._abandon()
            raise UnreachableError(
                N_("no complete answer within {seconds} s"), fate_unknown=request.sent, seconds=Amount(total)
            ) from None
        finally:
            self._waiting = None
        if isinstance(reply, CancelledError):
            self._abandon()
            raise CancelledError("cancelled", fate_unknown=request.sent)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def cancel(self) -> None:
        """End the cancellable request under way and refuse later ones."""
        with self._lock:
            self._cancelled = True
            if self._waiting is not None:
                self._waiting.put(CancelledError("cancelled"))

    def close(self) -> None:
        """Close the connection and join the worker; for the owner, after its last request."""
        self._abandon()
        for worker in self._abandoned:
            worker.join(_JOIN_SECONDS)  # longer only while the system looks up a name, which nothing can interrupt

    def _abandon(self) -> None:
        """Give the connection up; from here on nothing more is sent on it."""
        with self._lock:
            worker, self._worker = self._worker, None
            self._abandoned = [old for old in self._abandoned if old.is_alive()]
            if worker:
                worker.abandon()
                self._abandoned.append(worker)


@dataclass(eq=False)
class _Request:
    """One on its way to the worker, which notes when it is `sent`: from then on nobody can take it back."""

    method: str
    path: str
    form: Mapping[str, Any]
    address_fields: AddressFields | None
    replies: queue.SimpleQueue[HttpResponse | Exception]
    sent: bool = False  # guarded by the worker's lock


class _Worker(SocketUser):
    """Carries out the requests of one `Transport` on one connection until it is abandoned."""

    def __init__(self, settings: ConnectionSettings) -> None:
        # A daemon, because a name look-up can't be interrupted and must not hold up the end of the program.
        super().__init__(name="robot-http", daemon=True)
        self.work: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._settings = settings
        self._lock = threading.Lock()  # guards the following
        self._sock: socket.socket | None = None
        self._busy = False
        self._gone = False
        self._request: _Request | None = None  # the one under way; this thread's own

    def run(self) -> None:
        connections = Connections(self._settings)
        try:
            while (request := self.work.get()) is not None:
                with self._lock:
                    if self._gone:  # nobody waits for this one any more
                        break
                    self._busy = True
                self._request = request
                try:
                    reply: HttpResponse | Exception = self._send(connections, request)
                except Exception as error:  # noqa: BLE001 - whatever happens belongs to the caller that waits
                    reply = error
                with self._lock:
                    self._busy = False
                request.replies.put(reply)
        finally:
            connections.close()

    def connected(self, sock: socket.socket) -> None:
        """Remember the socket of the connection just made."""
        with self._lock:
            self._sock = sock
            self._wake_if_gone()

    def compose(self, sock: socket.socket) -> str:
        """The body of the request, now that the connection is there and the request will be sent at once."""
        request = self._request
        if request is None:
            return ""
        form = dict(request.form)
        if request.address_fields:
            form |= request.address_fields(str(sock.getsockname()[0]))
        with self._lock:
            if self._gone:
                raise OSError(errno.ECANCELED, "nobody waits for the answer")
            request.sent = True
        return urllib.parse.urlencode(form, errors="replace")

    def abandon(self) -> None:
        """Nobody waits any more: wake the worker from whatever it reads, and end it."""
        self.work.put(None)
        with self._lock:
            self._gone = True
            self._wake_if_gone()

    def _wake_if_gone(self) -> None:
        # Only in mid-request. An idle worker wakes by itself and closes its connection in good order; a socket that one
        # thread shuts down while another closes it crashes the server of Wine 8.
        if self._gone and self._busy and self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def _send(self, connections: Connections, request: _Request) -> HttpResponse:
        settings = self._settings
        try:
            with connections.request(request.method, request.path, _headers(settings)) as answer:
                body, cut_short = _read_bounded(answer)
                return HttpResponse(
                    status=answer.status,
                    body=body,
                    retry_after=parse_retry_after(answer.header("Retry-After")),
                    location=answer.header("Location"),
                    date=answer.header("Date"),
                    cut_short=cut_short,
                )
        except (http.client.HTTPException, OSError, ValueError) as error:
            raise UnreachableError("{reason}", fate_unknown=request.sent, reason=describe_failure(error)) from None


def _headers(settings: ConnectionSettings) -> dict[str, str]:
    headers = {
        "User-Agent": "Robot",
        "Accept": "application/json",
        # No compression: replies are small, and a decompression bomb then needs a server that ignores what it was told.
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    if settings.authorization:
        headers["Authorization"] = settings.authorization
    return headers


def _read_bounded(answer: Answer) -> tuple[bytes, Phrase | None]:
    """The unpacked body up to the limit, and what cut it short."""
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := answer.read(_CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                return b"".join(chunks)[:MAX_BODY_BYTES], Phrase(N_("larger than {limit} bytes"), limit=MAX_BODY_BYTES)
    except (http.client.HTTPException, OSError) as error:
        return b"".join(chunks), describe_failure(error)
    return b"".join(chunks), None


def parse_retry_after(value: str | None) -> float | None:
    """Seconds from a `Retry-After` header, given as seconds or as a date (RFC 9110, 10.2.3); None if unusable."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:  # the date says "-0000" or nothing: HTTP's dates are UTC
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
