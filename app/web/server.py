"""An application on a socket: uvicorn on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

import uvicorn

from app.base.threads import OwnedThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

STOP_TIMEOUT: Final = 5.0  # seconds; it takes a few milliseconds


class _Server(uvicorn.Server):
    """uvicorn's server, ended by an event instead of a look every 100 ms, and without waiting for its clients."""

    def __init__(self, config: uvicorn.Config, on_second: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._on_second = on_second
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
            self._on_second()
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
        """End it, from any thread; nothing happens if it has ended."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._stop.set)


def _run(server: _Server, sock: socket.socket) -> None:
    # The selector loop on Windows, too: the proactor's shuts a socket down that the client has reset already, and logs
    # that as an error (`_call_connection_lost` in asyncio/proactor_events.py).
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(server.serve(sockets=[sock]))


class WebServer:
    """Serves an application from `start` to `stop`, once.

    Args:
        app: it doesn't answer requests that are cancelled: the server's end has closed their connections before.
        sock: listens already (`listen_on`); closed with the server.
        protocol: the class that speaks HTTP on a connection.
        name: of the thread.
        backlog: how many connections may wait to be taken, and how many are taken at once.
        on_second: called once a second on the server's thread; must return at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        sock: socket.socket,
        protocol: type[asyncio.Protocol],
        *,
        name: str,
        backlog: int = 2048,
        on_second: Callable[[], None] = lambda: None,
    ) -> None:
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            backlog=backlog,
            timeout_keep_alive=60,  # longer than a robot's pause, as real servers: 5 would end it amid the next call
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        self._server = _Server(config, on_second)
        self._thread = OwnedThread(name, lambda _ended: _run(self._server, sock), join_seconds=STOP_TIMEOUT)

    @property
    def alive(self) -> bool:
        """It was started and hasn't ended."""
        return self._thread.alive

    def start(self) -> bool:
        """Begin; returns when requests are answered. False: they aren't, and it has been stopped."""
        self._thread.start()
        if self._server.ready.wait(STOP_TIMEOUT):
            return True
        self.stop()
        return False

    def stop(self, seconds: float | None = None) -> None:
        """Break off every connection and wait for the thread, at most `seconds`; on its own thread it only asks.

        A thread that is left behind, because a request waits for something, answers nobody any more.
        """
        self._server.stop()
        self._thread.stop(seconds)


def listen_on(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any free one. OSError if the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named outright: asyncio sets TCP_NODELAY only on sockets that say so, and without it an answer takes 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows SO_REUSEADDR lets two programs have one port; elsewhere it only skips the wait after a restart.
    # https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
    if sys.platform == "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock
