"""The sandbox on a socket: uvicorn in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

import uvicorn

from app.base.errors import UsageError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.threads import OwnedThread
from app.sandbox.spoil import SandboxProtocol
from app.sandbox.web import make_app

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from app.sandbox.engine import Sandbox

STOP_TIMEOUT: Final = 5.0  # seconds; it takes a few milliseconds


class _Server(uvicorn.Server):
    """uvicorn's server, ended by an event instead of a look every 100 ms, and without waiting for its clients."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn, then say so."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        await self.on_tick(0)  # the first Date header
        self.ready.set()

    async def main_loop(self) -> None:
        """Until `stop`; refreshes the Date header once a second, as uvicorn does."""
        while not self._stop.is_set():
            await self.on_tick(0)
            try:
                await asyncio.wait_for(self._stop.wait(), 1.0)
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """In this order: no new connections, the open ones broken off, their requests cancelled and awaited."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # lets them notice, or uvicorn logs the cancelled requests as errors
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for sock in sockets or []:
            sock.close()

    def stop(self) -> None:
        """End it, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)


def _advice(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return _("Choose another port with --port, or end the program that uses this one.")
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return _("Give an address of this machine with --host, or leave it out.")
    return _("Choose another port with --port.")


def _run(server: _Server, sock: socket.socket) -> None:
    # The selector loop on Windows, too: the proactor's shuts a socket down that the client has reset already, and logs
    # that as an error (`_call_connection_lost` in asyncio/proactor_events.py).
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(server.serve(sockets=[sock]))


class SandboxServer:
    """Serves a sandbox over HTTP while the context lasts, or between `start` and `stop`.

    A stopped server may be started again; it keeps its port, as an Orchestrator that was away for a while.

    Args:
        sandbox: what it serves.
        host: the address to listen on.
        port: 0 = any free one.
    """

    def __init__(self, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> None:
        self.sandbox = sandbox
        self.host = host
        self.port = port
        self._server: _Server | None = None
        self._thread: OwnedThread | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:12345`, without a slash at the end."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    def start(self) -> None:
        """Listen and serve; returns when requests are answered. UsageError if the address can't be had."""
        sock = self._bind()
        self.port = sock.getsockname()[1]
        config = uvicorn.Config(
            make_app(self.sandbox, self.host),
            http=SandboxProtocol,
            ws="none",
            lifespan="off",
            timeout_keep_alive=60,  # longer than a robot's pause, as real servers: 5 would end it amid the next call
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        server = _Server(config)
        self._thread = OwnedThread("sandbox-server", lambda _ended: _run(server, sock), join_seconds=STOP_TIMEOUT)
        self._thread.start()
        self._server = server
        if not server.ready.wait(STOP_TIMEOUT):
            self.stop()
            raise UsageError(_("The sandbox could not be started."))

    def stop(self) -> None:
        """Break off every connection and wait for the thread; does nothing if it isn't running."""
        if self._server is None or self._thread is None:
            return
        self._server.stop()
        self._thread.stop()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # Named outright: asyncio sets TCP_NODELAY only on sockets that say so, and without it an answer takes 40 ms.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # On Windows SO_REUSEADDR lets two programs have one port; elsewhere it only skips the wait after a restart.
        # https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((self.host, self.port))
            sock.listen(128)
        except OSError as error:
            sock.close()
            raise UsageError(
                _("The sandbox can't listen on {host}, port {port}: {error}").format(
                    host=self.host, port=self.port, error=describe_os_error(error).for_people()
                ),
                _advice(error),
            ) from None
        return sock
